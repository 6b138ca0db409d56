package ir

// The assembly that Text writes, by line:
//
//	plan    = "program" dialect, maker; "registers" r0 name ...; then the plays
//	play    = "play" number "name" position, "hosts", its tables, "code", "handlers"
//	code    = address, indented by block: operation, operands; for tasks number, module, "name", position,
//	          effect, what is notable, and behind ";" why hosts wait for each other there
//
// Positions are file:line:col, the file relative to the folder of the first playbook. Variables are named, their
// values are not printed: a plan may hold secrets.

import (
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"pbc/ir/value"
)

var opNames = [...]string{
	OpTask: "task", OpInclude: "include", OpMeta: "meta", OpFlush: "flush", OpBlock: "block",
	OpBody: "body-end", OpRescued: "rescue-end", OpAlways: "always-end", OpRoleDone: "role-done",
}

// String is the operation's name in assembly.
func (o Op) String() string {
	if int(o) < len(opNames) {
		return opNames[o]
	}
	return "op" + strconv.Itoa(int(o))
}

// TextOptions say what Text prints.
type TextOptions struct {
	// Effect is the effect class of a task of a play, such as "open", and why; Waits says that the hosts of a play wait for each
	// other there. Nil tells of none.
	Effect func(play int, t *Task) (class, why string, waits bool)
	// Python says what of a task is not run by pbc itself, and why: "" for nothing. Nil tells of none.
	Python func(t *Task) string
	// Only chooses the tasks to print, nil prints all. With it the tables are left out.
	Only func(play int, t *Task) bool
}

// Text writes a program as assembly. The program must have been verified. The error is that of w.
func Text(w io.Writer, p *Program, o TextOptions) error {
	t := texter{p: p, o: o, slots: map[string]int{}}
	for i, s := range p.Slots {
		t.slots[s] = i
	}
	if o.Only == nil {
		t.program()
	}
	for i, play := range p.Plays {
		t.play(i, play)
	}
	_, err := io.WriteString(w, t.b.String())
	return err
}

type texter struct {
	b     strings.Builder
	p     *Program
	o     TextOptions
	slots map[string]int
}

func (t *texter) line(format string, args ...any) {
	t.b.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " ") + "\n")
}

func (t *texter) program() {
	t.line("program dialect %s, format %d", t.p.Dialect, FormatVersion)
	if t.p.Locked {
		t.line("locked: a source is a vault as a whole")
	}
	for i, s := range t.p.Slots {
		t.line("register r%d %s", i, s)
	}
	t.line("; barrier: with several hosts in a play, all of them reach that task before one runs it, and finish it before one goes on")
}

// position is a place with its file relative to the folder of the program.
func (t *texter) position(pos Pos) string {
	pos.File = t.file(pos.File)
	return pos.String()
}

func (t *texter) file(name string) string {
	rel, err := filepath.Rel(t.p.Basedir, name)
	if err != nil || t.p.Basedir == "" || strings.HasPrefix(rel, "..") {
		return name
	}
	return rel
}

// show is the text of a keyword as written.
func show(v Val) string {
	if list, ok := v.V.(*value.List); ok {
		var parts []string
		for _, e := range list.V {
			parts = append(parts, show(Val{e}))
		}
		return strings.Join(parts, ",")
	}
	switch x := v.V.(type) {
	case *value.Tmpl:
		return x.Src
	case *value.Cond:
		return x.Src
	}
	s, err := value.ToStr(v.V)
	if err != nil {
		return value.TypeName(v.V)
	}
	return s
}

