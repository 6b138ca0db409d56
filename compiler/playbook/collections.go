package playbook

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"pbc/compiler/yaml"
	"pbc/ir"
	"pbc/runtime/version"
)

// collection finds an installed collection, first beside the playbook.
func (c *catalog) collection(name string) *collection {
	if inst, ok := c.collections[name]; ok {
		return inst
	}
	inst := &collection{}
	c.collections[name] = inst
	ns, coll, _ := strings.Cut(name, ".")
	for _, root := range c.collectionRoots() {
		dir := path.Join(root, ns, coll)
		if c.l.src.Stat(dir) == Dir {
			inst.dir = dir
			break
		}
	}
	if inst.dir != "" {
		inst.meta = c.metadata(path.Join(inst.dir, "meta", "runtime.yml"))
		inst.refused = c.mismatch(name, inst.meta)
	}
	return inst
}

// unfitError is a collection that does not support the ansible-core, where the settings make that an error.
type unfitError struct{ msg string }

func (e *unfitError) Error() string { return e.msg }

// mismatch holds a collection's requires_ansible against the ansible-core that is reproduced, and warns of what it finds once.
func (c *catalog) mismatch(name string, meta *yaml.Node) error {
	requires, _ := meta.Get("requires_ansible").Text()
	if requires == "" || c.l.opt.Version == "" {
		return nil
	}
	text := ""
	fits, err := version.Satisfies(requires, c.l.opt.Version)
	switch {
	case err != nil:
		text = fmt.Sprintf("Error parsing collection metadata requires_ansible value from collection %s: %s", name, err)
	case fits || c.l.opt.Mismatch == "ignore":
		return nil
	default:
		text = fmt.Sprintf("Collection %s does not support Ansible version %s", name, c.l.opt.Version)
		if c.l.opt.Mismatch == "error" {
			return &unfitError{text}
		}
	}
	if !c.told[name] {
		c.told[name] = true
		c.l.warn(ir.Pos{}, "%s", text)
	}
	return nil
}

// collectionRoots are the folders ansible_collections, in the order in which they are searched.
func (c *catalog) collectionRoots() []string {
	var folders []string
	for _, d := range c.playbookDirs {
		folders = append(folders, path.Join(d, "collections"))
	}
	return CollectionRoots(append(folders, c.l.opt.CollectionPaths...))
}

// CollectionRoots are the folders ansible_collections of some folders, which may be such themselves.
func CollectionRoots(folders []string) []string {
	roots := slices.Clone(folders)
	for i, root := range roots {
		if path.Base(root) != "ansible_collections" {
			roots[i] = path.Join(root, "ansible_collections")
		}
	}
	return roots
}

// missing is the Python package that lacks for a module of a full name, "" when its collection is there.
func (c *catalog) missing(name string) string {
	if !fullName.MatchString(name) || strings.HasPrefix(name, "ansible.builtin.") || strings.HasPrefix(name, "ansible.legacy.") {
		return ""
	}
	return MissingPackage(name, c.collectionRoots(), func(dir string) bool { return c.l.src.Stat(dir) == Dir })
}

// MissingPackage is the Python package that lacks for a plugin of a full name, "" when its collection is in one of the folders
// ansible_collections.
func MissingPackage(name string, roots []string, isDir func(string) bool) string {
	parts := strings.SplitN(name, ".", 3)
	missing := "ansible_collections." + parts[0]
	for _, root := range roots {
		if isDir(path.Join(root, parts[0], parts[1])) {
			return ""
		}
		if isDir(path.Join(root, parts[0])) {
			missing = "ansible_collections." + parts[0] + "." + parts[1]
		}
	}
	return missing
}

func (c *catalog) metadata(file string) *yaml.Node {
	if c.l.src.Stat(file) != File {
		return nil
	}
	data, err := c.l.src.ReadFile(file)
	if err != nil {
		return nil
	}
	docs, diags := yaml.Parse(file, data)
	if diags.Stops() || len(docs) == 0 {
		return nil
	}
	return docs[0]
}

// role finds a role in collections: that of a full name, else the first of the list that has it.
func (c *catalog) role(name string, collections []string) (short, dir, coll string) {
	within := name
	if fullName.MatchString(name) {
		parts := strings.Split(name, ".")
		collections = []string{parts[0] + "." + parts[1]}
		within = path.Join(parts[2:]...)
	}
	for _, coll := range collections {
		inst := c.collection(coll)
		if inst.dir == "" || inst.refused != nil {
			continue
		}
		if d := path.Join(inst.dir, "roles", within); c.l.src.Stat(d) == Dir {
			return path.Base(within), d, coll
		}
	}
	return "", "", ""
}

// InCollection says whether a name is that of a playbook of a collection that is installed.
func (l *Loader) InCollection(name string) bool {
	file, _ := l.catalog.collectionPlaybook(name)
	return file != ""
}

// collectionPlaybook finds the playbook ns.collection.name.
func (c *catalog) collectionPlaybook(name string) (file, coll string) {
	if !fullName.MatchString(name) {
		return "", ""
	}
	parts := strings.Split(name, ".")
	inst := c.collection(parts[0] + "." + parts[1])
	if inst.dir == "" {
		return "", ""
	}
	base := path.Join(append([]string{inst.dir, "playbooks"}, parts[2:]...)...)
	for _, ext := range []string{".yml", ".yaml"} {
		if c.l.src.Stat(base+ext) == File {
			return base + ext, parts[0] + "." + parts[1]
		}
	}
	return "", ""
}

// collectionOf is the installed collection that a file is in, "" when it is in none.
func (c *catalog) collectionOf(file string) string {
	root, rest, found := strings.Cut(file, "/ansible_collections/")
	parts := strings.SplitN(rest, "/", 3)
	if !found || len(parts) < 3 {
		return ""
	}
	name := parts[0] + "." + parts[1]
	if c.collection(name).dir != path.Join(root, "ansible_collections", parts[0], parts[1]) {
		return ""
	}
	return name
}
