package yaml

import (
	"math/big"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"pbc/ir/value"
)

func toValue(t *testing.T, src string) value.Value {
	t.Helper()
	docs, diags := Parse("f.yml", []byte(src))
	for _, d := range diags.Items {
		t.Logf("%s", d.Msg)
	}
	if len(docs) != 1 {
		t.Fatalf("got %d documents, want 1", len(docs))
	}
	return docs[0].ToValue(nil)
}

func TestScalars(t *testing.T) {
	big1, _ := new(big.Int).SetString("123456789012345678901234567890", 10)
	tests := []struct {
		name, src string
		want      value.Value
	}{
		{"yes", "yes", true},
		{"Off", "Off", false},
		{"y is text", "y", "y"},
		{"null", "~", nil},
		{"empty quoted", "''", ""},
		{"octal", "0777", int64(0777)},
		{"octal of YAML 1.2 is text", "0o17", "0o17"},
		{"08 is text", "08", "08"},
		{"hexadecimal", "0xFf", int64(255)},
		{"binary", "0b1_1", int64(3)},
		{"underscores", "1_000", int64(1000)},
		{"sexagesimal", "1:30", int64(90)},
		{"time with a leading 0 is text", "01:30", "01:30"},
		{"sign", "-12", int64(-12)},
		{"big", "123456789012345678901234567890", big1},
		{"float", "1.50", 1.5},
		{"float with exponent", "1.0e+3", 1000.0},
		{"exponent without point is text", "1e3", 1000.0}, // JSON reads it
		{"exponent without sign is text", "[1.0e3]", &value.List{V: []value.Value{1000.0}}},
		{"in YAML, exponent without sign is text", "- 1.0e3", &value.List{V: []value.Value{"1.0e3"}}},
		{"sexagesimal float", "- 190:20:30.15", &value.List{V: []value.Value{685230.15}}},
		{"quoted number", "'1'", "1"},
		{"explicit str", "!!str 1", "1"},
		{"explicit int", "!!int '1'", int64(1)},
		{"binary data", "!!binary aGVs bG8=", []byte("hello")},
		{"exclamation mark alone", "! 12", int64(12)},
		{"vault", "!vault |\n  $ANSIBLE\n", &value.Vault{Cipher: "$ANSIBLE\n", At: &value.Origin{File: "f.yml", Line: 1, Col: 1}}},
		{"unsafe", "!unsafe '{{ x }}'", &value.Str{S: "{{ x }}", Unsafe: true}},
		{"unsafe number is text", "!unsafe 1", &value.Str{S: "1", Unsafe: true}},
		{"json escape", `"\u00e9\n\ud83d\ude00"`, "é\n😀"},
		{"json unsafe", `{"__ansible_unsafe": "x"}`, &value.Str{S: "x", Unsafe: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			eqBig := cmp.Comparer(func(a, b *big.Int) bool { return a.Cmp(b) == 0 })
			if d := cmp.Diff(tt.want, toValue(t, tt.src), eqBig, cmpopts.IgnoreUnexported(value.Dict{})); d != "" {
				t.Error(d)
			}
		})
	}
}

// repr tests what reads best as Python's own text.
func TestRepr(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{"date", "2001-12-14", "datetime.date(2001, 12, 14)"},
		{"datetime", "2001-1-4t21:59:43.10", "datetime.datetime(2001, 1, 4, 21, 59, 43, 100000)"},
		{"date without leading zeros is text", "2001-1-4", "'2001-1-4'"},
		{"merge keeps the merged place", "a: &x {k: 1, l: 2}\nb: {<<: *x, k: 3}", "{'a': {'k': 1, 'l': 2}, 'b': {'k': 3, 'l': 2}}"},
		{"merge list: the first wins", "<<: [{a: 1, b: 1}, {a: 2, c: 2}]", "{'a': 1, 'c': 2, 'b': 1}"},
		{"1 and true are one key", "1: a\ntrue: b", "{1: 'b'}"},
		{"omap", "!!omap [x: 1, y: 2]", "[('x', 1), ('y', 2)]"},
		{"set", "!!set {x, y}", "{'x', 'y'}"},
		{"equals sign as key", "=: x", "{'=': 'x'}"},
		{"unsafe list keeps one level", "!unsafe [x, {y: z}]", "['x', {}]"},
		{"nulls", "a:\nb: ~", "{'a': None, 'b': None}"},
		{"json first", `{"a": 1e3, "b": [true, null]}`, "{'a': 1000.0, 'b': [True, None]}"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := value.Repr(toValue(t, tt.src))
			if err != nil || got != tt.want {
				t.Errorf("got %s (%v), want %s", got, err, tt.want)
			}
		})
	}
}

func TestAliasesAreShared(t *testing.T) {
	d := toValue(t, "a: &x [1]\nb: *x\n").(*value.Dict)
	if d.V[0] != d.V[1] {
		t.Error("an alias was copied")
	}
}

func TestBombStaysSmall(t *testing.T) {
	src := "a0: &a0 [x, x]\n"
	for i := 1; i < 60; i++ {
		p, n := string(rune('0'+(i-1)/10))+string(rune('0'+(i-1)%10)), string(rune('0'+i/10))+string(rune('0'+i%10))
		if i == 1 {
			p = "0"
		}
		src += "a" + n + ": &a" + n + " [*a" + p + ", *a" + p + "]\n"
	}
	if got := toValue(t, src).(*value.Dict).Len(); got != 60 {
		t.Errorf("got %d keys, want 60", got)
	}
}

func TestMk(t *testing.T) {
	docs, _ := Parse("f.yml", []byte("a: '{{ x }}'\nb: !unsafe '{{ y }}'\n'{{ k }}': 1\n"))
	var seen []string
	docs[0].ToValue(func(s string, n *Node) value.Value {
		seen = append(seen, s+" "+n.Pos.String())
		return s
	})
	if d := cmp.Diff([]string{"{{ x }} f.yml:1:4"}, seen); d != "" {
		t.Error(d)
	}
}

func TestGet(t *testing.T) {
	docs, _ := Parse("f.yml", []byte("- name: x\n  n:\n"))
	item := docs[0].Items[0]
	if s, ok := item.Get("name").Text(); s != "x" || !ok {
		t.Errorf("got %q %v", s, ok)
	}
	if !item.Get("n").IsNull() || !item.Get("other").IsNull() || item.Get("other") != nil {
		t.Error("null and absent values")
	}
	if got := item.Key("name").Pos.String(); got != "f.yml:1:3" {
		t.Errorf("key at %s", got)
	}
}

// FuzzParse holds that no text makes the reader panic, and that what it accepts can be walked.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"- hosts: all\n  tasks:\n  - debug: msg=x\n", "a: {{ b }}\n", "a: &x [1]\nb: *x\n<<: {c: 1}\n", "{\"a\": [1, null]}",
		"!!omap [a: 1]", "!!set {a, b}", "!unsafe {a: [b]}", "a: !vault |\n  x\n", "? [a]\n: b\n", "--- a\n--- b\n", "\ta: 1", "a: 0x_", "&a [*a]",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		docs, diags := Parse("f", []byte(src))
		if len(docs) > 0 && diags.Stops() {
			t.Error("documents and errors")
		}
		for _, d := range docs {
			d.ToValue(nil)
		}
	})
}
