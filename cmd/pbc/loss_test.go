package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"pbc/transport/transporttest"
)

// held is a command on a host that holds a named pipe open as long as it or a child of it lives.
const held = `exec 3>%s; echo begun >&3; sleep 300 3>&3`

// playground is a folder with a playbook for the hosts a and b, which an sshd of the test serves.
func playground(t *testing.T, tasks string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	s := transporttest.StartSSHD(t)
	inventory := fmt.Sprintf("a\nb\nhere ansible_connection=local\n[all:vars]\nansible_host=127.0.0.1\nansible_port=%d\nansible_user=%s\nansible_ssh_private_key_file=%s\n"+
		"ansible_ssh_common_args='-o UserKnownHostsFile=%s'\n", s.Port, s.User, s.Key, s.Known)
	for name, text := range map[string]string{"hosts": inventory, "play.yml": tasks} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// started is a pbc that runs the playbook of a playground.
func started(t *testing.T, dir, limit string) (cmd *exec.Cmd, out *bytes.Buffer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	cmd = exec.CommandContext(ctx, "pbc", "playbook", "-i", "hosts", "-l", limit, "play.yml")
	out = &bytes.Buffer{}
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, out, out
	cmd.Env = append(os.Environ(), "HOME="+dir, "ANSIBLE_NOCOLOR=1")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, out
}

func exitStatus(cmd *exec.Cmd) int {
	var e *exec.ExitError
	if err := cmd.Wait(); errors.As(err, &e) {
		return e.ExitCode()
	}
	return 0
}

// A host whose sshd dies in the middle of a task is unreachable; the others go on, and nothing of the
// task stays behind.
func TestLostConnection(t *testing.T) {
	dir := playground(t, "")
	tasks := `
- hosts: all
  gather_facts: no
  tasks:
    - shell: |
        if [ {{ inventory_hostname }} = a ]; then
          exec 3>` + dir + `/pipe
          kill -9 $(ps -o ppid= -p $PPID)
          sleep 300
        fi
    - debug: msg="{{ inventory_hostname }} goes on"
`
	if err := os.WriteFile(filepath.Join(dir, "play.yml"), []byte(tasks), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd, out := started(t, dir, "a,b")
	pipe, err := os.Open(filepath.Join(dir, "pipe")) // waits for the task to open it
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	if code := exitStatus(cmd); code != 4 {
		t.Errorf("exit status %d, want 4", code)
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

// Ctrl-C ends the run, and all that it started.
func TestInterrupt(t *testing.T) {
	for _, tt := range []struct {
		name, host string
		signals    int
	}{
		{"by ssh, once", "a", 1},
		{"by ssh, twice", "a", 2},
		{"local, once", "here", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := playground(t, "")
			tasks := "- hosts: all\n  gather_facts: no\n  tasks:\n    - shell: " + fmt.Sprintf(held, dir+"/pipe") + "\n    - debug: msg=not-reached\n"
			if err := os.WriteFile(filepath.Join(dir, "play.yml"), []byte(tasks), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd, out := started(t, dir, tt.host)
			pipe, err := os.Open(filepath.Join(dir, "pipe"))
			if err != nil {
				t.Fatal(err)
			}
			defer pipe.Close()
			lines := bufio.NewReader(pipe)
			if _, err := lines.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
			for range tt.signals {
				if err := cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
					t.Fatal(err)
				}
			}
			if code := exitStatus(cmd); code != 99 && tt.signals == 1 {
				t.Errorf("exit status %d, want 99:\n%s", code, out)
			}
			if strings.Contains(out.String(), "not-reached") {
				t.Errorf("the run went on:\n%s", out)
			}
			_, _ = io.Copy(io.Discard, lines) // ends when the task's processes have
		})
	}
}
