package playbook

import (
	"errors"
	"path"
	"regexp"
	"strings"

	"pbc/compiler/diag"
	"pbc/compiler/yaml"
	"pbc/ir"
	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/exception"
)

// includeArgs are the arguments of include_tasks and import_tasks, roleArgs those of include_role and import_role.
var (
	includeArgs = nameSet("file", "_raw_params", "apply")
	roleArgs    = nameSet("name", "role", "tasks_from", "vars_from", "defaults_from", "handlers_from",
		"apply", "public", "allow_duplicates", "rolespec_validate")
)

const includeDeprecated = "\"include\" is deprecated, use include_tasks/import_tasks instead. " +
	"See https://docs.ansible.com/ansible-core/2.14/user_guide/playbooks_reuse_includes.html for details. " +
	"This feature will be removed in version 2.16. " + deprecationsOff

// deprecationsOff ends what dialect classic says of what is deprecated.
const deprecationsOff = "Deprecation warnings can be disabled by setting deprecation_warnings=False in ansible.cfg."

// includeRemoved is what dialect tagged says of it.
const includeRemoved = "The 'ansible.builtin.include' action plugin has been removed. Use include_tasks or import_tasks instead. " +
	"This feature was removed from ansible-core in a release after 2023-05-16."

// includeFile loads include_tasks, import_tasks or include.
func (l *Loader) includeFile(n *yaml.Node, c context) []Step {
	t := l.task(n, c, IncludeTasks)
	if t == nil || !l.includeOptions(n, t) {
		return nil
	}
	short := ir.Short(t.Action)
	raw := t.Args.Get("_raw_params")
	t.Include = &Include{File: raw}
	if short == "include" && l.opt.Tagged {
		l.failure(pos(n), "%s", includeRemoved)
		return nil
	}
	if short == "include" {
		l.diags.Add(&diag.Diagnostic{Kind: diag.Deprecated, Pos: n.Pos, Msg: includeDeprecated})
		text, _ := raw.Text()
		t.Include.Static = !templated(text) && allStatic(t) && t.Loop == nil
	}
	if short == "import_tasks" {
		t.Include.Static = true
		if t.Loop != nil {
			l.invalid(pos(n), "You cannot use loops on 'import_tasks' statements. You should use 'include_tasks' instead.")
			return nil
		}
	}
	if !t.Include.Static {
		return []Step{t}
	}
	t.Kind = ImportTasks
	return l.importFile(n, t, c)
}

// allStatic says whether nothing around s is a dynamic include.
func allStatic(s Step) bool {
	for p := s.Enclosing(); p != nil; p = p.Enclosing() {
		if isDynamic(p) {
			return false
		}
	}
	return true
}

// includeOptions checks the arguments of include_tasks and import_tasks.
func (l *Loader) includeOptions(n *yaml.Node, t *Task) bool {
	if properIncludes.has(t.Action) && !l.onlyArgs(n, t, includeArgs) {
		return false
	}
	if raw := t.Args.Get("_raw_params"); !truthy(raw) {
		file := t.Args.Del("file")
		if !truthy(file) {
			l.invalid(ir.Pos{}, "No file specified for %s", t.Action)
			return false
		}
		t.Args.Set("_raw_params", nil, file)
	}
	return l.applyOption(n, t, "include_tasks")
}

// onlyArgs reports arguments that an include does not have.
func (l *Loader) onlyArgs(n *yaml.Node, t *Task, allowed names) bool {
	var bad []string
	for _, e := range t.Args.Entries {
		if !allowed[e.Name] {
			bad = append(bad, e.Name)
		}
	}
	if len(bad) > 0 {
		l.invalid(pos(n), "Invalid options for %s: %s", t.Action, strings.Join(bad, ","))
	}
	return len(bad) == 0
}

// applyOption checks apply: and makes its block.
func (l *Loader) applyOption(n *yaml.Node, t *Task, only string) bool {
	apply := t.Args.Get("apply")
	switch {
	case apply == nil:
		return true
	case truthy(apply) && ir.Short(t.Action) != only:
		l.invalid(pos(n), "Invalid options for %s: apply", t.Action)
		return false
	case !isMap(apply):
		l.invalid(pos(n), "Expected a dict for apply but got %s instead", class(apply))
		return false
	}
	return true
}

