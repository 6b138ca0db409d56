package inventory

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"pbc/compiler/files"
	"pbc/compiler/vault"
	"pbc/compiler/yaml"
	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/failure"
	"pbc/ir/value"
)

// Options says what to load and how. The zero value of every setting is Ansible's default.
type Options struct {
	// Sources are the inventories in order: absolute paths of files, folders and scripts, or lists of hosts
	// with a comma. They are the command line's, or the setting DEFAULT_HOST_LIST.
	Sources []string
	// PlaybookDir is the folder beside whose group_vars and host_vars a playbook stands; "" is none.
	PlaybookDir string
	// Disk has the group_vars and host_vars; nil is the file system. A plan's has those beside its playbook.
	Disk  files.Disk
	Vault *vault.Keyring
	// Mk makes a value of a string that may be a template. Strings of INI files and scripts have a node
	// with a file and, where known, a line. Nil leaves strings alone.
	Mk func(string, *yaml.Node) value.Value
	// Warn is told of every warning, in Ansible's words and order. May be nil.
	Warn func(msg string)
	// WarnChain is told of the warnings that dialect tagged tells with places. May be nil.
	WarnChain func(*failure.Failure)
	// Deprecated is told of what dialect tagged says is deprecated. May be nil.
	Deprecated func(msg string)
	// Verbose is told what Ansible prints from that number of -v on. May be nil.
	Verbose func(level int, msg string)
	// Error is told what inventory scripts write to stderr, which Ansible prints as an error. May be nil.
	Error func(msg string)

	// Broken is what reading the extra variables failed with, if it did. Ansible's plugins read them too, so
	// that all sources then fail with it.
	Broken error
	// Extra are the extra variables, which templates of the plugin constructed may see. May be nil.
	Extra *value.Dict
	// CachedFacts returns what the fact cache has of a host, nil for nothing. May be nil.
	CachedFacts func(host string) *value.Dict
	// VarsPlugins are the vars plugins in Python; nil for none.
	VarsPlugins VarsPlugins
	// Installed is the command line of the installed ansible-inventory, with its options about vaults: it is asked
	// for sources whose plugin is not pbc's own. Nil has none.
	Installed []string
	// InstalledEnv are the variables that it gets besides those of this process.
	InstalledEnv []string
	// Lacking are the warnings of a plugin that is nowhere, none for one that may be there. May be nil.
	Lacking func(plugin string) []string

	Dialect           expr.Dialect
	Newer             bool     // see ir.Newer
	UseExtraVars      bool     // use_extra_vars of the plugin constructed
	QuietScripts      bool     // always_show_stderr of the plugin script is false
	Python            string   // sys.executable of the implicit localhost: "" is /usr/bin/python3
	MergeHashes       bool     // DEFAULT_HASH_BEHAVIOUR is merge
	Duplicates        string   // DUPLICATE_YAML_DICT_KEY
	InvalidGroupChars string   // TRANSFORM_INVALID_GROUP_CHARS: "never", "ignore", "always", "silently"
	NoVarsFiles       bool     // VARIABLE_PLUGINS_ENABLED leaves host_group_vars out: there are no group_vars and host_vars
	VarsStage         string   // the stages in which host_group_vars runs: "all", "task", "inventory"; "" leaves it to VarsAtStart
	VarsAtStart       bool     // RUN_VARS_PLUGINS is start, and not demand
	Listing           bool     // variables are listed, and not those of a run
	Precedence        []string // VARIABLE_PRECEDENCE; nil is the default
	PlaybookVarsRoot  string   // PLAYBOOK_VARS_ROOT: "top", "bottom", "all"
	PatternMismatch   string   // HOST_PATTERN_MISMATCH: "warning", "error", "ignore"
	IgnoreExtensions  []string // INVENTORY_IGNORE_EXTS; nil is the default
	IgnorePatterns    []string // INVENTORY_IGNORE_PATTERNS
	Enabled           []string // INVENTORY_ENABLED; nil is the default
	FileExtensions    []string // YAML_FILENAME_EXTENSIONS; nil is the default
	UnparsedFails     bool     // INVENTORY_UNPARSED_IS_FAILED
	AnyUnparsedFails  bool     // INVENTORY_ANY_UNPARSED_IS_FAILED
	NoUnparsedWarning bool     // INVENTORY_UNPARSED_WARNING is false
	NoLocalWarning    bool     // LOCALHOST_WARNING is false
}

