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

var blockinfileSpec = &argspec.Spec{
	Args: editSpec(
		argspec.Arg{Name: "state", Default: "present", Choices: argspec.Choices("absent", "present")},
		argspec.Arg{Name: "marker", Default: "# {mark} ANSIBLE MANAGED BLOCK"},
		argspec.Arg{Name: "block", Default: "", Aliases: []string{"content"}},
		argspec.Arg{Name: "insertafter"},
		argspec.Arg{Name: "insertbefore"},
		argspec.Arg{Name: "create", Type: argspec.Bool, Default: false},
		argspec.Arg{Name: "marker_begin", Default: "BEGIN"},
		argspec.Arg{Name: "marker_end", Default: "END"},
		argspec.Arg{Name: "append_newline", Type: argspec.Bool, Default: false, OnlyNewer: true},
		argspec.Arg{Name: "prepend_newline", Type: argspec.Bool, Default: false, OnlyNewer: true},
	),
	Exclusive:  [][]string{{"insertbefore", "insertafter"}},
	FileCommon: true,
	CheckMode:  true,
}

// Blockinfile is ansible.builtin.blockinfile.
func Blockinfile() module.Module {
	return module.New("ansible.builtin.blockinfile", "blockinfile", module.Local, blockinfileSpec, blockinfile)
}

// blockEdit is one task of blockinfile.
type blockEdit struct {
	edit
	exists     bool
	original   []byte
	lines      [][]byte
	block      [][]byte // the lines to stand in the file, markers included; none to remove them
	begin, end string
}

func blockinfile(ctx context.Context, t *module.Task) (*value.Dict, error) {
	e := &blockEdit{edit: edit{ctx: ctx, t: t, path: t.Str("path")}}
	if err := e.notFolder(); err != nil {
		return nil, err
	}
	if err := e.load(); err != nil {
		return nil, err
	}
	diff := contentDiff(e.path)
	if t.Diff && len(e.original) > 0 {
		diff.SetStr("before", string(e.original))
	}
	present := t.Str("state") == "present"
	if !present && !e.exists {
		return value.DictOf("changed", false, "msg", fmt.Sprintf("File %s not present", e.path)), nil
	}
	if t.Get("marker_begin") == nil || t.Get("marker_end") == nil {
		return nil, &module.PyException{Class: "AttributeError", Msg: "'NoneType' object has no attribute 'encode'"}
	}
	e.markers(present)
	at, err := e.place()
	if err != nil {
		return nil, err
	}
	if at > 0 && !bytes.HasSuffix(e.lines[at-1], []byte("\n")) {
		e.lines[at-1] = append(e.lines[at-1], '\n')
	}
	e.insert(at)
	after := bytes.Join(e.lines, nil)
	if t.Diff {
		diff.SetStr("after", string(after))
	}
	return e.finish(after, diff)
}

// insert puts the block in, with the blank lines around it that are asked for and not there.
func (e *blockEdit) insert(at int) {
	blank := func(i int) bool { return string(e.lines[i]) == "\n" }
	present := e.t.Str("state") == "present"
	if e.t.Bool("prepend_newline") && present && at > 0 && !blank(at-1) {
		e.lines = slices.Insert(e.lines, at, []byte("\n"))
		at++
	}
	e.lines = slices.Insert(e.lines, at, e.block...)
	end := at + len(e.block)
	if e.t.Bool("append_newline") && present && end < len(e.lines) && !blank(end) {
		e.lines = slices.Insert(e.lines, end, []byte("\n"))
	}
}

func (e *blockEdit) load() error {
	e.exists = posix.Exists(e.path)
	if e.exists {
		var err error
		if e.original, err = os.ReadFile(e.path); err != nil {
			return module.Raise(err, e.path)
		}
		e.lines = splitBytes(e.original)
		return nil
	}
	if !e.t.Bool("create") {
		return module.FailWith(fmt.Sprintf("Path %s does not exist !", e.path), "rc", int64(257))
	}
	if !e.t.Recent() && !e.t.Check && posix.Dirname(e.path) == "" { // it makes the folder of no name
		return &module.PyException{Class: "TypeError", Msg: "'FileNotFoundError' object is not subscriptable"}
	}
	return e.makeParent(func(dir string, err error) error { // the message of dialect classic cannot be made in Python 3
		if n := posix.Errno(err); e.t.Tagged() {
			return module.Fail("Error creating %s Error code: %d Error description: %s", dir, int(n), posix.Strerror(n))
		}
		return &module.PyException{Class: "TypeError", Msg: fmt.Sprintf("'%s' object is not subscriptable", posix.PyClass(err))}
	})
}

