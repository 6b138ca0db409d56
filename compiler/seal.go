package compiler

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/user"
	"path"
	"slices"
	"strconv"
	"strings"

	"pbc/compiler/diag"
	"pbc/compiler/link"
	"pbc/compiler/lower"
	"pbc/compiler/playbook"
	"pbc/compiler/vault"
	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/value"
)

// Seal makes of the unit's program one that needs no source tree to run: with the sources, the files that
// tasks name, and those that includes and templated names may mean while running. The unit itself stays
// as it is.
//
// pbc: a templated name is foreseen by its constant parts. What such a name means beyond them is looked
// for on the disk of the controller when the plan runs; code is never taken from there.
func (u *Unit) Seal() (*ir.Program, error) {
	s := &sealer{u: u, seen: map[string]bool{}, dates: map[string]bool{}, owners: map[string]bool{}}
	if err := s.foresee(); err != nil {
		return nil, err
	}
	p := *u.Program
	p.Starts, p.Blobs, p.Sources = u.Starts, ir.Blobs{}, nil
	po := u.opt.Playbook
	p.Origin = ir.Origin{Cwd: po.Cwd, Home: po.Home, RolesPath: po.RolesPath, CollectionPaths: po.CollectionPaths, ModulePaths: po.ModulePaths,
		ActionPaths: po.ActionPaths, UtilsPaths: po.UtilsPaths, Core: u.opt.Core, CoreVersion: u.opt.CoreVersion, Managed: u.opt.Managed, Looked: u.lookedAt()}
	if u.opt.Extra.Len() > 0 {
		p.Origin.Extra = ir.Val{V: u.opt.Extra}
	}
	p.PluginDirs, p.PlaybookDirs = s.u.PluginDirs()
	if err := s.gather(&p); err != nil {
		return nil, err
	}
	if p.Locked {
		p.Plays, p.Slots = nil, nil
		return &p, nil
	}
	p.Plays = undated(p.Plays)
	for i, play := range p.Plays {
		var fault *RunError
		if errors.As(u.Fault(i), &fault) {
			play.Fault, play.FaultExit = fault.Msg, fault.Code
		}
	}
	return &p, nil
}

// Refused is the error about playbooks that run, but not from a plan.
type Refused struct{ List diag.List }

func (e *Refused) Error() string { return e.List.Items[0].Error() }

// undated copies plays without what templates see of this machine and of the time at which files were
// written: a run from the plan adds its own.
func undated(plays []*ir.Play) []*ir.Play {
	out := make([]*ir.Play, len(plays))
	for i, p := range plays {
		c := *p
		c.Tasks = slices.Clone(p.Tasks)
		for j, t := range c.Tasks {
			if len(t.Files) == 0 {
				continue
			}
			n := *t
			n.Files = slices.Clone(t.Files)
			for k := range n.Files {
				n.Files[k].Vars, n.Files[k].Raised = ir.Val{}, ""
			}
			c.Tasks[j] = &n
		}
		out[i] = &c
	}
	return out
}

// sealer foresees what a run may ask for. It follows includes in a unit of its own, so that the numbers of
// the program stay those of its source.
type sealer struct {
	u, twin *Unit
	seen    map[string]bool
	// dates and owners are the templates that show when they were written, and by whom.
	dates, owners map[string]bool
	at            ir.Pos    // the task that is looked at
	refused       diag.List // what cannot be foreseen
}

func (s *sealer) foresee() error {
	if err := s.follow(); err != nil {
		return err
	}
	for i, p := range s.twin.plays {
		for n := 0; n < len(p.Tables().Tasks); n++ { // grows
			s.task(i, n)
		}
		s.varsFiles(p)
		s.lookups(p)
	}
	if s.refused.Stops() {
		return &Refused{s.refused}
	}
	s.pluginFiles()
	s.varsBeside()
	return nil
}

