package eval_test

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"pbc/compiler/jinja"
	"pbc/compiler/yaml"
	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/eval"
)

// vars is a set of variables as a test gives them.
type vars struct{ d *value.Dict }

func (v vars) Lookup(name string) (value.Value, bool) { return v.d.GetStr(name) }

func (v vars) Names() []string {
	var r []string
	for _, k := range v.d.K {
		s, _ := value.Text(k)
		r = append(r, s)
	}
	return r
}

// outside parses as the controller does, and has the files of one test.
type outside struct {
	opt   jinja.Options
	files map[string]string
}

func (o outside) Parse(k eval.Kind, src string) (value.Value, error) {
	switch k {
	case eval.ParseTemplate:
		return jinja.Template(src, o.opt), nil
	case eval.ParseCondition:
		return o.opt.Condition(src), nil
	case eval.ParseYAML, eval.ParseYAMLAll:
		return parseYAML(k, src)
	}
	return o.opt.Value(src), nil
}

func (o outside) Template(name string) (*value.Tmpl, bool, error) {
	src, ok := o.files[name]
	if !ok {
		return nil, false, nil
	}
	opt := o.opt
	opt.File = true
	return jinja.Template(src, opt), true, nil
}

func (o outside) Lookup(plugin string, terms []value.Value, _ *value.Dict) (value.Value, error) {
	if plugin != "env" {
		return nil, eval.ErrNoLookup
	}
	r := value.NewList()
	for range terms {
		r.V = append(r.V, "")
	}
	return r, nil
}

func (o outside) HostVar(string, string) (value.Value, bool, error) { return nil, false, nil }
func (o outside) Hosts() []string                                   { return nil }
func (o outside) Plugin(eval.PluginCall) (value.Value, bool, error) { return nil, false, nil }

// parseYAML reads documents as the controller does for from_yaml.
func parseYAML(k eval.Kind, src string) (value.Value, error) {
	nodes, faults := yaml.Parse("", []byte(src))
	if len(faults.Items) > 0 {
		return nil, errors.New("bad YAML")
	}
	docs := value.NewList()
	for _, n := range nodes {
		docs.V = append(docs.V, n.ToValue(func(s string, _ *yaml.Node) value.Value { return s }))
	}
	if k == eval.ParseYAMLAll {
		return docs, nil
	}
	if len(docs.V) == 0 {
		return nil, nil
	}
	return docs.V[0], nil
}

type vector struct {
	ID, Kind, Src string
	Files         map[string]string
	Overrides     map[string]json.RawMessage
	A214, A219    *oracle // nil when that one was not asked
}

type oracle struct {
	Value      json.RawMessage
	Text       *string
	Error, Msg string
	Unsafe     bool
}

// typed turns the notation of the vectors into a value: "$" names what JSON lacks.
func typed(v value.Value, str func(string) value.Value) value.Value {
	switch x := v.(type) {
	case string:
		return str(x)
	case *value.List:
		r := value.NewList()
		for _, e := range x.V {
			r.V = append(r.V, typed(e, str))
		}
		return r
	case *value.Dict:
		if x.Len() == 1 {
			if k := x.K[0].(string); strings.HasPrefix(k, "$") {
				return special(k, x.V[0], str)
			}
		}
		d := value.NewDict()
		for i, k := range x.K {
			d.SetStr(k.(string), typed(x.V[i], str))
		}
		return d
	}
	return v
}

func special(kind string, v value.Value, str func(string) value.Value) value.Value {
	switch kind {
	case "$unsafe":
		return &value.Str{S: v.(string), Unsafe: true}
	case "$date":
		t, _ := time.Parse("2006-01-02", v.(string))
		return &value.Date{T: t}
	case "$bytes":
		b, _ := hex.DecodeString(v.(string))
		return b
	case "$float":
		f, _ := value.Literal("1e999", false)
		if strings.HasPrefix(v.(string), "-") {
			return -f.(float64)
		}
		return f
	case "$dict":
		d := value.NewDict()
		for _, p := range v.(*value.List).V {
			_ = d.Set(typed(p.(*value.List).V[0], str), typed(p.(*value.List).V[1], str))
		}
		return d
	}
	var items []value.Value
	if l, ok := v.(*value.List); ok {
		for _, e := range l.V {
			items = append(items, typed(e, str))
		}
	}
	switch kind {
	case "$tuple":
		return value.Tuple(append([]value.Value{}, items...))
	case "$set":
		s := &value.Set{D: value.NewDict()}
		for _, e := range items {
			_ = s.D.Set(e, nil)
		}
		return s
	}
	return value.DictOf(kind, v)
}

