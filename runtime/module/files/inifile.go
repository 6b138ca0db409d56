package files

import (
	"context"
	"os"
	"slices"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/module"
	"pbc/runtime/module/posix"
	"pbc/runtime/pyre"
)

var iniFileSpec = &argspec.Spec{
	Args: []argspec.Arg{
		{Name: "path", Type: argspec.Path, Required: true, Aliases: []string{"dest"}},
		{Name: "section"},
		{Name: "option"},
		{Name: "value"},
		{Name: "values", Type: argspec.List, Elements: argspec.Str},
		{Name: "backup", Type: argspec.Bool, Default: false},
		{Name: "state", Default: "present", Choices: argspec.Choices("absent", "present")},
		{Name: "exclusive", Type: argspec.Bool, Default: true},
		{Name: "no_extra_spaces", Type: argspec.Bool, Default: false},
		{Name: "allow_no_value", Type: argspec.Bool, Default: false},
		{Name: "create", Type: argspec.Bool, Default: true},
	},
	Exclusive:  [][]string{{"value", "values"}},
	FileCommon: true,
	CheckMode:  true,
}

// IniFile is community.general.ini_file.
func IniFile() module.Module {
	m := module.New("community.general.ini_file", "ini_file", module.Local, iniFileSpec, iniFile)
	m.Compared = [2]module.Version{{6, 6, 2}, {7, 0, 0}}
	return m
}

// iniEdit is one task of ini_file.
type iniEdit struct {
	t      *module.Task
	path   string
	option string
	values []string // those that are not in the file yet
	empty  bool     // allow_no_value
	lines  []string // of the section, from its header on
	done   []bool   // which of the lines hold a wanted value
	bare   bool     // the option without a value is there
	// msg tells what has changed; changed may be so without.
	msg     string
	changed bool
}

func iniFile(_ context.Context, t *module.Task) (*value.Dict, error) {
	e := &iniEdit{t: t, path: t.Str("path"), option: t.Str("option"), empty: t.Bool("allow_no_value"), msg: "OK"}
	values := t.Strings("values")
	if t.Has("value") {
		values = []string{t.Str("value")}
	}
	if t.Str("state") == "present" && !e.empty && len(values) == 0 {
		return nil, module.Fail("Parameter 'value(s)' must be defined if state=present and allow_no_value=False.")
	}
	for _, v := range values {
		if !slices.Contains(e.values, v) {
			e.values = append(e.values, v)
		}
	}
	before, err := e.read()
	if err != nil {
		return nil, err
	}
	after, err := e.edit(before)
	if err != nil {
		return nil, err
	}
	diff := value.DictOf("before", "", "after", "", "before_header", e.path+" (content)", "after_header", e.path+" (content)")
	if t.Diff {
		diff.SetStr("before", before)
		diff.SetStr("after", after)
	}
	r := value.DictOf("diff", diff, "msg", e.msg, "path", e.path)
	if e.changed && !t.Check {
		if err := e.write(after, r); err != nil {
			return nil, err
		}
	}
	if !t.Check && posix.Exists(e.path) {
		if e.changed, err = t.SetAttributes(t.FileArgs(e.path), e.changed, nil); err != nil {
			return nil, err
		}
	}
	r.SetStr("changed", e.changed)
	return r, nil
}

// read reads the file; one that is not there is empty, and its folder is made.
func (e *iniEdit) read() (string, error) {
	if posix.Exists(e.path) {
		s, err := module.ReadText(e.path)
		if err != nil && posix.Errno(err) != 0 {
			err = module.Raise(err, e.path)
		}
		return strings.TrimPrefix(s, "\ufeff"), err
	}
	if !e.t.Bool("create") {
		return "", module.FailWith("Destination "+e.path+" does not exist!", "rc", int64(257))
	}
	if dir := posix.Dirname(e.path); !posix.Exists(dir) && !e.t.Check {
		if err := posix.Makedirs(dir); err != nil {
			return "", module.Raise(err, posix.PathOf(err))
		}
	}
	return "", nil
}

func (e *iniEdit) write(text string, r *value.Dict) error {
	if e.t.Bool("backup") {
		name, err := e.t.Backup(e.path)
		if err != nil {
			return err
		}
		r.SetStr("backup_file", name)
	}
	tmp, err := posix.TempFile(e.t.RemoteTmp, "tmp", "")
	if err == nil {
		err = os.WriteFile(tmp, []byte(text), 0o600)
	}
	if err != nil {
		return &module.Failure{Msg: "Unable to create temporary file %s"}
	}
	return e.t.AtomicMove(tmp, e.path, module.Move{})
}

// top is the section of what stands before the first header: a name that no file has.
const top = "ad01e11446efb704fcdbdb21f2c43757423d91c5"

// edit is the file with the section and option as they are wanted.
func (e *iniEdit) edit(text string) (string, error) {
	if text == "" {
		text = "\n"
	}
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
		e.changed = true
	}
	lines := append([]string{"[" + top + "]"}, slices.Collect(strings.Lines(text))...)
	lines = append(lines, "[")
	section := e.t.Str("section")
	if section == "" {
		section = top
	}
	start, end, found := findSection(lines, section)
	e.lines = slices.Clone(lines[start:end])
	e.done = make([]bool, len(e.lines))
	present := e.t.Str("state") == "present"
	if present {
		if err := e.present(); err != nil {
			return "", err
		}
	} else {
		e.absent()
	}
	lines = slices.Concat(lines[:start], e.lines, lines[end:])
	lines = lines[1:]
	if len(lines) > 0 {
		lines = lines[:len(lines)-1]
	}
	if !found && present {
		lines = append(lines, e.newSection(section)...)
	}
	return strings.Join(lines, ""), nil
}

