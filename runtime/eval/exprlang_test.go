package eval_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	exprlang "github.com/expr-lang/expr"

	"pbc/compiler/jinja"
	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/eval"
)

// This file holds the evaluator against another one: what Jinja's expressions and those of expr-lang.org have in common is
// translated to the latter, and both must give the same. It covers what vectors do not: operators within operators.

// lowered translates an expression; ok is false for what expr-lang has not, or has with another meaning.
func lowered(n *expr.Node) (src string, ok bool) {
	if n.Op == expr.OConst {
		return loweredConst(n.V)
	}
	if n.Op == expr.OName {
		return n.S, true
	}
	var a []string
	for _, x := range n.A {
		s, ok := lowered(x)
		if !ok {
			return "", false
		}
		a = append(a, s)
	}
	if n.Op == expr.OCompare {
		return loweredCompare(a, n.Ops)
	}
	format, ok := formats[n.Op]
	switch {
	case n.Op == expr.OList:
		return "[" + strings.Join(a, ", ") + "]", true
	case n.Op == expr.OFilter:
		format, ok = filters[n.S]
	case n.Op == expr.OAttr:
		a = append(a, strconv.Quote(n.S))
		format, ok = formats[expr.OItem]
	}
	if !ok || len(n.KW) > 0 || strings.Count(format, "%s") != len(a) {
		return "", false
	}
	args := make([]any, len(a))
	for i, s := range a {
		args[i] = s
	}
	return fmt.Sprintf(format, args...), true
}

var formats = map[expr.Op]string{
	expr.OAdd: "(%s + %s)", expr.OSub: "(%s - %s)", expr.OMul: "(%s * %s)", expr.ODiv: "(%s / %s)", expr.OConcat: "(%s + %s)",
	expr.OAnd: "(%s && %s)", expr.OOr: "(%s || %s)", expr.ONot: "!(%s)", expr.ONeg: "-(%s)", expr.OItem: "%s[%s]",
}

// filters are those of Jinja that expr-lang has as functions of the same meaning, as the generator uses them.
var filters = map[string]string{
	"length": "len(%s)", "upper": "upper(%s)", "lower": "lower(%s)", "trim": "trim(%s)", "first": "first(%s)", "last": "last(%s)", "sum": "sum(%s)",
	"max": "max(%s)", "min": "min(%s)", "abs": "abs(%s)", "join": "join(%s, %s)", "sort": "sort(%s)", "unique": "uniq(%s)", "int": "int(%s)", "string": "string(%s)",
}

func loweredConst(v any) (string, bool) {
	switch x := v.(type) {
	case nil:
		return "nil", true
	case bool, int64:
		return fmt.Sprint(x), true
	case string:
		return strconv.Quote(x), true
	}
	return "", false
}

// loweredCompare writes a chain as its links, of which Python looks at each once.
func loweredCompare(a, ops []string) (string, bool) {
	var links []string
	for i, op := range ops {
		switch op {
		case "notin":
			links = append(links, "("+a[i]+" not in "+a[i+1]+")")
		case "==", "!=", "<", "<=", ">", ">=", "in":
			links = append(links, "("+a[i]+" "+op+" "+a[i+1]+")")
		default:
			return "", false
		}
	}
	return "(" + strings.Join(links, " && ") + ")", true
}

// writer writes expressions of a type. Comparisons are of one type, and conditions of booleans: others mean something else.
type writer struct{ r *rand.Rand }

func (w writer) pick(of ...string) string { return of[w.r.IntN(len(of))] }

func (w writer) number(depth int) string {
	if depth == 0 {
		return w.pick("i", "j", "neg", "0", "1", "12", "d.n", "d['n']", "l[1]")
	}
	a, b := w.number(depth-1), w.number(depth-1)
	return w.pick("("+a+" + "+b+")", "("+a+" - "+b+")", "("+a+" * "+b+")", "-("+a+")", "("+a+") | abs", w.list(depth-1)+" | sum",
		w.list(depth-1)+" | length", w.text(depth-1)+" | length", w.list(depth-1)+" | max", w.list(depth-1)+" | first", "("+a+" | string) | int")
}

