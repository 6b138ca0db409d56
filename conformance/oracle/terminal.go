package oracle

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"

	"github.com/creack/pty"
)

// Typing is what a person at the terminal does: wait for a text, then type a line.
type Typing struct {
	After string // what is waited for, on any stream, behind what the line before it answered
	Line  string // without its end; "^C" and "^D" stand for those keys alone
}

// keyOf are the lines that are one key.
var keyOf = map[string]string{"^C": "\x03", "^D": "\x04"}

// typist types lines on the terminal of a program as what it says calls for them.
type typist struct {
	mu    sync.Mutex
	lines []Typing
	keys  *os.File // what is written here is typed
}

// stream is one of the outputs of the program.
type stream struct {
	t    *typist
	all  bytes.Buffer
	from int // where what is waited for may begin
}

// Write keeps what the program said, and types when it has said what is waited for.
func (s *stream) Write(b []byte) (int, error) {
	s.t.mu.Lock()
	defer s.t.mu.Unlock()
	s.all.Write(b)
	for len(s.t.lines) > 0 {
		next := s.t.lines[0]
		at := strings.Index(s.all.String()[s.from:], next.After)
		if at < 0 {
			break
		}
		s.from += at + len(next.After)
		s.t.lines = s.t.lines[1:]
		keys, ok := keyOf[next.Line]
		if !ok {
			keys = next.Line + "\n"
		}
		if _, err := s.t.keys.WriteString(keys); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}

// runOnTerminal runs cmd with a terminal of its own, which is its standard input, and returns what it showed there. Its
// other streams stay what they are, so that prompts on them and on the terminal are told apart.
func runOnTerminal(cmd *exec.Cmd, lines []Typing) (shown string, err error) {
	keys, tty, err := pty.Open()
	if err != nil {
		return "", err
	}
	t := &typist{lines: lines, keys: keys}
	out, errs, screen := &stream{t: t}, &stream{t: t}, &stream{t: t}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, io.MultiWriter(cmd.Stdout, out), io.MultiWriter(cmd.Stderr, errs)
	cmd.SysProcAttr.Setpgid, cmd.SysProcAttr.Setsid, cmd.SysProcAttr.Setctty = false, true, true
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(screen, keys) // ends with an error when nobody has the terminal open any more
	}()
	err = cmd.Start()
	tty.Close()
	if err == nil {
		err = cmd.Wait()
	}
	<-done
	keys.Close()
	return strings.ReplaceAll(screen.all.String(), "\r\n", "\n"), err
}
