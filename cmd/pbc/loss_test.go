package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pbc/transport/transporttest"
)

// playground is an sshd for the hosts a and b, and the host here. Whatever runs on a and b holds the named pipe "all" open.
type playground struct{ all, home, inventory string }

func newPlayground(t *testing.T) playground {
	t.Helper()
	p := playground{all: filepath.Join(t.TempDir(), "all")}
	if err := syscall.Mkfifo(p.all, 0o600); err != nil {
		t.Fatal(err)
	}
	s := transporttest.StartSSHD(t, `ForceCommand exec 9<>`+p.all+`; eval "$SSH_ORIGINAL_COMMAND"`)
	p.home, p.inventory = s.Home, fmt.Sprintf("a\nb\nhere ansible_connection=local\n[all:vars]\nansible_host=127.0.0.1\nansible_port=%d\nansible_user=%s\nansible_ssh_private_key_file=%s\n"+
		"ansible_ssh_common_args='-o UserKnownHostsFile=%s'\n", s.Port, s.User, s.Key, s.Known)
	return p
}

// folder is one with a playbook for the hosts, and with pipes for its tasks.
func (p playground) folder(t *testing.T, tasks string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range map[string]string{"hosts": p.inventory, "play.yml": tasks} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"pipe", "go"} {
		if err := syscall.Mkfifo(filepath.Join(dir, name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// hung is after how long something that should have happened is taken never to happen, however busy the machine.
const hung = 5 * time.Minute

// started is a pbc that runs the playbook of a playground.
func started(t *testing.T, dir, limit string) (cmd *exec.Cmd, out *said) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), hung)
	t.Cleanup(cancel)
	if err := os.MkdirAll(filepath.Join(dir, "tmp"), 0o700); err != nil {
		t.Fatal(err)
	}
	cmd = exec.CommandContext(ctx, "pbc", "playbook", "-i", "hosts", "-l", limit, "play.yml")
	out = &said{}
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, out, out
	cmd.Env = append(os.Environ(), "HOME="+dir, "ANSIBLE_NOCOLOR=1", "PBC_DIALECT=classic", "TMPDIR="+filepath.Join(dir, "tmp"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, out
}

// said is the output of a program that is still running.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
	want string
	come chan struct{}
}

// Write implements io.Writer.
func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text.Write(b)
	if s.come != nil && strings.Contains(s.text.String(), s.want) {
		close(s.come)
		s.come = nil
	}
	return len(b), nil
}

// String is what was said so far.
func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// await waits until a text has been said.
func (s *said) await(t *testing.T, text string) {
	t.Helper()
	s.mu.Lock()
	come := make(chan struct{})
	if s.want = text; strings.Contains(s.text.String(), text) {
		close(come)
	} else {
		s.come = come
	}
	s.mu.Unlock()
	select {
	case <-come:
	case <-time.After(hung):
		t.Fatalf("no %q in\n%s", text, s)
	}
}

// A host whose sshd dies in the middle of a task is unreachable; the others go on, and nothing of the
// task stays behind.
func TestLostConnection(t *testing.T) {
	dir := newPlayground(t).folder(t, `
- hosts: all
  gather_facts: no
  tasks:
    - shell: |
        if [ {{ inventory_hostname }} = a ]; then
          exec 3>{{ playbook_dir }}/pipe
          kill -9 $(ps -o ppid= -p $PPID)
          sleep 300
        fi
    - debug: msg="{{ inventory_hostname }} goes on"
`)
	cmd, out := started(t, dir, "a,b")
	pipe, err := os.Open(filepath.Join(dir, "pipe")) // waits for the task to open it
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	if got := ending(cmd); got != "exit status 4" {
		t.Errorf("%s, want exit status 4", got)
	}
	for _, want := range []string{"fatal: [a]: UNREACHABLE! => ", "changed: [b]", "b goes on", "a                          : ok=0    changed=0    unreachable=1"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if strings.Contains(out.String(), "a goes on") {
		t.Errorf("a goes on:\n%s", out)
	}
	_, _ = io.Copy(io.Discard, pipe) // ends when the task's processes have
}
