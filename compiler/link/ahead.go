package link

import (
	"context"

	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/eval"
)

// foreseen are the lookups whose answer depends on nothing but their arguments and cannot change while pbc runs: the
// controller's environment and its settings. A host that may use one is sent the answer with its batch. Files are not
// among them: a task may write what a later lookup reads.
var foreseen = map[string]bool{"env": true, "config": true}

// lookups notes the calls of foreseen lookups in trees, whose arguments are constants.
func (n *names) lookups(root []*expr.Node) {
	expr.WalkAll(root, func(x *expr.Node) bool {
		if c, ok := constantCall(x); ok {
			if n.calls == nil {
				n.calls = map[string]LookupCall{}
			}
			n.calls[eval.LookupKey(c.Name, c.Terms, c.Options)] = c
		}
		return true
	})
}

// constantCall reads a call of lookup, query or q with constants only.
func constantCall(x *expr.Node) (c LookupCall, ok bool) {
	if x.Op != expr.OCall || x.Star != nil || x.Dbl != nil || len(x.A) < 3 || x.A[0].Op != expr.OName {
		return c, false
	}
	if f := x.A[0].S; f != "lookup" && f != "query" && f != "q" {
		return c, false
	}
	for _, a := range x.A[1:] {
		if a.Op != expr.OConst {
			return c, false
		}
		c.Terms = append(c.Terms, a.V)
	}
	name, _ := c.Terms[0].(string)
	c.Name, c.Terms, c.Options = ir.Short(name), c.Terms[1:], value.NewDict()
	for _, k := range x.KW {
		switch {
		case k.K == "wantlist" || k.K == "errors" || k.K == "allow_unsafe":
		case k.V.Op != expr.OConst:
			return c, false
		default:
			c.Options.SetStr(k.K, k.V.V)
		}
	}
	return c, foreseen[c.Name]
}

// answers runs the foreseen lookups that a host's code may use. One that fails is left for the host to ask.
func (l *Linker) answers(n *names) map[string]ir.Val {
	out := map[string]ir.Val{}
	for key, c := range n.calls {
		if l.opt.Lookup == nil || l.shadows("lookup", c.Name) {
			continue
		}
		c.Eval = l.evaluator(-1, "", layers{})
		if v, err := l.opt.Lookup(context.Background(), c); err == nil {
			out[key] = ir.Val{V: v}
		}
	}
	return out
}
