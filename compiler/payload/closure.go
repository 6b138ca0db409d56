package payload

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// wanted is a name that some file imports and that has to be looked for.
type wanted struct {
	parts []string
	// ambiguous: the last part may be a module, or something within the module before it.
	ambiguous bool
	// redirected: the package stands above one that has gone elsewhere, and may be missing.
	redirected bool
	optional   bool
}

// before is the order in which names are looked for: of several that are missing the first one is told.
func (w wanted) before(o wanted) bool {
	if c := slices.Compare(w.parts, o.parts); c != 0 {
		return c < 0
	}
	for _, p := range [][2]bool{{w.ambiguous, o.ambiguous}, {w.redirected, o.redirected}, {w.optional, o.optional}} {
		if p[0] != p[1] {
			return p[1]
		}
	}
	return false
}

// finder gathers the files that a module needs, by their paths in the payload.
type finder struct {
	l      *Library
	module string
	todo   []wanted
	seen   map[string]bool // dotted names that are done
	files  map[string][]byte
	// origins are where the files that are not ansible-core's are on the controller.
	origins map[string]string
}

// closure finds all that a module of that name with that source imports, with what every module needs. A nil
// source asks for that alone. It returns the files by their paths in the payload, and finder.origins.
func (l *Library) closure(module string, src []byte) (files map[string][]byte, origins map[string]string, err error) {
	extend := "from pkgutil import extend_path\n__path__ = extend_path(__path__, __name__)\n"
	f := &finder{l: l, module: module, origins: map[string]string{}, seen: map[string]bool{"ansible": true, "ansible.module_utils": true}, files: map[string][]byte{
		"ansible/__init__.py":              []byte(extend + "__version__ = '" + l.Version + "'\n__author__ = 'Ansible, Inc.'\n"),
		"ansible/module_utils/__init__.py": []byte(extend)}}
	f.want(src, module, false)
	for _, name := range l.required() {
		f.todo = append(f.todo, wanted{parts: strings.Split(name, ".")})
	}
	for len(f.todo) > 0 {
		if err := f.step(); err != nil {
			return nil, nil, err
		}
	}
	return f.files, f.origins, nil
}

// required are the names that every module needs, imported or not.
func (l *Library) required() []string {
	names := []string{"ansible.module_utils.basic"}
	if l.Disk.IsFile(l.Core + "/module_utils/_internal/_ansiballz/_loader.py") { // from ansible-core 2.19 on
		names = append(names, "ansible.module_utils._internal._ansiballz._loader",
			"ansible.module_utils._internal._json._profiles._module_legacy_c2m", "ansible.module_utils._internal._json._profiles._module_legacy_m2c")
	}
	return names
}

// want adds the imports of a file to what is looked for.
func (f *finder) want(src []byte, module string, pkg bool) {
	for _, i := range imports(src, module, pkg) {
		f.todo = append(f.todo, wanted{parts: i.parts, ambiguous: true, optional: i.optional})
	}
}

// step looks for the first of the names.
func (f *finder) step() error {
	first := 0
	for i := range f.todo {
		if f.todo[i].before(f.todo[first]) {
			first = i
		}
	}
	w := f.todo[first]
	f.todo = slices.Delete(f.todo, first, first+1)
	if f.seen[strings.Join(w.parts, ".")] {
		return nil
	}
	u, err := f.l.locate(w)
	if err != nil {
		return err
	}
	if !u.found {
		if w.optional {
			return nil
		}
		return f.l.notFound(f.module, u.candidates)
	}
	name := strings.Join(u.parts, ".")
	if f.seen[name] {
		return nil
	}
	f.seen[name] = true
	f.want(u.src, name, u.pkg)
	f.files[u.path()] = u.src
	if u.file != "" && !strings.HasPrefix(u.file, f.l.Core+"/") {
		f.origins[u.path()] = u.file
	}
	for i := 1; i < len(u.parts); i++ {
		f.todo = append(f.todo, wanted{parts: u.parts[:i], redirected: u.redirected, optional: w.optional})
	}
	return nil
}

// util is a piece of shared code that was looked for.
type util struct {
	candidates [][]string
	found      bool
	parts      []string // its name
	src        []byte
	file       string // where src is from, "" for what is made here
	pkg        bool
	redirected bool
}

