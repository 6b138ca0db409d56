package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestCrashDumpsHoldNoSecrets has a run that knows secrets print the stacks of all its goroutines, as a crash does.
func TestCrashDumpsHoldNoSecrets(t *testing.T) {
	dir := t.TempDir()
	plant(t, dir)
	wait := "- hosts: a\n  gather_facts: no\n  vars:\n    in_play: !vault |\n" + sealed(t, "CANARY-play", "      ") +
		"  tasks:\n    - shell: echo {{ in_play }} {{ in_group }} {{ from_extra }} > out; echo there > reached; read x < pipe\n      no_log: yes\n"
	if err := os.WriteFile(filepath.Join(dir, "wait.yml"), []byte(wait), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, pipe := range []string{"pipe", "reached"} {
		if err := syscall.Mkfifo(filepath.Join(dir, pipe), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pbc, err := exec.LookPath("pbc")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(pbc, "playbook", "-i", "hosts", "-e", "@extra.yml", "--vault-password-file", "pw", "--connection-password-file", "connect", "wait.yml")
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir + "/home", "PBC_DIALECT=classic", "LANG=C.UTF-8"}
	var dump bytes.Buffer
	cmd.Stdout, cmd.Stderr = &dump, &dump
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	reached, err := os.Open(filepath.Join(dir, "reached")) // until the task is there
	if err != nil {
		t.Fatal(err)
	}
	defer reached.Close()
	if line, err := bufio.NewReader(reached).ReadString('\n'); err != nil || line != "there\n" {
		t.Fatalf("got %q, %v", line, err)
	}
	if err := cmd.Process.Signal(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if pipe, err := os.OpenFile(filepath.Join(dir, "pipe"), os.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil {
		pipe.Close() // lets the task's shell end
	}
	if got := cmd.ProcessState.ExitCode(); got != 2 || !strings.Contains(dump.String(), "goroutine ") {
		t.Fatalf("exit code %d, want the 2 of a dump:\n%s", got, dump.String())
	}
	for _, found := range found(dump.Bytes()) {
		t.Errorf("the dump holds %s", found)
	}
	if out, err := os.ReadFile(filepath.Join(dir, "out")); err != nil || len(found(out)) != 3 {
		t.Errorf("the task was to know three secrets, it wrote %q, %v", out, err)
	}
}
