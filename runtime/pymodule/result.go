package pymodule

import (
	"errors"
	"strings"
	"syscall"

	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/module"
)

// output is what a module left behind.
type output struct {
	rc       int
	out, err string
	note     string // what the shell around a module said, which is no part of a job
}

// shellCode is how the shell that Ansible starts modules with gives the end of a module on.
func shellCode(rc int) int {
	if rc < 0 {
		return 128 - rc
	}
	return rc
}

// shellNote is what that shell says of a module that a signal ended.
func shellNote(rc int) string {
	if rc >= 0 || rc == -int(syscall.SIGINT) || rc == -int(syscall.SIGPIPE) {
		return ""
	}
	s := syscall.Signal(-rc).String()
	return strings.ToUpper(s[:1]) + s[1:] + "\n"
}

// result is what Ansible makes of a module's output.
//
// Observed: ansible-core 2.14.
func (o output) result(interpreter string, tagged bool) *value.Dict {
	text, junk, err := object(o.out)
	var d *value.Dict
	var warnings []value.Value
	if err == nil {
		var v value.Value
		v, err = value.ParseJSON([]byte(text))
		d, _ = v.(*value.Dict)
	}
	if err != nil {
		d = o.failure(interpreter)
	}
	if junk != "" {
		warnings = append(warnings, "Module invocation had junk after the JSON data: "+junk)
	}
	if facts, ok := d.GetStr("ansible_facts"); ok && value.TypeName(facts) != "dict" {
		return module.Raised("AttributeError", value.StrRepr(value.TypeName(facts))+" object has no attribute 'keys'")
	}
	warnings = append(warnings, removeInternal(d)...)
	switch {
	case err != nil && tagged:
		o.unread(d, interpreter, err)
	case tagged:
		warnings = append(warnings, noLists(d)...)
		summaries(d)
	}
	if r, has := d.GetStr("results"); has {
		if _, list := r.(*value.List); !list {
			if _, dict := r.(*value.Dict); !dict {
				d.Del("results")
				d.SetStr("ansible_module_results", r)
				warnings = append(warnings, "Found internal 'results' key in module return, renamed to 'ansible_module_results'.")
			}
		}
	}
	if len(warnings) > 0 {
		d.SetStr(module.WarningsKey, &value.List{V: warnings})
	}
	module.AddLines(d)
	return d
}

// removeInternal takes out of a result what modules may not return, and tells of it.
func removeInternal(d *value.Dict) []value.Value {
	var warnings []value.Value
	for _, k := range append([]value.Value{}, d.K...) {
		name, _ := value.Text(k)
		if strings.HasPrefix(name, "_ansible_") && name != "_ansible_parsed" || name == "add_host" || name == "add_group" {
			v, _ := d.GetStr(name)
			s, _ := value.ToStr(v)
			warnings = append(warnings, "Removed unexpected internal key in module return: "+name+" = "+s)
			d.Del(name)
		}
	}
	for _, name := range []string{"warnings", "deprecations"} {
		if l, ok := get(d, name).(*value.List); ok && len(l.V) == 0 {
			d.Del(name)
		}
	}
	if facts, ok := get(d, "ansible_facts").(*value.Dict); ok {
		for _, k := range append([]value.Value{}, facts.K...) {
			name, _ := value.Text(k)
			if strings.HasPrefix(name, "discovered_interpreter_") || strings.HasPrefix(name, "ansible_discovered_interpreter_") {
				facts.Del(name)
			}
		}
	}
	return warnings
}

// noLists takes warnings and deprecations that are none out of a result, and tells of it.
func noLists(d *value.Dict) []value.Value {
	var told []value.Value
	for _, name := range []string{"warnings", "deprecations"} {
		if v := get(d, name); v != nil && value.TypeName(v) != "list" {
			told = append(told, "Task result `"+name+"` was <class '"+value.TypeName(v)+"'> instead of <class 'list'>.")
			d.Del(name)
		}
	}
	return told
}

// object cuts the JSON object out of what a module printed: from the first line that begins with a brace to the last
// that ends with one.
func object(out string) (text, junk string, err error) {
	var lines []string
	for _, l := range module.SplitLines(out).V {
		s, _ := value.Text(l)
		lines = append(lines, s)
	}
	first := 0
	for first < len(lines) && !strings.HasPrefix(strings.TrimSpace(lines[first]), "{") {
		first++
	}
	if first == len(lines) {
		return "", "", errors.New("No start of json char found")
	}
	last := len(lines) - 1
	for last >= first && !strings.HasSuffix(strings.TrimSpace(lines[last]), "}") {
		last--
	}
	if last < first {
		return "", "", errors.New("No end of json char found")
	}
	rest := strings.Join(lines[last+1:], "\n")
	if strings.TrimSpace(rest) == "" {
		rest = ""
	}
	return strings.Join(lines[first:last+1], "\n"), rest, nil
}

// failure is the result of a module that printed no object.
func (o output) failure(interpreter string) *value.Dict {
	d := value.DictOf("failed", true, "module_stdout", o.out, "module_stderr", o.err)
	for _, s := range []string{o.err, o.out} {
		if _, has := d.GetStr("exception"); !has && strings.HasPrefix(s, "Traceback") {
			d.SetStr("exception", s)
		}
	}
	msg := "MODULE FAILURE"
	if interpreter != "" && (notThere(o.err, interpreter) || notThere(o.out, interpreter)) {
		msg = "The module failed to execute correctly, you probably need to set the interpreter."
	}
	d.SetStr("msg", msg+"\nSee stdout/stderr for the exact error")
	d.SetStr("rc", int64(o.rc))
	return d
}

// unread words failure as dialect tagged does; why tells what is wrong with the output.
func (o output) unread(d *value.Dict, interpreter string, why error) {
	f := &failure.Failure{Msg: "Module result deserialization failed.", Help: "See stdout/stderr for the returned output.", Cause: failure.New(why.Error())}
	if interpreter != "" && (notThere(o.err, interpreter) || notThere(o.out, interpreter)) {
		f = &failure.Failure{Msg: "The module interpreter " + value.StrRepr(interpreter) + " was not found.",
			Help: "Consider overriding the configured interpreter path for this host. See stdout/stderr for the returned output."}
	}
	d.Del("exception")
	d.Update(value.DictOf("msg", f.Brief(), "_ansible_error", f.Value(), module.FailedBy, module.ByAction))
}

// notThere says whether the shell did not find the interpreter.
func notThere(said, interpreter string) bool {
	return strings.Contains(said, interpreter+": No such file or directory") || strings.Contains(said, interpreter+": not found")
}