// Inventory is what the sources say, and what a run adds.
type Inventory struct {
	reserves   bool // some variable has a reserved name
	opts       Options
	hosts      map[string]*Host
	groups     map[string]*Group
	hostOrder  []*Host
	groupOrder []*Group
	localhost  *Host
	source     string                    // the source being read, "" between sources
	processed  []string                  // the sources that were read
	added      []func() error            // does again what the run added
	generation int                       // counts changes of membership
	missing    map[string]*missingPlugin // those that Ansible does not have either
	limit      []string
	files      fileCache
	// given is what vars plugins gave at a generation.
	given    map[string][]*value.Dict
	givenAt  int
	patterns map[string][]*Host
	// groupsDict is what GroupsDict returned at a generation.
	groupsDict *value.Dict
	groupsAt   int
	patternsAt int // the generation that patterns belong to
}

func newInventory(o Options) *Inventory {
	inv := &Inventory{opts: o, hosts: map[string]*Host{}, groups: map[string]*Group{}, missing: map[string]*missingPlugin{}, generation: 1}
	all, _ := inv.addGroup("all")
	ungrouped, _ := inv.addGroup("ungrouped")
	_, _ = all.addChild(ungrouped)
	return inv
}

func (inv *Inventory) warn(format string, args ...any) {
	if inv.opts.Warn != nil {
		if len(args) > 0 {
			format = fmt.Sprintf(format, args...)
		}
		inv.opts.Warn(format)
	}
}

func (inv *Inventory) verbose(level int, format string, args ...any) {
	if inv.opts.Verbose != nil {
		if len(args) > 0 {
			format = fmt.Sprintf(format, args...)
		}
		inv.opts.Verbose(level, format)
	}
}

// mk makes a value of text from a source that is no YAML.
func (inv *Inventory) mk(s, file string, line int) value.Value {
	if inv.opts.Mk == nil {
		return s
	}
	pos := ir.Pos{File: file, Line: line}
	return inv.opts.Mk(s, &yaml.Node{Pos: pos, Tag: "!!str", Value: s, Raw: s})
}

// Hosts are the hosts of the sources and those that were added, in order of appearance, without the
// implicit localhost.
func (inv *Inventory) Hosts() []*Host { return inv.hostOrder }

// Groups are the groups in order of appearance; "all" and "ungrouped" come first.
func (inv *Inventory) Groups() []*Group { return inv.groupOrder }

// Host returns the host with that name, nil when there is none. A name of this machine that no source
// has brings the implicit localhost about.
func (inv *Inventory) Host(name string) *Host {
	if h := inv.hosts[name]; h != nil {
		return h
	}
	if localhosts[name] {
		return inv.implicit(name)
	}
	return nil
}

// Group returns the group with that name, nil when there is none.
func (inv *Inventory) Group(name string) *Group { return inv.groups[name] }

// implicit is the implicit localhost, or the host of a source that is this machine.
func (inv *Inventory) implicit(name string) *Host {
	if inv.localhost == nil {
		python := inv.opts.Python
		if python == "" {
			python = "/usr/bin/python3"
		}
		inv.localhost = &Host{Name: name, Implicit: true, inv: inv,
			own: value.DictOf("ansible_python_interpreter", python, "ansible_connection", "local")}
	}
	return inv.localhost
}

// Generation counts the changes of which hosts and groups there are, and which belong to which.
func (inv *Inventory) Generation() int { return inv.generation }

