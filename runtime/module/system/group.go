package system

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/module"
	"pbc/runtime/module/posix"
)

var groupSpec = &argspec.Spec{
	Args: []argspec.Arg{
		{Name: "state", Default: "present", Choices: argspec.Choices("absent", "present")},
		{Name: "name", Required: true},
		{Name: "gid", Type: argspec.Int},
		{Name: "system", Type: argspec.Bool, Default: false},
		{Name: "local", Type: argspec.Bool, Default: false},
		{Name: "non_unique", Type: argspec.Bool, Default: false},
		{Name: "force", Type: argspec.Bool, Default: false, OnlyNewer: true},
		{Name: "gid_min", Type: argspec.Int, OnlyNewer: true},
		{Name: "gid_max", Type: argspec.Int, OnlyNewer: true},
	},
	CheckMode: true,
	If:        []argspec.If{{Arg: "non_unique", Value: true, Needs: []string{"gid"}}},
}

// Group is ansible.builtin.group, on Linux with groupadd and its like.
func Group() module.Module {
	m := module.New("ansible.builtin.group", "group", module.Local, groupSpec, group)
	m.Declines = onlyLinux
	return m
}

// onlyLinux declines where accounts are managed by other tools than shadow's.
func onlyLinux(*module.Call) string {
	if runtime.GOOS != "linux" || posix.Exists("/etc/alpine-release") {
		return "accounts are not managed with the shadow tools here"
	}
	return ""
}

// groupTask is one task of group.
type groupTask struct {
	ctx  context.Context
	t    *module.Task
	name string
	gid  value.Value
}

func group(ctx context.Context, t *module.Task) (*value.Dict, error) {
	g := &groupTask{ctx: ctx, t: t, name: t.Str("name"), gid: t.Get("gid")}
	if err := g.notLocal(); err != nil {
		return nil, err
	}
	argv, err := g.command()
	if err != nil {
		return nil, err
	}
	r := value.DictOf("name", g.name, "state", t.Str("state"), "changed", argv != nil)
	if argv != nil {
		if t.Check && (t.Str("state") == "absent" || !strings.HasSuffix(argv[0], "mod")) {
			return value.DictOf("changed", true), nil
		}
		if err := g.run(argv, r); err != nil {
			return nil, err
		}
	}
	if g.exists() {
		if info, ok := posix.GroupByName(g.name); ok {
			r.SetStr("system", t.Bool("system"))
			r.SetStr("gid", int64(info.GID))
		}
	}
	return r, nil
}

// notLocal refuses what the tools for local groups cannot do.
func (g *groupTask) notLocal() error {
	if !g.t.Bool("local") {
		return nil
	}
	if g.t.Bool("force") {
		return module.Fail("force is not a valid option for local, force=True and local=True are mutually exclusive")
	}
	for _, name := range []string{"gid_min", "gid_max"} {
		if g.t.Has(name) {
			return module.Fail("'%s' can not be used with 'local'", name)
		}
	}
	return nil
}

func (g *groupTask) run(argv []string, r *value.Dict) error {
	if g.t.Check {
		return nil
	}
	out, err := g.t.Exec(g.ctx, argv, "")
	if err != nil {
		return err
	}
	if out.RC != 0 {
		return module.FailWith(out.Err, "name", g.name)
	}
	if out.Out != "" {
		r.SetStr("stdout", out.Out)
	}
	if out.Err != "" {
		r.SetStr("stderr", out.Err)
	}
	return nil
}

// command is what has to be run, nil when nothing has.
func (g *groupTask) command() ([]string, error) {
	exists := g.exists()
	if g.t.Str("state") == "absent" {
		if !exists {
			return nil, nil
		}
		var opts []string
		if g.t.Bool("force") {
			opts = []string{"-f"}
		}
		return g.argv("groupdel", opts)
	}
	if !exists {
		if g.t.Check {
			return []string{"groupadd"}, nil
		}
		if err := g.unusedID(); err != nil {
			return nil, err
		}
		opts := g.idOptions()
		if g.t.Bool("system") {
			opts = append(opts, "-r")
		}
		for _, name := range []string{"gid_min", "gid_max"} {
			if n, _ := argspec.ToStr(g.t.Get(name)); g.t.Has(name) {
				opts = append(opts, "-K", strings.ToUpper(name)+"="+n)
			}
		}
		return g.argv("groupadd", opts)
	}
	if err := g.unusedID(); err != nil {
		return nil, err
	}
	info, _ := posix.GroupByName(g.name)
	if g.gid == nil || g.gid == int64(info.GID) {
		_, err := g.argv("groupmod", nil)
		return nil, err
	}
	return g.argv("groupmod", g.idOptions())
}

func (g *groupTask) idOptions() []string {
	if g.gid == nil {
		return nil
	}
	id, _ := argspec.ToStr(g.gid)
	opts := []string{"-g", id}
	if g.t.Bool("non_unique") {
		opts = append(opts, "-o")
	}
	return opts
}

func (g *groupTask) argv(tool string, opts []string) ([]string, error) {
	if g.t.Bool("local") {
		tool = "l" + tool
	}
	bin, err := g.t.NeedBin(tool)
	if err != nil {
		return nil, err
	}
	return append(append([]string{bin}, opts...), g.name), nil
}

// unusedID checks, for local groups, that no other group has the number.
func (g *groupTask) unusedID() error {
	if !g.t.Bool("local") || g.gid == nil || g.gid == int64(0) {
		return nil
	}
	for _, o := range posix.Groups() {
		if g.gid == int64(o.GID) && o.Name != g.name {
			return module.Fail("GID '%s' already exists with group '%s'", strconv.Itoa(o.GID), o.Name)
		}
	}
	return nil
}

const localWarning = "'local: true' specified and group was not found in %[1]s. " +
	"The local group may already exist if the local group database exists somewhere other than %[1]s."

func (g *groupTask) exists() bool {
	if !g.t.Bool("local") {
		_, ok := posix.GroupByName(g.name)
		return ok
	}
	data, _ := os.ReadFile("/etc/group")
	if strings.Contains("\n"+string(data), "\n"+g.name+":") {
		return true
	}
	if !g.t.Tagged() {
		g.t.Warn("%s", fmt.Sprintf(localWarning, "/etc/group"))
	}
	return false
}
