package argspec

import (
	"cmp"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"sort"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"pbc/ir/expr"
	"pbc/ir/value"
)

var record = flag.String("record", "", "run Ansible's validator (of the Python that ANSIBLE_PYTHON names) over testdata/cases.json and record what it says, for a dialect: classic or tagged")

type fakeEnv map[string]string

func (e fakeEnv) Lookup(n string) (string, bool) { v, ok := e[n]; return v, ok }

func (e fakeEnv) ExpandPath(s string) string {
	return strings.NewReplacer("$VAR", e["VAR"], "${VAR}", e["VAR"], "~", e["HOME"]).Replace(s)
}

func str(v value.Value) string { s, _ := value.Text(v); return s }

func texts(v value.Value) []string {
	var r []string
	for _, e := range elements(v) {
		r = append(r, str(e))
	}
	return r
}

func at(d *value.Dict, k string) value.Value { v, _ := d.GetStr(k); return v }

// specOf reads a spec written as Ansible writes it.
func specOf(args, relations *value.Dict) *Spec {
	s := &Spec{}
	for i, k := range args.K {
		o := args.V[i].(*value.Dict)
		a := Arg{Name: str(k), Type: Type(str(at(o, "type"))), Elements: Type(str(at(o, "elements"))), Default: at(o, "default"),
			RemovedIn: str(at(o, "removed_in_version")), RemovedAt: str(at(o, "removed_at_date")), From: str(at(o, "removed_from_collection"))}
		a.Required = at(o, "required") == true
		a.NoLog = at(o, "no_log") == true
		a.SubDefaults = at(o, "apply_defaults") == true
		if v := at(o, "aliases"); v != nil {
			a.Aliases = texts(v)
		}
		if v := at(o, "choices"); v != nil {
			a.Choices = elements(v)
		}
		if sub, ok := at(o, "options").(*value.Dict); ok {
			a.Sub = specOf(sub, o)
		}
		if v := at(o, "deprecated_aliases"); v != nil {
			for _, e := range elements(v) {
				d := e.(*value.Dict)
				a.OldAliases = append(a.OldAliases, OldAlias{Name: str(at(d, "name")), Version: str(at(d, "version")), From: str(at(d, "collection_name"))})
			}
		}
		s.Args = append(s.Args, a)
	}
	relate(s, relations)
	return s
}

func relate(s *Spec, d *value.Dict) {
	groups := func(k string) (r [][]string) {
		if v := at(d, k); v != nil {
			for _, g := range elements(v) {
				r = append(r, texts(g))
			}
		}
		return r
	}
	s.Exclusive, s.Together, s.OneOf = groups("mutually_exclusive"), groups("required_together"), groups("required_one_of")
	if v := at(d, "required_if"); v != nil {
		for _, e := range elements(v) {
			row := elements(e)
			s.If = append(s.If, If{Arg: str(row[0]), Value: row[1], Needs: texts(row[2]), Any: len(row) > 3})
		}
	}
	if by, ok := at(d, "required_by").(*value.Dict); ok {
		for i, k := range by.K {
			s.By = append(s.By, By{str(k), texts(by.V[i])})
		}
	}
}

func optional(s string) value.Value {
	if s == "" {
		return nil
	}
	return s
}

// row writes what Check said as the oracle writes it.
func row(t *testing.T, c *Checked, err error) *value.Dict {
	t.Helper()
	msg := ""
	if err != nil {
		msg, _, _ = strings.Cut(err.Error(), "Valid booleans")
	}
	secrets, warnings, deprecations := value.NewList(), value.NewList(), value.NewList()
	var names []string
	for k := range c.Secrets {
		names = append(names, k)
	}
	sort.Strings(names)
	for _, n := range names {
		secrets.V = append(secrets.V, n)
	}
	for _, w := range c.Warnings {
		warnings.V = append(warnings.V, w)
	}
	for _, d := range c.Deprecations {
		e := value.DictOf("msg", d.Msg, "collection_name", optional(d.From))
		if d.Date != "" {
			e.SetStr("date", d.Date)
		} else {
			e.SetStr("version", optional(d.Version))
		}
		deprecations.V = append(deprecations.V, e)
	}
	return value.DictOf("error", msg, "params", c.Params, "secrets", secrets, "warnings", warnings, "deprecations", deprecations)
}

