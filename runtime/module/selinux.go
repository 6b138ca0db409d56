package module

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"sync"

	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/module/posix"
)

// SEContext is an SELinux context: user, role, type and, where the policy has levels, a level.
// As a wish, "" leaves a part as it is.
type SEContext []string

func (c SEContext) String() string { return strings.Join(c, ":") }

// selinuxEnabled is libselinux's is_selinux_enabled: its file system is mounted and a policy is named.
var selinuxEnabled = sync.OnceValue(func() bool {
	return posix.Exists("/sys/fs/selinux/enforce") && posix.Exists("/etc/selinux/config")
})

// selinuxLevels says whether the policy has levels.
var selinuxLevels = sync.OnceValue(func() bool {
	b, _ := os.ReadFile("/sys/fs/selinux/mls")
	return strings.HasPrefix(string(b), "1")
})

// fileContext reads the context of a file, or of the link at path.
func fileContext(path string) SEContext {
	s, err := getXattr(path, "security.selinux")
	if err != nil {
		return nil
	}
	return strings.SplitN(strings.TrimRight(s, "\x00"), ":", 4)
}

// defaultContext is what the policy wants for path.
func defaultContext(path string) SEContext {
	cmd := BinPath(posix.Environ{}, "matchpathcon")
	if cmd == "" {
		return nil
	}
	out, err := exec.Command(cmd, "-n", path).Output()
	s := strings.TrimSpace(string(out))
	if err != nil || !strings.Contains(s, ":") {
		return nil
	}
	return strings.SplitN(s, ":", 4)
}

// wantedContext reads seuser, serole, setype and selevel.
func (t *Task) wantedContext(path string) SEContext {
	if !selinuxEnabled() {
		return nil
	}
	names := []string{"seuser", "serole", "setype"}
	if selinuxLevels() {
		names = append(names, "selevel")
	}
	var standard SEContext
	c := make(SEContext, len(names))
	for i, n := range names {
		c[i], _ = argspec.ToStr(t.orEmpty(n))
		if c[i] != "_default" {
			continue
		}
		if standard == nil {
			standard = defaultContext(path)
		}
		c[i] = ""
		if i < len(standard) {
			c[i] = standard[i]
		}
	}
	return c
}

func (t *Task) orEmpty(name string) value.Value {
	if v := t.Get(name); v != nil {
		return v
	}
	return ""
}

// specialFS are the file systems whose files all have their mount point's context.
var specialFS = []string{"fuse", "nfs", "vboxsf", "ramfs", "9p", "vfat"}

// specialContext returns the context of the mount point when path is on a special file system.
func specialContext(path string) (SEContext, bool) {
	f, err := os.Open("/proc/mounts")
	if err != nil {
		return nil, false
	}
	defer func() { _ = f.Close() }()
	real, best, kind := posix.Realpath(path), "", ""
	for s := bufio.NewScanner(f); s.Scan(); {
		w := strings.Fields(s.Text())
		if len(w) < 3 {
			continue
		}
		if (real == w[1] || strings.HasPrefix(real, strings.TrimRight(w[1], "/")+"/")) && len(w[1]) >= len(best) {
			best, kind = w[1], w[2]
		}
	}
	for _, s := range specialFS {
		if best != "" && strings.Contains(kind, s) {
			return fileContext(best), true
		}
	}
	return nil, false
}

// setContext is set_context_if_different.
func (t *Task) setContext(f FileArgs, diff *value.Dict) (bool, error) {
	if !selinuxEnabled() {
		return false, nil
	}
	now := fileContext(f.Path)
	next := append(SEContext(nil), now...)
	if sp, ok := specialContext(f.Path); ok {
		next = sp
	} else {
		for i := range next {
			if i < len(f.Context) && f.Context[i] != "" {
				next[i] = f.Context[i]
			}
		}
	}
	if now.String() == next.String() {
		return false, nil
	}
	note(diff, "secontext", now.list(), next.list())
	if t.Check {
		return true, nil
	}
	if err := setXattr(f.Path, "security.selinux", next.String()+"\x00"); err != nil {
		return false, FailWith("invalid selinux context: "+posix.PyError(err), "path", f.Path,
			"new_context", next.list(), "cur_context", now.list(), "input_was", f.Context.list())
	}
	return true, nil
}

// ApplyDefaultContext gives the file the policy's context.
func (t *Task) ApplyDefaultContext(path string, changed bool) (bool, error) {
	if !selinuxEnabled() {
		return changed, nil
	}
	c, err := t.setContext(FileArgs{Path: path, Context: defaultContext(path)}, nil)
	return changed || c, err
}

func (c SEContext) list() *value.List {
	l := value.NewList()
	for _, e := range c {
		var v value.Value
		if e != "" {
			v = e
		}
		l.V = append(l.V, v)
	}
	return l
}
