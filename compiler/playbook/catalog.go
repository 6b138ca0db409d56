package playbook

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"pbc/compiler/diag"
	"pbc/compiler/yaml"
)

// Plugin is what a name of a module, action or lookup resolves to.
type Plugin struct {
	FQCN string // "" when nothing of that name is known; a plugin beside the playbook has its bare name
	// Path is the file, "" for what ansible-core brings.
	Path string
}

// catalog finds plugins, roles and playbooks by name: those of ansible-core, of installed collections, and those
// beside the playbook and in roles.
type catalog struct {
	l *Loader
	// dirs are the directories that hold plugins of a kind, beside playbooks and roles, in the order Ansible adds them.
	dirs         map[kind][]string
	bases        []string // the directories of playbooks and roles that were added
	playbookDirs []string
	collections  map[string]*collection
	told         map[string]bool   // collections of which was warned
	coreUtils    map[string]string // where module_utils of ansible-core have gone; nil until asked
}

// collection is an installed collection with what its meta/runtime.yml says.
type collection struct {
	dir  string // "" when it is not installed
	meta *yaml.Node
	// version is what it says of itself; nil before that was looked at.
	version *string
	// refused is why it may not be used with this ansible-core, nil mostly.
	refused error
}

// pluginFolder is where plugins of a kind are beside playbooks and in roles, pluginPackage where in a collection,
// routingKey their section in meta/runtime.yml.
var (
	pluginFolder  = map[kind]string{moduleKind: "library", actionKind: "action_plugins", lookupKind: "lookup_plugins", utilsKind: "module_utils"}
	pluginPackage = map[kind]string{moduleKind: "plugins/modules", actionKind: "plugins/action", lookupKind: "plugins/lookup"}
	routingKey    = map[kind]string{moduleKind: "modules", actionKind: "action", lookupKind: "lookup"}
)