// GroupsDict is the variable groups: the names of the hosts of each group.
func (inv *Inventory) GroupsDict() *value.Dict {
	if inv.groupsDict != nil && inv.groupsAt == inv.generation && inv.groupsDict.Len() == len(inv.groupOrder) {
		return inv.groupsDict
	}
	d := value.NewDict()
	for _, g := range inv.groupOrder {
		names := &value.List{}
		for _, h := range g.Hosts() {
			names.V = append(names.V, h.Name)
		}
		d.SetStr(g.Name, names)
	}
	inv.groupsDict, inv.groupsAt = d, inv.generation
	return d
}

func (inv *Inventory) addGroup(name string) (*Group, error) {
	if name == "" {
		return nil, errors.New("Invalid empty/false group name provided: " + name)
	}
	if g := inv.groups[name]; g != nil {
		return g, nil
	}
	name = inv.safeName(name)
	if g := inv.groups[name]; g != nil {
		return g, nil
	}
	g := &Group{Name: name, Priority: 1, own: value.NewDict(), members: map[*Host]bool{}, inv: inv}
	inv.groups[name] = g
	inv.groupOrder = append(inv.groupOrder, g)
	return g, nil
}

// addHost adds a host to the inventory and, when it is not nil, to a group.
func (inv *Inventory) addHost(name string, g *Group, port string) (*Host, error) {
	if name == "" {
		return nil, errors.New("Invalid empty host name provided: " + name)
	}
	h := inv.hosts[name]
	if h == nil {
		h = &Host{Name: name, own: value.NewDict(), inv: inv}
		if port != "" {
			n, err := pythonInt(port)
			if err != nil {
				return nil, err
			}
			h.own.SetStr("ansible_port", int64(n))
		}
		inv.hosts[name] = h
		inv.hostOrder = append(inv.hostOrder, h)
		inv.setPlace(h)
		if localhosts[name] {
			inv.setLocal(h)
		}
	}
	if g != nil {
		g.addHost(h)
	}
	return h, nil
}

// setPlace sets inventory_file and inventory_dir, the source that named the host first.
func (inv *Inventory) setPlace(h *Host) {
	// The names of a group win over those of a host, as in Ansible.
	vars := h.own
	if g := inv.groups[h.Name]; g != nil {
		vars = g.own
	}
	if inv.source == "" {
		vars.SetStr("inventory_file", nil)
		vars.SetStr("inventory_dir", nil)
		return
	}
	vars.SetStr("inventory_file", inv.source)
	vars.SetStr("inventory_dir", baseDir(inv.source))
}

// baseDir is the folder of a source. Of one that is no file Ansible makes the text "None".
func baseDir(source string) string {
	info, err := os.Stat(source)
	switch {
	case err != nil:
		return "None"
	case info.IsDir():
		return source
	}
	return filepath.Dir(source)
}

func (inv *Inventory) setLocal(h *Host) {
	if inv.localhost == nil {
		inv.localhost = h
		inv.verbose(4, "Set default localhost to %s", h.Name)
		return
	}
	inv.warn("A duplicate localhost-like entry was found (%s). First found localhost was %s", h.Name, inv.localhost.Name)
}

// setVariable gives a group or a host a variable; when both have the name it is the group's.
func (inv *Inventory) setVariable(entity string, key, v value.Value) error {
	if g := inv.groups[entity]; g != nil {
		return g.set(key, v)
	}
	if h := inv.hosts[entity]; h != nil {
		return inv.assign(h.own, key, v)
	}
	return fmt.Errorf("Could not identify group or host named %s", entity)
}