func (t *texter) play(n int, p *Play) {
	if t.o.Only != nil && !t.any(n, p) {
		return
	}
	name := show(p.Name)
	if !p.Name.IsSet() {
		name = show(p.Hosts)
	}
	t.line("")
	t.line("play %d %q  %s", n, name, t.position(p.Pos))
	t.line("  hosts %s", show(p.Hosts))
	for _, k := range []struct {
		name string
		v    Val
	}{{"gather_facts", p.GatherFacts}, {"strategy", p.Strategy}, {"serial", p.Serial}, {"order", p.Order}, {"connection", p.Connection},
		{"force_handlers", p.ForceHandlers}, {"max_fail_percentage", p.MaxFailPercentage}} {
		if k.v.IsSet() && t.o.Only == nil {
			t.line("  %s %s", k.name, show(k.v))
		}
	}
	if t.o.Only == nil {
		t.tables(p)
	}
	t.line("  code")
	t.code(n, p)
	titled := false
	for i, h := range p.Handlers {
		if x := p.Tasks[h.Task]; t.wanted(n, x) {
			if !titled {
				t.line("  handlers")
			}
			titled = true
			t.line("    %-6s task %-4d %s%s", "h"+strconv.Itoa(i), h.Task, t.task(n, x), t.remarks(n, x))
		}
	}
}

func (t *texter) wanted(play int, x *Task) bool { return t.o.Only == nil || t.o.Only(play, x) }

func (t *texter) any(n int, p *Play) bool {
	for _, x := range p.Tasks {
		if t.o.Only(n, x) {
			return true
		}
	}
	return false
}

func (t *texter) tables(p *Play) {
	for i, r := range p.Roles {
		t.line("  role %d %s  %s", i, r.Name, t.file(r.Path))
	}
	for i, l := range p.Layers {
		t.line("  layer %d  %s", i, names(l))
	}
	for i, s := range p.Scopes {
		t.line("  scope %d  %s", i, scopeText(s))
	}
	list := func(what string, numbers []int) {
		if len(numbers) > 0 {
			t.line("  %s  layers %s", what, numbersText(numbers))
		}
	}
	if p.Vars >= 0 {
		list("vars", []int{p.Vars})
	}
	list("role defaults", p.RoleDefaults)
	list("role vars", p.RoleVars)
}

