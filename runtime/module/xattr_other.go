//go:build !linux

package module

import "syscall"

func getXattr(string, string) (string, error) { return "", syscall.ENOTSUP }

func setXattr(string, string, string) error { return syscall.ENOTSUP }
