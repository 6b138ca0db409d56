package value

import (
	"math"
	"testing"
)

func TestJSON(t *testing.T) {
	d := DictOf("b", NewList(int64(1), 2.5, nil, true), "a", NewDict(), int64(3), Tuple{"é\n\x01\U0001F680"})
	strs := DictOf("b", int64(1), "a", NewList(), "c", NewList(int64(1), DictOf("x", nil)))
	for _, c := range []struct {
		name string
		v    Value
		o    JSONOptions
		want string
	}{
		{"plain", d, JSONOptions{}, `{"b": [1, 2.5, null, true], "a": {}, "3": ["é\n\u0001🚀"]}`},
		{"ascii", d, JSONOptions{ASCII: true}, `{"b": [1, 2.5, null, true], "a": {}, "3": ["\u00e9\n\u0001\ud83d\ude80"]}`},
		{"indent", strs, JSONOptions{Indent: 4, SortKeys: true}, "{\n    \"a\": [],\n    \"b\": 1,\n    \"c\": [\n        1,\n        {\n            \"x\": null\n        }\n    ]\n}"},
		{"separators", strs, JSONOptions{ItemSep: ",", KeySep: ":"}, `{"b":1,"a":[],"c":[1,{"x":null}]}`},
		{"floats", NewList(1e16, 1e-5, 1.0, math.Inf(1), math.NaN()), JSONOptions{}, `[1e+16, 1e-05, 1.0, Infinity, NaN]`},
		{"big", huge(), JSONOptions{}, `1180591620717411303424`},
		{"keys", DictOf(nil, int64(1), true, int64(2), 1.5, int64(3)), JSONOptions{}, `{"null": 1, "true": 2, "1.5": 3}`},
		{"surrogate escape", "a\xff", JSONOptions{ASCII: true}, `"a\udcff"`},
		{"delete", "\x7f", JSONOptions{ASCII: true}, "\"\x7f\""},
		{"vault", &Vault{Cipher: "c"}, JSONOptions{}, `{"__ansible_vault": "c"}`},
		{"opened vault", &Vault{Cipher: "c", Opened: true, Plain: "p"}, JSONOptions{Open: true}, `"p"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := JSON(c.v, c.o)
			if err != nil || got != c.want {
				t.Fatalf("got %s (%v)\nwant %s", got, err, c.want)
			}
		})
	}
}

func TestJSONErrors(t *testing.T) {
	for _, c := range []struct {
		name string
		v    Value
		want string
	}{
		{"range", &Range{0, 3, 1}, "Object of type range is not JSON serializable"},
		{"set", &Set{NewDict()}, "Object of type set is not JSON serializable"},
		{"undefined", NewList(&Undef{Name: "x"}), "'x' is undefined"},
		{"tuple key", DictOf(Tuple{}, nil), "keys must be str, int, float, bool or None, not tuple"},
		{"mixed keys", DictOf("a", nil, int64(1), nil), "'<' not supported between instances of 'int' and 'str'"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := JSON(c.v, JSONOptions{SortKeys: true}); err == nil || err.Error() != c.want {
				t.Fatalf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestParseJSON(t *testing.T) {
	for _, c := range []struct {
		name, src string
		want      Value
	}{
		{"object", ` {"b": 1, "a": [true, null, "x"], "b": 2.0} `, DictOf("b", 2.0, "a", NewList(true, nil, "x"))},
		{"numbers", `[0, -0, -12, 1.5e3, 1E-2, 9223372036854775808, 1180591620717411303424]`,
			NewList(int64(0), int64(0), int64(-12), 1500.0, 0.01, mustBig("9223372036854775808"), huge())},
		{"words", `[Infinity, -Infinity]`, NewList(math.Inf(1), math.Inf(-1))},
		{"escapes", `"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude80"`, "\"\\/\b\f\n\r\té🚀"},
		{"byte", `"\udcff"`, "\xff"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParseJSON([]byte(c.src))
			if err != nil || !Same(got, c.want) {
				t.Fatalf("got %#v (%v), want %#v", got, err, c.want)
			}
		})
	}
}

func mustBig(s string) Value {
	v, err := ParseJSON([]byte(s))
	if err != nil {
		panic(err)
	}
	return v
}

// The messages are those of Python 3.11's json.loads.
func TestParseJSONErrors(t *testing.T) {
	for _, c := range []struct{ name, src, want string }{
		{"empty", "", "Expecting value: line 1 column 1 (char 0)"},
		{"word", "nope", "Expecting value: line 1 column 1 (char 0)"},
		{"extra", "1 2", "Extra data: line 1 column 3 (char 2)"},
		{"second line", "{\n\"é\": x}", "Expecting value: line 2 column 6 (char 7)"},
		{"no colon", `{"a" 1}`, "Expecting ':' delimiter: line 1 column 6 (char 5)"},
		{"no comma", `[1 2]`, "Expecting ',' delimiter: line 1 column 4 (char 3)"},
		{"key", `{a: 1}`, "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"},
		{"unterminated", `"abc`, "Unterminated string starting at: line 1 column 1 (char 0)"},
		{"control", "\"a\nb\"", "Invalid control character at: line 1 column 3 (char 2)"},
		{"escape", `"\q"`, `Invalid \escape: line 1 column 2 (char 1)`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := ParseJSON([]byte(c.src)); err == nil || err.Error() != c.want {
				t.Fatalf("got %v, want %s", err, c.want)
			}
		})
	}
}

func FuzzParseJSON(f *testing.F) {
	f.Add(`{"a": [1, 2.5, "x\u00e9", null, true]}`)
	f.Add(`[[[[[[`)
	f.Fuzz(func(t *testing.T, s string) {
		v, err := ParseJSON([]byte(s))
		if err != nil {
			return
		}
		out, err := JSON(v, JSONOptions{ASCII: true})
		if err != nil {
			t.Fatal(err)
		}
		if w, err := ParseJSON([]byte(out)); err != nil || !Same(v, w) {
			t.Fatalf("%q became %q (%v)", s, out, err)
		}
	})
}
