// Package lookup has the lookup plugins of ansible.builtin that read the controller's files,
// environment, commands and settings. It turns a plugin's name, its rendered terms and its options
// into the list that the plugin gives. Lookups that need none of these are in runtime/eval.
//
// The package runs on the controller only. It knows no playbook and parses no template: what it
// needs of those comes as functions with each call.
package lookup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"pbc/ir"
	"pbc/ir/value"
	"pbc/runtime/eval"
	"pbc/runtime/exception"
)

// Call is one use of a lookup plugin.
type Call struct {
	Name    string
	Terms   []value.Value // rendered
	Options *value.Dict   // nil for none
	Vars    eval.Vars
	Eval    *eval.Eval // renders with Vars
	// Search are the folders in which the task looks for files, in order; Basedir is the
	// playbook's. Subdir is where first_found looks below each: "files" when empty.
	Search  []string
	Basedir string
	Subdir  string

	// Newer says that the ansible-core is one that ir.Newer means.
	Newer bool

	Host Host
	// Warn is told what the user should know; nil for nothing.
	Warn func(string)
}

// Host is what the plugins need of the controller.
type Host interface {
	// ReadFile returns a file's contents, decrypted when it is vaulted.
	ReadFile(path string) ([]byte, error)
	// Stat tells what is at a path, following links; ReadDir lists a folder in the order of names.
	Stat(path string) (fs.FileInfo, error)
	ReadDir(path string) ([]fs.DirEntry, error)
	// Template renders a template file with more variables and the options of the template
	// lookup. Text that convert_data leaves alone comes as a native *value.Str.
	Template(c Call, path, term string, options *value.Dict) (value.Value, error)
	// MatchHosts returns the names of the hosts of the whole inventory that the patterns match, and tells warn, which may be nil,
	// of those that match none.
	MatchHosts(patterns []string, warn func(string)) ([]string, error)
	// Setting returns a setting of ansible.cfg by its name in the documentation.
	Setting(name string) (value.Value, bool)
}

// plugin is a row of the table of plugins.
type plugin struct {
	name, doc string
	run       func(ctx context.Context, c *Call) ([]value.Value, error)
	// declines says that a failure is left to Ansible's own plugin, which has the words for it.
	declines bool
}

// decline leaves a call to Ansible's own plugin; why is told where there is none.
func decline(why string, a ...any) error {
	return &eval.Declined{Err: lookupError("only Ansible's own plugin can do this, and no Ansible was found: "+why, a...)}
}

var table = []plugin{
	{"config", "Return settings.", config, true},
	{"csvfile", "Read a value from a CSV file.", csvfile, true},
	{"env", "Read environment variables.", env, false},
	{"file", "Read files.", file, false},
	{"fileglob", "List the files that patterns match.", fileglob, false},
	{"first_found", "Return the first file that exists.", firstFound, false},
	{"ini", "Read a value from an INI file.", iniFile, true},
	{"inventory_hostnames", "List the hosts that patterns match.", inventoryHostnames, false},
	{"lines", "Read the lines that commands print.", lines, false},
	{"password", "Read or make a password in a file.", password, true},
	{"pipe", "Read what commands print.", pipe, false},
	{"template", "Render templates.", template, false},
	{"unvault", "Read vaulted files.", unvault, false},
	{"url", "Read URLs.", url, true},
}

// Names returns the names of the plugins, sorted, with a sentence on each.
func Names() [][2]string {
	var r [][2]string
	for _, p := range table {
		r = append(r, [2]string{p.name, p.doc})
	}
	return r
}

// Run runs a plugin and returns its list. For a name it does not know the error is
// eval.ErrNoLookup.
func Run(ctx context.Context, c Call) (value.Value, error) {
	name := ir.Short(c.Name)
	for _, p := range table {
		if p.name != name {
			continue
		}
		if c.Options == nil {
			c.Options = value.NewDict()
		}
		r, err := p.run(ctx, &c)
		if err != nil && p.declines {
			return nil, &eval.Declined{Err: err}
		}
		if err != nil {
			return nil, err
		}
		return &value.List{V: r}, nil
	}
	return nil, eval.ErrNoLookup
}

func ansibleError(format string, a ...any) error {
	return &eval.Error{Class: eval.AnsibleError, Msg: fmt.Sprintf(format, a...)}
}

func lookupError(format string, a ...any) error {
	return &eval.Error{Class: eval.AnsibleLookupError, Msg: fmt.Sprintf(format, a...)}
}

// tagged says whether the dialect is tagged.
func (c *Call) tagged() bool { return c.Eval != nil && c.Eval.Dialect() == eval.Tagged }

// text returns the terms as text.
func (c *Call) texts() []string {
	r := make([]string, len(c.Terms))
	for i, t := range c.Terms {
		r[i], _ = value.ToStr(t)
	}
	return r
}

func (c *Call) option(name, dflt string) string {
	v, ok := c.Options.GetStr(name)
	if !ok || v == nil {
		return dflt
	}
	s, _ := value.ToStr(v)
	return s
}

func (c *Call) flag(name string, dflt bool) bool {
	v, ok := c.Options.GetStr(name)
	if !ok {
		return dflt
	}
	b, known := eval.Boolean(v)
	return known && b
}

// find is search for a file that should be there: the user is told when it is not.
func (c *Call) find(subdir, name string) string {
	path := c.search(subdir, name)
	if path == "" && c.Warn != nil {
		c.Warn("Unable to find '" + name + "' in expected paths (use -vvvvv to see paths)")
	}
	return path
}

