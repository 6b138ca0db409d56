package become

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pbc/agent/boot"
	"pbc/internal/live"
)

// The test binary is its own agent: it says who it is, then gives back what it is sent.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "agent" {
		os.Exit(boot.Main(os.Args[1:], func(rw io.ReadWriteCloser) error {
			fmt.Fprintf(rw, "uid %d\n", os.Getuid())
			_, err := io.Copy(rw, rw)
			return err
		}, nil))
	}
	os.Exit(m.Run())
}

// fake writes a become program that behaves as script says and returns its path.
func fake(t *testing.T, script string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "method")
	if err := os.WriteFile(file, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	return file
}

// Programs that take the arguments of a method and behave like it.
const (
	// sudo that lets in after the password pw; the prompt is what follows -p.
	asks = `p= ; while [ $# -gt 0 ]; do case $1 in -p) p=$2; shift 2;; -u) shift 2; break;; *) shift;; esac; done
i=0; while [ $i -lt 3 ]; do printf %s "$p" >&2; read pw || exit 1; if [ "$pw" = pw ]; then exec "$@"; fi; echo "Sorry, try again." >&2; i=$((i+1)); done; exit 1`
	// sudo that lets in without.
	free = `while [ "$1" != -u ]; do shift; done; shift 2; echo "We trust you have received the usual lecture" >&2; echo noise; exec "$@"`
	// sudo -n where a password is needed.
	needs = `echo "sudo: a password is required" >&2; exit 1`
	// su that asks on standard error, as PAM does over a pipe.
	su = `printf "Password: " >&2; read pw; if [ "$pw" = pw ]; then eval "exec $3"; fi; sleep 0; echo "su: Authentication failure" >&2; exit 1`
)

func TestHop(t *testing.T) {
	for _, tt := range []struct {
		name string
		r    Request
		prog string
	}{
		{"sudo without a password", Request{Flags: "-H -S -n"}, free},
		{"sudo with one", Request{Flags: "-H -S -n", Password: "pw"}, asks},
		{"sudo with one that is not asked for", Request{Flags: "-H -S -n", Password: "pw"}, free},
		{"su with one", Request{Method: "su", Password: "pw"}, su},
		{"doas", Request{Method: "doas"}, free},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.r.Exe = fake(t, tt.prog)
			h, err := Start(t.Context(), tt.r)
			if err != nil {
				t.Fatal(err)
			}
			speaks(t, h, os.Getuid())
			h.Close()
			<-h.done
			if h.err != nil {
				t.Errorf("ended with %v and %q", h.err, h.Stderr())
			}
		})
	}
}

func speaks(t *testing.T, h *Hop, uid int) {
	t.Helper()
	head := fmt.Sprintf("uid %d\n", uid)
	want := head + strings.Repeat("through the hop\x00\n", 5000)
	go h.Write([]byte(want[len(head):]))
	got := make([]byte, len(want))
	if n, err := io.ReadFull(h, got); err != nil || string(got) != want {
		t.Errorf("got %d bytes beginning %q and %v", n, bytes.SplitN(got, []byte("\n"), 2)[0], err)
	}
}

func TestRefusals(t *testing.T) {
	for _, tt := range []struct {
		name string
		r    Request
		prog string
		want Error
	}{
		{"password needed", Request{Flags: "-H -S -n"}, needs, Error{Msg: "Missing sudo password", RC: -1}},
		{"password needed, local", Request{Flags: "-H -S -n", Local: true}, needs, Error{RC: 1, Stderr: "sudo: a password is required\n"}},
		{"wrong password", Request{Password: "bad"}, asks, Error{Msg: "Incorrect sudo password", RC: -1}},
		{"su with a wrong password", Request{Method: "su", Password: "bad"}, su, Error{Msg: "Incorrect su password", RC: -1}},
		{"su that nobody answers", Request{Method: "su", Timeout: time.Second}, su, Error{Msg: "Timeout (1s) waiting for privilege escalation prompt: ", RC: -1}},
		{"unknown user", Request{User: "nosuch"}, "echo 'sudo: unknown user nosuch' >&2; exit 1", Error{RC: 1, Stderr: "sudo: unknown user nosuch\n"}},
		{"not in sudoers", Request{Password: "pw"}, "echo 'h is not in the sudoers file.'; exit 1", Error{RC: 1, Stdout: "h is not in the sudoers file.\n"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.r.Exe = fake(t, tt.prog)
			_, err := Start(t.Context(), tt.r)
			var got *Error
			if !errors.As(err, &got) {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			if d := cmp.Diff(tt.want, *got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestMissingProgram(t *testing.T) {
	_, err := Start(t.Context(), Request{Exe: "/nosuch/sudo"})
	var got *Error
	if !errors.As(err, &got) || got.RC != 127 || !strings.Contains(got.Stderr, "/nosuch/sudo") {
		t.Errorf("got %v", err)
	}
}

func TestUnsupported(t *testing.T) {
	for _, tt := range []struct {
		r    Request
		want string
	}{
		{Request{Method: "runas"}, "become_method runas is not supported"},
		{Request{Method: "doas", Password: "x"}, "become_method doas with a password is not supported: doas reads it from a terminal only"},
	} {
		if _, err := Start(t.Context(), tt.r); err == nil || err.Error() != tt.want {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
}

func TestAsking(t *testing.T) {
	for _, tt := range []struct{ flags, want string }{
		{"-H -S -n", "-H -S"},
		{"-HSn", "-HS"},
		{"--non-interactive -i", "-i"},
		{"--login -nE", "--login -E"},
		{"-r role_n", "-r role_n"},
		{"", ""},
	} {
		if got := asking(tt.flags); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.flags, got, tt.want)
		}
	}
}

// A user who cannot see this program runs a copy, which is gone once it runs.
func TestProgramBehindAClosedHome(t *testing.T) {
	home := t.TempDir()
	if err := os.Chmod(home, 0o700); err != nil {
		t.Fatal(err)
	}
	exe := filepath.Join(home, "agent")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := copyFile(self, exe); err != nil {
		t.Fatal(err)
	}
	if open(exe) {
		t.Error("a program in a closed folder counts as open")
	}
	dir := t.TempDir()
	file, err := copyTo(dir, exe)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("got %v and %v", info, err)
	}
	if out, err := exec.Command(file, "agent").CombinedOutput(); err == nil || !strings.Contains(string(out), "usage") {
		t.Errorf("the copy said %q and %v", out, err)
	}
}

// The system's own sudo, where the test may use it: root may become anybody.
func TestSudo(t *testing.T) {
	if err := exec.Command("sudo", "-n", "-u", "nobody", "true").Run(); err != nil {
		live.Missing(t, "sudo to nobody, which this user may not: "+err.Error())
	}
	out, err := exec.Command("id", "-u", "nobody").Output()
	if err != nil {
		t.Fatal(err)
	}
	var uid int
	fmt.Sscan(string(out), &uid)
	h, err := Start(t.Context(), Request{User: "nobody", Flags: "-H -S -n"})
	if err != nil {
		t.Fatal(err)
	}
	speaks(t, h, uid)
	h.Close()
	<-h.done
	if left, _ := filepath.Glob("/var/tmp/pbc-hop-*"); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}
