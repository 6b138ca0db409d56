package yaml

import (
	"regexp"
	"strings"
	"unicode"

	"pbc/ir/failure"
	"pbc/ir/value"
)

// This file words faults of YAML as dialect tagged does: by what the line looks like, else by what the parser says.

const letters = `[\p{L}\p{N}_\s]`

var (
	bareTemplate = regexp.MustCompile(`^\s*(?:-\s+)*(?:` + letters + `+:\s+)?(\{\{.*}})`)
	lineValue    = regexp.MustCompile(`^\s*(?:-\s+)*(?:[\p{L}\p{N}_\s\[\]{}]+:\s+)?(.*)$`)
	bareColon    = regexp.MustCompile(`:($| )`)
	wholeQuoted  = regexp.MustCompile(`^\s*('[^']*'|"[^"]*")\s*$`)
	quotedValue  = regexp.MustCompile(`^\s*(?:-\s+)*(?:` + letters + `+:\s+)?(["'].*?\s*)$`)
)

// example is the advice that shows a line and how it should read.
func example(wrong, right string) string {
	return "\nFor example:\n\n    raw: " + wrong + "\n\nShould be:\n\n    raw: " + right + "\n"
}

// taggedSyntax is the chain of a fault in a source.
func taggedSyntax(file, src string, e *syntaxError) *failure.Failure {
	if e.tagged != nil {
		return e.tagged
	}
	f := &failure.Failure{At: &value.Origin{File: file}}
	if e.pos.IsValid() {
		*f.At = value.Origin{File: file, Line: e.pos.Line, Col: e.pos.Col}
		if lines := strings.Split(src, "\n"); e.pos.Line <= len(lines) {
			guess(f, strings.TrimRight(lines[e.pos.Line-1], "\r"))
		}
	}
	if f.Msg == "" {
		f.Msg = sentence(e.context + " " + e.problem + e.detail)
	}
	f.Msg = "YAML parsing failed: " + f.Msg
	return f
}

// guess looks for common mistakes in the line of the fault.
func guess(f *failure.Failure, line string) {
	at := func(byteIndex int) { f.At.Col = len([]rune(line[:byteIndex])) + 1 }
	if i := strings.IndexByte(line, '\t'); i >= 0 {
		at(i)
		f.Msg = "Tabs are usually invalid in YAML."
		return
	}
	if m := bareTemplate.FindStringSubmatchIndex(line); m != nil {
		at(m[2])
		f.Msg, f.Help = "This may be an issue with missing quotes around a template block.", example("{{ some_var }}", `"{{ some_var }}"`)
		return
	}
	if m := lineValue.FindStringSubmatchIndex(line); m != nil && !strings.HasPrefix(strings.TrimSpace(line), ":") {
		text := line[m[2]:m[3]]
		if c := bareColon.FindStringIndex(text); c != nil && !wholeQuoted.MatchString(text) {
			at(m[2] + c[0])
			f.Msg, f.Help = "Colons in unquoted values must be followed by a non-space character.", example("echo 'name: ansible'", `"echo 'name: ansible'"`)
			return
		}
	}
	m := quotedValue.FindStringSubmatchIndex(line)
	if m == nil {
		return
	}
	first, last := line[m[2]], line[m[3]-1]
	switch {
	case first != last:
		at(m[2])
		f.Msg, f.Help = "Values starting with a quote must end with the same quote.", example(`"foo" in bar`, `'"foo" in bar'`)
	case strings.Count(line, string(first)) > 2:
		at(m[2])
		f.Msg, f.Help = "Values starting with a quote must end with the same quote, and not contain that quote.", example(`"foo" in "bar"`, `'"foo" in "bar"'`)
	}
}

// sentence begins with a capital and ends with a full stop.
func sentence(s string) string {
	r := []rune(strings.Join(strings.Fields(s), " "))
	if len(r) == 0 {
		return ""
	}
	r[0] = unicode.ToUpper(r[0])
	if r[len(r)-1] != '.' {
		r = append(r, '.')
	}
	return string(r)
}
