package module

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"pbc/ir/value"
	"pbc/runtime/module/posix"
)

// defaultPerm is what a new file may have before the umask.
const defaultPerm = 0o666

// AtomicMove puts src in dest's place by renaming, with dest's mode and owner where it exists, and
// the umask's mode where it does not. Where a rename is impossible it goes through a temporary file
// beside dest; with unsafe it writes into dest as the last resort.
func (t *Task) AtomicMove(src, dest string, unsafe bool) error {
	was, err := destStat(src, dest)
	if err != nil {
		return err
	}
	return t.move(src, dest, was, unsafe)
}

// AtomicMoveAsIs is AtomicMove, but that the file keeps its own mode and owner where dest exists.
func (t *Task) AtomicMoveAsIs(src, dest string, unsafe bool) error {
	return t.move(src, dest, nil, unsafe)
}

func (t *Task) move(src, dest string, was *unix.Stat_t, unsafe bool) error {
	creating := !posix.Exists(dest)
	var context SEContext
	if selinuxEnabled() {
		context = defaultContext(dest)
		if was != nil {
			context = fileContext(dest)
		}
	}
	if err := syscall.Rename(src, dest); err != nil {
		if !movable(err) {
			why := posix.PyError(err, []byte(src), []byte(dest))
			return t.raise(err, fmt.Sprintf("Could not replace %s with %s.", value.StrRepr(dest), value.StrRepr(src)), why,
				fmt.Sprintf("Could not replace file: %s to %s: %s", src, dest, why))
		}
		if err := t.moveThrough(src, dest, was, unsafe); err != nil {
			return err
		}
	}
	if creating {
		if err := unix.Chmod(dest, defaultPerm&^umask()); err != nil {
			return &os.PathError{Op: "chmod", Path: dest, Err: err}
		}
		_ = os.Chown(dest, os.Geteuid(), t.groupIn(posix.Dirname(dest)))
	}
	if selinuxEnabled() {
		_, err := t.setContext(FileArgs{Path: dest, Context: context}, nil)
		return err
	}
	return nil
}

// groupIn is the group of a file that is made in a folder: dialect tagged honours the folder's setgid bit.
func (t *Task) groupIn(dir string) int {
	var st unix.Stat_t
	if t.Tagged() && unix.Stat(cmp.Or(dir, "."), &st) == nil && uint32(st.Mode)&unix.S_ISGID != 0 {
		return int(st.Gid)
	}
	return os.Getegid()
}

// raise is a failure that dialect tagged has as an exception with its cause, classic as a message.
func (t *Task) raise(err error, msg, cause, classic string) error {
	if t.Tagged() {
		return &PyException{Class: "Exception", Msg: msg, Cause: cause}
	}
	return FailTraced(err, cause, classic)
}

// movable says whether a failed rename has a workaround.
func movable(err error) bool {
	for _, n := range []syscall.Errno{syscall.EPERM, syscall.EXDEV, syscall.EACCES, syscall.ETXTBSY, syscall.EBUSY} {
		if errors.Is(err, n) {
			return true
		}
	}
	return false
}

// destStat gives src the mode and owner of dest, and returns dest's stat, nil when it is not there.
func destStat(src, dest string) (*unix.Stat_t, error) {
	var st unix.Stat_t
	if unix.Stat(dest, &st) != nil {
		return nil, nil
	}
	err := unix.Chmod(src, uint32(st.Mode)&posix.PermBits)
	if err == nil {
		err = os.Chown(src, int(st.Uid), int(st.Gid))
	}
	if err != nil && !errors.Is(err, syscall.EPERM) {
		return nil, err
	}
	return &st, nil
}

// moveThrough moves over a temporary file in dest's folder.
func (t *Task) moveThrough(src, dest string, was *unix.Stat_t, unsafe bool) error {
	dir := posix.Dirname(dest)
	if dir == "" {
		dir = "."
	}
	name, err := posix.TempFile(dir, ".ansible_tmp", posix.Basename(dest))
	if err != nil {
		if unsafe {
			return t.overwrite(src, dest)
		}
		why := posix.PyError(err, []byte(name))
		return t.raise(err, fmt.Sprintf("The destination directory %s is not writable by the current user.", value.StrRepr(posix.Dirname(dest))), why,
			fmt.Sprintf("The destination directory (%s) is not writable by the current user. Error was: %s", posix.Dirname(dest), why))
	}
	defer func() { _ = os.Remove(name) }()
	err = t.viaTemp(src, name, dest, was)
	if err == nil {
		return nil
	}
	if unsafe {
		return t.overwrite(src, dest)
	}
	var f *Failure
	var e *PyException
	if errors.As(err, &f) || errors.As(err, &e) {
		return err
	}
	why := posix.PyError(err)
	return t.raise(err, fmt.Sprintf("Failed to replace %s with %s.", value.StrRepr(dest), value.StrRepr(src)), why,
		fmt.Sprintf("Failed to replace file: %s to %s: %s", src, dest, why))
}

