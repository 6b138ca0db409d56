package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"

	"pbc/compiler/config"
	"pbc/runtime/module/posix"
)

// realFile is a file with links followed; "-" stands for the standard streams.
func realFile(name string) string {
	if name == "-" {
		return name
	}
	return config.UnfrackFollow(name, "")
}

func readVaultFile(name string) ([]byte, error) {
	var data []byte
	var err error
	if name == "-" {
		data, err = io.ReadAll(os.Stdin)
	} else {
		data, err = os.ReadFile(name)
	}
	if err != nil {
		return nil, fmt.Errorf("Unable to read source file (%s): %s", name, posix.PyError(err, name))
	}
	return data, nil
}

// writeVaultFile replaces a file, or writes to standard output. With shredding, what the file held cannot be recovered
// as far as that can be done. Only its owner may read the new file.
func writeVaultFile(name string, data []byte, shredding bool) error {
	if name == "-" {
		_, err := os.Stdout.Write(data)
		return err
	}
	if info, err := os.Lstat(name); err == nil && info.Mode().IsRegular() {
		if shredding {
			shred(name)
		} else if err := os.Remove(name); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	switch {
	case errors.Is(err, os.ErrExist):
		return fmt.Errorf("Vault file got recreated while we were operating on it: %s", posix.PyError(err, name))
	case err != nil:
		return fmt.Errorf("Problem creating temporary vault file: %s", posix.PyError(err, name))
	}
	_, err = f.Write(data)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// replaceKeeping replaces a file and keeps its mode and owner.
func replaceKeeping(name string, data []byte) error {
	info, err := os.Stat(name)
	before := err == nil
	if err := writeVaultFile(name, data, false); err != nil || !before {
		return err
	}
	if err := os.Chmod(name, info.Mode().Perm()); err != nil {
		return err
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return os.Chown(name, int(st.Uid), int(st.Gid))
	}
	return nil
}

// shred overwrites a file and removes it: by the program of that name, or else with random bytes.
func shred(name string) {
	info, err := os.Lstat(name)
	if err != nil || !info.Mode().IsRegular() {
		return
	}
	if exec.Command("shred", name).Run() != nil {
		overwrite(name, info.Size())
	}
	_ = os.Remove(name)
}

func overwrite(name string, size int64) {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return
	}
	defer f.Close()
	for range 3 {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return
		}
		if _, err := io.CopyN(f, rand.Reader, size); err != nil {
			return
		}
		_ = f.Sync()
	}
}
