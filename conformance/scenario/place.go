package scenario

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Place is where a scenario runs. Its path depends on the scenario alone: /tmp/pbc and twelve digits. It is locked while
// in use, so that two processes may test the same scenario, one after the other.
type Place struct {
	Root string // the whole place
	Work string // the working folder, with the scenario's files
	Home string // HOME

	lock  *os.File
	words *strings.Replacer
}

const lockDir = "/tmp/pbclocks"

// Open takes the scenario's place. It waits while another process has it. replace holds pairs of old and new text for the
// scenario's files, such as @PORT@ and a number.
func (s *Scenario) Open(replace ...string) (*Place, error) {
	root := "/tmp/pbc" + s.Digest()
	if err := os.Mkdir(lockDir, 0o777); err == nil {
		err = os.Chmod(lockDir, 0o777|os.ModeSticky) // other users test here too
		if err != nil {
			return nil, err
		}
	} else if !os.IsExist(err) {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(lockDir, s.Digest()), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		lock.Close()
		return nil, fmt.Errorf("lock %s: %w", lock.Name(), err)
	}
	return &Place{
		Root: root, Work: filepath.Join(root, "w"), Home: filepath.Join(root, "home"),
		lock: lock, words: strings.NewReplacer(replace...),
	}, nil
}

// Close takes the place away and gives it free.
func (p *Place) Close() error {
	err := os.RemoveAll(p.Root)
	p.lock.Close()
	return err
}

// Build empties the place and lays out the files of the first run.
func (p *Place) Build(s *Scenario) error {
	if err := os.RemoveAll(p.Root); err != nil {
		return err
	}
	for _, dir := range []string{p.Root, p.Work, p.Home} {
		if err := makeDir(dir, 0o755); err != nil {
			return err
		}
	}
	return p.Lay(s, 1)
}

// Lay lays out the files that the scenario has for one run.
func (p *Place) Lay(s *Scenario, run int) error {
	for _, f := range s.Files {
		if f.Run != run {
			continue
		}
		if err := p.layFile(f); err != nil {
			return err
		}
	}
	return nil
}

func (p *Place) layFile(f File) error {
	path := filepath.Join(p.Work, filepath.FromSlash(f.Path))
	if f.Remove {
		return os.RemoveAll(path)
	}
	if err := makeParents(filepath.Dir(path)); err != nil {
		return err
	}
	switch {
	case f.Dir:
		if err := makeParents(path); err != nil {
			return err
		}
		return os.Chmod(path, f.Mode)
	case f.Link != "":
		return os.Symlink(f.Link, path)
	}
	// A process that is started meanwhile would inherit the open file, and a program that is open for writing cannot run.
	syscall.ForkLock.RLock()
	err := os.WriteFile(path, []byte(p.words.Replace(f.Data)), f.Mode)
	syscall.ForkLock.RUnlock()
	if err != nil {
		return err
	}
	return os.Chmod(path, f.Mode)
}

// makeParents makes dir and what is missing above it, all with mode 0755 whatever the umask.
func makeParents(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := makeParents(filepath.Dir(dir)); err != nil {
		return err
	}
	return makeDir(dir, 0o755)
}

func makeDir(dir string, mode os.FileMode) error {
	if err := os.Mkdir(dir, mode); err != nil {
		return err
	}
	return os.Chmod(dir, mode)
}
