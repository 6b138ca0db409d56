package machine

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/module"
)

// world is the rest of the world around a machine: it takes events, answers needs by a script, and runs
// modules by their task's argument "as".
type world struct {
	log     []string       // what happened, a word each
	events  []*event.Event // all of them
	modules map[string]func(attempt int, c *module.Call) *value.Dict
	calls   map[string]int
	answer  func(n *event.Need) *event.Answer
	needs   []*event.Need
	deaf    bool // nobody takes events any more
}

func newWorld() *world {
	return &world{modules: map[string]func(int, *module.Call) *value.Dict{}, calls: map[string]int{}}
}

var statusNames = map[event.Status]string{event.OK: "ok", event.Changed: "changed", event.Failed: "failed", event.Skipped: "skipped",
	event.Unreachable: "unreachable"}

// Emit implements Upstream.
func (w *world) Emit(e *event.Event) error {
	if w.deaf {
		return fmt.Errorf("nobody listens")
	}
	w.events = append(w.events, e)
	switch e.Kind {
	case event.Finished:
		word := e.Name
		if e.Status != event.OK {
			word += ":" + statusNames[e.Status]
		}
		if e.Rescued {
			word += ":rescued"
		}
		w.log = append(w.log, word)
	case event.Notified:
		w.log = append(w.log, "notified("+e.Name+")")
	case event.Retry:
		w.log = append(w.log, "retry"+strconv.Itoa(e.Attempt)+"of"+strconv.Itoa(e.Retries))
	case event.Item:
		s, _ := value.ToStr(e.Label.V)
		w.log = append(w.log, "item("+s+")")
	case event.Message:
		w.log = append(w.log, e.Level+"("+e.Name+")")
	case event.Done:
		w.log = append(w.log, [...]string{"completed", "FAILED", "UNREACHABLE"}[e.Outcome])
	}
	return nil
}

// Ask implements Upstream.
func (w *world) Ask(_ context.Context, n *event.Need) (*event.Answer, error) {
	w.needs = append(w.needs, n)
	if w.answer == nil {
		return nil, fmt.Errorf("unexpected need %d of %q", n.Ask, n.Name)
	}
	return w.answer(n), nil
}

// Run implements Runner.
func (w *world) Run(_ context.Context, c *module.Call, _ Become) *value.Dict {
	as, _ := value.ToStr(get(c.Args, "as"))
	w.calls[as]++
	if f := w.modules[as]; f != nil {
		return f(w.calls[as], c)
	}
	return value.DictOf("changed", false)
}

// Has implements Runner.
func (w *world) Has(string) bool { return true }

// TempDir implements Runner.
func (w *world) TempDir(string, string) (string, error) { return "", nil }

// always gives a module the same result every time.
func always(kv ...any) func(int, *module.Call) *value.Dict {
	return func(int, *module.Call) *value.Dict { return value.DictOf(kv...) }
}

// asm builds a batch line by line.
type asm struct {
	b ir.Batch
}

func newAsm() *asm {
	return &asm{ir.Batch{Version: ir.FormatVersion, Dialect: "classic", Code: &ir.Code{Tables: ir.Tables{Scopes: []*ir.Scope{{Role: -1}}}},
		Host: ir.HostPart{Name: "h", Whole: true}}}
}

// add puts a task into the table and returns its number.
func (a *asm) add(name string, with ...func(*ir.Task)) int {
	t := &ir.Task{Name: ir.Val{V: name}, Role: -1, Module: "test.module", Action: "test.module", Args: ir.Val{V: value.DictOf("as", name)}}
	for _, f := range with {
		f(t)
	}
	a.b.Code.Tasks = append(a.b.Code.Tasks, t)
	return len(a.b.Code.Tasks) - 1
}

func (a *asm) op(in ir.Instr) *asm {
	a.b.Code.Instrs = append(a.b.Code.Instrs, in)
	return a
}

func (a *asm) task(name string, with ...func(*ir.Task)) *asm {
	return a.op(ir.Instr{Op: ir.OpTask, Task: a.add(name, with...)})
}

func (a *asm) handler(name string, with ...func(*ir.Task)) *asm {
	n := a.add(name, append(with, func(t *ir.Task) { t.Handler = true })...)
	a.b.Code.Handlers = append(a.b.Code.Handlers, ir.Handler{Task: n, First: len(a.b.Code.Handlers) == 0})
	return a
}