func asJSON(t *testing.T, v value.Value) any {
	t.Helper()
	s, err := value.JSON(v, value.JSONOptions{ASCII: true})
	if err != nil {
		t.Fatal(err)
	}
	var r any
	if err := json.Unmarshal([]byte(s), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// read gives a file of test data as a value.
func read(t *testing.T, name string) value.Value {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	v, err := value.ParseJSON(data)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestAgainstAnsible holds the checks against what Ansible's own validator said, in both dialects.
func TestAgainstAnsible(t *testing.T) {
	for _, d := range []struct {
		name, golden string
		is           expr.Dialect
	}{
		{"classic", "testdata/golden.json", expr.Classic},
		{"tagged", "testdata/golden.tagged.json", expr.Tagged},
	} {
		if *record == d.name {
			if out, err := exec.Command(cmp.Or(os.Getenv("ANSIBLE_PYTHON"), "/usr/bin/python3"), "testdata/oracle.py", d.golden).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
		}
		want := read(t, d.golden).(*value.Dict)
		for _, e := range elements(read(t, "testdata/cases.json")) {
			c := e.(*value.Dict)
			name := str(at(c, "name"))
			t.Run(d.name+"/"+name, func(t *testing.T) {
				compare(t, specOf(at(c, "spec").(*value.Dict), c).For(d.is, false), elements(at(c, "args")), elements(at(want, name)))
			})
		}
	}
}

// compare holds what the spec says of each arguments against a row of what was recorded.
func compare(t *testing.T, spec *Spec, args, rows []value.Value) {
	if len(args) != len(rows) {
		t.Fatalf("%d arguments, %d recorded", len(args), len(rows))
	}
	env := fakeEnv{"HOME": "/home/x", "VAR": "value"}
	for i, a := range args {
		in, _ := value.JSON(a, value.JSONOptions{ASCII: true})
		got, err := spec.Check("x", a.(*value.Dict), env)
		if d := gocmp.Diff(asJSON(t, rows[i]), asJSON(t, row(t, got, err))); d != "" {
			t.Errorf("%s (-ansible +got)\n%s", in, d)
		}
		if after, _ := value.JSON(a, value.JSONOptions{ASCII: true}); after != in {
			t.Errorf("%s: the arguments were changed to %s", in, after)
		}
	}
}

func TestScrub(t *testing.T) {
	s := Secrets{}
	s.Add(value.DictOf("a", "hush", "b", value.NewList(int64(42), true, nil)))
	got := s.Scrub(value.DictOf("x", "hush", "y", "say hush!", "z", int64(142), "n", int64(7), "l", value.NewList("hush", false), "hush", "k"))
	want := value.DictOf("x", Masked, "y", "say ********!", "z", Masked, "n", int64(7), "l", value.NewList(Masked, false), "hush", "k")
	g, _ := value.JSON(got, value.JSONOptions{ASCII: true})
	if w, _ := value.JSON(want, value.JSONOptions{ASCII: true}); g != w {
		t.Errorf("got %s, want %s", g, w)
	}
}

func FuzzConvert(f *testing.F) {
	f.Add("{'a': [1, 2.5, (3,)], \"b\": {1, 2}}")
	f.Add("a=1, b='2 3'")
	f.Fuzz(func(_ *testing.T, s string) {
		for _, t := range []Type{Int, Bool, List, Map, Float, Bytes, Bits, JSON} {
			_, _ = Convert(t, s, fakeEnv{})
		}
		_, _ = value.Literal(s, false)
		_, _ = value.ParseJSON([]byte(s))
	})
}
