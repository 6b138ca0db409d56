package pyre

import (
	"fmt"
	"testing"
)

// The expectations are CPython 3.11's.
func TestSub(t *testing.T) {
	for _, c := range []struct {
		name, pattern, repl, text, want string
		flags                           Flags
		n                               int
	}{
		{"plain", "a", "b", "banana", "bbnbnb", 0, 3},
		{"empty matches", "x*", "-", "abxd", "-a-b--d-", 0, 5},
		{"group numbers", `(?P<x>a)(b)`, `\2\1\g<x>\g<2>`, "ab", "baab", 0, 1},
		{"end and newline", `$`, "!", "a\nb\n", "a\nb!\n!", 0, 2},
		{"multiline", `^`, "> ", "a\nb\n", "> a\n> b\n> ", Multiline, 3},
		{"absolute end", `b\Z`, "!", "b\nb", "b\n!", 0, 1},
		{"inline flags", `(?im)^A$`, "x", "a\nA\nb", "x\nx\nb", 0, 2},
		{"class with bracket", `[[\]]`, "_", "a[b]", "a_b_", 0, 2},
		{"brace is literal", `a{b}`, "x", "a{b}", "x", 0, 1},
		{"upper bound only", `a{,2}b`, "x", "aaab", "ax", 0, 1},
		{"negated shorthands", `[^\W\d_]+`, "x", "ab12_c", "x12_x", 0, 2},
		{"bytes word", `\w+`, "x", "né", "x\xc3\xa9", Bytes, 1},
		{"bytes dot", `^.`, "x", "é", "x\xa9", Bytes, 1},
		{"text dot", `^.`, "x", "é", "x", 0, 1},
		{"template escapes", `a`, `\t\\\0\101`, "a", "\t\\\x00A", 0, 1},
		{"missing group is empty", `(a)|b`, `[\1]`, "ab", "[a][]", 0, 2},
		{"named back reference", `(?P<q>['"]).*?(?P=q)`, "s", `'a' "b"`, "s s", 0, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			re, err := Compile(c.pattern, c.flags)
			if err != nil {
				t.Fatal(err)
			}
			got, n, err := re.Sub(c.repl, c.text)
			if err != nil || got != c.want || n != c.n {
				t.Errorf("got %q, %d, %v, want %q, %d", got, n, err, c.want, c.n)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct{ name, pattern, want string }{
		{"open group", "(a", "missing ), unterminated subpattern at position 0"},
		{"open class", "a[b", "unterminated character set at position 1"},
		{"nothing to repeat", "*a", "nothing to repeat at position 0"},
		{"unbalanced", "a)", "unbalanced parenthesis at position 1"},
		{"bad escape", `\y`, `bad escape \y at position 0`},
		{"end escape", `a\`, "bad escape (end of pattern) at position 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Compile(c.pattern, 0)
			if got := fmt.Sprint(err); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func FuzzCompile(f *testing.F) {
	f.Add(`^(?P<a>\w+)\s*=\s*[^#]{,3}$`, `\g<a>\1`, "a = b")
	f.Fuzz(func(_ *testing.T, pattern, repl, text string) {
		if len(pattern) > 40 || len(text) > 40 {
			return
		}
		for _, flags := range []Flags{0, Bytes, Multiline | IgnoreCase} {
			if re, err := Compile(pattern, flags); err == nil {
				_, _ = re.Search(text)
				_, _, _ = re.Sub(repl, text)
			}
		}
	})
}
