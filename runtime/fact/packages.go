package fact

import (
	"context"
	"slices"
	"strings"

	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/module"
)

// PackageFacts is the module that lists the host's packages.
var PackageFacts = module.New("ansible.builtin.package_facts", "package_facts", module.Local, &argspec.Spec{
	CheckMode: true,
	Args: []argspec.Arg{
		{Name: "manager", Type: argspec.List, Elements: argspec.Str, Default: value.NewList("auto")},
		{Name: "strategy", Type: argspec.Str, Choices: []value.Value{"first", "all"}, Default: "first"},
	},
}, func(ctx context.Context, t *module.Task) (*value.Dict, error) {
	s := &packageScan{ctx: ctx, sys: systemOf(t.Call), tagged: t.Dialect == expr.Tagged,
		requested: t.Strings("manager"), all: t.Str("strategy") == "all", packages: value.NewDict()}
	res, err := s.run()
	for _, w := range s.warnings {
		t.Warn("%s", w)
	}
	return res, err
})

// packageScan asks package managers for what is installed: by strategy first until one has answered, else
// all of them.
type packageScan struct {
	ctx       context.Context
	sys       *System
	tagged    bool
	requested []string
	all       bool

	packages *value.Dict // lists of the versions installed, by name
	found    int         // managers that are usable
	warnings []string
}

// packageManager is one way to list packages. Those with a library are asked by a tool too, but only
// where Ansible could load the library.
type packageManager struct {
	name, tool string
	library    *pythonLibrary
	// list returns each package's details; the name is one of them.
	list func(s *packageScan, tool string) ([]*value.Dict, error)
}

// pythonLibrary is what Ansible needs to ask a package manager that it does not ask by a tool.
type pythonLibrary struct {
	name         string
	tools        []string // with any of these the lack of the library is told
	interpreters []string // that may have it, beside the one the modules run in
}

// packageManagers is the table of all managers, in the order that "auto" tries. In dialect classic
// Ansible's own order is that of a set, another one in each run.
var packageManagers = []*packageManager{
	{name: "apk", tool: "apk", list: (*packageScan).apk},
	{name: "apt", list: (*packageScan).apt, library: &pythonLibrary{name: "apt", tools: []string{"apt", "apt-get", "aptitude"},
		interpreters: []string{"/usr/bin/python3", "/usr/bin/python2"}}},
	{name: "pacman", tool: "pacman", list: (*packageScan).pacman},
	{name: "pkg", tool: "pkg", list: (*packageScan).pkg},
	{name: "pkg_info", tool: "pkg_info", list: (*packageScan).pkgInfo},
	{name: "portage", tool: "qlist", list: (*packageScan).portage},
	{name: "rpm", list: (*packageScan).rpm, library: &pythonLibrary{name: "rpm", tools: []string{"rpm"},
		interpreters: []string{"/usr/libexec/platform-python", "/usr/bin/python3", "/usr/bin/python2"}}},
}

// packageAliases are other names of managers, known to dialect tagged.
var packageAliases = []struct{ alias, name string }{
	{"dnf", "rpm"}, {"dnf5", "rpm"}, {"yum", "rpm"}, {"zypper", "rpm"},
	{"pkg5", "pkg"}, {"pkgng", "pkg"}, {"openbsd_pkg", "pkg_info"},
}

func (s *packageScan) warn(text string) { s.warnings = append(s.warnings, text) }

// managers are the names to try: those requested, and for "auto" all known ones after them.
func (s *packageScan) managers() ([]string, error) {
	var known, names []string
	for _, m := range packageManagers {
		known = append(known, m.name)
	}
	for _, a := range packageAliases {
		if s.tagged {
			known = append(known, a.alias)
		}
	}
	for _, n := range s.requested {
		names = append(names, strings.ToLower(n))
	}
	if i := slices.Index(names, "auto"); i >= 0 {
		names = append(slices.Delete(names, i, i+1), known...)
	}
	var unsupported []string
	for _, n := range names {
		if !slices.Contains(known, n) && !slices.Contains(unsupported, n) {
			unsupported = append(unsupported, n)
		}
	}
	switch {
	case unsupported == nil:
		return names, nil
	case slices.Contains(s.requested, "auto"):
		return nil, module.Fail("Could not auto detect a usable package manager, check warnings for details.")
	}
	return nil, module.Fail("Unsupported package managers requested: %s", strings.Join(unsupported, ", "))
}

