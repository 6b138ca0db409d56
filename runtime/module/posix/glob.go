package posix

import (
	"os"
	"sort"
	"strings"

	"pbc/runtime/pyre"
)

// FnmatchPattern translates a pattern of Python's fnmatch to an anchored regular expression: * and ?
// match any characters, slashes too; [seq] and [!seq] are classes; nothing escapes.
func FnmatchPattern(pat string) string {
	var b strings.Builder
	b.WriteString(`(?s:\A`)
	for i := 0; i < len(pat); i++ {
		switch c := pat[i]; c {
		case '*':
			b.WriteString(".*")
		case '?':
			b.WriteByte('.')
		case '[':
			end := classEnd(pat, i)
			if end < 0 {
				b.WriteString(`\[`)
				continue
			}
			b.WriteString(class(pat[i+1 : end]))
			i = end
		default:
			j := i + 1
			for j < len(pat) && strings.IndexByte("*?[", pat[j]) < 0 {
				j++
			}
			b.WriteString(pyre.Escape(pat[i:j]))
			i = j - 1
		}
	}
	b.WriteString(`\Z)`)
	return b.String()
}

// classEnd returns where the class that opens at i ends, -1 when it does not.
func classEnd(pat string, i int) int {
	j := i + 1
	if j < len(pat) && pat[j] == '!' {
		j++
	}
	if j < len(pat) && pat[j] == ']' {
		j++
	}
	k := strings.IndexByte(pat[min(j, len(pat)):], ']')
	if k < 0 {
		return -1
	}
	return j + k
}

func class(s string) string {
	neg := strings.HasPrefix(s, "!")
	s = strings.TrimPrefix(s, "!")
	s = strings.NewReplacer(`\`, `\\`, `[`, `\[`, `]`, `\]`, `^`, `\^`, `&`, `\&`, `~`, `\~`).Replace(s)
	if neg {
		return "[^" + s + "]"
	}
	return "[" + s + "]"
}

// Fnmatch is Python's fnmatch.fnmatch on a case-sensitive system.
func Fnmatch(name, pat string) bool {
	re, err := pyre.Compile(FnmatchPattern(pat), 0)
	return err == nil && re.MatchString(name)
}

func hasMagic(s string) bool { return strings.ContainsAny(s, "*?[") }

// Glob is Python's glob.glob without recursion: names with a dot first match only patterns with one.
// The order is by name.
func Glob(pattern string) []string {
	if !hasMagic(pattern) {
		if strings.HasSuffix(pattern, "/") && !IsDir(pattern) || !Lexists(pattern) {
			return nil
		}
		return []string{pattern}
	}
	dir, base := Dirname(pattern), Basename(pattern)
	dirs := []string{dir}
	if hasMagic(dir) && dir != pattern {
		dirs = Glob(dir)
	}
	var r []string
	for _, d := range dirs {
		r = append(r, globIn(d, base)...)
	}
	return r
}

func globIn(dir, base string) []string {
	if base == "" {
		if IsDir(dir) {
			return []string{dir + "/"}
		}
		return nil
	}
	if !hasMagic(base) {
		if p := Join(dir, base); Lexists(p) {
			return []string{p}
		}
		return nil
	}
	from := dir
	if from == "" {
		from = "."
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return nil
	}
	re, err := pyre.Compile(FnmatchPattern(base), 0)
	if err != nil {
		return nil
	}
	var r []string
	for _, e := range entries {
		hidden := strings.HasPrefix(e.Name(), ".") && !strings.HasPrefix(base, ".")
		if !hidden && re.MatchString(e.Name()) {
			r = append(r, Join(dir, e.Name()))
		}
	}
	sort.Strings(r)
	return r
}