// code reads a program of words: a task's name, "{" body, "|" rescue, "!" always, "}" end of a block, "{force" a
// block that counts when handlers are forced, "flush". It lays blocks out as the compiler does.
func (a *asm) code(src string) *asm {
	type open struct{ at, part int } // part: 0 body, 1 rescue, 2 always
	var blocks []open
	ends := []ir.Op{ir.OpBody, ir.OpRescued, ir.OpAlways}
	for _, word := range strings.Fields(src) {
		pc := len(a.b.Code.Instrs)
		switch word {
		case "{", "{force":
			blocks = append(blocks, open{at: pc})
			a.op(ir.Instr{Op: ir.OpBlock, A: -1, B: -1, C: -1, Flag: word == "{force"})
		case "|", "!", "}":
			b := &blocks[len(blocks)-1]
			a.op(ir.Instr{Op: ends[b.part]})
			at := &a.b.Code.Instrs[b.at]
			switch word {
			case "|":
				at.A, b.part = pc+1, 1
			case "!":
				at.B, b.part = pc+1, 2
			default:
				at.C = pc + 1
				blocks = blocks[:len(blocks)-1]
			}
		case "flush":
			a.op(ir.Instr{Op: ir.OpFlush})
		default:
			a.task(word)
		}
	}
	return a
}

// run runs the batch and returns what happened.
func (a *asm) run(t *testing.T, w *world) (string, *Host) {
	t.Helper()
	h := NewHost("h")
	if err := New(&a.b, h, w, w).Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	return strings.Join(w.log, " "), h
}

func is(t *testing.T, got, want string) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func name(s string) *expr.Node { return &expr.Node{Op: expr.OName, S: s} }

func attr(n *expr.Node, s string) *expr.Node {
	return &expr.Node{Op: expr.OAttr, S: s, A: []*expr.Node{n}}
}

// cond is a condition of one expression.
func cond(n *expr.Node) []ir.Val { return []ir.Val{{V: &value.Cond{Src: "test", Root: n}}} }

// tmpl is the template "{{ n }}".
func tmpl(n *expr.Node) *value.Tmpl {
	return &value.Tmpl{Src: "{{ test }}", Root: []*expr.Node{{Op: expr.SOutput, A: []*expr.Node{n}}}}
}

func TestUnwind(t *testing.T) {
	for _, c := range []struct {
		name, code, want string
		force            bool
	}{
		{name: "no failure", code: "a { b | r ! w } c", want: "a b w c completed"},
		{name: "failure outside of blocks", code: "a bad b", want: "a bad:failed FAILED"},
		{name: "rescue", code: "{ bad b | r } c", want: "bad:failed:rescued r c completed"},
		{name: "rescue and always", code: "{ bad b | r ! w } c", want: "bad:failed:rescued r w c completed"},
		{name: "always alone", code: "{ bad b ! w } c", want: "bad:failed w FAILED"},
		{name: "rescue that fails", code: "{ bad | r bad s ! w } c", want: "bad:failed:rescued r bad:failed w FAILED"},
		{name: "always that fails", code: "{ a ! bad w } c", want: "a bad:failed FAILED"},
		{name: "always that fails after a failure", code: "{ bad ! w bad } c", want: "bad:failed w bad:failed FAILED"},
		{name: "inner always, outer rescue", code: "{ { bad ! w } x | r } c", want: "bad:failed:rescued w r c completed"},
		{name: "inner rescue that fails, outer rescue", code: "{ { bad | bad } x | r } c", want: "bad:failed:rescued bad:failed:rescued r c completed"},
		{name: "block in a rescue", code: "{ bad | { bad | r } s } c", want: "bad:failed:rescued bad:failed:rescued r s c completed"},
		{name: "block in an always of a failure", code: "{ bad ! { bad | r } w } c", want: "bad:failed bad:failed:rescued r w FAILED"},
		{name: "two in a row", code: "{ bad | r } { bad | s } c", want: "bad:failed:rescued r bad:failed:rescued s c completed"},
		{name: "forced block not forced", code: "{force a bad ! w } c", want: "a bad:failed FAILED"},
		{name: "forced block forced", code: "{force a bad ! w } c", want: "a bad:failed w FAILED", force: true},
		{name: "forced block passed by, outer rescue", code: "{ {force bad ! w } | r } c", want: "bad:failed:rescued r c completed"},
		{name: "unreachable ends all", code: "{ gone b | r ! w } c", want: "gone:unreachable UNREACHABLE"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld()
			w.modules["bad"] = always("failed", true, "msg", "no")
			w.modules["gone"] = always("unreachable", true, "msg", "no")
			a := newAsm().code(c.code)
			a.b.Code.Settings.ForceHandlers = c.force
			got, _ := a.run(t, w)
			is(t, got, c.want)
		})
	}
}