// ignoredExtensions are those of files that are no modules.
var ignoredExtensions = []string{".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".yaml", ".yml", ".ini"}

var fullName = regexp.MustCompile(`^[\p{L}\p{N}_]+(\.[\p{L}\p{N}_]+){2,}$`)

func newCatalog(l *Loader) *catalog {
	return &catalog{l: l, dirs: map[kind][]string{}, collections: map[string]*collection{}, told: map[string]bool{}}
}

// addPlaybookDir makes the plugins and collections beside a playbook known.
func (c *catalog) addPlaybookDir(dir string) {
	if !slices.Contains(c.playbookDirs, dir) {
		c.playbookDirs = append(c.playbookDirs, dir)
		clear(c.collections)
	}
	c.addDir(dir)
}

// addDir makes the plugins beside a playbook or in a role known.
func (c *catalog) addDir(dir string) {
	if !slices.Contains(c.bases, dir) {
		c.bases = append(c.bases, dir)
	}
	for k, folder := range pluginFolder {
		d := path.Join(dir, folder)
		if !slices.Contains(c.dirs[k], d) && c.l.src.Stat(d) == Dir {
			c.dirs[k] = append(c.dirs[k], d)
		}
	}
}

// module finds the module or action plugin of a name that stands in a task with these collections. The error is
// Ansible's message about a plugin that was removed.
func (c *catalog) module(name string, collections []string) (Plugin, error) {
	p, err := c.find(actionKind, name, collections)
	if err != nil || p.FQCN != "" {
		return p, err
	}
	return c.find(moduleKind, name, collections)
}

// Resolve finds the action plugin and the module of a name, each empty when there is none, with the collections of
// the task it stands in. The error is Ansible's message about a plugin that was removed.
func (l *Loader) Resolve(name string, collections []string) (action, module Plugin, err error) {
	if action, err = l.catalog.find(actionKind, name, collections); err != nil {
		return action, module, err
	}
	module, err = l.catalog.find(moduleKind, name, collections)
	return action, module, err
}

// networkGroups are the platforms of network devices, each of which may have one action plugin for all its modules.
var networkGroups = nameSet("eos", "nxos", "ios", "iosxr", "junos", "enos", "ce", "vyos", "sros", "dellos9", "dellos10", "dellos6", "asa", "aruba",
	"aireos", "bigip", "ironware", "onyx", "netconf", "exos", "voss", "slxos")

// actionOf is the action plugin that a task runs: what the module's collection names for it, else the one of the same
// name, else that of its platform.
func (c *catalog) actionOf(module, same Plugin) Plugin {
	parts := strings.SplitN(module.FQCN, ".", 3)
	if len(parts) < 3 || parts[0]+"."+parts[1] == "ansible.builtin" {
		return same
	}
	coll := parts[0] + "." + parts[1]
	named, _ := c.collection(coll).meta.Get("plugin_routing").Get(routingKey[moduleKind]).Get(parts[2]).Get("action_plugin").Text()
	if p, err := c.find(actionKind, named, nil); named != "" && err == nil && p.FQCN != "" {
		return p
	}
	platform, _, _ := strings.Cut(parts[2], "_")
	if same.FQCN != "" || !networkGroups[platform] {
		return same
	}
	p, err := c.find(actionKind, coll+"."+platform, nil)
	if err != nil {
		return same
	}
	return p
}

// UtilsDirs are the folders of module_utils beside the playbooks and in roles, then the configured ones.
func (l *Loader) UtilsDirs() []string {
	return append(slices.Clone(l.catalog.dirs[utilsKind]), l.opt.UtilsPaths...)
}

// PluginFile is the file of a plugin that is not ansible-core's, "" for none. Folder is the one in which plugins of that kind are beside playbooks,
// such as "become_plugins".
func (l *Loader) PluginFile(folder, name string) string {
	name = strings.TrimPrefix(name, "ansible.legacy.")
	if fullName.MatchString(name) {
		parts := strings.SplitN(name, ".", 3)
		dir := l.CollectionDir(parts[0] + "." + parts[1])
		if dir == "" {
			return ""
		}
		return l.existing(path.Join(dir, "plugins", strings.TrimSuffix(folder, "_plugins"), strings.ReplaceAll(parts[2], ".", "/")+".py"))
	}
	var dirs []string
	for _, base := range l.catalog.bases {
		dirs = append(dirs, path.Join(base, folder))
	}
	for _, dir := range l.opt.PluginPaths[folder] {
		dirs = append(dirs, dir)
		for _, below := range l.src.List(dir) {
			dirs = append(dirs, path.Join(dir, below))
		}
	}
	for _, dir := range dirs {
		if file := l.existing(path.Join(dir, name+".py")); file != "" {
			return file
		}
	}
	return ""
}

// existing is a file, "" where it is none.
func (l *Loader) existing(file string) string {
	if l.src.Stat(file) != File {
		return ""
	}
	return file
}

// CollectionDir is the folder of an installed collection, "" when it is not.
func (l *Loader) CollectionDir(name string) string { return l.catalog.collection(name).dir }

// CollectionVersion is the version of an installed collection, "" when it tells none.
func (l *Loader) CollectionVersion(name string) string {
	inst := l.catalog.collection(name)
	if inst.version == nil {
		v, ok := l.catalog.metadata(path.Join(inst.dir, "MANIFEST.json")).Get("collection_info").Get("version").Text()
		if !ok {
			v, _ = l.catalog.metadata(path.Join(inst.dir, "galaxy.yml")).Get("version").Text()
		}
		inst.version = &v
	}
	return *inst.version
}

// UtilsRoute says where a collection's metadata send those who look for one of its module_utils, and why it is gone
// if it is. For ansible.builtin the metadata are those of the ansible-core in the folder core.
func (l *Loader) UtilsRoute(core, coll, util string) (redirect, removed string) {
	if coll == "ansible.builtin" {
		return l.catalog.coreUtil(core, util), ""
	}
	e := l.catalog.collection(coll).meta.Get("plugin_routing").Get(string(utilsKind)).Get(util)
	if !isMap(e) {
		return "", ""
	}
	redirect, _ = e.Get("redirect").Text()
	if t := e.Get("tombstone"); isMap(t) {
		removed = "module_util " + util + " has been removed"
		if text, ok := t.Get("warning_text").Text(); ok {
			removed += " (" + text + ")"
		}
	}
	return redirect, removed
}

// coreUtil is where a module_util of ansible-core has gone. Its list is looked through line by line: it is too long
// to be read as YAML for the few lines that count.
func (c *catalog) coreUtil(core, util string) string {
	if c.coreUtils == nil {
		c.coreUtils = map[string]string{}
		data, _ := c.l.src.ReadFile(path.Join(core, "config", "ansible_builtin_runtime.yml"))
		_, rest, _ := strings.Cut(string(data), "\n  "+string(utilsKind)+":\n")
		name := ""
		for line := range strings.Lines(rest) {
			text := strings.TrimSpace(line)
			indent := len(line) - len(strings.TrimLeft(line, " "))
			switch to, redirect := strings.CutPrefix(text, "redirect: "); {
			case text == "" || text[0] == '#':
			case indent < 4:
				return c.coreUtils[util]
			case indent == 4:
				name = strings.TrimSuffix(text, ":")
			case redirect:
				c.coreUtils[name] = to
			}
		}
	}
	return c.coreUtils[util]
}

// hasLookup says whether there is a lookup plugin of that name.
func (c *catalog) hasLookup(name string) bool {
	p, err := c.find(lookupKind, name, nil)
	return err == nil && p.FQCN != ""
}

const maxRedirects = 20

func (c *catalog) find(k kind, name string, collections []string) (Plugin, error) {
	for range maxRedirects {
		p, next, err := c.step(k, name, collections)
		if err != nil || next == "" {
			return p, err
		}
		name = next
	}
	return Plugin{}, errors.New("plugin redirect loop resolving " + name)
}

// step looks a name up once; next is the name it is redirected to.
func (c *catalog) step(k kind, name string, collections []string) (p Plugin, next string, err error) {
	if k != lookupKind && slices.Contains(c.l.opt.Rejected, name) {
		return Plugin{}, "", nil
	}
	if !fullName.MatchString(name) && len(collections) == 0 {
		return c.legacy(k, name)
	}
	candidates := []string{name}
	if !strings.Contains(name, ".") && len(collections) > 0 {
		candidates = nil
		for _, coll := range collections {
			candidates = append(candidates, coll+"."+name)
		}
	}
	for _, cand := range candidates {
		if strings.HasPrefix(cand, "ansible.legacy") {
			p, next, err = c.legacy(k, strings.TrimPrefix(name, "ansible.legacy."))
		} else {
			p, next, err = c.qualified(k, cand)
		}
		if err != nil || p.FQCN != "" || next != "" {
			return p, next, err
		}
	}
	return Plugin{}, "", nil
}

// legacy looks where plugins were looked for before there were collections: beside the playbook and in its
// roles, in the configured directories, in ansible-core, and in its redirects.
func (c *catalog) legacy(k kind, name string) (Plugin, string, error) {
	for _, alias := range []string{name, "_" + name} {
		if file := c.userPlugin(k, alias); file != "" {
			return Plugin{FQCN: alias, Path: file}, "", nil
		}
		if c.inCore(k, alias) {
			return Plugin{FQCN: "ansible.builtin." + alias}, "", nil
		}
		if strings.HasPrefix(name, "_") {
			break
		}
	}
	if strings.Contains(name, ".") {
		return Plugin{}, "", nil
	}
	return c.qualified(k, "ansible.builtin."+name)
}

// inCore says whether ansible-core has a plugin: the one that is known here, or the one of the controller, which may be newer.
func (c *catalog) inCore(k kind, name string) bool {
	if corePlugins().names[k][name] {
		return true
	}
	folder := map[kind]string{moduleKind: "modules", actionKind: "plugins/action"}[k]
	return c.l.opt.Core != "" && folder != "" && c.l.src.Stat(path.Join(c.l.opt.Core, folder, name+".py")) == File
}

// userPlugin finds a plugin beside the playbook or in a role, or in and below the configured directories.
func (c *catalog) userPlugin(k kind, name string) string {
	for _, d := range c.dirs[k] {
		if file := c.inDir(k, d, name, false); file != "" {
			return file
		}
	}
	configured := map[kind][]string{moduleKind: c.l.opt.ModulePaths, actionKind: c.l.opt.ActionPaths}
	for _, d := range configured[k] {
		if file := c.inDir(k, d, name, true); file != "" {
			return file
		}
	}
	return ""
}

// inDir finds the file of a plugin in a directory, and below it when deep.
func (c *catalog) inDir(k kind, dir, name string, deep bool) string {
	var sub []string
	for _, f := range c.l.src.List(dir) {
		p := path.Join(dir, f)
		ext := path.Ext(f)
		if k != moduleKind && ext != ".py" || f == "__init__.py" || hasIgnoredExtension(f) {
			continue
		}
		switch {
		case f == name || strings.TrimSuffix(f, ext) == name:
			if c.l.src.Stat(p) == File {
				return p
			}
		case deep && ext == "" && c.l.src.Stat(p) == Dir:
			sub = append(sub, p)
		}
	}
	for _, d := range sub {
		if p := c.inDir(k, d, name, deep); p != "" {
			return p
		}
	}
	return ""
}

func hasIgnoredExtension(file string) bool {
	return slices.ContainsFunc(ignoredExtensions, func(e string) bool { return strings.HasSuffix(file, e) })
}

// qualified looks up ns.collection.name.
func (c *catalog) qualified(k kind, name string) (Plugin, string, error) {
	parts := strings.Split(name, ".")
	if len(parts) < 3 {
		return Plugin{}, "", nil
	}
	coll, resource := parts[0]+"."+parts[1], parts[len(parts)-1]
	within := strings.Join(parts[2:], ".")
	r, routed := c.route(k, coll, within)
	switch {
	case routed && r.removed:
		return Plugin{}, "", errors.New(removedText(name, coll, r))
	case routed && r.deprecated:
		c.l.diags.Add(&diag.Diagnostic{Kind: diag.Deprecated, Msg: deprecatedText(name, coll, r)})
	}
	if r.redirect != "" {
		return Plugin{}, r.redirect, nil
	}
	if coll == "ansible.builtin" {
		if len(parts) == 3 && c.inCore(k, resource) {
			return Plugin{FQCN: name}, "", nil
		}
		return Plugin{}, "", nil
	}
	inst := c.collection(coll)
	if inst.refused != nil {
		return Plugin{}, "", inst.refused
	}
	if inst.dir == "" {
		if k == moduleKind && c.l.opt.Owned != nil && c.l.opt.Owned(name) {
			return Plugin{FQCN: name}, "", nil
		}
		return Plugin{}, "", nil
	}
	dir := path.Join(append([]string{inst.dir, pluginPackage[k]}, parts[2:len(parts)-1]...)...)
	if file := c.inDir(k, dir, resource, false); file != "" {
		return Plugin{FQCN: name, Path: file}, "", nil
	}
	return Plugin{}, "", nil
}

// route is what a collection says about a plugin that has moved or gone.
func (c *catalog) route(k kind, coll, name string) (route, bool) {
	if coll == "ansible.builtin" {
		r, ok := corePlugins().routes[k][name]
		return r, ok
	}
	e := c.collection(coll).meta.Get("plugin_routing").Get(routingKey[k]).Get(name)
	if !isMap(e) {
		return route{}, false
	}
	r := route{}
	r.redirect, _ = e.Get("redirect").Text()
	about := e.Get("deprecation")
	if t := e.Get("tombstone"); isMap(t) {
		about, r.removed = t, true
	}
	if isMap(about) {
		r.deprecated = !r.removed
		r.text, _ = about.Get("warning_text").Text()
		if d := about.Get("removal_date"); !d.IsNull() {
			r.date = show(d)
		}
		if v := about.Get("removal_version"); !v.IsNull() {
			r.version = show(v)
		}
	}
	return r, true
}

// whenRemoved is the end of Ansible's sentences about removals.
func whenRemoved(r route, future string) string {
	switch {
	case r.date != "":
		return "in a release after " + r.date + "."
	case r.version != "":
		return "in version " + r.version + "."
	}
	return future
}

func aboutPlugin(name, verb string, r route) string {
	text := name + " has been " + verb + "."
	if r.text != "" {
		text += " " + r.text
	}
	return text
}

func origin(coll string) string {
	if coll == "ansible.builtin" {
		return "ansible-core"
	}
	return coll
}

func removedText(name, coll string, r route) string {
	return fmt.Sprintf("[DEPRECATED]: %s This feature was removed from %s %s Please update your playbooks.",
		aboutPlugin(name, "removed", r), origin(coll), whenRemoved(r, "in a previous release."))
}

func deprecatedText(name, coll string, r route) string {
	if r.date != "" {
		r.version = ""
	}
	return fmt.Sprintf("%s This feature will be removed from %s %s Deprecation warnings can be disabled by setting deprecation_warnings=False in ansible.cfg.",
		aboutPlugin(name, "deprecated", r), origin(coll), whenRemoved(r, "in a future release."))
}