// findSection finds where a section begins, and where the next one does.
func findSection(lines []string, section string) (start, end int, found bool) {
	for i, l := range lines {
		switch {
		case strings.HasPrefix(l, "["+section+"]"):
			start, found = i, true
		case strings.HasPrefix(l, "[") && found:
			return start, i, true
		}
	}
	return 0, 0, false
}

// newSection are the lines of a section that the file lacks.
func (e *iniEdit) newSection(name string) []string {
	lines := []string{"[" + name + "]\n"}
	e.msg, e.changed = "section and option added", true
	switch {
	case e.option != "" && len(e.values) > 0:
		for _, v := range e.values {
			lines = append(lines, e.line(v))
		}
	case e.option != "" && e.empty:
		lines = append(lines, e.option+"\n")
	default:
		e.msg = "only section added"
	}
	return lines
}

// line is the option with a value.
func (e *iniEdit) line(v string) string {
	if e.t.Bool("no_extra_spaces") {
		return e.option + "=" + v + "\n"
	}
	return e.option + " = " + v + "\n"
}

// pattern matches a line of the option, its value in the last group. Unless active, a comment may stand for it.
func (e *iniEdit) pattern(active bool) *pyre.Regexp {
	comment := "[#;]?"
	if active {
		comment = ""
	}
	return pyre.MustCompile(`\A` + comment + `[ \t]*` + pyre.Escape(e.option) + `[ \t]*(?:=|$)[ \t]*(.*)`)
}

// put puts a line in the place of one of the section.
func (e *iniEdit) put(i int, line string) {
	if e.lines[i] != line {
		e.changed, e.msg = true, "option changed"
	}
	e.lines[i], e.done[i] = line, true
}

func (e *iniEdit) present() error {
	re := e.pattern(false)
	if e.option != "" {
		e.keep(re)
	}
	if e.t.Bool("exclusive") && !e.empty {
		if !e.t.Has("option") && len(e.lines) > 0 {
			return &module.PyException{Class: "TypeError", Msg: "decoding to str: need a bytes-like object, NoneType found"}
		}
		e.replace(re)
	}
	e.insert()
	return nil
}

// keep writes the lines that hold a wanted value as they should be.
func (e *iniEdit) keep(re *pyre.Regexp) {
	for i, l := range e.lines {
		m := re.FindStringSubmatch(l)
		if m == nil {
			continue
		}
		at := slices.Index(e.values, m[1])
		switch {
		case at >= 0:
			line := e.line(m[1])
			if m[1] == "" && e.empty {
				line, e.bare = e.option+"\n", true
			}
			e.put(i, line)
			e.values = slices.Delete(e.values, at, at+1)
		case len(e.values) == 0 && e.empty:
			e.put(i, e.option+"\n")
			e.bare = true
			return
		}
	}
}

// replace gives the other lines of the option the values that are left, and takes those away that remain.
func (e *iniEdit) replace(re *pyre.Regexp) {
	for i := range e.lines {
		if len(e.values) == 0 {
			break
		}
		if !e.done[i] && re.MatchString(e.lines[i]) {
			e.put(i, e.line(e.values[0]))
			e.values = e.values[1:]
		}
	}
	for i := len(e.lines) - 1; i > 0; i-- {
		if !e.done[i] && re.MatchString(e.lines[i]) {
			e.lines, e.done = slices.Delete(e.lines, i, i+1), slices.Delete(e.done, i, i+1)
			e.changed, e.msg = true, "option changed"
		}
	}
}

// noOption matches a line that is blank or a comment.
var noOption = pyre.MustCompile(`\A[ \t]*([#;].*)?$`)

// insert adds what is missing after the section's last line that says something.
func (e *iniEdit) insert() {
	var missing []string
	for _, v := range e.values {
		missing = append(missing, e.line(v))
	}
	if len(e.values) == 0 && e.empty && !e.bare {
		missing = []string{e.option + "\n"}
	}
	if e.option == "" || len(missing) == 0 {
		return
	}
	for i := len(e.lines); i > 0; i-- {
		if !noOption.MatchString(e.lines[i-1]) {
			e.lines = slices.Insert(e.lines, i, missing...)
			e.changed, e.msg = true, "option added"
			return
		}
	}
}

// absent takes the option away, or those of its lines that have one of the values, or the section.
func (e *iniEdit) absent() {
	if e.option == "" {
		if len(e.lines) > 0 {
			e.lines, e.msg, e.changed = nil, "section removed", true
		}
		return
	}
	re, all := e.pattern(true), e.t.Bool("exclusive")
	kept := slices.DeleteFunc(slices.Clone(e.lines), func(l string) bool {
		m := re.FindStringSubmatch(l)
		return m != nil && (all || slices.Contains(e.values, m[1]))
	})
	if len(kept) != len(e.lines) {
		e.lines, e.msg, e.changed = kept, "option changed", true
	}
}
