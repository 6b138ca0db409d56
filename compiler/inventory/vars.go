package inventory

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"pbc/compiler/config"
	"pbc/compiler/diag"
	"pbc/compiler/files"
	"pbc/compiler/vault"
	"pbc/compiler/yaml"
	"pbc/ir/failure"
	"pbc/ir/value"
)

// Layer is one of Ansible's levels of precedence that come from an inventory, the lowest first.
type Layer int

// The layers of a host. Group layers combine the groups by depth, ansible_group_priority and name.
const (
	AllInventory    Layer = iota // variables of group all in the sources
	GroupsInventory              // variables of the other groups in the sources
	AllBeside                    // group_vars/all beside the sources
	AllPlaybook                  // group_vars/all beside the playbook
	GroupsBeside                 // group_vars of the other groups beside the sources
	GroupsPlaybook               // group_vars of the other groups beside the playbook
	HostInventory                // variables of the host in the sources, and what Ansible derives from its name
	HostBeside                   // host_vars beside the sources
	HostPlaybook                 // host_vars beside the playbook
	NumLayers
)

// Layers are the variables of a host by layer. None of them is nil, and none is to be changed.
type Layers [NumLayers]*value.Dict

// Combine is Ansible's combine_vars: a copy of a with the entries of b over it; with merge, dictionaries
// in both are combined in the same way, all the way down.
func Combine(a, b *value.Dict, merge bool) *value.Dict {
	out := a.Copy()
	if b == nil {
		return out
	}
	for i, k := range b.K {
		v := b.V[i]
		if merge {
			old, _, _ := out.Get(k)
			x, ok1 := old.(*value.Dict)
			y, ok2 := v.(*value.Dict)
			if ok1 && ok2 {
				v = Combine(x, y, true)
			}
		}
		_ = out.Set(k, v)
	}
	return out
}

// ownVars are the variables of h in the sources, and those that follow from its name and groups.
func (h *Host) ownVars() *value.Dict {
	d := h.own.Copy()
	short, _, _ := strings.Cut(h.Name, ".")
	if ipv4.MatchString(h.Name) || ipv6.MatchString(h.Name) {
		short = h.Name
	}
	names := &value.List{}
	for _, n := range h.GroupNames() {
		names.V = append(names.V, n)
	}
	d.SetStr("inventory_hostname", h.Name)
	d.SetStr("inventory_hostname_short", short)
	d.SetStr("group_names", names)
	return d
}

// Layers reads the variables of h. The error is a fault in a variable file: a *diag.Diagnostic whose Msg
// is Ansible's whole text.
func (h *Host) Layers() (Layers, error) { return h.layers(h.inv.playbookDirs()) }

// layers reads the variables of h, those of the playbook beside some folders.
func (h *Host) layers(playbook []string) (Layers, error) {
	inv := h.inv
	all := inv.groups["all"]
	groups := h.sortedGroups()
	merge := inv.opts.MergeHashes
	var l Layers
	l[AllInventory] = all.own.Copy()
	l[GroupsInventory] = value.NewDict()
	for _, g := range groups {
		l[GroupsInventory] = Combine(l[GroupsInventory], g.own, merge)
	}
	l[HostInventory] = h.ownVars()
	names := make([]string, len(groups))
	for i, g := range groups {
		names[i] = g.Name
	}
	beside := dirsOf(inv.opts.Sources)
	files := []struct {
		to     Layer
		dirs   []string
		subdir string
		names  []string
	}{
		{AllBeside, beside, "group_vars", []string{"all"}},
		{AllPlaybook, playbook, "group_vars", []string{"all"}},
		{GroupsBeside, beside, "group_vars", names},
		{GroupsPlaybook, playbook, "group_vars", names},
		{HostBeside, beside, "host_vars", []string{h.Name}},
		{HostPlaybook, playbook, "host_vars", []string{h.Name}},
	}
	for _, f := range files {
		l[f.to] = value.NewDict()
		if !inv.counts(f.to) { // nor is it read, whatever is wrong with it
			continue
		}
		d, err := inv.varsFiles(f.dirs, f.subdir, f.names, inv.stage())
		if err != nil {
			return l, inv.varsFault(err)
		}
		l[f.to] = d
	}
	return l, nil
}