// varsBeside takes the group_vars and host_vars beside each playbook, and those beside roles and files of tasks: the setting
// PLAYBOOK_VARS_ROOT says when the plan runs which of them count.
func (s *sealer) varsBeside() {
	dirs := []string{s.u.Program.Basedir}
	for _, p := range s.twin.plays {
		for _, scope := range p.Tables().Scopes {
			dirs = append(append(dirs, scope.Basedir), scope.Search...)
		}
	}
	slices.Sort(dirs)
	for _, dir := range slices.Compact(dirs) {
		for _, sub := range []string{"group_vars", "host_vars"} {
			s.file(path.Join(dir, sub))
			s.file(s.u.source.Real(path.Join(dir, sub)))
		}
	}
}

// follow makes the unit in which includes are followed. Where nothing is included that is the unit itself.
func (s *sealer) follow() error {
	s.twin = s.u
	if !slices.ContainsFunc(s.u.Program.Plays, includes) {
		return nil
	}
	twin, diags := Compile(s.u.twin())
	if twin == nil {
		return fmt.Errorf("the playbook changed while it was compiled: %w", diags.Items[0])
	}
	s.twin = twin
	return nil
}

func includes(p *ir.Play) bool {
	return slices.ContainsFunc(p.Tasks, func(t *ir.Task) bool { return t.Include != nil })
}

// PluginFolders are the folders beside playbooks and in roles that hold filters, tests, lookups, actions, callbacks, vars and inventory plugins in Python.
var PluginFolders = []string{"filter_plugins", "test_plugins", "lookup_plugins", "action_plugins", "callback_plugins", "vars_plugins",
	"inventory_plugins", "doc_fragments"}

// pluginFiles takes the plugins in Python into the plan.
func (s *sealer) pluginFiles() {
	if s.u.opt.Store == nil {
		return
	}
	dirs, _ := s.twin.PluginDirs()
	for _, d := range dirs {
		for _, folder := range PluginFolders {
			entries, err := s.u.opt.Store.Disk().ReadDir(path.Join(d, folder))
			if err != nil {
				continue
			}
			for _, e := range entries {
				if path.Ext(e.Name()) == ".py" {
					s.file(path.Join(d, folder, e.Name()))
				}
			}
		}
	}
}

// twin are the options of a unit that reads what this one has read.
func (u *Unit) twin() Options {
	opt := u.opt
	opt.Playbook.Source, opt.Playbook.Owned, opt.looked = u.source, opt.owned(), u.looked
	opt.Supported, opt.Refuses, opt.KnownFact, opt.Later, opt.Strategy, opt.Notice = nil, nil, nil, false, "", nil
	return opt
}

// file takes a file or a folder with all that is below it into the plan. What is not there is not foreseen.
func (s *sealer) file(p string) bool {
	if s.u.opt.Store == nil {
		return false
	}
	_, err := s.u.opt.Store.Tree(path.Clean(p))
	return err == nil
}

func (s *sealer) once(parts ...string) bool {
	key := strings.Join(parts, "\x00")
	was := s.seen[key]
	s.seen[key] = true
	return !was
}

func (s *sealer) task(play, number int) {
	p := s.twin.plays[play]
	t := p.Tables().Tasks[number]
	lex := p.Tables().Scopes[t.Scope]
	for i := range t.Files {
		s.template(lex, &t.Files[i])
	}
	s.named(t, lex)
	s.python(play, number, t)
	tree := p.Task(number)
	if t.Include == nil || tree == nil {
		return
	}
	if t.Include.Kind == "role" {
		s.roles(p, tree)
		return
	}
	for _, file := range s.twin.loader.Candidates(tree) {
		if !s.once("tasks", strconv.Itoa(play), t.Pos.String(), file) {
			continue
		}
		before := len(p.Tree.Handlers)
		_, blocks, diags := s.twin.loader.LoadTasks(tree, file, nil)
		if !diags.Stops() {
			p.Extend(file, blocks, p.Tree.Handlers[before:])
		}
	}
}