// names are the keys of a layer.
func names(l Val) string {
	d, _ := l.V.(*value.Dict)
	var out []string
	for i := range d.Len() {
		s, _ := value.ToStr(d.K[i])
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func numbersText(list []int) string {
	out := make([]string, len(list))
	for i, n := range list {
		out[i] = strconv.Itoa(n)
	}
	return strings.Join(out, " ")
}

func scopeText(s *Scope) string {
	var parts []string
	for _, k := range []struct {
		what string
		list []int
	}{{"task", s.Task}, {"include", s.IncludeParams}, {"role params", s.RoleParams}, {"role vars", s.RoleVars}, {"role defaults", s.RoleDefaults}} {
		if len(k.list) > 0 {
			parts = append(parts, k.what+" "+numbersText(k.list))
		}
	}
	if s.Role >= 0 {
		parts = append(parts, "role "+strconv.Itoa(s.Role))
	}
	return strings.Join(parts, ", ")
}

func (t *texter) code(n int, p *Play) {
	depth := 0
	for pc, in := range p.Code {
		switch in.Op {
		case OpBody, OpRescued, OpAlways:
			depth--
		}
		if line := t.instr(n, p, in); line != "" {
			t.line("    %04d  %s%s", pc, strings.Repeat("  ", max(depth, 0)), line)
		}
		// The parts of a block stand one step in; a part's end leaves it, the next part enters again.
		switch {
		case in.Op == OpBlock, in.Op == OpBody && continues(p.Code, pc), in.Op == OpRescued && continues(p.Code, pc):
			depth++
		}
	}
}

// continues says whether the end of a part at pc is followed by another part of the same block.
func continues(code []Instr, pc int) bool {
	for i := pc; i >= 0; i-- {
		if in := code[i]; in.Op == OpBlock && in.C > pc && (in.A == pc+1 || in.B == pc+1) {
			return true
		}
	}
	return false
}

// instr is one instruction without its address, "" when it is not to be printed.
func (t *texter) instr(n int, p *Play, in Instr) string {
	switch in.Op {
	case OpTask, OpInclude, OpMeta:
		x := p.Tasks[in.Task]
		if !t.wanted(n, x) {
			return ""
		}
		return fmt.Sprintf("%-8s task %-4d %s%s", in.Op, in.Task, t.task(n, x), t.remarks(n, x))
	}
	switch {
	case t.o.Only != nil:
		return ""
	case in.Op == OpBlock:
		return "block" + target("rescue", in.A) + target("always", in.B) + target("end", in.C) + forced(in)
	case in.Op == OpFlush:
		return "flush" + t.flushBarrier(n, p)
	case in.Op == OpRoleDone:
		return fmt.Sprintf("role-done role %d", in.Task)
	}
	return in.Op.String()
}

func target(what string, at int) string {
	if at < 0 {
		return ""
	}
	return fmt.Sprintf(" %s=%04d", what, at)
}

func forced(in Instr) string {
	if in.Flag {
		return "  ; counts when handlers are forced"
	}
	return ""
}

// flushBarrier tells of the handlers at which hosts wait for each other: who runs them shows only then.
func (t *texter) flushBarrier(n int, p *Play) string {
	var list []string
	for i, h := range p.Handlers {
		if t.o.Effect == nil {
			break
		}
		if _, _, waits := t.o.Effect(n, p.Tasks[h.Task]); waits {
			list = append(list, "h"+strconv.Itoa(i))
		}
	}
	if list == nil {
		return ""
	}
	return "  ; barrier behind: others may run " + strings.Join(list, " ")
}

// remarks tells where hosts wait, and what is left to Python.
func (t *texter) remarks(play int, x *Task) string { return t.barrier(play, x) + t.python(x) }

// python tells what of a task is not run by pbc itself.
func (t *texter) python(x *Task) string {
	if t.o.Python == nil {
		return ""
	}
	if why := t.o.Python(x); why != "" {
		return "  ; Python: " + why
	}
	return ""
}

// barrier tells whether the hosts of a play wait for each other at a task, and why.
func (t *texter) barrier(play int, x *Task) string {
	if t.o.Effect == nil {
		return ""
	}
	_, why, waits := t.o.Effect(play, x)
	switch {
	case waits:
		return "  ; barrier: " + why
	case x.Include != nil:
		return "  ; barrier behind: others may include something else"
	}
	return "  ; no barrier: " + why
}

// task is what is notable of a task.
func (t *texter) task(play int, x *Task) string {
	name := x.Action
	if x.Name.IsSet() {
		name = show(x.Name)
	}
	module := x.Module
	if module == "" {
		module = x.Action
	}
	parts := []string{module, strconv.Quote(name), t.position(x.Pos)}
	if t.o.Effect != nil {
		class, _, _ := t.o.Effect(play, x)
		parts = append(parts, class)
	}
	parts = append(parts, "scope="+strconv.Itoa(x.Scope))
	if x.Register != "" {
		parts = append(parts, fmt.Sprintf("register=r%d", t.slots[x.Register]))
	}
	return strings.Join(append(parts, notable(x)...), " ")
}

func notable(x *Task) []string {
	var out []string
	list := func(what string, vals []Val) {
		for _, v := range vals {
			out = append(out, what+"="+strconv.Quote(show(v)))
		}
	}
	list("when", x.When)
	if x.Loop != nil {
		out = append(out, "loop="+strconv.Quote(strings.TrimPrefix(x.Loop.With+": ", ": ")+show(x.Loop.Items)))
	}
	list("until", x.Until)
	list("notify", x.Notify)
	list("listen", x.Listen)
	list("tags", x.Tags)
	if x.DelegateTo.IsSet() {
		list("delegate_to", []Val{x.DelegateTo})
	}
	if x.Become.On.IsSet() && x.Become.On.V != false {
		out = append(out, "become")
	}
	for _, f := range x.Files {
		out = append(out, "file="+strconv.Quote(f.Name))
	}
	return out
}