// written is where the name of an included file is written: text that is all of an action has the place of that.
func written(n *yaml.Node, t *Task, raw *yaml.Node) ir.Pos {
	if v := n.Get(t.Action); raw.Pos.Line == 0 && v != nil {
		return v.Pos
	}
	return raw.Pos
}

// placed is a failure without a place at one.
func placed(f *failure.Failure, at *value.Origin) *failure.Failure {
	own := *f
	if own.At == nil {
		own.At = at
	}
	return &own
}

// importFile loads the file of a static import.
func (l *Loader) importFile(n *yaml.Node, t *Task, c context) []Step {
	scope := &Scope{l: l, Play: c.play, Task: t}
	raw := t.Include.File
	text, ok := raw.Text()
	if !ok {
		text = show(raw)
	}
	target, err := l.render(raw, text, scope)
	if err != nil {
		l.badRender(raw, err, func(u *value.UndefError) {
			const advice = "When using static imports, ensure that any variables used in their names are defined in vars/vars_files\n" +
				"or extra-vars passed in from the command line. Static imports cannot use variables from facts or inventory\n" +
				"sources like group or host vars."
			cause := ""
			if l.opt.minor() >= 17 {
				cause = ". " + l.causeOf(u)
			}
			d := l.invalid(ir.Pos{}, "Error when evaluating variable in import path: %s.\n\n"+advice+"%s", text, cause)
			d.Tagged = failure.Failure{Msg: "Error when evaluating variable in import path " + value.StrRepr(text) + ".", Help: advice,
				At: originOf(n.Pos)}.Because(placed(exception.Failure(err), originOf(written(n, t, raw))))
		})
		return nil
	}
	t.Include.Target = target
	found, ok := l.importPath(t, target, c)
	if !ok {
		return nil
	}
	file := l.dwim(found)
	if l.depth++; l.depth > maxImports {
		l.crash(n.Pos, "maximum recursion depth exceeded")
		l.depth--
		return nil
	}
	defer func() { l.depth-- }()
	root, ok := l.read(file)
	if !ok {
		return nil
	}
	if !truthy(root) {
		l.warn(ir.Pos{}, "file %s is empty and had no tasks to include", found)
		return nil
	}
	if !isSeq(root) {
		l.invalid(pos(root), "included task files must contain a list of tasks")
		return nil
	}
	t.Include.Path = file
	blocks, _ := l.blocks(root, context{play: c.play, parent: t, role: c.role, handler: c.handler})
	return importedSteps(blocks, c.handler)
}

// importedSteps are the steps that an import puts in its place: blocks, or in handlers the tasks of the blocks.
func importedSteps(blocks []*Block, handler bool) []Step {
	var out []Step
	for _, b := range blocks {
		if handler {
			out = append(out, b.Body...)
		} else {
			out = append(out, b)
		}
	}
	return out
}

// importPath finds the file of an import: relative to the files that enclosing includes name, then in
// the role, then beside the playbook. It fails where the name of one of these cannot be told, see parentDir.
func (l *Loader) importPath(t *Task, target string, c context) (file string, ok bool) {
	sub := "tasks"
	if c.handler {
		sub = "handlers"
	}
	cumulative, started := "", false
	for p := c.parent; p != nil; p = p.Enclosing() {
		inc, ok := p.(*Task)
		if !ok || inc.Include == nil || inc.Include.File == nil {
			continue
		}
		dir, known := l.parentDir(t, inc)
		if !known {
			return "", false
		}
		if !started {
			cumulative, started = dir, true
		} else if !path.IsAbs(cumulative) {
			cumulative = path.Join(dir, cumulative)
		}
		if t.Role != nil {
			file = l.dwimRelative(join(join(t.Role.Path, sub), cumulative), sub, target, false)
		} else {
			file = l.dwimRelative(l.dir, cumulative, target, false)
		}
		if l.src.Stat(l.abs(file)) != Absent {
			return file, true
		}
	}
	if t.Role != nil {
		return l.dwimRelative(t.Role.Path, sub, target, false), true
	}
	return l.dwim(target), true
}