// Vars are the variables of h, all layers over each other.
func (h *Host) Vars() (*value.Dict, error) { return h.varsOver(h.inv.playbookDirs()) }

// ByTask says whether tasks of one play may see different variables of a host: PLAYBOOK_VARS_ROOT has them look beside other files
// than the playbook.
func (inv *Inventory) ByTask() bool {
	return inv.opts.PlaybookVarsRoot == "bottom" || inv.opts.PlaybookVarsRoot == "all"
}

// VarsAt are the variables of h as a task sees them whose files are looked for in some folders: those of its role and of the roles
// that this one depends on, innermost first, then the folder of the task's file. By PLAYBOOK_VARS_ROOT the first of them has the
// playbook's group_vars and host_vars, all have, or the playbook's own folder. Without folders it is that, too.
func (h *Host) VarsAt(search []string) (*value.Dict, error) {
	switch {
	case len(search) == 0 || !h.inv.ByTask():
		return h.Vars()
	case h.inv.opts.PlaybookVarsRoot == "bottom":
		search = search[:1]
	}
	return h.varsOver(search)
}

func (h *Host) varsOver(playbook []string) (*value.Dict, error) {
	l, err := h.layers(playbook)
	if err != nil {
		return nil, err
	}
	d := value.NewDict()
	for _, n := range h.inv.order() {
		d = Combine(d, l[n], h.inv.opts.MergeHashes)
	}
	return d, nil
}

// groupLayers are the names of the layers of groups in VARIABLE_PRECEDENCE.
var groupLayers = map[string]Layer{"all_inventory": AllInventory, "groups_inventory": GroupsInventory, "all_plugins_inventory": AllBeside,
	"all_plugins_play": AllPlaybook, "groups_plugins_inventory": GroupsBeside, "groups_plugins_play": GroupsPlaybook}

// counts says whether a layer is among those of VARIABLE_PRECEDENCE, or is of the host.
func (inv *Inventory) counts(l Layer) bool {
	ofGroups := func(name string) bool { return groupLayers[name] == l }
	return inv.opts.Precedence == nil || l == HostBeside || l == HostPlaybook || slices.ContainsFunc(inv.opts.Precedence, ofGroups)
}

// order are the layers by rising precedence: those of groups that VARIABLE_PRECEDENCE names, in its order, then those of
// the host.
func (inv *Inventory) order() []Layer {
	names := inv.opts.Precedence
	if names == nil {
		names = []string{"all_inventory", "groups_inventory", "all_plugins_inventory", "all_plugins_play", "groups_plugins_inventory", "groups_plugins_play"}
	}
	var out []Layer
	for _, name := range names {
		l, ok := groupLayers[name]
		if !ok {
			inv.warn("Ignoring unknown variable precedence entry: %s", name)
			continue
		}
		out = append(out, l)
	}
	return append(out, HostInventory, HostBeside, HostPlaybook)
}

// OwnVars are the variables that h itself has, in the sources and in host_vars.
func (h *Host) OwnVars() (*value.Dict, error) {
	return h.inv.besideVars(h.ownVars(), "host_vars", h.Name)
}

// Vars are the variables that g itself has, in the sources and in group_vars.
func (g *Group) Vars() (*value.Dict, error) { return g.inv.besideVars(g.own, "group_vars", g.Name) }

// besideVars are variables of the sources with those of files over them.
func (inv *Inventory) besideVars(own *value.Dict, subdir, name string) (*value.Dict, error) {
	d, err := inv.varsFiles(append(dirsOf(inv.opts.Sources), inv.playbookDirs()...), subdir, []string{name}, StageAll)
	if err != nil {
		return nil, inv.varsFault(err)
	}
	return Combine(own, d, inv.opts.MergeHashes), nil
}

