package become

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// programFor returns a path of this program that the user can run, and a function that removes what was
// made for that.
func programFor(user string) (path string, drop func(), err error) {
	exe, err := os.Executable()
	if err != nil {
		return "", nil, fmt.Errorf("finding this program: %w", err)
	}
	if user == "root" || open(exe) {
		return exe, func() {}, nil
	}
	var why []error
	for _, dir := range []string{"/var/tmp", os.TempDir(), "/dev/shm"} {
		path, err := copyTo(dir, exe)
		if err == nil {
			return path, func() { os.RemoveAll(filepath.Dir(path)) }, nil
		}
		why = append(why, err)
	}
	return "", nil, fmt.Errorf("no folder lets another user run the agent: %w", errors.Join(why...))
}

// open reports whether everybody can reach and run the file.
func open(file string) bool {
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm()&0o005 != 0o005 {
		return false
	}
	for dir := filepath.Dir(file); ; dir = filepath.Dir(dir) {
		if info, err := os.Stat(dir); err != nil || info.Mode().Perm()&0o001 == 0 {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}

// copyTo copies exe into a new folder below dir, readable by everybody and writable by nobody else, and
// tries whether it runs there.
func copyTo(dir, exe string) (string, error) {
	d, err := os.MkdirTemp(dir, "pbc-hop-")
	if err != nil {
		return "", err
	}
	file := filepath.Join(d, "agent")
	err = copyFile(exe, file)
	if err == nil {
		err = os.Chmod(d, 0o755)
	}
	if err == nil {
		err = runs(file)
	}
	if err != nil {
		os.RemoveAll(d)
		return "", err
	}
	return file, nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o700)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err == nil {
		err = out.Chmod(0o755)
	}
	return errors.Join(err, out.Close())
}

// runs tells a folder mounted noexec from one that is not: asked for nothing, the agent says how it is
// used and exits.
func runs(file string) error {
	var exit *exec.ExitError
	if err := exec.Command(file, "agent").Run(); err != nil && !errors.As(err, &exit) {
		return err
	}
	return nil
}
