package module

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"pbc/ir/value"
	"pbc/runtime/module/posix"
)

// CopyTree is shutil.copytree(src, dest, symlinks=True): links stay links. Its error has the words of Python's, of all that
// could not be copied.
func CopyTree(src, dest string) error {
	faults, err := copyTree(src, dest)
	if err != nil {
		return err
	}
	if len(faults) == 0 {
		return nil
	}
	text, _ := value.Repr(value.NewList(faults...))
	return errors.New(text)
}

// copyTree returns what could not be copied as tuples of source, destination and reason; its error says why nothing was.
func copyTree(src, dest string) (faults []value.Value, err error) {
	entries, err := os.ReadDir(src)
	if err != nil {
		return nil, errors.New(posix.PyError(err, src))
	}
	if err := posix.Makedirs(dest); err != nil {
		return nil, err
	}
	for _, e := range entries {
		a, b := posix.Join(src, e.Name()), posix.Join(dest, e.Name())
		var below []value.Value
		var err error
		switch mode := e.Type(); {
		case mode&os.ModeSymlink != 0:
			err = copyLink(a, b)
		case mode.IsDir():
			below, err = copyTree(a, b)
		case mode&os.ModeNamedPipe != 0:
			err = errors.New("`" + a + "` is a named pipe")
		default:
			err = CopyFile(a, b)
		}
		faults = append(faults, below...)
		if err != nil {
			faults = append(faults, value.Tuple{a, b, copyError(err, a, b)})
		}
	}
	if err := CopyStat(src, dest); err != nil {
		faults = append(faults, value.Tuple{src, dest, copyError(err, src, dest)})
	}
	return faults, nil
}

// copyLink copies a link with its times.
func copyLink(src, dest string) error {
	to, err := os.Readlink(src)
	if err == nil {
		err = os.Symlink(to, dest)
	}
	var st unix.Stat_t
	if err == nil {
		err = unix.Lstat(src, &st)
	}
	if err == nil {
		err = unix.UtimesNanoAt(unix.AT_FDCWD, dest, []unix.Timespec{st.Atim, st.Mtim}, unix.AT_SYMLINK_NOFOLLOW)
	}
	return err
}