// sortedGroups are the groups of h but all, by rising precedence.
func (h *Host) sortedGroups() []*Group {
	return sortGroups(deleteItem(h.groups, h.inv.groups["all"]))
}

// sortGroups are groups by rising precedence.
func sortGroups(groups []*Group) []*Group {
	groups = slices.Clone(groups)
	sort.SliceStable(groups, func(i, j int) bool {
		a, b := groups[i], groups[j]
		if a.Depth != b.Depth {
			return a.Depth < b.Depth
		}
		if a.Priority != b.Priority {
			return a.Priority < b.Priority
		}
		return a.Name < b.Name
	})
	return groups
}

// dirsOf are the folders beside which the group_vars and host_vars of sources are looked for.
func dirsOf(sources []string) []string {
	var dirs []string
	for _, source := range sources {
		info, err := os.Stat(source)
		switch {
		case source == "" || strings.Contains(source, ",") && err != nil:
			continue
		case err != nil || !info.IsDir():
			source = filepath.Dir(source)
		}
		dirs = append(dirs, source)
	}
	return dirs
}

// Beside says beside which playbook group_vars and host_vars count from now on: each play has those of its own, also one that
// another playbook imports. "" is none.
func (inv *Inventory) Beside(dir string) {
	inv.opts.PlaybookDir = dir
	clear(inv.given) // a play asks anew
}

func (inv *Inventory) playbookDirs() []string {
	if inv.opts.PlaybookDir == "" {
		return nil
	}
	return []string{inv.opts.PlaybookDir}
}

// filesOf combines the variable files of some hosts or groups in one folder: this is the vars plugin host_group_vars.
func (inv *Inventory) filesOf(dir, subdir string, names []string) (*value.Dict, error) {
	d := value.NewDict()
	for _, name := range names {
		if strings.HasPrefix(name, "/") {
			continue
		}
		one, err := inv.entityVars(dir, subdir, name)
		if err != nil {
			return nil, err
		}
		d = Combine(d, one, inv.opts.MergeHashes)
	}
	return d, nil
}

// entityVars combines the files of one host or group in one folder.
func (inv *Inventory) entityVars(dir, subdir, name string) (*value.Dict, error) {
	key := [3]string{dir, subdir, name}
	if d, ok := inv.files.entities[key]; ok {
		return d, nil
	}
	d := value.NewDict()
	files, err := inv.findVars(config.RealPath(filepath.Join(dir, subdir)), subdir, name)
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		n, err := inv.loadYAML(file)
		if err != nil {
			return nil, err
		}
		if isFalse(n) {
			continue
		}
		v := n.ToValue(inv.opts.Mk)
		vars, ok := v.(*value.Dict)
		if !ok {
			return nil, inv.notDict(file, d, n)
		}
		inv.placeKeys(n, vars)
		inv.noteReserved(vars.K...)
		d = Combine(d, vars, inv.opts.MergeHashes)
	}
	if inv.files.entities == nil {
		inv.files.entities = map[[3]string]*value.Dict{}
	}
	inv.files.entities[key] = d
	return d, nil
}

// notDict is Ansible's error for a variable file that holds something else than a dictionary. Newer ones do not show what it holds:
// the file may be a vault.
func (inv *Inventory) notDict(file string, d *value.Dict, n *yaml.Node) error {
	v := n.ToValue(inv.opts.Mk)
	switch class := value.TypeName(v); {
	case inv.tagged():
		if _, isBool := v.(bool); !isBool {
			class = "_AnsibleTagged" + strings.ToUpper(class[:1]) + class[1:]
		}
		return fmt.Errorf("Could not process '%s': failed to combine variables, expected dicts but got a 'dict' and a '%s'.", file, class)
	case inv.opts.Newer:
		return fmt.Errorf("Could not process '%s'.. failed to combine variables, expected dicts but got a 'dict' and a '%s'.", file, n.TypeName())
	}
	a, _ := value.JSON(d, value.JSONOptions{ASCII: true})
	b, err := value.JSON(v, value.JSONOptions{ASCII: true})
	if err != nil {
		b, _ = value.ToStr(v)
	}
	return fmt.Errorf("failed to combine variables, expected dicts but got a 'dict' and a '%s': \n%s\n%s", n.TypeName(), a, b)
}