// roles loads the roles that an include_role may mean, with each of the files that it may name.
func (s *sealer) roles(p *lower.Play, t *playbook.Task) {
	for _, name := range s.twin.loader.CandidateRoles(t) {
		if !s.once("role", p.Tree.Pos.String(), t.Pos.String(), name) {
			continue
		}
		ask := playbook.RoleAsk{Name: name, From: map[string]string{}, AllowDuplicates: true, NoValidate: true}
		in, diags := s.twin.loader.LoadRole(t, ask)
		if in.Role == nil {
			continue
		}
		if !diags.Stops() {
			p.Extend(name, in.Blocks, in.Handlers)
		}
		for part := range t.Include.From {
			for _, from := range s.twin.loader.CandidateFrom(t, in.Role, part) {
				ask := ask
				ask.From = map[string]string{part: from}
				if in, diags := s.twin.loader.LoadRole(t, ask); !diags.Stops() {
					p.Extend(name, in.Blocks, in.Handlers)
				}
			}
		}
	}
}

// python takes the module of a task into the plan, with all that it imports, when it is not native, or may not be enough. What is wrong with it
// the task tells when it runs.
func (s *sealer) python(play, number int, t *ir.Task) {
	if s.u.opt.Supported == nil || t.Include != nil || t.Module == "" || t.Module == "ansible.builtin.meta" {
		return
	}
	if args, ok := t.Args.V.(*value.Dict); s.u.native(t) && ok && (s.u.opt.Leaves == nil || !s.u.opt.Leaves(t.Module, args)) {
		return
	}
	_, _ = s.twin.Payload(play, number, "")
}

func (s *sealer) varsFiles(p *lower.Play) {
	for _, v := range p.IR.VarsFiles {
		list, _ := v.V.(*value.List)
		if list == nil {
			list = value.NewList(v.V)
		}
		for _, n := range list.V {
			s.search(&ir.Scope{Basedir: p.Tree.Dir}, "vars", wildcard(n, nil))
		}
	}
}

// nameArgs are the arguments that name files of the controller, by module, and the subfolder where those
// are looked for.
var nameArgs = map[string]struct {
	args []string
	kind string
}{
	"ansible.builtin.copy":         {[]string{"src"}, "files"},
	"ansible.builtin.template":     {[]string{"src"}, "templates"},
	"ansible.builtin.script":       {[]string{"_raw_params", "cmd"}, "files"},
	"ansible.builtin.unarchive":    {[]string{"src"}, "files"},
	"ansible.builtin.assemble":     {[]string{"src"}, "files"},
	"ansible.builtin.uri":          {[]string{"src"}, "files"},
	"ansible.builtin.include_vars": {[]string{"_raw_params", "file", "dir"}, "vars"},
}

// named takes the files into the plan that the arguments of a task may mean.
func (s *sealer) named(t *ir.Task, lex *ir.Scope) {
	spec, ok := nameArgs[t.Module]
	args, isDict := t.Args.V.(*value.Dict)
	if !ok || !isDict {
		return
	}
	if v, _ := args.GetStr("remote_src"); v != nil && v != false {
		return
	}
	for _, a := range spec.args {
		v, ok := args.GetStr(a)
		if !ok || v == nil {
			continue
		}
		for _, w := range wildcards(v, t.Loop) {
			if a == "_raw_params" && t.Module == "ansible.builtin.script" {
				w, _, _ = strings.Cut(strings.TrimSpace(w), " ")
			}
			if w != "" && !strings.Contains(w, "://") {
				s.search(lex, spec.kind, w)
			}
		}
	}
}

// search takes the files into the plan that agree with a name in the folders where it is looked for.
func (s *sealer) search(lex *ir.Scope, kind, name string) {
	if s.u.opt.Store == nil {
		return
	}
	disk := s.u.opt.Store.Disk()
	for _, dir := range append(slices.Clone(lex.Search), lex.Basedir) {
		for _, p := range match(disk, path.Join(dir, kind), name, true) {
			s.found(lex, kind, p)
		}
		if strings.HasPrefix(name, "/") {
			return // the same everywhere
		}
		// Without any constant part the folder of the playbook would match as a whole.
		if strings.Trim(name, star+"/.") != "" {
			for _, p := range match(disk, dir, name, false) {
				s.found(lex, kind, p)
			}
		}
	}
}