// parentDir is the folder that an enclosing include named. Dialect classic looks once more at what is written there, with the variables of the
// import: those of hosts are none, which ends the run.
//
// Observed: ansible-core 2.14 and 2.19.
func (l *Loader) parentDir(t, inc *Task) (dir string, ok bool) {
	name := includeTarget(inc)
	if text, _ := inc.Include.File.Text(); !l.opt.Tagged && inc.Include.Given != nil && templated(text) {
		again, err := l.render(inc.Include.File, text, &Scope{l: l, Play: PlayOf(t), Task: t})
		var u *value.UndefError
		switch {
		case err == nil:
			name = again
		case errors.As(err, &u) && playWide.has(u.U.Name):
		case u != nil:
			l.invalid(ir.Pos{}, "Error when evaluating variable in dynamic parent include path: %s. "+
				"When using static imports, the parent dynamic include cannot utilize host facts or variables from inventory", text)
			return "", false
		}
	}
	if dir = path.Dir(name); dir == "." {
		dir = ""
	}
	return dir, true
}

// playWide are the variables without a host that only a run has: what they say in the name of an include is what they said when that ran.
var playWide = nameSet("ansible_check_mode", "ansible_config_file", "ansible_dependent_role_names", "ansible_diff_mode", "ansible_forks", "ansible_inventory_sources",
	"ansible_limit", "ansible_play_batch", "ansible_play_hosts", "ansible_play_hosts_all", "ansible_play_name", "ansible_play_role_names", "ansible_playbook_python",
	"ansible_role_names", "ansible_run_tags", "ansible_skip_tags", "ansible_verbosity", "ansible_version", "groups", "hostvars", "omit", "play_hosts", "role_names", "vars")

// includeTarget is the file an include named, as far as it is known.
func includeTarget(t *Task) string {
	if t.Include.Target != "" {
		return t.Include.Target
	}
	text, _ := t.Include.File.Text()
	return text
}

// join is Python's os.path.join of two parts.
func join(a, b string) string {
	if path.IsAbs(b) || a == "" {
		return b
	}
	if b == "" || strings.HasSuffix(a, "/") {
		return a + b
	}
	return a + "/" + b
}

var endsInTasks = regexp.MustCompile(`(?:^|/)tasks/?$`)

// isRoleDir is Ansible's guess whether a directory is (in) a role.
func (l *Loader) isRoleDir(dir string) bool {
	exists := func(base string, names ...string) bool {
		for _, n := range names {
			for _, ext := range []string{".yml", ".yaml", ""} {
				if l.src.Stat(path.Join(base, n)+ext) != Absent {
					return true
				}
			}
		}
		return false
	}
	return endsInTasks.MatchString(dir) && exists(l.abs(dir), "main") ||
		exists(l.abs(dir), "tasks/main", "meta/main") || exists(l.abs(path.Dir(dir)), "tasks/main", "meta/main")
}

// dwimRelative finds a file that belongs to a role or a playbook: below dir/sub, dir, and beside the playbook. It
// gives the last place when there is none.
func (l *Loader) dwimRelative(dir, sub, source string, isRole bool) string {
	if strings.HasPrefix(source, "/") || strings.HasPrefix(source, "~") {
		return l.abs(source)
	}
	base := l.abs(dir)
	search := []string{join(join(dir, sub), source)}
	isRole = isRole || l.isRoleDir(dir)
	if isRole && endsInTasks.MatchString(dir) {
		base = l.abs(path.Dir(dir))
	}
	search = append(search, l.abs(join(join(base, sub), source)))
	if isRole && !strings.HasSuffix(source, sub) {
		search = append(search, l.abs(join(join(base, "tasks"), source)))
	}
	search = append(search, l.abs(join(sub, source)), l.abs(join(base, source)), l.dwim(join(sub, source)), l.dwim(source))
	for _, s := range search {
		if l.src.Stat(l.abs(s)) != Absent {
			return s
		}
	}
	return search[len(search)-1]
}
