package keyword

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"pbc/ir/value"
)

type attribute struct {
	ISA      string
	Priority int
	Static   bool
	Required bool
	Early    bool
	ListOf   string
	Inherit  bool
	Extend   bool
	Prepend  bool
}

type conversion struct {
	On      string
	Keyword string
	Value   any
	OK      any
	Err     string
}

type recording struct {
	Entities    map[string]map[string]attribute
	Conversions []conversion
}

var entities = map[string]On{
	"Play": Play, "Role": Role, "Block": Block, "Task": Task, "Handler": Handler, "IncludeRole": IncludeRole,
	"LoopControl": LoopControl, "ImportPlaybook": ImportPlaybook, "Metadata": Metadata,
}

func read(t *testing.T) recording {
	t.Helper()
	data, err := os.ReadFile("testdata/ansible.json")
	if err != nil {
		t.Fatal(err)
	}
	var r recording
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := dec.Decode(&r); err != nil {
		t.Fatal(err)
	}
	return r
}

// attributeOf is a row of the table in the words of Ansible's attributes.
func attributeOf(k *Keyword) attribute {
	a := attribute{ISA: string(k.Type), Priority: k.Priority, Static: k.Static, Required: k.Required, Early: k.Early, Inherit: k.Inherit != None}
	a.Extend = k.Inherit == Append || k.Inherit == Prepend
	a.Prepend = k.Inherit == Prepend
	if k.Strings || k.TextOrInt {
		a.ListOf = k.listOf()
	}
	return a
}

func TestTableIsAnsibles(t *testing.T) {
	// galaxy_info is of a type that Ansible has no conversion for, argument_specs and label likewise.
	same := map[string]string{"GalaxyInfo": ""}
	for name, attrs := range read(t).Entities {
		on := entities[name]
		for kw, want := range attrs {
			k := Lookup(kw, on)
			if k == nil {
				t.Errorf("%s lacks %s", name, kw)
				continue
			}
			if isa, ok := same[want.ISA]; ok {
				want.ISA = isa
			}
			if d := cmp.Diff(want, attributeOf(k)); d != "" {
				t.Errorf("%s.%s: -ansible +table\n%s", name, kw, d)
			}
		}
		for _, k := range Table {
			if _, ok := attrs[k.Name]; k.On&on != 0 && !ok {
				t.Errorf("%s has %s, which Ansible's has not", name, k.Name)
			}
		}
	}
}

func TestEveryKeywordIsDocumented(t *testing.T) {
	for _, k := range Table {
		if k.Doc == "" {
			t.Errorf("%s has no documentation", k.Name)
		}
	}
}

// fromJSON makes a value of what the JSON decoder gives.
func fromJSON(v any) value.Value {
	switch x := v.(type) {
	case json.Number:
		if n, err := x.Int64(); err == nil && !strings.ContainsAny(x.String(), ".eE") {
			return n
		}
		f, err := x.Float64()
		if err != nil {
			return math.Inf(1)
		}
		return f
	case []any:
		l := value.NewList()
		for _, e := range x {
			l.V = append(l.V, fromJSON(e))
		}
		return l
	case map[string]any:
		d := value.NewDict()
		for k, e := range x {
			d.SetStr(k, fromJSON(e))
		}
		return d
	}
	return v
}

func TestConvert(t *testing.T) {
	for _, c := range read(t).Conversions {
		k := Lookup(c.Keyword, entities[c.On])
		in := fromJSON(c.Value)
		got, err := k.Convert(in)
		msg := ""
		if err != nil {
			msg = err.Error()
		}
		// Python prints the set of booleans in another order each time.
		if i := strings.Index(c.Err, "Valid booleans include: "); i >= 0 {
			c.Err = c.Err[:i] + "Valid booleans include: " + validBooleans
		}
		if msg != c.Err {
			t.Errorf("%s: %s of %v: got error %q, want %q", c.On, c.Keyword, c.Value, msg, c.Err)
			continue
		}
		if want := fromJSON(c.OK); err == nil && !cmp.Equal(want, got, cmpopts.IgnoreUnexported(value.Dict{})) {
			t.Errorf("%s: %s of %v: -ansible +pbc\n%s", c.On, c.Keyword, c.Value, cmp.Diff(want, got, cmpopts.IgnoreUnexported(value.Dict{})))
		}
	}
}
