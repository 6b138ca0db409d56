package playbook

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"pbc/compiler/diag"
	"pbc/ir"
	"pbc/ir/failure"
	"pbc/ir/value"
)

// PlayOf is the play that a step is in, nil for a step in none.
func PlayOf(s Step) *Play {
	for ; s != nil; s = s.Enclosing() {
		if b, ok := s.(*Block); ok && b.Play != nil {
			return b.Play
		}
	}
	return nil
}

// within runs f with the directory of a play as the one that relative names refer to, and gives what was
// reported meanwhile.
func (l *Loader) within(p *Play, f func()) diag.List {
	outer, dir, dirAs := l.diags, l.dir, l.dirAs
	l.diags = &diag.List{}
	if p != nil {
		l.dir, l.dirAs = p.Dir, p.Dir
	}
	f()
	list := *l.diags
	l.diags, l.dir, l.dirAs = outer, dir, dirAs
	return list
}

// ResolveInclude finds the file that an include_tasks means by a rendered name: in the role, relative to the files that
// enclosing includes named, beside the playbook. It gives the last place looked at when there is none. The path is
// absolute and, as Ansible shows it, not always clean.
func (l *Loader) ResolveInclude(t *Task, name string) string {
	file := ""
	l.within(PlayOf(t), func() { file = l.includePath(t, name) })
	return file
}

func (l *Loader) includePath(t *Task, name string) string {
	file, cumulative, started := "", "", false
	for p := t.Parent; p != nil; p = p.Enclosing() {
		inc, ok := p.(*Task)
		if !ok || inc.Include == nil {
			continue
		}
		dir := includeDir(inc)
		if started && !path.IsAbs(cumulative) {
			dir = join(dir, cumulative)
		}
		cumulative, started = dir, true
		if file = l.includeAt(t, cumulative, name); l.src.Stat(l.abs(file)) != Absent {
			return file
		}
	}
	switch {
	case file != "":
		return file
	case t.Role == nil:
		return l.dwim(name)
	case t.Handler:
		return l.dwimRelative(t.Role.Path, "handlers", name, true)
	}
	return l.dwimRelative(t.Role.Path, "tasks", name, true)
}

// includeDir is the directory that an enclosing include adds to the search.
func includeDir(inc *Task) string {
	if inc.Include.RoleName != nil {
		if inc.Include.Loaded != nil {
			return inc.Include.Loaded.Path
		}
		return ""
	}
	dir, _ := path.Split(includeTarget(inc))
	return strings.TrimSuffix(dir, "/")
}

// includeAt finds an include's file in a directory relative to the role or the playbook.
func (l *Loader) includeAt(t *Task, dir, name string) string {
	if t.Role == nil {
		return l.dwimRelative(l.dir, dir, name, false)
	}
	file := l.dwimRelative(t.Role.Path, "tasks", name, false)
	if l.src.Stat(l.abs(file)) == Absent {
		file = l.dwimRelative(join(join(t.Role.Path, "tasks"), dir), "tasks", name, false)
	}
	return file
}

// LoadTasks loads the file that an include_tasks means by a rendered name, given the variables of its loop, as steps below a copy of the include or below
// its apply: block. file is what ResolveInclude gives. An empty file has no steps. What is wrong with the file makes
// the include fail, not the run. An empty file gives no name: dialect classic takes no notice of it.
func (l *Loader) LoadTasks(t *Task, name string, given *value.Dict) (file string, steps []*Block, diags diag.List) {
	play := PlayOf(t)
	diags = l.within(play, func() {
		file = l.includePath(t, name)
		if l.src.Stat(l.abs(file)) == Absent {
			d := l.failure(ir.Pos{}, "%s", readError(file, fs.ErrNotExist, Absent))
			d.Missing, d.Tagged = file, diag.NotFound(l.abs(file))
			return
		}
		root, ok := l.read(l.abs(file))
		if !ok {
			return
		}
		if root.IsNull() {
			if !l.opt.Tagged {
				file = ""
			}
			return
		}
		if !isSeq(root) {
			l.failure(ir.Pos{}, "included task files must contain a list of tasks")
			return
		}
		inc := t.included()
		inc.Include.Target, inc.Include.Path, inc.Include.Given = name, l.abs(file), given
		if below, ok := l.applied(inc, play); ok {
			steps, _ = l.blocks(root, context{play: play, parent: below, role: t.Role, handler: t.Handler})
			if t.Handler {
				bodies(steps)
			}
		}
	})
	for i, d := range diags.Items {
		diags.Items[i] = ofInclude(d)
	}
	return file, steps, diags
}