// plain drops the marks of texts and the order of sets, which the vectors do not tell.
func plain(v value.Value) value.Value {
	switch x := v.(type) {
	case *value.Str:
		return x.S
	case *value.List:
		r := value.NewList()
		for _, e := range x.V {
			r.V = append(r.V, plain(e))
		}
		return r
	case value.Tuple:
		r := value.Tuple{}
		for _, e := range x {
			r = append(r, plain(e))
		}
		return r
	case *value.Dict:
		d := value.NewDict()
		for i, k := range x.K {
			_ = d.Set(plain(k), plain(x.V[i]))
		}
		return d
	case *value.Date:
		s, _ := value.ToStr(x)
		return value.DictOf("$obj", value.TypeName(x), "str", s)
	case value.Sequence:
		return plain(value.Tuple(x.Elems()))
	}
	return v
}

func same(a, b value.Value) bool {
	x, xok := a.(*value.Set)
	y, yok := b.(*value.Set)
	if xok && yok {
		for _, k := range x.D.K {
			if _, ok, _ := y.D.Get(k); !ok {
				return false
			}
		}
		return x.D.Len() == y.D.Len()
	}
	return value.Same(plain(a), plain(b))
}

func text(s string) value.Value { return s }

func readVectors(t testing.TB) ([]vector, *value.Dict) {
	var all []vector
	var base value.Value
	for _, name := range []string{"vectors.json", "classic.json"} {
		b, err := os.ReadFile("../../testdata/jinja/" + name)
		if err != nil {
			t.Fatal(err)
		}
		var doc struct{ Vectors []vector }
		if err := json.Unmarshal(b, &doc); err != nil {
			t.Fatal(err)
		}
		all = append(all, doc.Vectors...)
		whole, err := value.ParseJSON(b)
		if err != nil {
			t.Fatal(err)
		}
		if v, ok := whole.(*value.Dict).GetStr("base"); ok {
			base = v
		}
	}
	return all, base.(*value.Dict)
}

// evaluate runs one vector.
func evaluate(v *vector, d expr.Dialect, base *value.Dict) (value.Value, error) {
	opt := jinja.Defaults(d)
	e := eval.New(eval.Config{
		Dialect: d, Vars: vars{typed(base, opt.Value).(*value.Dict)}, Outside: outside{opt, v.Files},
	})
	switch v.Kind {
	case "expr":
		return e.Value(jinja.Template("{{ "+v.Src+" }}", opt))
	case "str":
		return e.Value(opt.Value(v.Src))
	case "cond":
		return e.Condition(opt.Condition(v.Src))
	}
	opt.File = true
	for k, raw := range v.Overrides {
		x, err := value.ParseJSON(raw)
		if err != nil {
			return nil, err
		}
		if err := opt.Set(k, x); err != nil {
			return nil, err
		}
	}
	t := jinja.Template(v.Src, opt)
	return e.File(t)
}

// disagreement says how the result differs from the oracle's, "" when it does not.
func disagreement(v *vector, want *oracle, got value.Value, err error, words bool) string {
	if want.Error != "" {
		if err == nil {
			r, _ := value.Repr(got)
			return "no error, but " + r + "; want " + want.Msg
		}
		msg := err.Error()
		if words && !sameWords(msg, want.Msg) {
			return "error " + msg + "\n   want " + want.Msg
		}
		return ""
	}
	if err != nil {
		return "error " + err.Error()
	}
	if want.Value != nil {
		raw, perr := value.ParseJSON(want.Value)
		if perr != nil {
			return perr.Error()
		}
		if x := typed(raw, text); !isObj(x) {
			if !same(got, x) {
				r, _ := value.Repr(got)
				w, _ := value.Repr(x)
				return r + "\n   want " + w
			}
			return ""
		}
	}
	if want.Text != nil {
		if s, _ := value.ToStr(got); s != *want.Text {
			return "text " + s + "\n   want " + *want.Text
		}
	}
	return ""
}

