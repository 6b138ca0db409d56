package callback

import (
	"fmt"
	"os"
	"os/user"
	"strings"
	"time"
)

// OpenLog appends what the screen shows to the file of log_path, as Ansible's log. It returns the file to
// be closed after the run. Like Ansible, it says so on standard error when the file cannot be written,
// and goes on without; then the file is nil. Newer is that the words are those of ansible-core 2.18.
func (s *Screen) OpenLog(path string, newer bool, getenv func(string) string) *os.File {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		_, _ = fmt.Fprint(s.Err, "[WARNING]: ", unwritable(path, newer))
		return nil
	}
	who := LoginName(getenv)
	s.Log = f
	s.LogPrefix = func(level string) string {
		if !s.Tagged {
			level = ""
		}
		return logPrefix(time.Now(), os.Getpid(), who, level)
	}
	return f
}

func unwritable(path string, newer bool) string {
	if info, err := os.Stat(path); newer && err == nil && info.IsDir() {
		return fmt.Sprintf("DEFAULT_LOG_PATH can not be a directory '%s', aborting\n", path)
	}
	if newer {
		path = "'" + path + "'"
	}
	return fmt.Sprintf("log file at %s is not writeable and we cannot create it, aborting\n\n", path)
}

func logPrefix(now time.Time, pid int, who, level string) string {
	stamp := strings.Replace(now.Format("2006-01-02 15:04:05.000"), ".", ",", 1)
	return fmt.Sprintf("%s p=%d u=%s n=ansible %s| ", stamp, pid, who, level)
}

// LoginName is the user as Python's getpass.getuser gives it.
func LoginName(getenv func(string) string) string {
	for _, name := range []string{"LOGNAME", "USER", "LNAME", "USERNAME"} {
		if who := getenv(name); who != "" {
			return who
		}
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return fmt.Sprintf("uid=%d", os.Getuid())
}