// bodies leaves of blocks, those of a file that a handler includes, what Ansible takes into its list of handlers: the tasks of their bodies.
//
// Observed: ansible-core 2.14 and 2.19.
func bodies(blocks []*Block) {
	for _, b := range blocks {
		b.Rescue, b.Always = nil, nil
	}
}

// ofInclude is a fault of what a file includes as the include words it, which in dialect tagged tells it once more.
//
// Observed: ansible-core 2.14 and 2.19.
func ofInclude(d *diag.Diagnostic) *diag.Diagnostic {
	if d.Kind != diag.Invalid || d.Exit != 1 {
		return d
	}
	own, chain := *d, diag.Chain(d)
	msg := chain.Brief()
	if d.Missing != "" {
		msg = "Could not find or access '" + d.Missing + "' on the Ansible Controller."
		own.Msg = msg
	}
	own.Tagged = failure.Failure{Msg: msg}.Because(chain)
	return &own
}

// included is the copy of an include that becomes the parent of what one execution of it loads.
func (t *Task) included() *Task {
	n, inc := *t, *t.Include
	n.Include, n.Apply = &inc, nil
	return &n
}

// Included is a role that an include_role has loaded.
type Included struct {
	Role     *Role
	Blocks   []*Block
	Handlers []*Block
}

// LoadRole loads the role that an include_role asks for, as steps below a copy of the include or below its
// apply: block, and adds its handlers to the play; a public role also to the play's roles.
func (l *Loader) LoadRole(t *Task, ask RoleAsk) (Included, diag.List) {
	play := PlayOf(t)
	var in Included
	diags := l.within(play, func() {
		inc := t.included()
		var ok bool
		if in.Role, in.Blocks, in.Handlers, ok = l.loadRole(inc, play, ask); ok {
			inc.Include.Loaded = in.Role
			play.Handlers = append(play.Handlers, in.Handlers...)
		}
	})
	return in, diags
}

// pieces are the templates within a text.
var pieces = regexp.MustCompile(`\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}`)

var knownPiece = regexp.MustCompile(`\{\{\s*(role_path|playbook_dir|role_name|ansible_role_name)\s*\}\}`)

// pattern splits a name with templates into path segments; a template is a star.
func (l *Loader) pattern(t *Task, name string) []string {
	magic := (&Scope{l: l, Play: PlayOf(t), Task: t}).Magic()
	name = knownPiece.ReplaceAllStringFunc(name, func(m string) string {
		if v, ok := magic.GetStr(knownPiece.FindStringSubmatch(m)[1]); ok {
			s, _ := v.(string)
			return s
		}
		return m
	})
	return strings.Split(pieces.ReplaceAllString(name, "*"), "/")
}

// Candidates are the files that an include_tasks may mean, sorted: the one it names, or those that agree with
// the constant parts of its name in the directories where it would be looked for. A template that gives a name
// with other directories than are written is not foreseen.
func (l *Loader) Candidates(t *Task) []string {
	text, ok := t.Include.File.Text()
	if !ok {
		return nil
	}
	var out []string
	l.within(PlayOf(t), func() {
		if !templated(text) {
			if f := l.abs(l.includePath(t, text)); l.src.Stat(f) == File {
				out = []string{f}
			}
			return
		}
		segments := l.pattern(t, text)
		if segments[0] == "" {
			out = l.glob("/", segments[1:])
			return
		}
		for _, dir := range l.includeDirs(t) {
			out = append(out, l.glob(dir, segments)...)
		}
	})
	slices.Sort(out)
	return slices.Compact(out)
}