func isObj(v value.Value) bool {
	d, ok := v.(*value.Dict)
	if !ok || d.Len() != 1 {
		return false
	}
	k, _ := value.Text(d.K[0])
	return strings.HasPrefix(k, "$")
}

// sameWords compares messages as the vectors hold them: white space folded, long ones cut.
func sameWords(got, want string) bool {
	const longest = 240
	got = strings.Join(strings.Fields(got), " ")
	if len(want) >= longest {
		return strings.HasPrefix(got, want[:longest-1])
	}
	return got == want
}

// TestVectors evaluates what ansible-core 2.14.18 and 2.19.11 were asked, and compares. In
// dialect classic the words of errors must agree too. What came of it stands in docs/vectors.md, which -update rewrites.
func TestVectors(t *testing.T) {
	vectors, base := readVectors(t)
	doc := &strings.Builder{}
	doc.WriteString(vectorsHead)
	t.Cleanup(func() { compareDoc(t, doc.String()) })
	for _, d := range []struct {
		name    string
		dialect expr.Dialect
		oracle  func(*vector) *oracle
		except  map[string]string
	}{
		{"classic", eval.Classic, func(v *vector) *oracle { return v.A214 }, exceptClassic},
		{"tagged", eval.Tagged, func(v *vector) *oracle { return v.A219 }, exceptTagged},
	} {
		t.Run(d.name, func(t *testing.T) {
			agreed, asked := 0, 0
			var excepted []*vector
			for i := range vectors {
				v := &vectors[i]
				if d.oracle(v) == nil {
					continue
				}
				asked++
				got, err := evaluate(v, d.dialect, base)
				diff := disagreement(v, d.oracle(v), got, err, d.dialect == eval.Classic)
				reason, known := d.except[v.ID]
				switch {
				case diff == "" && known:
					t.Errorf("%s agrees, but is excepted: %s", v.ID, reason)
				case diff == "":
					agreed++
				case known:
					excepted = append(excepted, v)
				default:
					t.Errorf("%s %s %s\n   got %s", v.ID, v.Kind, v.Src, diff)
				}
			}
			fmt.Fprintf(doc, "\n## Dialect %s: %d of %d agree\n\n| vector | asked | why it does not agree |\n|---|---|---|\n", d.name, agreed, asked)
			for _, v := range excepted {
				fmt.Fprintf(doc, "| %s | `%s` | %s |\n", v.ID, strings.NewReplacer("|", `\|`, "\n", `\n`).Replace(v.Src), d.except[v.ID])
			}
			if agreed*1000 < asked*995 {
				t.Errorf("%d of %d agree, want 99.5 %%", agreed, asked)
			}
			t.Logf("%d of %d agree", agreed, asked)
		})
	}
}

const vectorsHead = `# Expressions and templates against ansible-core

Each vector is an expression, a text, a condition or a template, with what ansible-core made of it. The test of the evaluator asks
pbc the same; in dialect classic the words of errors are compared, too. This file is written by that test.
`

var update = flag.Bool("update", false, "rewrite docs/vectors.md")

// compareDoc holds docs/vectors.md to what the vectors have shown, unless some of them were left out or have failed.
func compareDoc(t *testing.T, want string) {
	const file = "../../docs/vectors.md"
	if t.Failed() || strings.Count(want, "\n## ") != 2 {
		return
	}
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Error(err)
		}
		return
	}
	got, err := os.ReadFile(file)
	if err != nil || string(got) != want {
		t.Errorf("%s is not what the vectors show (%v): go test ./runtime/eval -run Vectors -update", file, err)
	}
}

// The vectors that are known to disagree, each with its reason.
var (
	exceptClassic = map[string]string{
		"afilter-076":  "the YAML reader of this test reads one document",
		"afilter-077":  "the message of PyYAML is the controller's to word",
		"evalconv-072": "complex numbers are not modelled: the text stays text",
	}
	exceptTagged = map[string]string{
		"afilter-076":  "the YAML reader of this test reads one document",
		"dictmeth-026": "a defect of 2.19: fromkeys of its lazy dictionaries fails",
		"listmeth-012": "a defect of 2.19: count of its lazy lists finds nothing",
		"repr-025":     "a defect of 2.19: a constant that is infinite compiles to the name inf",
	}
)
