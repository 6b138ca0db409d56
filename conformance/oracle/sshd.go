package oracle

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// runSSH starts sshd with the configuration in dir and returns when it listens.
func runSSH(ctx context.Context, dir string) (func(), error) {
	path, err := exec.LookPath("sshd")
	if err != nil {
		path = "/usr/sbin/sshd"
	}
	if os.Getuid() == 0 {
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			return nil, err
		}
	}
	cmd := exec.CommandContext(ctx, path, "-D", "-e", "-f", filepath.Join(dir, "config"))
	log, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	stop := func() {
		cmd.Process.Kill()
		cmd.Wait()
	}
	lines := bufio.NewScanner(log)
	var said []string
	for lines.Scan() {
		said = append(said, lines.Text())
		if strings.Contains(lines.Text(), "Server listening") {
			go func() { // sshd must not block on what it has to say
				for lines.Scan() {
				}
			}()
			return stop, nil
		}
	}
	stop()
	return nil, fmt.Errorf("sshd does not listen: %s", strings.Join(said, "\n"))
}