func (w writer) text(depth int) string {
	if depth == 0 {
		return w.pick("s", "es", "u", "'Ab'", "' x '", "d.t", "'é'")
	}
	a, b := w.text(depth-1), w.text(depth-1)
	return "(" + w.pick(a+" ~ "+b, a+" + "+b, a+" | upper", a+" | lower", a+" | trim", "["+a+", "+b+"] | join(',')", "["+a+", "+b+"] | last",
		"("+w.number(depth-1)+") | string") + ")"
}

func (w writer) list(depth int) string {
	if depth == 0 {
		return w.pick("l", "[1]", "[i, j]", "[3, 1, 3]")
	}
	a, b := w.number(depth-1), w.number(depth-1)
	return "(" + w.pick("["+a+", "+b+"]", "["+a+", "+b+"] | sort", "["+a+", "+b+"] | unique") + ")"
}

func (w writer) condition(depth int) string {
	if depth == 0 {
		return w.pick("t", "fa", "true", "false")
	}
	a, b := w.condition(depth-1), w.condition(depth-1)
	op := w.pick("==", "!=", "<", "<=", ">", ">=")
	return "(" + w.pick(a+" and "+b, a+" or "+b, "not "+a, w.number(depth-1)+" "+op+" "+w.number(depth-1), w.text(depth-1)+" "+op+" "+w.text(depth-1),
		w.number(depth-1)+w.pick(" in ", " not in ")+w.list(depth-1), w.number(depth-1)+" < "+w.number(depth-1)+" <= "+w.number(depth-1),
		w.list(depth-1)+" == "+w.list(depth-1), "'n' in d") + ")"
}

// TestAgainstExprLang compares the evaluator in both dialects with expr-lang over expressions of every shape that both have.
func TestAgainstExprLang(t *testing.T) {
	const wanted = 2000
	env := map[string]any{"i": 7, "j": 2, "neg": -7, "t": true, "fa": false, "s": "hello world", "es": "", "u": "žluťoučký", "l": []any{3, 1, 2},
		"d": map[string]any{"n": 5, "t": "Text"}}
	known := vars{value.DictOf("i", int64(7), "j", int64(2), "neg", int64(-7), "t", true, "fa", false, "s", "hello world", "es", "", "u", "žluťoučký",
		"l", value.NewList(int64(3), int64(1), int64(2)), "d", value.DictOf("n", int64(5), "t", "Text"))}
	w := writer{rand.New(rand.NewPCG(1, 2))}
	compared := 0
	for i := range wanted {
		src := []func(int) string{w.condition, w.number, w.text, w.list}[i%4](1 + i%3)
		c := jinja.Defaults(expr.Tagged).Condition(src)
		if c.Root == nil {
			t.Fatalf("%s: %s", src, c.Fault)
		}
		other, ok := lowered(c.Root)
		if !ok {
			t.Fatalf("%s has no translation", src)
		}
		want, err := exprlang.Eval(other, env)
		if err != nil {
			continue // expr-lang knows no list of mixed types, and is stricter elsewhere
		}
		compared++
		for _, d := range []expr.Dialect{expr.Classic, expr.Tagged} {
			opt := jinja.Defaults(d)
			equal, err := eval.New(eval.Config{Dialect: d, Vars: wanting{known, fromGo(want)}, Outside: outside{opt: opt}}).Condition(opt.Condition("(" + src + ") == __want"))
			if err != nil || !equal {
				t.Errorf("dialect %v: %s is not %v as expr-lang's %s is (%v)", d, src, want, other, err)
			}
		}
	}
	if compared < wanted*9/10 {
		t.Errorf("only %d of %d expressions were compared", compared, wanted)
	}
}

// wanting are variables, and one that holds what is wanted.
type wanting struct {
	vars
	want value.Value
}

func (w wanting) Lookup(name string) (value.Value, bool) {
	if name == "__want" {
		return w.want, true
	}
	return w.vars.Lookup(name)
}

// fromGo makes a value of what expr-lang gives.
func fromGo(v any) value.Value {
	switch x := v.(type) {
	case int:
		return int64(x)
	case float64:
		if x == math.Trunc(x) {
			return int64(x)
		}
	case []any:
		l := value.NewList()
		for _, e := range x {
			l.V = append(l.V, fromGo(e))
		}
		return l
	}
	return v
}
