package eval

import (
	"errors"
	"fmt"

	"pbc/ir/expr"
	"pbc/runtime/bound"
	"pbc/runtime/exception"
	"pbc/runtime/python"
)

var (
	errBreak    = errors.New("break outside of a loop")
	errContinue = errors.New("continue outside of a loop")
)

// loop is the variable loop inside a for.
type loop struct {
	items []val
	i     int
	depth int64
	again func(items []val, depth int64) (val, error) // of a recursive loop
	last  []val
	seen  bool // last is set
}

func (l *loop) TypeName() string { return "LoopContext" }

func (l *loop) Repr() (string, error) {
	return fmt.Sprintf("<LoopContext %d/%d>", l.i+1, len(l.items)), nil
}

func (l *loop) Attr(name string) (val, bool) {
	n := len(l.items)
	switch name {
	case "index":
		return int64(l.i + 1), true
	case "index0":
		return int64(l.i), true
	case "revindex":
		return int64(n - l.i), true
	case "revindex0":
		return int64(n - l.i - 1), true
	case "first":
		return l.i == 0, true
	case "last":
		return l.i == n-1, true
	case "length":
		return int64(n), true
	case "depth":
		return l.depth, true
	case "depth0":
		return l.depth - 1, true
	case "previtem":
		if l.i == 0 {
			return &undef{Hint: "there is no previous item"}, true
		}
		return l.items[l.i-1], true
	case "nextitem":
		if l.i == n-1 {
			return &undef{Hint: "there is no next item"}, true
		}
		return l.items[l.i+1], true
	case "cycle":
		return &python.Function{Shown: "<bound method LoopContext.cycle>", Func: l.cycle}, true
	case "changed":
		return &python.Function{Shown: "<bound method LoopContext.changed>", Func: l.changed}, true
	}
	return nil, false
}

func (l *loop) cycle(c *python.Call) (val, error) {
	if len(c.Args) == 0 {
		return nil, exception.TypeError("no items for cycling given")
	}
	return c.Args[l.i%len(c.Args)], nil
}

func (l *loop) changed(c *python.Call) (val, error) {
	if l.seen {
		if same, err := python.EqualSeq(l.last, c.Args); err != nil || same {
			return false, err
		}
	}
	l.last, l.seen = c.Args, true
	return true, nil
}

// call is loop(iterable) of a recursive loop.
func (l *loop) Call(c *python.Call) (val, error) {
	if l.again == nil {
		return nil, exception.TypeError("The loop must have the 'recursive' marker to be called recursively.")
	}
	it, err := python.Iter(c.Get(0, "iterable", nil))
	if err != nil {
		return nil, err
	}
	return l.again(it, l.depth+1)
}

// forLoop is a compiled for.
type forLoop struct {
	target    assignFn
	iter      exprFn
	test      exprFn // nil for none
	body, els stmtFn // els is nil for none
	recursive bool
}

func (c *compiler) forStmt(n *expr.Node) stmtFn {
	x := &forLoop{target: c.assign(n.A[0]), iter: c.expr(n.A[1]), body: c.body(n.Body), recursive: n.Flag}
	if n.A[2] != nil {
		x.test = c.expr(n.A[2])
	}
	if n.Else != nil {
		x.els = c.body(n.Else)
	}
	return func(f *frame, out *[]val) error {
		v, err := x.iter(f)
		if err != nil {
			return err
		}
		items, err := python.Iter(v)
		if err != nil {
			return err
		}
		return x.run(f, items, 1, out)
	}
}

// kept returns the items that the loop's test lets through.
func (x *forLoop) kept(f *frame, items []val) ([]val, error) {
	if x.test == nil {
		return items, nil
	}
	var kept []val
	for _, v := range items {
		g := f.child()
		if err := x.target(g, v); err != nil {
			return nil, err
		}
		ok, err := decide(x.test, g)
		if err != nil {
			return nil, err
		}
		if ok {
			kept = append(kept, v)
		}
	}
	return kept, nil
}

func (x *forLoop) run(f *frame, items []val, depth int64, out *[]val) error {
	items, err := x.kept(f, items)
	if err != nil {
		return err
	}
	if len(items) == 0 {
		if x.els != nil {
			return x.els(f.child(), out)
		}
		return nil
	}
	l := &loop{items: items, depth: depth}
	if x.recursive {
		l.again = x.again(f)
	}
	for i, v := range items {
		l.i = i
		if err := f.run.e.round(); err != nil {
			return err
		}
		// a scope for each round: a macro may keep the last one
		g := newRound(f)
		g.set("loop", l)
		if err := x.target(g, v); err != nil {
			return err
		}
		switch err := x.body(g, out); {
		case errors.Is(err, errBreak):
			return nil
		case err != nil && !errors.Is(err, errContinue):
			return err
		}
		if len(*out) > bound.Elems {
			return bound.TooLarge()
		}
	}
	return nil
}

// newRound makes the scope of one round with room for the names that most rounds have: loop and two more.
func newRound(f *frame) *frame {
	r := &struct {
		frame
		names [3]string
		vals  [3]val
	}{frame: frame{run: f.run, parent: f}}
	r.frame.names, r.frame.vals = r.names[:0], r.vals[:0]
	return &r.frame
}

func (x *forLoop) again(f *frame) func([]val, int64) (val, error) {
	return func(items []val, depth int64) (val, error) {
		if depth > maxCalls {
			return nil, errRecursion
		}
		var out []val
		if err := x.run(f, items, depth, &out); err != nil {
			return nil, err
		}
		return f.run.concat(out)
	}
}
