package callback

import (
	"strings"

	"pbc/ir/value"
)

// censored is what stands for a result that no_log hides.
const censored = "the output has been hidden due to the fact that 'no_log: true' was specified for this result"

// forCallbacks are the internal keys that callbacks need.
var forCallbacks = map[string]bool{
	"_ansible_verbose_always": true, "_ansible_item_label": true, "_ansible_no_log": true, "_ansible_verbose_override": true,
	"_ansible_error": true, "_ansible_warnings": true, "_ansible_deprecations": true, "_ansible_helps": true,
}

// delegatedVars are kept of _ansible_delegated_vars, whatever else is hidden.
var delegatedVars = []string{"ansible_host", "ansible_port", "ansible_user", "ansible_connection"}

var debugActions = withInternalNames("debug")

// rawActions are Ansible's MODULE_NO_JSON: actions whose output is shown as it is by minimal and oneline.
var rawActions = func() map[string]bool {
	m := withInternalNames("command", "shell", "raw", "win_command", "win_shell")
	m["ansible.windows.win_command"], m["ansible.windows.win_shell"] = true, true
	return m
}()

// withInternalNames adds to short names the full names of the same actions.
func withInternalNames(names ...string) map[string]bool {
	m := map[string]bool{}
	for _, n := range names {
		m[n], m["ansible.builtin."+n], m["ansible.legacy."+n] = true, true, true
	}
	return m
}

// view is a result as a callback may see it: a copy it may change, without what no_log hides.
type view struct {
	host       string
	task       *Task
	name       string
	delegateTo string
	res        *value.Dict
}

// cleanResult makes the view of a result. Ansible: TaskResult.clean_copy.
func cleanResult(r Result) view {
	v := view{host: r.Host, task: r.Task, name: r.Name, delegateTo: r.DelegateTo}
	v.res = cleanDict(r.Task, r.Result)
	return v
}

func cleanDict(task *Task, raw *value.Dict) *value.Dict {
	if raw == nil {
		raw = value.NewDict()
	}
	var d *value.Dict
	if task.NoLog || truthyKey(raw, "_ansible_no_log") {
		d = censor(task, raw)
	} else {
		d = raw.Copy()
		d.Del("failed")
		d.Del("skipped")
		if debugActions[task.Action] {
			d.Del("invocation")
		}
		d = stripInternal(d, forCallbacks).(*value.Dict)
	}
	if dv, ok := raw.GetStr("_ansible_delegated_vars"); ok {
		d.SetStr("_ansible_delegated_vars", keepKeys(dv, delegatedVars))
	}
	return d
}

// preserved are the keys that no_log does not hide, and those that it does not hide in dialect tagged.
var preserved = [2][]string{
	{"attempts", "changed", "retries"},
	{"attempts", "changed", "retries", "_ansible_no_log", "exception", "_ansible_error", "warnings", "_ansible_warnings", "deprecations", "_ansible_deprecations", "_ansible_helps"},
}

// censor is what no_log leaves of a result.
func censor(task *Task, raw *value.Dict) *value.Dict {
	kept := preserved[0]
	if task.Tagged {
		kept = preserved[1]
	}
	d := value.DictOf("censored", censored)
	for _, k := range kept {
		if v, ok := raw.GetStr(k); ok {
			d.SetStr(k, v)
		}
	}
	if !task.Tagged || !task.Loop || !has(raw, "results") {
		return d
	}
	items := &value.List{}
	for _, e := range elements(raw, "results") {
		if item, ok := e.(*value.Dict); ok {
			e = censor(&Task{Tagged: true}, item)
		}
		items.V = append(items.V, e)
	}
	d.SetStr("results", items)
	return d
}

func keepKeys(v value.Value, keys []string) *value.Dict {
	kept := value.NewDict()
	d, _ := v.(*value.Dict)
	for _, k := range keys {
		if x, ok := d.GetStr(k); ok {
			kept.SetStr(k, x)
		}
	}
	return kept
}

// stripInternal copies dictionaries and lists, at any depth, without the keys that begin with
// _ansible_ and are not in keep.
func stripInternal(v value.Value, keep map[string]bool) value.Value {
	switch x := v.(type) {
	case *value.Dict:
		d := value.NewDict()
		for i, k := range x.K {
			if s, ok := value.Text(k); ok && strings.HasPrefix(s, "_ansible_") && !keep[s] {
				continue
			}
			_ = d.Set(k, stripInternal(x.V[i], keep))
		}
		return d
	case *value.List:
		l := &value.List{V: make([]value.Value, len(x.V))}
		for i, e := range x.V {
			l.V[i] = stripInternal(e, keep)
		}
		return l
	}
	return v
}

func has(d *value.Dict, key string) bool {
	_, ok := d.GetStr(key)
	return ok
}

func truthyKey(d *value.Dict, key string) bool {
	v, ok := d.GetStr(key)
	return ok && truthy(v)
}

// truthy is Python's bool() of the values that results are made of.
func truthy(v value.Value) bool {
	switch x := v.(type) {
	case nil:
		return false
	case bool:
		return x
	case int64:
		return x != 0
	case float64:
		return x != 0
	case *value.List:
		return len(x.V) > 0
	case value.Tuple:
		return len(x) > 0
	case *value.Dict:
		return x.Len() > 0
	case *value.Set:
		return x.D.Len() > 0
	case []byte:
		return len(x) > 0
	}
	s, isText := value.Text(v)
	return !isText || s != ""
}

// text is Python's str() of a value; what has none is shown as its error.
func text(v value.Value) string {
	s, err := value.ToStr(v)
	if err != nil {
		return err.Error()
	}
	return s
}

// textKey is the text of an entry, empty when it is missing.
func textKey(d *value.Dict, key string) string {
	v, ok := d.GetStr(key)
	if !ok {
		return ""
	}
	return text(v)
}

// hostLabel is the host, with whom the task was delegated to.
func (v view) hostLabel() string {
	to := v.delegateTo
	if to == "" || to == v.host {
		return v.host
	}
	label := v.host + " -> " + to
	if dv, ok := v.res.GetStr("_ansible_delegated_vars"); ok {
		d, _ := dv.(*value.Dict)
		if addr, ok := d.GetStr("ansible_host"); ok && text(addr) != to {
			label += "(" + text(addr) + ")"
		}
	}
	return label
}

// itemLabel is the label of a loop's item.
func (v view) itemLabel() string {
	if truthyKey(v.res, "_ansible_no_log") {
		return "(censored due to no_log)"
	}
	if l, ok := v.res.GetStr("_ansible_item_label"); ok {
		return text(l)
	}
	item, _ := v.res.GetStr("item")
	return text(item)
}

// dropForDebug leaves of a debug task's result what it was meant to say.
func (v view) dropForDebug() {
	if !debugActions[v.task.Action] {
		return
	}
	if !has(v.res, "msg") {
		for _, k := range []string{"changed", "failed", "skipped", "invocation", "skip_reason"} {
			v.res.Del(k)
		}
		return
	}
	for _, k := range append([]value.Value(nil), v.res.K...) {
		s := text(k)
		switch s {
		case "msg", "exception", "warnings", "deprecations":
			continue
		}
		if !strings.HasPrefix(s, "_") {
			v.res.Del(k)
		}
	}
}
