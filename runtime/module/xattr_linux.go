package module

import "golang.org/x/sys/unix"

func getXattr(path, name string) (string, error) {
	buf := make([]byte, 4096)
	n, err := unix.Lgetxattr(path, name, buf)
	if err != nil {
		return "", err
	}
	return string(buf[:n]), nil
}

func setXattr(path, name, v string) error { return unix.Lsetxattr(path, name, []byte(v), 0) }