// path is the place of the file in a payload.
func (u *util) path() string {
	p := strings.Join(u.parts, "/")
	if u.pkg {
		return p + "/__init__.py"
	}
	return p + ".py"
}

// locate finds shared code by its name, in ansible-core or a collection.
func (l *Library) locate(w wanted) (*util, error) {
	u := &util{candidates: [][]string{w.parts}}
	core := len(w.parts) > 1 && w.parts[0] == "ansible" && w.parts[1] == "module_utils"
	head := 5 // ansible_collections.ns.coll.plugins.module_utils
	if core {
		head = 2
		if len(w.parts) > 2 && w.parts[2] == "six" { // which makes its submodules itself
			u.candidates = [][]string{w.parts[:3]}
		}
	}
	if w.ambiguous && len(w.parts)-head > 1 && len(u.candidates[0]) == len(w.parts) {
		u.candidates = append(u.candidates, w.parts[:len(w.parts)-1])
	}
	for _, c := range u.candidates {
		ok, err := l.candidate(u, c, core, w.optional)
		if err != nil || ok {
			u.found, u.parts = ok, c
			return u, err
		}
	}
	if w.redirected {
		u.found, u.pkg, u.parts = true, true, w.parts
	}
	return u, nil
}

// candidate looks for one name. What is in ansible-core wins over its redirects; in collections redirects win.
func (l *Library) candidate(u *util, parts []string, core, optional bool) (bool, error) {
	if core {
		if l.inCore(u, parts[2:]) {
			return true, nil
		}
		return l.redirect(u, "ansible.builtin", parts, parts[2:], optional)
	}
	if len(parts) < 6 {
		u.pkg = true // the packages above module_utils are empty
		return true, nil
	}
	coll := strings.Join(parts[1:3], ".")
	if ok, err := l.redirect(u, coll, parts, parts[5:], optional); ok || err != nil {
		return ok, err
	}
	dir := l.Collection(coll)
	if dir == "" {
		return false, nil
	}
	p := path.Join(append([]string{dir}, parts[3:]...)...)
	if l.Disk.IsDir(p) && !l.Disk.IsFile(p+"/__init__.py") {
		u.pkg = true // in a collection a folder is a package
		return true, nil
	}
	return l.read(u, p), nil
}

// inCore looks in the user's module_utils, and in those of ansible-core.
func (l *Library) inCore(u *util, rest []string) bool {
	for _, dir := range append(slices.Clone(l.Utils), l.Core+"/module_utils") {
		if l.read(u, path.Join(append([]string{dir}, rest...)...)) {
			return true
		}
	}
	return false
}

// read takes the package or else the module at a path without extension.
func (l *Library) read(u *util, p string) bool {
	for _, file := range []string{p + "/__init__.py", p + ".py"} {
		if !l.Disk.IsFile(file) {
			continue
		}
		src, err := l.Disk.ReadFile(file)
		if err != nil {
			continue
		}
		u.src, u.file, u.pkg = src, file, strings.HasSuffix(file, "/__init__.py")
		return true
	}
	return false
}

// redirect makes a package that stands for code that has gone elsewhere.
func (l *Library) redirect(u *util, coll string, parts, rest []string, optional bool) (bool, error) {
	if l.Route == nil {
		return false, nil
	}
	if coll != "ansible.builtin" && l.Collection(coll) == "" {
		if optional {
			return false, nil
		}
		return false, Fault(fmt.Sprintf("error processing module_util %s loading redirected collection %s: unable to locate collection %s",
			strings.Join(parts, "."), coll, coll))
	}
	r := l.Route(coll, strings.Join(rest, "."))
	if r.Removed != "" {
		return false, Fault(r.Removed)
	}
	if r.Redirect == "" {
		return false, nil
	}
	to := r.Redirect
	if !strings.HasPrefix(to, "ansible_collections") {
		p := strings.SplitN(to, ".", 3)
		if len(p) < 3 {
			return false, Fault(fmt.Sprintf("invalid redirect for %s: %s", strings.Join(parts, "."), to))
		}
		to = "ansible_collections." + p[0] + "." + p[1] + ".plugins.module_utils." + p[2]
	}
	u.redirected, u.pkg = true, true
	u.src = []byte("import sys\nimport " + to + "\nsys.modules[__name__] = sys.modules['" + to + "']\n")
	return true, nil
}