// includeDirs are the directories that an include_tasks may find files in.
func (l *Loader) includeDirs(t *Task) []string {
	dirs := []string{l.dir}
	if t.Role != nil {
		dirs = append(dirs, path.Join(t.Role.Path, "tasks"), path.Join(t.Role.Path, "handlers"), t.Role.Path)
	}
	cumulative := ""
	for p := t.Parent; p != nil; p = p.Enclosing() {
		inc, ok := p.(*Task)
		if !ok || inc.Include == nil {
			continue
		}
		cumulative = join(includeDir(inc), cumulative)
		dirs = append(dirs, path.Join(dirs[0], cumulative))
		if t.Role != nil {
			dirs = append(dirs, path.Join(t.Role.Path, "tasks", cumulative))
		}
	}
	return dirs
}

// glob finds the files below dir that match the segments. A last segment that is not constant matches task files only.
func (l *Loader) glob(dir string, segments []string) []string {
	seg, last := segments[0], len(segments) == 1
	var found []string
	if !strings.Contains(seg, "*") {
		found = []string{path.Join(dir, seg)}
	} else {
		for _, n := range l.src.List(dir) {
			if matchStars(seg, n) && (!last || taskFile(n)) {
				found = append(found, path.Join(dir, n))
			}
		}
	}
	var out []string
	for _, p := range found {
		switch kind := l.src.Stat(p); {
		case last && kind == File:
			out = append(out, p)
		case !last && kind == Dir:
			out = append(out, l.glob(p, segments[1:])...)
		}
	}
	return out
}

func taskFile(name string) bool {
	return slices.Contains([]string{".yml", ".yaml", ".json", ""}, path.Ext(name)) && !strings.HasPrefix(name, ".")
}

// matchStars says whether name is like pattern, where a star is any text.
func matchStars(pattern, name string) bool {
	parts := strings.Split(pattern, "*")
	if !strings.HasPrefix(name, parts[0]) {
		return false
	}
	name = name[len(parts[0]):]
	for i, part := range parts[1:] {
		if i == len(parts)-2 {
			return strings.HasSuffix(name, part)
		}
		at := strings.Index(name, part)
		if at < 0 {
			return false
		}
		name = name[at+len(part):]
	}
	return name == ""
}

// CandidateRoles are the names of the roles that an include_role may mean, sorted: the one it names, or those that
// agree with the constant parts of its name in the directories of roles.
func (l *Loader) CandidateRoles(t *Task) []string {
	text, ok := t.Include.RoleName.Text()
	if !ok {
		return nil
	}
	if !templated(text) {
		return []string{text}
	}
	var out []string
	l.within(PlayOf(t), func() {
		pattern := strings.Join(l.pattern(t, text), "/")
		for _, dir := range append([]string{path.Join(l.dir, "roles")}, l.opt.RolesPath...) {
			for _, n := range l.src.List(dir) {
				if matchStars(pattern, n) && l.src.Stat(path.Join(dir, n)) == Dir {
					out = append(out, n)
				}
			}
		}
	})
	slices.Sort(out)
	return slices.Compact(out)
}

// CandidateFrom are the files of a role that a templated tasks_from (and so on) may mean, as names for RoleAsk.From.
func (l *Loader) CandidateFrom(t *Task, role *Role, part string) []string {
	n := t.Include.From[part]
	text, ok := n.Text()
	if !ok {
		return nil
	}
	if !templated(text) {
		return []string{text}
	}
	var out []string
	pattern := strings.Join(l.pattern(t, text), "/")
	for _, name := range l.src.List(path.Join(role.Path, part)) {
		bare := strings.TrimSuffix(name, path.Ext(name))
		if matchStars(pattern, name) && taskFile(name) {
			out = append(out, name)
		} else if matchStars(pattern, bare) && taskFile(name) {
			out = append(out, bare)
		}
	}
	return out
}