// findVars finds the variable files of a name: a folder or a file without extension, else the first of
// the extensions that exists.
func (inv *Inventory) findVars(dir, subdir, name string) ([]string, error) {
	info, err := inv.opts.Disk.Stat(dir)
	if err != nil {
		return nil, nil
	}
	if !info.IsDir() {
		inv.warn("Found %s that is not a directory, skipping: %s", subdir, dir)
		return nil, nil
	}
	for _, ext := range append([]string{""}, inv.opts.FileExtensions...) {
		file := filepath.Join(dir, name+ext)
		info, err := inv.opts.Disk.Stat(file)
		if err != nil {
			continue
		}
		if info.IsDir() {
			return inv.varsFolder(file)
		}
		return []string{file}, nil
	}
	return nil, nil
}

// varsFolder lists the variable files in a folder and in the folders below that have no extension.
func (inv *Inventory) varsFolder(dir string) ([]string, error) {
	entries, err := inv.opts.Disk.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		name := e.Name()
		if strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~") {
			continue
		}
		ext := filepath.Ext(name)
		info, err := inv.opts.Disk.Stat(filepath.Join(dir, name))
		switch {
		case err != nil:
		case info.IsDir() && ext == "":
			below, err := inv.varsFolder(filepath.Join(dir, name))
			if err != nil {
				return nil, err
			}
			files = append(files, below...)
		case info.Mode().IsRegular() && (ext == "" || has(inv.opts.FileExtensions, ext)):
			files = append(files, filepath.Join(dir, name))
		}
	}
	return files, nil
}

func has(items []string, item string) bool {
	for _, x := range items {
		if x == item {
			return true
		}
	}
	return false
}

// fileCache remembers files read: each is read and decrypted once.
type fileCache struct {
	content  map[string]fileContent
	entities map[[3]string]*value.Dict
}

type fileContent struct {
	data   []byte
	secret bool
}

// readError is a file that cannot be read, in the words of dialect classic.
type readError struct {
	text string
	why  error
}

func (e *readError) Error() string { return e.text }
func (e *readError) Unwrap() error { return e.why }

func (c *fileCache) read(disk files.Disk, file string, k *vault.Keyring) ([]byte, bool, error) {
	if f, ok := c.content[file]; ok {
		return f.data, f.secret, nil
	}
	data, err := files.ReadFile(disk, file)
	if errors.Is(err, os.ErrNotExist) {
		return nil, false, &readError{fmt.Sprintf("Unable to retrieve file contents\nCould not find or access '%s' on the Ansible Controller.\n"+
			"If you are using a module and expect the file to exist on the remote, see the remote_src option", file), err}
	}
	if err != nil {
		return nil, false, &readError{fmt.Sprintf("an error occurred while trying to read the file '%s': %s", file, startError(err, file)), err}
	}
	secret := vault.IsEncrypted(data)
	if secret {
		if data, err = k.Decrypt(data, file); err != nil {
			return nil, false, err
		}
	}
	if c.content == nil {
		c.content = map[string]fileContent{}
	}
	c.content[file] = fileContent{data, secret}
	return data, secret, nil
}

// varsFault is an error in a variable file as a diagnostic.
func (inv *Inventory) varsFault(err error) error {
	var raised *pluginError
	if errors.As(err, &raised) {
		return raised.error
	}
	d := &diag.Diagnostic{Kind: diag.Invalid, Msg: err.Error()}
	if inv.tagged() {
		d.Tagged = failure.New(chainOf(err).Brief()) // the place is not told
	}
	return d
}