// shown is an argument as Python shows it: one that is null is the word None.
func (e *blockEdit) shown(name string) string {
	if e.t.Get(name) == nil {
		return "None"
	}
	return e.t.Str(name)
}

// markers makes the lines around the block, and the block.
func (e *blockEdit) markers(present bool) {
	marker := e.shown("marker")
	e.begin = strings.ReplaceAll(marker, "{mark}", e.t.Str("marker_begin")) + "\n"
	e.end = strings.ReplaceAll(marker, "{mark}", e.t.Str("marker_end")) + "\n"
	block := e.shown("block")
	if !present || block == "" {
		return
	}
	if !strings.HasSuffix(block, "\n") {
		block += "\n"
	}
	e.block = append([][]byte{[]byte(e.begin)}, splitBytes([]byte(block))...)
	e.block = append(e.block, []byte(e.end))
}

// place takes an old block out and says where the new one goes.
func (e *blockEdit) place() (int, error) {
	from, to := -1, -1
	for i, l := range e.lines {
		if string(l) == e.begin {
			from = i
		}
		if string(l) == e.end {
			to = i
		}
	}
	insert, err := e.pattern()
	if err != nil {
		return 0, err
	}
	if from >= 0 && to >= 0 {
		from, to = min(from, to), max(from, to)
		e.lines = slices.Delete(e.lines, from, to+1)
		return from, nil
	}
	if insert != nil {
		return e.matched(insert)
	}
	if e.t.Has("insertbefore") {
		return 0, nil
	}
	return len(e.lines), nil
}

// pattern is the regular expression of insertafter or insertbefore, nil for BOF, EOF and none.
func (e *blockEdit) pattern() (*pyre.Regexp, error) {
	after, before := e.t.Str("insertafter"), e.t.Str("insertbefore")
	switch {
	case e.t.Has("insertafter") && after != "EOF":
		return compile(after, pyre.Bytes)
	case e.t.Has("insertbefore") && before != "BOF":
		return compile(before, pyre.Bytes)
	}
	return nil, nil
}

// matched is where the block goes: beside the last line that insert matches, at the end when there is none.
func (e *blockEdit) matched(insert *pyre.Regexp) (int, error) {
	at := -1
	if insert.Flags()&pyre.Multiline != 0 {
		m, err := insert.Search(string(e.original))
		if err != nil {
			return 0, err
		}
		if m != nil {
			start, end := m.Span(0)
			if e.t.Str("insertafter") != "" {
				at = bytes.Count(e.original[:end], []byte("\n"))
			} else if e.t.Str("insertbefore") != "" {
				at = bytes.Count(e.original[:start], []byte("\n"))
			}
		}
	} else {
		for i, l := range e.lines {
			m, err := insert.Search(string(l))
			if err != nil {
				return 0, err
			}
			if m != nil {
				at = i
			}
		}
	}
	switch {
	case at < 0:
		return len(e.lines), nil
	case e.t.Has("insertafter"):
		return at + 1, nil
	}
	return at, nil
}

func (e *blockEdit) finish(after []byte, diff *value.Dict) (*value.Dict, error) {
	msg, changed := "Block inserted", true
	switch {
	case e.exists && bytes.Equal(e.original, after):
		msg, changed = "", false
	case !e.exists:
		msg = "File created"
	case len(e.block) == 0:
		msg = "Block removed"
	}
	backup := ""
	if changed && !e.t.Check {
		var err error
		if e.t.Bool("backup") && e.exists {
			if backup, err = e.t.Backup(e.path); err != nil {
				return nil, err
			}
		}
		if err := e.write(after); err != nil {
			return nil, err
		}
	}
	if e.t.Check && !e.exists {
		return value.DictOf("changed", changed, "msg", msg, "diff", diff), nil
	}
	attr := value.NewDict()
	msg, changed, err := e.attributes(msg, changed, attr)
	if err != nil {
		return nil, err
	}
	r := value.DictOf("changed", changed, "msg", msg, "diff", value.NewList(diff, attributeDiff(e.path, attr)))
	if backup != "" {
		r.SetStr("backup_file", backup)
	}
	return r, nil
}