// run asks the managers. Its error is a module.Failure.
func (s *packageScan) run() (*value.Dict, error) {
	names, err := s.managers()
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, name := range names {
		if s.found > 0 && !s.all {
			break
		}
		m := managerOf(name)
		if seen[m.name] {
			continue
		}
		seen[m.name] = true
		if s.tagged {
			s.askTagged(m)
		} else {
			s.askClassic(m)
		}
	}
	if s.found == 0 {
		tried, _ := value.Repr(textList(names))
		return nil, module.Fail("Could not detect a supported package manager from the following list: %s, or the required "+
			"Python library is not installed. Check warnings for details.", tried)
	}
	return value.DictOf("ansible_facts", value.DictOf("packages", s.packages)), nil
}

func managerOf(name string) *packageManager {
	for _, a := range packageAliases {
		if a.alias == name {
			name = a.name
		}
	}
	i := slices.IndexFunc(packageManagers, func(m *packageManager) bool { return m.name == name })
	return packageManagers[i]
}

// askClassic asks one manager. One that fails counts as found; a later manager's word counts where
// two know the same name.
func (s *packageScan) askClassic(m *packageManager) {
	tool, lack := s.usable(m)
	if lack != "" {
		if m.library != nil && tool != "" {
			s.warn(lack)
		}
		return
	}
	s.found++
	list, err := s.installed(m, tool)
	if err == nil {
		s.packages.Update(list)
	} else if slices.Contains(s.requested, m.name) {
		s.warn("Requested package manager " + m.name + " was not usable by this module: " + err.Error())
	}
}

// askTagged asks one manager, which is found only if it has packages.
func (s *packageScan) askTagged(m *packageManager) {
	tool, lack := s.usable(m)
	if lack != "" {
		if slices.Contains(s.requested, m.name) {
			s.warn("Requested package manager " + m.name + " was not usable by this module: " + lack)
		}
		return
	}
	list, err := s.installed(m, tool)
	if err != nil {
		s.warn("Failed to retrieve packages with " + m.name + ": " + err.Error())
	}
	if err != nil || list.Len() == 0 {
		s.warn(`Found "` + m.name + `" but no associated packages`)
		return
	}
	s.found++
	for i, k := range list.K {
		name, _ := value.Text(k)
		if old, ok := s.packages.GetStr(name); ok {
			l := old.(*value.List)
			l.V = append(l.V, list.V[i].(*value.List).V...)
			continue
		}
		s.packages.SetStr(name, list.V[i])
	}
}

// usable finds the tool of a manager, or the interpreter that has its library. lack says why it cannot be
// asked, "" when it can; for a library the tool beside it is then the one that shows that the manager is here.
func (s *packageScan) usable(m *packageManager) (tool, lack string) {
	if m.library == nil {
		if tool = s.sys.look(m.tool); tool == "" {
			lack = s.sys.noTool(m.tool)
		}
		return tool, lack
	}
	return s.usableLibrary(m.library)
}

func (s *packageScan) usableLibrary(lib *pythonLibrary) (tool, lack string) {
	for _, t := range lib.tools {
		if tool = s.sys.look(t); tool != "" {
			lack = `Found "` + t + `" but `
			if s.tagged {
				lack = "Found executable at " + tool + ". "
			}
			break
		}
	}
	own := s.sys.findPython(s.ctx)
	if own == nil { // Ansible could do nothing here; the tools can
		if tool == "" {
			lack = s.sys.noTool(lib.tools[0])
		} else {
			lack = ""
		}
		return "", lack
	}
	try := []string{own.Executable}
	if tool != "" {
		try = append(try, lib.interpreters...)
	}
	for i, exe := range try {
		if slices.Index(try, exe) == i && (i == 0 || s.sys.exists(exe)) &&
			s.sys.run(s.ctx, []string{exe, "-c", "import " + lib.name}).Code == 0 {
			return exe, ""
		}
	}
	return tool, lack + missingLibrary(lib.name, s.sys.node(), own.Executable)
}

// missingLibrary is Ansible's message of a Python library that a module needs.
func missingLibrary(name, host, python string) string {
	return "Failed to import the required Python library (" + name + ") on " + host + "'s Python " + python +
		". Please read the module documentation and install it in the appropriate location. If the required library is " +
		"installed, but Ansible is using the wrong Python interpreter, please consult the documentation on " +
		"ansible_python_interpreter"
}

// installed are the packages of a manager: lists of details by name.
func (s *packageScan) installed(m *packageManager, tool string) (*value.Dict, error) {
	list, err := m.list(s, tool)
	if err != nil {
		return nil, err
	}
	r := value.NewDict()
	for _, d := range list {
		d.SetStr("source", m.name)
		v, ok := d.GetStr("name")
		if !ok {
			return nil, pythonText("'name'")
		}
		name, _ := value.Text(v)
		versions, ok := r.GetStr(name)
		if !ok {
			versions = value.NewList()
			r.SetStr(name, versions)
		}
		l := versions.(*value.List)
		l.V = append(l.V, d)
	}
	return r, nil
}
