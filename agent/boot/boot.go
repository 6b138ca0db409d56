// Package boot is an agent's life before its first message: it takes the arguments that the bootstrap
// script and a become hop give it, checks its own file, says hello and hands its standard streams over.
// It is the whole main of pbc-agent, and the "agent" subcommand of pbc, which serves as the agent of its
// own platform. It does not know what is then spoken.
package boot

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"pbc/transport/wire"
)

// Serve speaks with the controller, or with the agent of the user before, until the stream ends.
type Serve func(rw io.ReadWriteCloser) error

// stdio is the process's own standard streams.
type stdio struct{ in, out *os.File }

func (s stdio) Read(p []byte) (int, error)  { return s.in.Read(p) }
func (s stdio) Write(p []byte) (int, error) { return s.out.Write(p) }
func (s stdio) Close() error                { return errors.Join(s.in.Close(), s.out.Close()) }

// takeStdio makes the standard streams the session's alone: what is printed by mistake goes to standard
// error. A lost peer is an error of Write, not SIGPIPE's sudden end, which would leave children behind;
// a handler does that, since an ignored signal would be ignored by every command that the agent runs.
func takeStdio() stdio {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	s := stdio{os.Stdin, os.Stdout}
	os.Stdout = os.Stderr
	return s
}

// Main runs the agent with the arguments that follow the program's name and returns its exit status:
//
//	agent check SHA256   0 if the program's own file has that digest
//	agent serve NONCE    say hello, then serve
//	agent hop NONCE      the same, as a user whom a task became
//	agent job -          run one module by itself, told on standard input
func Main(args []string, serve Serve, job func() error) int {
	if len(args) == 3 && args[0] == "agent" && args[1] == "job" && job != nil {
		if err := job(); err != nil {
			return 1
		}
		return 0
	}
	if err := run(args, serve); err != nil {
		fmt.Fprintln(os.Stderr, "pbc:", err)
		return 1
	}
	return 0
}

func run(args []string, serve Serve) error {
	if len(args) != 3 || args[0] != "agent" {
		return errors.New("usage: agent check SHA256 | agent serve NONCE | agent hop NONCE")
	}
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	switch args[1] {
	case "check":
		return checkDigest(exe, args[2])
	case "serve", "hop":
		if err := checkName(exe); err != nil {
			return err
		}
		rw := takeStdio()
		if _, err := rw.out.WriteString(wire.Hello(args[2])); err != nil {
			return err
		}
		return serve(rw)
	default:
		return fmt.Errorf("unknown agent command %q", args[1])
	}
}

// Called says whether the arguments are those of an agent, whatever name the program was called by.
func Called(args []string) bool {
	return len(args) == 3 && args[0] == "agent" && slices.Contains([]string{"check", "serve", "hop", "job"}, args[1])
}

// Hopped says whether the arguments are those of an agent that a become hop started.
func Hopped(args []string) bool { return len(args) > 1 && args[1] == "hop" }

func checkDigest(file, want string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		return fmt.Errorf("got agent %s, want %s", got, want)
	}
	return nil
}

// checkName compares a cached agent with the CRC-32C in its name, agent-ID-CRC. A file with another name
// is not a cached agent and passes.
func checkName(file string) error {
	name := filepath.Base(file)
	i := strings.LastIndexByte(name, '-')
	if !strings.HasPrefix(name, "agent-") || len(name)-i != 9 {
		return nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if got := fmt.Sprintf("%08x", crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))); got != name[i+1:] {
		return fmt.Errorf("cached agent %s is damaged: its sum is %s", file, got)
	}
	return nil
}
