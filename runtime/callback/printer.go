package callback

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/python"
)

// resultStyle is how a callback dumps results.
type resultStyle uint8

const (
	asConfigured   resultStyle = iota // the result format
	communityStyle                    // the YAML of community.general.yaml
	debugStyle                        // the output of commands below the rest
)

// printer is what the callbacks for the screen share: how results, warnings and exceptions read.
type printer struct {
	screen *Screen
	opt    Options
	own    resultStyle // the callback's own style of results, before what the options say
}

// isVerbose says whether the result is shown whole: at -v (or more, for a higher level), or because
// the action wants it always, unless it wants it never.
func (p *printer) isVerbose(v view, level int) bool {
	if b, ok := v.res.GetStr("_ansible_verbose_override"); ok && b != false {
		return false
	}
	always, _ := v.res.GetStr("_ansible_verbose_always")
	return p.screen.Verbosity > level || always == true
}

// broke warns of a callback that met an error, as Ansible does of a plugin that raised one. Python shows
// the plugin's address; nothing depends on which one.
func (p *printer) broke(method, plugin string, err error) {
	const address = "0x7f0000000000"
	p.screen.Warn(Warning{Text: fmt.Sprintf("Failure using method (%s) in callback plugin (<%s.CallbackModule object at %s>): %s", method, plugin, address, err)})
}

// noIndent is the indent of Python's indent=0: line breaks, but no blanks before the lines.
const noIndent = -1

// dump renders a result as the result format says. An indent of 0 or noIndent gives way to one of 4 when
// the result is to be read easily.
func (p *printer) dump(res *value.Dict, indent int) string {
	switch p.own {
	case communityStyle:
		return p.dumpCommunityYAML(res)
	case debugStyle:
		return p.dumpDebug(res)
	}
	return p.dumpConfigured(res, indent)
}

func (p *printer) dumpConfigured(res *value.Dict, indent int) string {
	pretty, yaml := p.opt.PrettyResults, p.opt.ResultFormat == "yaml"
	wanted := truthyKey(res, "_ansible_verbose_always") || pretty == nil && yaml || pretty != nil && *pretty || p.screen.Verbosity > 2
	if indent <= 0 && wanted {
		indent = 4
	}
	if pretty != nil && !*pretty {
		indent = 0
	}
	shown := p.abridge(res)
	if yaml {
		return p.dumpYAML(shown, indent)
	}
	return p.dumpJSON(shown, indent)
}

// dumpDebug puts the outputs of a result below the rest, as they are.
func (p *printer) dumpDebug(res *value.Dict) string {
	rest, below := res.Copy(), ""
	rest.SetStr("_ansible_verbose_always", true)
	for _, k := range []string{"stdout", "stdout_lines", "stderr", "stderr_lines", "msg", "module_stdout", "module_stderr"} {
		if truthyKey(res, k) && !strings.HasSuffix(k, "_lines") {
			below += "\n\n" + strings.ToUpper(k) + ":\n\n" + textKey(res, k) + "\n"
		}
		rest.Del(k)
	}
	return p.dumpConfigured(rest, 0) + below
}

// abridge takes from a result what the verbosity does not ask for.
func (p *printer) abridge(res *value.Dict) *value.Dict {
	shown := stripInternal(res, nil).(*value.Dict)
	if p.screen.Verbosity < 3 {
		shown.Del("invocation")
		shown.Del("diff")
	}
	shown.Del("exception")
	if p.screen.Tagged {
		shown.Del("warnings")
		shown.Del("deprecations")
	}
	return shown
}

func (p *printer) dumpJSON(d *value.Dict, indent int) string {
	if indent == noIndent {
		return leadingBlanks.ReplaceAllString(p.dumpJSON(d, 1), "\n")
	}
	s, err := value.JSON(d, value.JSONOptions{Indent: indent, SortKeys: true, TextKeys: p.screen.Tagged, None: "None"})
	if err != nil { // keys that cannot be compared: sort the outermost by their text
		s, err = value.JSON(sortedByText(d), value.JSONOptions{Indent: indent})
	}
	if err != nil {
		return err.Error()
	}
	return s
}

