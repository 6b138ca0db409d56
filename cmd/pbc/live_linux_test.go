package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// TestLiveLine runs a playbook on a terminal: what stays there is what it shows without the line.
func TestLiveLine(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"hosts": "a\nb\nc\n[all:vars]\nansible_connection=local\n",
		"play.yml": "- hosts: all\n  gather_facts: no\n  tasks:\n    - name: work\n      command: echo {{ inventory_hostname }}\n" +
			"    - name: loop\n      command: echo {{ item }}\n      loop: [1, 2]\n      failed_when: inventory_hostname == 'b'\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	times := regexp.MustCompile(`"(start|end|delta)": "[^"]*"`)
	shown := func(env ...string) string {
		keys, tty := terminal(t)
		if err := unix.IoctlSetWinsize(int(tty.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80}); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), "pbc", "playbook", "-i", "hosts", "play.yml")
		cmd.Dir, cmd.Stdout, cmd.Stderr = dir, tty, tty
		cmd.Env = append(append(os.Environ(), "TERM=xterm", "HOME="+dir, "PBC_DIALECT=classic", "TERMINFO="+dir), env...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		tty.Close()
		text, _ := io.ReadAll(keys) // ends with an error when nobody has the terminal open
		_ = cmd.Wait()
		return times.ReplaceAllString(strings.ReplaceAll(string(text), "\r\n", "\n"), "$1")
	}
	line := regexp.MustCompile(`\[[0-3]/3\] (work|loop): [abc ]+\r\x1b\[K`)
	with := shown()
	if !line.MatchString(with) {
		t.Errorf("no line in\n%q", with)
	}
	plain := shown("PBC_PROGRESS=0")
	if d := cmp.Diff(plain, line.ReplaceAllString(with, "")); d != "" {
		t.Errorf("output (- without the line, + with it):\n%s", d)
	}
	for _, env := range []string{"PBC_PROGRESS=0", "TERM=dumb", "ANSIBLE_NOCOLOR=1"} {
		if text := shown(env); strings.Contains(text, "\r\x1b[K") {
			t.Errorf("%s: a line in\n%q", env, text)
		}
	}
}
