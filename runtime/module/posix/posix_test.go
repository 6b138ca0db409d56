package posix

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The expectations are CPython 3.11's and chmod's.

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     []string
		err      error
	}{
		{"blanks", "  a  b\tc\n", []string{"a", "b", "c"}, nil},
		{"quotes", `'a b' "c d" e'f'g ''`, []string{"a b", "c d", "efg", ""}, nil},
		{"escapes", `a\ b "x\"y\z" '\n'`, []string{"a b", `x"y\z`, `\n`}, nil},
		{"comment is none", "a #b", []string{"a", "#b"}, nil},
		{"open quote", `a 'b`, nil, ErrQuote},
		{"open escape", `a\`, nil, ErrEscape},
		{"nothing", "", nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Split(c.in)
			if d := cmp.Diff(c.want, got); d != "" || !errors.Is(err, c.err) {
				t.Errorf("%v (-want +got)\n%s", err, d)
			}
		})
	}
}

func TestSymbolicMode(t *testing.T) {
	for _, c := range []struct {
		name, text string
		now, umask uint32
		dir        bool
		fault      string
		want       uint32
	}{
		{name: "all three", text: "u=rw,g=r,o=", now: 0o777, umask: 0o22, want: 0o640},
		{name: "umask without whom", text: "+w", now: 0o444, umask: 0o22, want: 0o644},
		{name: "everybody", text: "a+w", now: 0o444, umask: 0o22, want: 0o666},
		{name: "X on a file", text: "a+X", now: 0o644, want: 0o644},
		{name: "X on a folder", text: "a+X", now: 0o644, dir: true, want: 0o755},
		{name: "copied class", text: "g=u,o=g", now: 0o750, want: 0o775},
		{name: "special bits", text: "u+s,g+s,+t", now: 0o755, want: 0o7755},
		{name: "equals clears special", text: "u=rwx", now: 0o4755, want: 0o755},
		{name: "two operators", text: "u+x-w", now: 0o644, want: 0o544},
		{name: "unknown letter", text: "u+q", fault: "bad symbolic permission for mode: u+q"},
		{name: "unknown class", text: "z+r", fault: "bad symbolic permission for mode: z+r"},
		{name: "unknown letter later", text: "u+rq", fault: "'q'"},
		{name: "unknown class later", text: "u +r", fault: "' '"},
		{name: "nothing to do", text: "u r", now: 0o640, want: 0o640},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Symbolic{Now: c.now, IsDir: c.dir, Umask: c.umask}.Apply(c.text)
			fault := ""
			if err != nil {
				fault = err.Error()
			}
			if got != c.want || fault != c.fault {
				t.Errorf("got %o, %q, want %o, %q", got, fault, c.want, c.fault)
			}
		})
	}
}

func TestParseOctal(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       int64
		ok         bool
	}{
		{"as usual", "0644", 0o644, true},
		{"Python's own", " 0o644\n", 0o644, true},
		{"a sign", "-1", -1, true},
		{"parted", "1_777", 0o1777, true},
		{"many bits", "7777777777777777777777777", math.MaxInt64, true},
		{"not octal", "0888", 0, false},
		{"a sign alone", "-", 0, false},
		{"parted twice", "1__7", 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, ok := ParseOctal(c.text); got != c.want || ok != c.ok {
				t.Errorf("got %o, %v, want %o, %v", got, ok, c.want, c.ok)
			}
		})
	}
}

func TestFnmatch(t *testing.T) {
	for _, c := range []struct {
		name, pat, file string
		want            bool
	}{
		{"star crosses slashes", "*.txt", "a/b.txt", true},
		{"question mark", "a?c", "abc", true},
		{"class", "[a-c]x", "bx", true},
		{"negated class", "[!a-c]x", "bx", false},
		{"caret is literal", "[^a]", "^", true},
		{"bracket in class", "[]]", "]", true},
		{"open class", "[a", "[a", true},
		{"case matters", "A", "a", false},
		{"whole name", "a", "ab", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Fnmatch(c.file, c.pat); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestGlob(t *testing.T) {
	dir := t.TempDir()
	for _, n := range []string{"a.txt", "b.txt", ".hid.txt", "sub/c.txt"} {
		p := filepath.Join(dir, n)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name, pat string
		want      []string
	}{
		{"names", "*.txt", []string{"a.txt", "b.txt"}},
		{"hidden", ".*.txt", []string{".hid.txt"}},
		{"folders", "*/*.txt", []string{"sub/c.txt"}},
		{"plain", "a.txt", []string{"a.txt"}},
		{"missing", "z.txt", nil},
		{"folder with slash", "s*/", []string{"sub/"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, p := range Glob(dir + "/" + c.pat) {
				got = append(got, strings.TrimPrefix(p, dir+"/"))
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestStrptime(t *testing.T) {
	for _, c := range []struct{ name, text, format, want, err string }{
		{"file's default", "202001020304.05", "%Y%m%d%H%M.%S", "2020-01-02 03:04:05", ""},
		{"month names", "3 Feb 99", "%d %b %y", "1999-02-03 00:00:00", ""},
		{"noon", "12:30 pm", "%I:%M %p", "1900-01-01 12:30:00", ""},
		{"day of year", "2020 60", "%Y %j", "2020-02-29 00:00:00", ""},
		{"rest", "2020x", "%Y", "", "unconverted data remains: x"},
		{"no match", "x", "%Y", "", "time data 'x' does not match format '%Y'"},
		{"bad directive", "x", "%Q", "", "'Q' is a bad directive in format '%Q'"},
		{"no such day", "2019-02-29", "%Y-%m-%d", "", "day is out of range for month"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Strptime(c.text, c.format)
			if c.err != "" {
				if err == nil || err.Error() != c.err {
					t.Errorf("got %v, want %s", err, c.err)
				}
				return
			}
			if s := got.Format("2006-01-02 15:04:05"); err != nil || s != c.want {
				t.Errorf("got %s, %v, want %s", s, err, c.want)
			}
		})
	}
}

func TestExpand(t *testing.T) {
	env := Environ{Over: map[string]string{"HOME": "/home/x/", "A": "1", "EMPTY": ""}}
	for _, c := range []struct{ name, in, want string }{
		{"home", "~/f", "/home/x/f"},
		{"home alone", "~", "/home/x"},
		{"root", "~root/f", "/root/f"},
		{"no such user", "~no_such_user/f", "~no_such_user/f"},
		{"variables", "$A/${A}b/$EMPTY.", "1/1b/."},
		{"unset stays", "$NOT_SET_AT_ALL/${NOT_SET_AT_ALL}", "$NOT_SET_AT_ALL/${NOT_SET_AT_ALL}"},
		{"tilde inside", "a~/f", "a~/f"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := env.ExpandPath(c.in); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestRealpath(t *testing.T) {
	dir := Realpath(t.TempDir())
	for link, to := range map[string]string{"a": "b", "b": "d/../c", "abs": "/etc", "loop": "loop"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ name, in, want string }{
		{"chain to nothing", dir + "/a", dir + "/c"},
		{"through a link", dir + "/abs/x", "/etc/x"},
		{"plain", dir + "/none/x/../y", dir + "/none/y"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Realpath(c.in); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	_ = Realpath(dir + "/loop") // must end
}

func FuzzParse(f *testing.F) {
	f.Add("u=rw,g+X", "[a-z]*")
	f.Fuzz(func(_ *testing.T, a, b string) {
		_, _ = Symbolic{Now: 0o644, Umask: 0o22}.Apply(a)
		_ = Fnmatch(a, b)
		_, _ = Split(a)
		_, _ = Strptime(a, b)
	})
}