var leadingBlanks = regexp.MustCompile(`\n +`)

func sortedByText(d *value.Dict) *value.Dict {
	at := make([]int, d.Len())
	for i := range at {
		at[i] = i
	}
	slices.SortStableFunc(at, func(i, j int) int { return strings.Compare(keyTuple(d, i), keyTuple(d, j)) })
	sorted := value.NewDict()
	for _, i := range at {
		_ = sorted.Set(d.K[i], d.V[i])
	}
	return sorted
}

// keyTuple is the text of an item of dict.items(), by which Ansible sorts keys of mixed types.
func keyTuple(d *value.Dict, i int) string { return text(value.Tuple{d.K[i], d.V[i]}) }

func (p *printer) serializeDiff(d *value.Dict) (string, error) {
	if p.own == communityStyle {
		return emitYAML(d, yamlStyle{indent: yamlIndent, width: communityWidth}), nil
	}
	if p.opt.ResultFormat == "yaml" {
		return p.yamlBlock(d, blockSteps) + "\n", nil
	}
	s, err := value.JSON(d, value.JSONOptions{Indent: 4, SortKeys: true, ASCII: true})
	return s + "\n", err
}

// warn shows the warnings and deprecations that came with a result, and takes them out of it.
func (p *printer) warn(res *value.Dict) {
	if !p.opt.ActionWarnings {
		return
	}
	if truthyKey(res, "warnings") {
		for _, w := range elements(res, "warnings") {
			p.screen.Warn(Warning{Text: text(w)})
		}
		res.Del("warnings")
	}
	if truthyKey(res, "deprecations") {
		helps := elements(res, "_ansible_helps")
		for i, e := range elements(res, "deprecations") {
			if d, ok := e.(*value.Dict); ok {
				said := deprecationOf(d)
				if i < len(helps) {
					said.Help = text(helps[i])
				}
				p.screen.Deprecate(said)
			}
		}
		res.Del("deprecations")
	}
}

func deprecationOf(d *value.Dict) Deprecation {
	pick := func(key string) string {
		if !truthyKey(d, key) {
			return ""
		}
		return textKey(d, key)
	}
	by, _ := d.GetStr("deprecator")
	return Deprecation{Text: pick("msg"), Version: pick("version"), Date: pick("date"), Collection: pick("collection_name"), Plugin: pluginOf(by)}
}

// pluginOf names the plugin that deprecates something, by its name and type: "module 'copy'", "lookup plugin 'file'". What all plugins of
// a type have is of "the module API".
func pluginOf(by any) string {
	d, ok := by.(*value.Dict)
	if !ok || !truthyKey(d, "type") {
		return ""
	}
	kind, name := textKey(d, "type"), textKey(d, "resolved_name")
	if kind != "module" {
		kind += " plugin"
	}
	if name == "ansible.builtin" {
		return "the " + kind + " API"
	}
	return kind + " " + value.StrRepr(name[strings.LastIndex(name, ".")+1:])
}

// elements iterates as Python does: over a list's elements, or a text's characters.
func elements(d *value.Dict, key string) []value.Value {
	v, _ := d.GetStr(key)
	switch x := v.(type) {
	case *value.List:
		return x.V
	case value.Tuple:
		return x
	}
	s, _ := value.Text(v)
	var chars []value.Value
	for _, c := range s {
		chars = append(chars, string(c))
	}
	return chars
}

// exception shows the traceback that came with a result, its last line when -vvv was not given.
func (p *printer) exception(res *value.Dict, stderr bool) {
	e, ok := res.GetStr("exception")
	if !ok || p.screen.Tagged {
		return
	}
	msg := "The full traceback is:\n" + text(e)
	if p.screen.Verbosity < 3 {
		msg = "An exception occurred during task execution. To see the full traceback, use -vvv. The error was: " + lastLine(text(e))
	} else {
		res.Del("exception")
	}
	p.screen.Message(Message{Text: msg, Color: ColorError, Stderr: stderr})
}

func lastLine(s string) string {
	s = strings.TrimFunc(s, python.IsSpaceRune)
	return s[strings.LastIndexByte(s, '\n')+1:]
}
