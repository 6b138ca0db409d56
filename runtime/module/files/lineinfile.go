package files

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/module"
	"pbc/runtime/module/posix"
	"pbc/runtime/pyre"
)

var lineinfileSpec = &argspec.Spec{
	Args: editSpec(
		argspec.Arg{Name: "state", Default: "present", Choices: argspec.Choices("absent", "present")},
		argspec.Arg{Name: "regexp", Aliases: []string{"regex"}},
		argspec.Arg{Name: "search_string"},
		argspec.Arg{Name: "line", Aliases: []string{"value"}},
		argspec.Arg{Name: "insertafter"},
		argspec.Arg{Name: "insertbefore"},
		argspec.Arg{Name: "backrefs", Type: argspec.Bool, Default: false},
		argspec.Arg{Name: "create", Type: argspec.Bool, Default: false},
		argspec.Arg{Name: "firstmatch", Type: argspec.Bool, Default: false},
	),
	Exclusive:  [][]string{{"insertbefore", "insertafter"}, {"regexp", "search_string"}, {"backrefs", "search_string"}},
	FileCommon: true,
	CheckMode:  true,
}

// Lineinfile is ansible.builtin.lineinfile.
func Lineinfile() module.Module {
	return module.New("ansible.builtin.lineinfile", "lineinfile", module.Local, lineinfileSpec, lineinfile)
}

// lineEdit is one task of lineinfile.
type lineEdit struct {
	edit
	line          string
	re            *pyre.Regexp // nil without regexp
	search        string
	hasSearch     bool
	after, before string // insertafter and insertbefore; "" for none
	insert        *pyre.Regexp
	lines         [][]byte
}

func lineinfile(ctx context.Context, t *module.Task) (*value.Dict, error) {
	e := &lineEdit{edit: edit{ctx: ctx, t: t, path: t.Str("path")}, line: t.Str("line"),
		search: t.Str("search_string"), hasSearch: t.Has("search_string")}
	e.warnEmpty()
	if err := e.notFolder(); err != nil {
		return nil, err
	}
	if t.Str("state") == "absent" {
		if !t.Has("regexp") && !e.hasSearch && !t.Has("line") {
			return nil, module.Fail("one of line, search_string, or regexp is required with state=absent")
		}
		return e.absent()
	}
	if t.Bool("backrefs") && !t.Has("regexp") {
		return nil, module.Fail("regexp is required with backrefs=true")
	}
	if !t.Has("line") {
		return nil, module.Fail("line is required with state=present")
	}
	e.after, e.before = t.Str("insertafter"), t.Str("insertbefore")
	if !t.Has("insertafter") && !t.Has("insertbefore") {
		e.after = "EOF"
	}
	return e.present()
}

func (e *lineEdit) warnEmpty() {
	msg := "The %s is an empty string, which will match every line in the file. " +
		"This may have unintended consequences, such as replacing the last line in the file rather than appending."
	switch {
	case e.t.Has("regexp") && e.t.Str("regexp") == "":
		e.t.Warn(msg+" If this is desired, use '^' to match every line in the file and avoid this warning.", "regular expression")
	case e.hasSearch && e.search == "":
		e.t.Warn(msg, "search string")
	}
}

func (e *lineEdit) compile() error {
	var err error
	if e.t.Has("regexp") {
		if e.re, err = compile(e.t.Str("regexp"), pyre.Bytes); err != nil {
			return err
		}
	}
	switch {
	case e.t.Has("insertafter") && e.after != "BOF" && e.after != "EOF":
		e.insert, err = compile(e.after, pyre.Bytes)
	case e.t.Has("insertbefore") && e.before != "BOF":
		e.insert, err = compile(e.before, pyre.Bytes)
	}
	return err
}

// load reads the file, or makes its folder where it is to be made.
func (e *lineEdit) load() error {
	if posix.Exists(e.path) {
		data, err := os.ReadFile(e.path)
		if err != nil {
			return module.Raise(err, []byte(e.path))
		}
		e.lines = splitLines(data)
		return nil
	}
	if !e.t.Bool("create") {
		return module.FailWith(fmt.Sprintf("Destination %s does not exist !", e.path), "rc", int64(257))
	}
	return e.makeParent(func(dir string, err error) error {
		return module.Fail("Error creating %s (%s)", dir, posix.PyError(err, []byte(errPath(err, dir))))
	})
}

// found is what looking through the file told.
type found struct {
	at    int         // the line that matches, or is the line wanted already; -1 for none
	match *pyre.Match // regexp's match
	hit   bool        // regexp or search_string matched
	exact bool        // the line is there
	place int         // where insertafter or insertbefore wants it; -1 for nowhere
}

func (e *lineEdit) find() (found, error) {
	f := found{at: -1, place: -1}
	first := e.t.Bool("firstmatch")
	for i, l := range e.lines {
		var m *pyre.Match
		hit := e.hasSearch && bytes.Contains(l, []byte(e.search))
		if e.re != nil {
			var err error
			if m, err = e.re.Search(string(l)); err != nil {
				return f, err
			}
			hit = m != nil
		}
		if hit {
			f.at, f.match, f.hit = i, m, true
			if first {
				break
			}
		}
	}
	if f.hit {
		return f, nil
	}
	return e.insertion(f)
}

