package become

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"

	"pbc/runtime/pyre"
	"pbc/transport/wire"
)

const (
	maxWatched = 64 << 10 // kept of the method's own output
	maxTail    = 8 << 10  // kept of the agent's standard error
)

// watcher keeps what the method writes before the greeting, and tells that there is more of it.
type watcher struct {
	mu       sync.Mutex
	out, err bytes.Buffer
	over     bool
	news     chan struct{}
}

// Write takes standard error.
func (w *watcher) Write(p []byte) (int, error) {
	w.keep(&w.err, p)
	return len(p), nil
}

func (w *watcher) keep(b *bytes.Buffer, p []byte) {
	w.mu.Lock()
	switch {
	case !w.over && b.Len()+len(p) <= maxWatched:
		b.Write(p)
	case w.over:
		b.Write(p)
		b.Next(b.Len() - min(b.Len(), maxTail))
	}
	w.mu.Unlock()
	select {
	case w.news <- struct{}{}:
	default:
	}
}

func (w *watcher) text() (stdout, stderr string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.out.String(), w.err.String()
}

// stop forgets what was kept; from now on the end of standard error is.
func (w *watcher) stop() {
	w.mu.Lock()
	w.over = true
	w.out, w.err = bytes.Buffer{}, bytes.Buffer{}
	w.mu.Unlock()
}

// teeReader shows the watcher what is read, until the greeting.
type teeReader struct {
	r io.Reader
	w *watcher
}

// Read implements io.Reader.
func (t *teeReader) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	if n > 0 && !t.w.stopped() {
		t.w.keep(&t.w.out, p[:n])
	}
	return n, err
}

func (w *watcher) stopped() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.over
}

// greet answers the method's prompt and waits for the agent's greeting.
func (a *attempt) greet(ctx context.Context) error {
	greeted := make(chan error, 1)
	go func() {
		words, err := wire.ReadGreeting(a.out, a.nonce)
		if err == nil && !strings.HasPrefix(words, "agent ") {
			err = fmt.Errorf("got greeting %q, want agent", words)
		}
		greeted <- err
	}()
	limit := time.NewTimer(a.r.Timeout)
	defer limit.Stop()
	asked := 0
	for {
		select {
		case err := <-greeted:
			if err != nil {
				return a.ended(err)
			}
			a.stderr.stop()
			return nil
		case <-a.stderr.news:
			if err := a.answer(&asked); err != nil {
				return err
			}
		case <-limit.C:
			stdout, _ := a.stderr.text()
			return &Error{Msg: fmt.Sprintf("Timeout (%ds) waiting for privilege escalation prompt: %s", int(a.r.Timeout.Seconds()), stdout), RC: -1}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// suPrompt is how su asks, in the languages that Ansible knows.
var suPrompt = pyre.MustCompile(`(?im)(?:\w+'s )?(?:Password|암호|パスワード|Adgangskode|Contraseña|Contrasenya|Hasło|Heslo|` +
	`Jelszó|Lösenord|Mật khẩu|Mot de passe|Parola|Parool|Pasahitza|Passord|Passwort|Salasana|Sandi|Senha|Wachtwoord|` +
	`ססמה|Лозинка|Парола|Пароль|गुप्तशब्द|शब्दकूट|సంకేతపదము|හස්පදය|密码|密碼|口令) ?[:：]`)

// answer looks at what the method has said so far: it gives the password to a new prompt, and returns the
// error that a refusal stands for. asked counts the prompts that were answered.
func (a *attempt) answer(asked *int) error {
	stdout, stderr := a.stderr.text()
	said := stdout + stderr
	if err := a.refusal(said); err != nil {
		return err
	}
	prompts := strings.Count(said, a.r.prompt(a.nonce))
	if a.r.Method == "su" {
		prompts = len(suPrompt.FindAllStringSubmatch(said))
	}
	switch {
	case a.r.Password == "" || prompts <= *asked:
		return nil
	case *asked > 0:
		return &Error{Msg: "Incorrect " + a.r.Method + " password", RC: -1}
	}
	*asked++
	if _, err := io.WriteString(a.in, a.r.Password+"\n"); err != nil {
		return fmt.Errorf("giving the become password: %w", err)
	}
	return nil
}

// refusals are the words of a method for a wrong and for a missing password.
var refusals = map[string]struct{ wrong, missing []string }{
	"sudo": {[]string{"Sorry, try again."}, []string{"Sorry, a password is required to run sudo", "sudo: a password is required"}},
	"su":   {[]string{"Authentication failure"}, nil},
	"doas": {[]string{"Permission denied"}, []string{"Authorization required"}},
}

func (a *attempt) refusal(said string) error {
	words := refusals[a.r.Method]
	for _, w := range words.wrong {
		if strings.Contains(said, w) {
			return &Error{Msg: "Incorrect " + a.r.Method + " password", RC: -1}
		}
	}
	for _, w := range words.missing {
		if !a.r.Local && strings.Contains(said, w) {
			return &Error{Msg: "Missing " + a.r.Method + " password", RC: -1}
		}
	}
	return nil
}

// ended explains why the output ended without a greeting.
func (a *attempt) ended(cause error) error {
	if !errors.Is(cause, io.EOF) {
		return &Error{Msg: cause.Error(), RC: -1}
	}
	a.in.Close()
	<-a.done
	stdout, stderr := a.stderr.text()
	if err := a.refusal(stdout + stderr); err != nil {
		return err
	}
	e := &Error{RC: -1, Stdout: stdout, Stderr: strings.ReplaceAll(stderr, a.r.prompt(a.nonce), "")}
	var exit *exec.ExitError
	if errors.As(a.err, &exit) {
		e.RC = exit.ExitCode()
	}
	return e
}
