package value

import "testing"

func TestLiteral(t *testing.T) {
	for _, c := range []struct {
		name, src string
		want      Value
	}{
		{"list", "[1, 'a', (2,), (3), ()]", NewList(int64(1), "a", Tuple{int64(2)}, int64(3), Tuple{})},
		{"dict", `{'a': None, "b": {1, 2}, -1: 0x1F, }`, DictOf("a", nil, "b", &Set{DictOf(int64(1), nil, int64(2), nil)}, int64(-1), int64(31))},
		{"numbers", "[1_000, 1e3, .5, 5., 0, 00, 1.5e-3]", NewList(int64(1000), 1000.0, 0.5, 5.0, int64(0), int64(0), 0.0015)},
		{"big", "-1180591620717411303424", mustBig("-1180591620717411303424")},
		{"strings", `['a' "b", r'\n', '\n\x41\u00e9\q', b'x', """t'q"""]`, NewList("ab", `\n`, "\nAé\\q", []byte("x"), "t'q")},
		{"json names", "[true, null]", NewList(true, nil)},
		{"empty set", "set()", &Set{NewDict()}},
		{"lines", "[1,\n 2, # two\n]", NewList(int64(1), int64(2))},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Literal(c.src, true)
			if err != nil || !Same(got, c.want) {
				t.Fatalf("got %#v (%v), want %#v", got, err, c.want)
			}
		})
	}
	for _, bad := range []string{"", "[1", "{1: 2, 3}", "x", "[x]", "012", "1__0", "'a", "f'x'", "[1] 2", "{[]: 1}", "-'a'", "true"} {
		t.Run("refuses "+bad, func(t *testing.T) {
			if v, err := Literal(bad, bad == ""); err == nil {
				t.Fatalf("read as %#v", v)
			}
		})
	}
}

func FuzzLiteral(f *testing.F) {
	f.Add(`{'a': [1, -2.5, (None,)], "b": {1, 2}, 3: b'\x00'}`)
	f.Fuzz(func(t *testing.T, s string) {
		v, err := Literal(s, false)
		if err != nil {
			return
		}
		if _, err := Repr(v); err != nil {
			t.Fatal(err)
		}
	})
}