// populate adds hosts to a group and gives them variables.
func (inv *Inventory) populate(hosts []string, vars *value.Dict, g *Group, port string) error {
	for _, name := range hosts {
		if _, err := inv.addHost(name, g, port); err != nil {
			return err
		}
		for i, k := range vars.K {
			if err := inv.setVariable(name, k, vars.V[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// reconcile makes the rules true that hold after every change: all groups are below all, and ungrouped
// has exactly the hosts that are in no other group.
func (inv *Inventory) reconcile() {
	all, ungrouped := inv.groups["all"], inv.groups["ungrouped"]
	for _, g := range inv.groupOrder {
		if g != all && len(g.parents) == 0 {
			_, _ = all.addChild(g)
		}
	}
	for _, h := range inv.hostOrder {
		others := 0
		for _, g := range h.groups {
			if g != all && g != ungrouped {
				others++
			}
		}
		switch {
		case h.in(ungrouped) && others > 0:
			ungrouped.removeHost(h)
		case !h.in(ungrouped) && others == 0:
			inv.ungroup(h)
		}
	}
	var both []string
	for _, g := range inv.groupOrder {
		if inv.hosts[g.Name] != nil {
			both = append(both, g.Name)
		}
	}
	sort.Strings(both)
	for _, name := range both {
		inv.warn("Found both group and host with same name: %s", name)
	}
}

// ungroup puts a host into ungrouped; a group of the same name goes there in its stead, as in Ansible.
func (inv *Inventory) ungroup(h *Host) {
	if g := inv.groups[h.Name]; g != nil {
		_, _ = inv.groups["ungrouped"].addChild(g)
		return
	}
	inv.groups["ungrouped"].addHost(h)
}

// AddHost is the module add_host: it adds a host to groups and gives it variables, and says whether that
// changed anything.
func (inv *Inventory) AddHost(name string, groups []string, vars *value.Dict) (changed bool, err error) {
	inv.added = append(inv.added, func() error { _, err := inv.AddHost(name, groups, vars); return err })
	h := inv.hosts[name]
	if h == nil {
		if h, err = inv.addHost(name, inv.groups["all"], ""); err != nil {
			return false, err
		}
		h.added, changed = true, true
	}
	before := h.ownVars()
	after := Combine(before, vars, inv.opts.MergeHashes)
	if !value.Same(before, after) {
		h.own = after
		inv.generation++
		changed = true
	}
	for _, name := range groups {
		g := inv.groups[name]
		if g == nil {
			if g, err = inv.addGroup(name); err != nil {
				return changed, err
			}
			g.added, changed = true, true
		}
		changed = g.addHost(h) || changed
	}
	if changed {
		inv.reconcile()
	}
	return changed, nil
}

// AddToGroup is the module group_by: it adds a host to a group, made below parents when it is new, and
// says whether that changed anything.
func (inv *Inventory) AddToGroup(h *Host, name string, parents []string) (changed bool, err error) {
	if inv.hosts[h.Name] == nil && h != inv.localhost {
		return false, fmt.Errorf("%s cannot be matched in inventory", h.Name)
	}
	inv.added = append(inv.added, func() error { return inv.groupAgain(h.Name, name, parents) })
	was := inv.groups[name]
	g, err := inv.addGroup(name)
	if err != nil {
		return false, err
	}
	g.added = g.added || was == nil
	for _, p := range parents {
		_, known := inv.groups[p]
		parent, err := inv.addGroup(p)
		if err != nil {
			return changed, err
		}
		added, err := parent.addChild(g)
		if err != nil {
			return changed, err
		}
		changed = changed || added || !known
	}
	if !g.members[h] {
		changed = g.addHost(h)
	}
	if changed {
		inv.reconcile()
	}
	return changed, nil
}

// groupAgain adds a host to a group after the sources were read again, if there still is one of that name.
func (inv *Inventory) groupAgain(host, group string, parents []string) error {
	h := inv.Host(host)
	if h == nil {
		return nil
	}
	_, err := inv.AddToGroup(h, group, parents)
	return err
}

// pyClass is how Python prints the class of what a node holds.
func pyClass(n *yaml.Node) string {
	name := n.TypeName()
	switch {
	case name == "AnsibleUnsafeText":
		return "<class 'ansible.utils.unsafe_proxy." + name + "'>"
	case strings.HasPrefix(name, "Ansible"):
		return "<class 'ansible.parsing.yaml.objects." + name + "'>"
	case name == "date" || name == "datetime":
		return "<class 'datetime." + name + "'>"
	}
	return "<class '" + name + "'>"
}