func (s *sealer) found(lex *ir.Scope, kind, p string) {
	if !s.file(p) || kind != "templates" {
		return
	}
	f := &ir.File{Kind: kind, Name: p, Tree: ir.FileTree{Path: p}}
	if link.Complete(f, s.u.template()) == nil {
		s.template(lex, f)
	}
}

// template follows what a template includes, and notes what it shows of its file.
func (s *sealer) template(lex *ir.Scope, f *ir.File) {
	t, ok := f.Tmpl.V.(*value.Tmpl)
	if !ok || !s.once("template", f.Tree.Path) {
		return
	}
	s.file(f.Tree.Path)
	uses := expr.UsesOf(t.Root)
	managed := slices.Contains(uses.Names, "ansible_managed")
	if slices.Contains(uses.Names, "template_mtime") || managed && strings.Contains(s.u.opt.Managed, "%") {
		s.dates[f.Tree.Path] = true
	}
	if slices.Contains(uses.Names, "template_uid") || managed && strings.Contains(s.u.opt.Managed, "{uid") {
		s.owners[f.Tree.Path] = true
	}
	for _, name := range uses.Includes {
		for _, dir := range link.TemplateDirs(lex, f.Tree.Path) {
			s.found(lex, "templates", path.Join(dir, name))
		}
	}
}

// gather writes what was read into the program.
func (s *sealer) gather(p *ir.Program) error {
	all := map[string]ir.Source{}
	if s.u.opt.Store != nil {
		all = s.u.opt.Store.Sources()
		for _, d := range s.u.opt.Store.Digests() {
			b := s.u.opt.Store.Blob(d, ir.MaxPlan)
			if b == nil || digest(b) != d {
				return fmt.Errorf("a file that the playbook names changed while it was compiled (it had the digest %s)", d)
			}
			p.Blobs[d] = b
		}
	}
	s.recorded(p, all)
	for file := range s.dates {
		s.describe(all, file, func(src *ir.Source, fi os.FileInfo) { src.Mtime = fi.ModTime().UnixNano() })
	}
	for file := range s.owners {
		s.describe(all, file, func(src *ir.Source, fi os.FileInfo) { src.Owner = ownerOf(fi) })
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		p.Sources = append(p.Sources, all[name])
	}
	return nil
}

func (s *sealer) describe(all map[string]ir.Source, file string, set func(*ir.Source, os.FileInfo)) {
	src, ok := all[file]
	fi, err := s.u.opt.Store.Disk().Stat(file)
	if ok && err == nil {
		set(&src, fi)
		all[file] = src
	}
}

// recorded adds what the front end asked of the disk.
func (s *sealer) recorded(p *ir.Program, all map[string]ir.Source) {
	rec := s.u.source
	for name, kind := range rec.Kinds {
		if kind == playbook.Absent {
			continue
		}
		src := all[name]
		src.Path, src.IsDir = name, kind == playbook.Dir
		all[name] = src
	}
	for name, list := range rec.Lists {
		if src := all[name]; !src.Listed && (src.IsDir || len(list) > 0) {
			src.Path, src.IsDir, src.Listed, src.Names = name, true, true, list
			all[name] = src
		}
	}
	for name, b := range rec.Files {
		p.Locked = p.Locked || vault.IsEncrypted(b)
		src := all[name]
		src.Path, src.Digest = name, digest(b)
		p.Blobs[src.Digest] = b
		all[name] = src
	}
	for name, real := range rec.Links {
		if src, ok := all[name]; ok && real != name {
			src.Real = real
			all[name] = src
		}
	}
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func ownerOf(fi os.FileInfo) string {
	uid, ok := link.UID(fi)
	if !ok {
		return ""
	}
	if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
		return u.Username
	}
	return strconv.Itoa(uid)
}