// search returns the path of a file as a task finds it, "" when it is nowhere.
//
// Ansible docs: "Search paths in Ansible".
func (c *Call) search(subdir, name string) string {
	if strings.HasPrefix(name, "~") {
		if home, err := os.UserHomeDir(); err == nil && (name == "~" || name[1] == '/') {
			name = home + name[1:]
		}
	}
	for _, p := range c.candidates(subdir, name) {
		if _, err := c.Host.Stat(p); err == nil {
			return filepath.Clean(p)
		}
	}
	return ""
}

func (c *Call) candidates(subdir, name string) []string {
	if filepath.IsAbs(name) {
		return []string{name}
	}
	first, _, _ := strings.Cut(name, "/")
	var r []string
	add := func(dir string) {
		if first != subdir {
			r = append(r, filepath.Join(dir, subdir, name))
		}
		r = append(r, filepath.Join(dir, name))
	}
	for _, dir := range c.Search {
		if strings.HasSuffix(filepath.Dir(dir), "/tasks") {
			r = append(r, filepath.Join(filepath.Dir(filepath.Dir(dir)), subdir, name), filepath.Join(filepath.Dir(dir), name))
			continue
		}
		add(dir)
	}
	add(c.Basedir)
	return r
}

func file(_ context.Context, c *Call) ([]value.Value, error) {
	var r []value.Value
	for _, t := range c.texts() {
		if c.tagged() && c.search("files", t) == "" {
			return nil, exception.Because(ansibleError("Unable to access the file %s.", value.StrRepr(t)),
				ansibleError("File not found. Use -vvvvv to see paths searched."))
		}
		path := c.find("files", t)
		if path == "" {
			return nil, ansibleError("could not locate file in lookup: %s", t)
		}
		b, err := c.Host.ReadFile(path)
		if err != nil {
			return nil, c.unread(t, err)
		}
		s := string(b)
		if c.flag("lstrip", false) {
			s = strings.TrimLeft(s, " \t\n\r\v\f")
		}
		if c.flag("rstrip", true) {
			s = strings.TrimRight(s, " \t\n\r\v\f")
		}
		r = append(r, s)
	}
	return r, nil
}

// unread is the error of a file that was found and cannot be read.
func (c *Call) unread(term string, err error) error {
	var closed *value.VaultError
	switch {
	case !errors.As(err, &closed):
		return ansibleError("could not locate file in lookup: %s", term)
	case c.tagged():
		return exception.Because(ansibleError("Unable to access the file %s.", value.StrRepr(term)), closed)
	}
	return closed
}

func unvault(_ context.Context, c *Call) ([]value.Value, error) {
	var r []value.Value
	for _, t := range c.texts() {
		path := c.find("files", t)
		if path == "" {
			return nil, &eval.Error{Class: "ansible.errors.AnsibleParserError", Msg: `Unable to find file matching "` + t + `" `}
		}
		b, err := c.Host.ReadFile(path)
		var closed *value.VaultError
		if errors.As(err, &closed) {
			return nil, closed
		}
		if err != nil {
			return nil, ansibleError("%s", err)
		}
		r = append(r, string(b))
	}
	return r, nil
}

func fileglob(_ context.Context, c *Call) ([]value.Value, error) {
	var r []value.Value
	for _, t := range c.texts() {
		base := filepath.Base(t)
		if strings.HasSuffix(t, "/") {
			base = ""
		}
		var dirs []string
		if base != t {
			if d := c.find("files", filepath.Dir(t)); d != "" {
				dirs = append(dirs, d)
			}
		} else {
			search := c.Search
			if len(search) == 0 {
				search = []string{c.Basedir}
			}
			for _, d := range search {
				dirs = append(dirs, filepath.Join(d, "files"), d)
			}
		}
		for _, d := range dirs {
			if found := c.globFiles(d, base); len(found) > 0 {
				r = append(r, found...)
				break
			}
		}
	}
	return r, nil
}

// globFiles lists the regular files of a folder that a pattern matches. Python gives them in the
// folder's order; here they are sorted.
func (c *Call) globFiles(dir, pattern string) []value.Value {
	entries, err := c.Host.ReadDir(dir)
	if err != nil {
		return nil
	}
	var r []value.Value
	for _, e := range entries {
		ok, err := filepath.Match(pattern, e.Name())
		if err != nil {
			return nil
		}
		n := filepath.Join(dir, e.Name())
		hidden := strings.HasPrefix(e.Name(), ".") && !strings.HasPrefix(pattern, ".")
		if st, err := c.Host.Stat(n); ok && err == nil && st.Mode().IsRegular() && !hidden {
			r = append(r, n)
		}
	}
	return r
}

func template(_ context.Context, c *Call) ([]value.Value, error) {
	var r []value.Value
	for _, t := range c.texts() {
		path := c.find("templates", t)
		if path == "" {
			return nil, ansibleError("the template file %s could not be found for the lookup", t)
		}
		v, err := c.Host.Template(*c, path, t, c.Options)
		if err != nil {
			return nil, err
		}
		r = append(r, v)
	}
	return r, nil
}

func inventoryHostnames(_ context.Context, c *Call) ([]value.Value, error) {
	names, err := c.Host.MatchHosts(c.texts(), c.Warn)
	if err != nil {
		return nil, nil
	}
	var r []value.Value
	for _, n := range names {
		r = append(r, n)
	}
	return r, nil
}

func config(_ context.Context, c *Call) ([]value.Value, error) {
	for _, o := range []string{"plugin_type", "plugin_name", "show_origin"} {
		if v, given := c.Options.GetStr(o); given && v != nil && v != false {
			return nil, decline("the option %s of the lookup config", o)
		}
	}
	var r []value.Value
	for _, t := range c.Terms {
		name, _ := value.Text(t)
		v, ok := c.Host.Setting(name)
		if !ok {
			return nil, lookupError("Unable to find setting %s", name)
		}
		r = append(r, v)
	}
	return r, nil
}
