package main

import (
	"os"
	"os/exec"
	"path/filepath"
)

// installedProgram finds a program of the installed Ansible, such as "ansible-inventory": the first of that name on PATH that
// is not pbc under another name. It returns "" when there is none.
func installedProgram(name string) string {
	self, err := os.Executable()
	if err == nil {
		self, _ = filepath.EvalSymlinks(self)
	}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		file, err := exec.LookPath(filepath.Join(dir, name))
		if err != nil {
			continue
		}
		if real, err := filepath.EvalSymlinks(file); err == nil && real != self {
			return file
		}
	}
	return ""
}

// installedInventory is the command line of the installed ansible-inventory, that of the ansible-core that is reproduced if
// it has one, with what a user gave about vaults; nil when there is none.
func (s *session) installedInventory() []string {
	name := filepath.Join(filepath.Dir(s.like.program), "ansible-inventory")
	if info, err := os.Stat(name); s.like.program == "" || err != nil || info.IsDir() {
		name = installedProgram("ansible-inventory")
	}
	if name == "" {
		return nil
	}
	args := []string{name}
	for _, id := range s.req.VaultIDs {
		args = append(args, "--vault-id", id)
	}
	for _, file := range s.req.VaultPasswordFiles {
		args = append(args, "--vault-password-file", file)
	}
	if s.req.AskVaultPass {
		args = append(args, "--ask-vault-pass")
	}
	return args
}