// insertion finds the place of a line that nothing matched.
func (e *lineEdit) insertion(f found) (found, error) {
	first := e.t.Bool("firstmatch")
	for i, l := range e.lines {
		if bare(l) == e.line {
			f.at, f.exact = i, true
			continue
		}
		if e.insert == nil {
			continue
		}
		if m, err := e.insert.Search(string(l)); err != nil {
			return f, err
		} else if m == nil {
			continue
		}
		if e.after != "" {
			f.place = i + 1
		} else if e.before != "" {
			f.place = i
		}
		if first {
			break
		}
	}
	return f, nil
}

// change puts the line where it belongs and says what was done, "" for nothing.
func (e *lineEdit) change(f found) (string, error) {
	switch {
	case f.at >= 0:
		return e.replaceLine(f)
	case e.t.Bool("backrefs"):
		return "", nil
	case e.before == "BOF" || e.after == "BOF":
		e.insertAt(0)
		return "line added", nil
	case e.after == "EOF" || f.place == -1:
		if n := len(e.lines); n > 0 && !strings.HasSuffix(string(e.lines[n-1]), "\n") && !strings.HasSuffix(string(e.lines[n-1]), "\r") {
			e.lines = append(e.lines, []byte("\n"))
		}
		e.insertAt(len(e.lines))
		return "line added", nil
	case e.after != "":
		last := f.place == len(e.lines)
		if last && bare(e.lines[f.place-1]) == e.line || !last && bare(e.lines[f.place]) == e.line {
			return "", nil
		}
	}
	e.insertAt(f.place)
	return "line added", nil
}

func (e *lineEdit) insertAt(i int) { e.lines = slices.Insert(e.lines, i, []byte(e.line+"\n")) }

func (e *lineEdit) replaceLine(f found) (string, error) {
	text := e.line
	if e.t.Bool("backrefs") && f.match != nil {
		var err error
		if text, err = f.match.Expand(e.line); err != nil {
			return "", pyException(err)
		}
	}
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	if string(e.lines[f.at]) == text {
		return "", nil
	}
	e.lines[f.at] = []byte(text)
	return "line replaced", nil
}

func (e *lineEdit) present() (*value.Dict, error) {
	if err := e.load(); err != nil {
		return nil, err
	}
	diff := contentDiff(e.path)
	e.show(diff, "before")
	if err := e.compile(); err != nil {
		return nil, err
	}
	f, err := e.find()
	if err != nil {
		return nil, err
	}
	msg, err := e.change(f)
	if err != nil {
		return nil, err
	}
	e.show(diff, "after")
	changed, backup := msg != "", ""
	if changed && !e.t.Check {
		if e.t.Bool("backup") {
			if backup, err = e.t.Backup(e.path); err != nil {
				return nil, err
			}
		}
		if err := e.write(bytes.Join(e.lines, nil)); err != nil {
			return nil, err
		}
	}
	if e.t.Check && !posix.Exists(e.path) {
		return value.DictOf("changed", changed, "msg", msg, "backup", backup, "diff", diff), nil
	}
	return e.done(diff, msg, changed, backup)
}

func (e *lineEdit) show(diff *value.Dict, side string) {
	if e.t.Diff {
		diff.SetStr(side, string(bytes.Join(e.lines, nil)))
	}
}

func (e *lineEdit) done(diff *value.Dict, msg string, changed bool, backup string) (*value.Dict, error) {
	attr := value.NewDict()
	msg, changed, err := e.attributes(msg, changed, attr)
	if err != nil {
		return nil, err
	}
	return value.DictOf("changed", changed, "msg", msg, "backup", backup,
		"diff", value.NewList(diff, attributeDiff(e.path, attr))), nil
}

func (e *lineEdit) absent() (*value.Dict, error) {
	if !posix.Exists(e.path) {
		return value.DictOf("changed", false, "msg", "file not present"), nil
	}
	if err := e.load(); err != nil {
		return nil, err
	}
	diff := contentDiff(e.path)
	e.show(diff, "before")
	if err := e.compileAbsent(); err != nil {
		return nil, err
	}
	n, err := e.remove()
	if err != nil {
		return nil, err
	}
	e.show(diff, "after")
	backup, msg := "", ""
	if n > 0 {
		msg = fmt.Sprintf("%d line(s) removed", n)
	}
	if n > 0 && !e.t.Check {
		var err error
		if e.t.Bool("backup") {
			if backup, err = e.t.Backup(e.path); err != nil {
				return nil, err
			}
		}
		if err := e.write(bytes.Join(e.lines, nil)); err != nil {
			return nil, err
		}
	}
	r, err := e.done(diff, msg, n > 0, backup)
	if r != nil {
		r.SetStr("found", int64(n))
	}
	return r, err
}

func (e *lineEdit) compileAbsent() (err error) {
	if e.t.Has("regexp") {
		e.re, err = compile(e.t.Str("regexp"), pyre.Bytes)
	}
	return err
}

// remove takes out the lines that match, and says how many.
func (e *lineEdit) remove() (int, error) {
	kept := make([][]byte, 0, len(e.lines))
	for _, l := range e.lines {
		hit, err := e.matches(l)
		if err != nil {
			return 0, err
		}
		if !hit {
			kept = append(kept, l)
		}
	}
	n := len(e.lines) - len(kept)
	e.lines = kept
	return n, nil
}

func (e *lineEdit) matches(l []byte) (bool, error) {
	switch {
	case e.re != nil:
		m, err := e.re.Search(string(l))
		return m != nil, err
	case e.hasSearch:
		return bytes.Contains(l, []byte(e.search)), nil
	}
	return bare(l) == e.line, nil
}
