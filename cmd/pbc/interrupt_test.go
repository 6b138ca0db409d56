package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ending is how a program ended.
func ending(cmd *exec.Cmd) string {
	_ = cmd.Wait()
	return cmd.ProcessState.String()
}

// waiting is a task that holds a pipe open, tells on it that it has begun, and ends when something comes by another pipe.
const waiting = `
- hosts: all
  gather_facts: no
  tasks:
    - ping:
    - shell: |
        exec 3>DIR/pipe; echo begun >&3
        read word <DIR/go
    - debug: msg=not-reached
  handlers:
    - name: never
      debug: msg=not-reached
`

// TestInterrupt ends runs by signals: once by Ctrl-C lets the running task end and begins nothing else, everything else ends
// the task; the recap is shown, and nothing is left behind on hosts or here.
func TestInterrupt(t *testing.T) {
	ground := newPlayground(t)
	for _, tt := range []struct {
		name, hosts string
		signals     []os.Signal
		ends        bool // the task comes to its end
		want        string
	}{
		{"ssh, once", "a,b", []os.Signal{os.Interrupt}, true, "exit status 99"},
		{"ssh, twice", "a,b", []os.Signal{os.Interrupt, os.Interrupt}, false, "signal: interrupt"},
		{"ssh, SIGTERM", "a,b", []os.Signal{syscall.SIGTERM}, false, "signal: terminated"},
		{"ssh and local, hangup", "a,here", []os.Signal{syscall.SIGHUP}, false, "signal: hangup"},
		{"local, once", "here", []os.Signal{os.Interrupt}, true, "exit status 99"},
		{"local, once and SIGTERM", "here", []os.Signal{os.Interrupt, syscall.SIGTERM}, false, "signal: terminated"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := ground.folder(t, strings.ReplaceAll(waiting, "DIR", "{{ playbook_dir }}"))
			cmd, out := started(t, dir, tt.hosts)
			hosts := strings.Split(tt.hosts, ",")
			pipe := heldBy(t, dir, len(hosts))
			for _, h := range hosts {
				out.await(t, "ok: ["+h+"]") // the task before the one that has begun: what hosts tell is on its way for a while
			}
			var everything io.Reader = strings.NewReader("")
			if tt.hosts != "here" {
				f, err := os.Open(ground.all)
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				everything = f
			}
			for i, s := range tt.signals {
				if err := cmd.Process.Signal(s); err != nil {
					t.Fatal(err)
				}
				if i == 0 && s == os.Interrupt {
					out.await(t, " [ERROR]: User interrupted execution")
				}
			}
			if tt.ends {
				release(t, dir, len(hosts))
			}
			if got := ending(cmd); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
			var want []string
			for _, h := range hosts {
				n := 0 // changed
				if tt.ends {
					n = 1
					want = append(want, "changed: ["+h+"]")
				}
				want = append(want, fmt.Sprintf("%-27s: ok=%d    changed=%d    unreachable=0    failed=0    skipped=0", h, 1+n, n))
			}
			for _, w := range append(want, "PLAY RECAP ****") {
				if !strings.Contains(out.String(), w) {
					t.Errorf("no %q in\n%s", w, out)
				}
			}
			if strings.Contains(out.String(), "not-reached") || !tt.ends && strings.Contains(out.String(), "changed: [") {
				t.Errorf("the run went on:\n%s", out)
			}
			_, _ = io.Copy(io.Discard, pipe)       // ends when the task's processes have
			_, _ = io.Copy(io.Discard, everything) // ends when the agents have
			nothingLeft(t, ground.home, dir)
		})
	}
}

// heldBy opens the pipe that the tasks of some hosts hold, once all have begun.
func heldBy(t *testing.T, dir string, hosts int) io.Reader {
	t.Helper()
	pipe, err := os.Open(filepath.Join(dir, "pipe")) // waits for a task to open it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pipe.Close() })
	lines := bufio.NewReader(pipe)
	for range hosts {
		if _, err := lines.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	return lines
}

// release lets the waiting tasks of some hosts end.
func release(t *testing.T, dir string, hosts int) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(dir, "go"), os.O_RDWR, 0) // does not wait for them
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if _, err := f.WriteString(strings.Repeat("\n", hosts)); err != nil {
		t.Fatal(err)
	}
}

// nothingLeft fails for temporary files of the controller and of hosts.
func nothingLeft(t *testing.T, homes ...string) {
	t.Helper()
	var left []string
	for _, d := range homes {
		for _, pattern := range []string{".ansible/tmp/*", ".cache/pbc/*tmp*", ".ansible/cp/*", "tmp/*"} {
			found, _ := filepath.Glob(filepath.Join(d, pattern))
			left = append(left, found...)
		}
	}
	if d := cmp.Diff([]string(nil), left); d != "" {
		t.Errorf("left behind (+):\n%s", d)
	}
}

// TestInterruptWhileConnecting ends a run that waits for a host which takes connections and says nothing.
func TestInterruptWhileConnecting(t *testing.T) {
	dir := playground{inventory: "here ansible_connection=local\n"}.folder(t, "- hosts: all\n  gather_facts: no\n  tasks:\n    - debug: msg=not-reached\n")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	inventory := fmt.Sprintf("silent ansible_host=127.0.0.1 ansible_port=%d ansible_ssh_timeout=300\n", l.Addr().(*net.TCPAddr).Port)
	if err := os.WriteFile(filepath.Join(dir, "hosts"), []byte(inventory), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd, out := started(t, dir, "all")
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if got := ending(cmd); got != "exit status 99" {
		t.Errorf("%s, want exit status 99", got)
	}
	_, _ = io.Copy(io.Discard, c) // ends when nobody holds the connection
	if s := out.String(); !strings.Contains(s, "PLAY RECAP") || !strings.Contains(s, "User interrupted") || strings.Contains(s, "unreachable=1") {
		t.Errorf("output:\n%s", s)
	}
}

// TestNobodyListens runs a playbook to its end whose output nobody reads, as Ansible does.
func TestNobodyListens(t *testing.T) {
	dir := playground{inventory: "here ansible_connection=local\n"}.folder(t, "- hosts: all\n  gather_facts: no\n  tasks:\n    - debug: msg=one\n    - copy: {content: x, dest: '{{ playbook_dir }}/done'}\n")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	cmd := exec.CommandContext(t.Context(), "pbc", "playbook", "-i", "hosts", "-l", "here", "play.yml")
	var errs bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, w, &errs
	if err := cmd.Run(); err != nil {
		t.Errorf("%v\n%s", err, errs.String())
	}
	w.Close()
	if _, err := os.Stat(filepath.Join(dir, "done")); err != nil {
		t.Error(err)
	}
}