func pathOf(err error) string {
	var e *os.PathError
	if errors.As(err, &e) {
		return e.Path
	}
	return ""
}

func (t *Task) viaTemp(src, tmp, dest string, was *unix.Stat_t) error {
	if err := CopyFile(src, tmp); err != nil {
		return err
	}
	if was != nil {
		if err := os.Chown(tmp, int(was.Uid), int(was.Gid)); err != nil && !errors.Is(err, syscall.EPERM) {
			return err
		}
		if err := unix.Chmod(tmp, uint32(was.Mode)&posix.PermBits); err != nil && !errors.Is(err, syscall.EPERM) {
			return err
		}
	}
	if err := syscall.Rename(tmp, dest); err != nil {
		why := posix.PyError(err, []byte(tmp), []byte(dest))
		return t.raise(err, fmt.Sprintf("Unable to make %s into to %s, failed final rename from %s.", value.StrRepr(src), value.StrRepr(dest), value.StrRepr(tmp)), why,
			fmt.Sprintf("Unable to make %s into to %s, failed final rename from b'%s': %s", src, dest, tmp, why))
	}
	_ = os.Remove(src)
	return nil
}

func (t *Task) overwrite(src, dest string) error {
	err := func() error {
		in, err := os.Open(src)
		if err != nil {
			return err
		}
		defer func() { _ = in.Close() }()
		out, err := os.OpenFile(dest, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, defaultPerm)
		if err != nil {
			return err
		}
		_, err = io.Copy(out, in)
		return errors.Join(err, out.Close())
	}()
	if err != nil {
		why := posix.PyError(err, []byte(pathOf(err)))
		return t.raise(err, fmt.Sprintf("Could not write data to file %s from %s.", value.StrRepr(dest), value.StrRepr(src)), why,
			fmt.Sprintf("Could not write data to file (%s) from (%s): %s", dest, src, why))
	}
	return nil
}

// CopyFile is shutil.copy2 of one regular file: content, permission bits and times.
func CopyFile(src, dest string) error {
	in, err := os.Open(src)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(dest, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, defaultPerm)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Close()); err != nil {
		return err
	}
	return CopyStat(src, dest)
}

// CopyStat is shutil.copystat: permission bits and times of src for dest.
func CopyStat(src, dest string) error {
	var st unix.Stat_t
	if err := unix.Stat(src, &st); err != nil {
		return &os.PathError{Op: "stat", Path: src, Err: err}
	}
	if err := unix.UtimesNano(dest, []unix.Timespec{st.Atim, st.Mtim}); err != nil {
		return &os.PathError{Op: "utimes", Path: dest, Err: err}
	}
	if err := unix.Chmod(dest, uint32(st.Mode)&posix.PermBits); err != nil {
		return &os.PathError{Op: "chmod", Path: dest, Err: err}
	}
	return nil
}

// Backup copies a file beside itself, with the process and time in its name, and returns the copy's
// path; "" when there is no file.
func (t *Task) Backup(path string) (string, error) {
	if !posix.Exists(path) {
		return "", nil
	}
	dest := fmt.Sprintf("%s.%d.%s", path, os.Getpid(), time.Now().Format("2006-01-02@15:04:05~"))
	if err := t.preservedCopy(path, dest); err != nil {
		var f *Failure
		if errors.As(err, &f) {
			return "", err
		}
		why := posix.PyError(err, pathOf(err))
		if t.Tagged() {
			return "", &PyException{Class: "Exception", Msg: fmt.Sprintf("Could not make backup of %s to %s.", value.StrRepr(path), value.StrRepr(dest)), Cause: why}
		}
		return "", Fail("Could not make backup of %s to %s: %s", path, dest, why)
	}
	return dest, nil
}

// preservedCopy copies a file with owner, mode, times, context and attributes.
func (t *Task) preservedCopy(src, dest string) error {
	if err := CopyFile(src, dest); err != nil {
		return err
	}
	var st unix.Stat_t
	if err := unix.Stat(src, &st); err != nil {
		return err
	}
	if err := os.Chown(dest, int(st.Uid), int(st.Gid)); err != nil && !errors.Is(err, syscall.EPERM) {
		return err
	}
	if selinuxEnabled() {
		if _, err := t.setContext(FileArgs{Path: dest, Context: fileContext(src)}, nil); err != nil {
			return err
		}
	}
	_, err := t.setFlags(FileArgs{Path: dest, Attributes: FileFlags(src, false).Flags}, nil)
	return err
}
