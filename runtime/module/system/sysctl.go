package system

import (
	"context"
	"os"
	"runtime"
	"slices"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/module"
	"pbc/runtime/module/posix"
	"pbc/runtime/pyre"
)

var sysctlSpec = &argspec.Spec{
	Args: []argspec.Arg{
		{Name: "name", Required: true, Aliases: []string{"key"}},
		{Name: "value", Aliases: []string{"val"}},
		{Name: "state", Default: "present", Choices: argspec.Choices("present", "absent")},
		{Name: "reload", Type: argspec.Bool, Default: true},
		{Name: "sysctl_set", Type: argspec.Bool, Default: false},
		{Name: "ignoreerrors", Type: argspec.Bool, Default: false},
		{Name: "sysctl_file", Type: argspec.Path, Default: "/etc/sysctl.conf"},
	},
	CheckMode: true,
	If:        []argspec.If{{Arg: "state", Value: "present", Needs: []string{"value"}}},
}

// Sysctl is ansible.posix.sysctl, on Linux.
func Sysctl() module.Module {
	m := module.New("ansible.posix.sysctl", "sysctl", module.Open, sysctlSpec, sysctl)
	m.Compared = [2]module.Version{{1, 2, 0}, {2, 2, 0}}
	m.Leaves = []string{"sysctl_file"}
	m.Declines = func(c *module.Call) string {
		if runtime.GOOS != "linux" {
			return "sysctl has other options here"
		}
		return module.DeclinesWhen(sysctlSpec, c, func(t *module.Task) string {
			if posix.IsLink(t.Str("sysctl_file")) {
				return "versions differ in what they do with a link"
			}
			return ""
		})
	}
	return m
}

// kernelSetting is one task of sysctl.
type kernelSetting struct {
	ctx               context.Context
	t                 *module.Task
	bin               string
	name, want        string
	present           bool
	now               string // the kernel's value
	known             bool   // there is a value
	lines             []string
	saved             *string // the file's value
	changed, set, put bool
}

func sysctl(ctx context.Context, t *module.Task) (*value.Dict, error) {
	s := &kernelSetting{ctx: ctx, t: t, present: t.Str("state") == "present"}
	switch {
	case !t.Has("name"):
		return nil, module.Fail("name cannot be None")
	case s.present && !t.Has("value"):
		return nil, module.Fail("value cannot be None")
	case t.Str("name") == "":
		return nil, module.Fail("name cannot be blank")
	case s.present && t.Str("value") == "":
		return nil, module.Fail("value cannot be blank")
	}
	var err error
	if s.bin, err = t.NeedBin("sysctl"); err != nil {
		return nil, err
	}
	s.name, s.want = strings.TrimSpace(t.Str("name")), setting(t.Str("value"))
	t.Params.SetStr("name", s.name)
	t.Params.SetStr("value", s.want)
	for _, k := range []string{"LANG", "LC_ALL", "LC_MESSAGES"} {
		t.SetEnv(k, "C")
	}
	if err := s.decide(); err != nil {
		return nil, err
	}
	if !t.Check {
		if err := s.apply(); err != nil {
			return nil, err
		}
	}
	return value.DictOf("changed", s.changed), nil
}

// setting makes what YAML takes for a truth value 1 or 0.
func setting(v string) string {
	if b, err := argspec.ToBool(v); err == nil && v == strings.TrimSpace(v) {
		if b == true {
			return "1"
		}
		return "0"
	}
	return strings.TrimSpace(v)
}

func (s *kernelSetting) decide() error {
	out, err := s.t.ExecLine(s.ctx, s.bin+" -e -n "+s.name)
	if err != nil {
		return err
	}
	s.now, s.known = out.Out, out.RC == 0
	if err := s.read(); err != nil {
		return err
	}
	differs := !s.known || !slices.Equal(strings.Fields(s.now), strings.Fields(s.want))
	switch {
	case s.saved == nil:
		s.changed, s.put = s.present, s.present
	case *s.saved != "" && !s.present, *s.saved != s.want:
		s.changed, s.put = true, true
	case s.t.Bool("reload"):
		s.changed = differs
	}
	if s.t.Bool("sysctl_set") && s.present && differs {
		s.changed = true
		s.set = s.known
	}
	return nil
}

// read reads the file: each setting once, the wanted one with its new value.
func (s *kernelSetting) read() error {
	path := s.t.Str("sysctl_file")
	var data []byte
	if posix.IsFile(path) {
		var err error
		if data, err = os.ReadFile(path); err != nil {
			return module.Fail("Failed to open %s: %s", path, posix.PyError(err, path))
		}
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		k, v, ok := strings.Cut(line, "=")
		if !ok || line[0] == '#' || line[0] == ';' {
			s.lines = append(s.lines, line)
			continue
		}
		k, v = strings.TrimSpace(k), strings.TrimSpace(v)
		if k == s.name {
			saved := v
			s.saved = &saved
			v = s.want
		}
		if !seen[k] && (k != s.name || s.present) {
			s.lines = append(s.lines, k+"="+v)
		}
		seen[k] = true
	}
	if !seen[s.name] && s.present {
		s.lines = append(s.lines, s.name+"="+s.want)
	}
	return nil
}

var refusedSetting = pyre.MustCompile(`(?m)^sysctl: setting key "[^"]+": (Invalid argument|Read-only file system)$`)

func (s *kernelSetting) apply() error {
	if s.set {
		if err := s.setNow(); err != nil {
			return err
		}
	}
	if s.put {
		path := s.t.Str("sysctl_file")
		tmp, err := posix.TempFile(posix.Dirname(path), ".ansible_m_sysctl_", ".conf")
		if err != nil {
			return module.Raise(err, tmp)
		}
		var b strings.Builder
		for _, l := range s.lines {
			b.WriteString(strings.TrimSpace(l) + "\n")
		}
		if err := os.WriteFile(tmp, []byte(b.String()), 0o600); err != nil {
			return module.Fail("Failed to write to file %s: %s", tmp, posix.PyError(err, tmp))
		}
		if err := s.t.AtomicMove(tmp, path, module.Move{}); err != nil {
			return err
		}
	}
	if !s.changed || !s.t.Bool("reload") {
		return nil
	}
	argv := []string{s.bin}
	if s.t.Bool("ignoreerrors") {
		argv = append(argv, "-e")
	}
	out, err := s.t.Exec(s.ctx, append(argv, "-p", s.t.Str("sysctl_file")), "")
	if err != nil {
		return err
	}
	if out.RC != 0 || refusedSetting.MatchString(out.Err) {
		return module.Fail("Failed to reload sysctl: %s", out.Out+out.Err)
	}
	return nil
}

func (s *kernelSetting) setNow() error {
	v, skip := s.want, ""
	if len(strings.Fields(v)) > 0 {
		v = `"` + v + `"`
	}
	if s.t.Bool("ignoreerrors") {
		skip = "-e"
	}
	out, err := s.t.ExecLine(s.ctx, s.bin+" "+skip+" -w "+s.name+"="+v)
	if err != nil {
		return err
	}
	if out.RC != 0 || refusedSetting.MatchString(out.Err) {
		return module.Fail("setting %s failed: %s", s.name, out.Out+out.Err)
	}
	return nil
}
