package callback

import (
	"io"
	"slices"
	"strings"

	"pbc/ir/value"
)

// eventLog writes one JSON object for each event:
//
//	{"event": "play", "name": …}
//	{"event": "task" | "handler", "task": …, "action": …}
//	{"event": "include", "file": …, "hosts": […]}
//	{"event": "notify", "host": …, "task": …}
//	{"event": "no_hosts_matched"} {"event": "no_hosts_remaining"}
//	{"event": "ok" | "failed" | "skipped" | "unreachable" | "retry", "host": …, "task": …, "action": …, "result": {…}}
//	{"event": "item_ok" | "item_failed" | "item_skipped", …, "item": …}
//	{"event": "stats", "hosts": {HOST: {"ok": …, "failures": …, …}}, "custom": {…}}
//
// "failed" and "item_failed" also have "ignored". A field that has no value is left out. A result is what
// callbacks see of it, without internal keys and without the invocation.
type eventLog struct {
	w   io.WriteCloser
	err error
}

// NewEventLog returns a callback that writes the event log to w, and closes it.
func NewEventLog(w io.WriteCloser) Callback { return &eventLog{w: w} }

// Handle writes the event's line.
func (l *eventLog) Handle(e Event) {
	switch e := e.(type) {
	case PlayStart:
		l.write("play", "name", e.Name)
	case TaskStart:
		kind := "task"
		if e.Task.Handler {
			kind = "handler"
		}
		l.write(kind, "task", e.Task.Name, "action", e.Task.Action)
	case NoHostsMatched:
		l.write("no_hosts_matched")
	case NoHostsRemaining:
		l.write("no_hosts_remaining")
	case Notified:
		l.write("notify", "host", e.Host, "task", e.Handler)
	case Included:
		l.write("include", "file", e.File, "hosts", textList(e.Hosts))
	case Result:
		l.result(statusWords[e.Status], e)
	case ItemResult:
		l.item(Result(e))
	case Retry:
		l.result("retry", Result{Host: e.Host, Task: e.Task, Name: e.Name, Result: e.Result})
	case Stats:
		l.stats(e)
	}
}

// Close closes the log and returns the first error that writing it met.
func (l *eventLog) Close() error {
	if err := l.w.Close(); l.err == nil {
		l.err = err
	}
	return l.err
}

var statusWords = [...]string{OK: "ok", Failed: "failed", Skipped: "skipped", Unreachable: "unreachable"}

// write writes a line with the fields that are not None.
func (l *eventLog) write(event string, fields ...value.Value) {
	line := value.DictOf("event", event)
	for i := 0; i+1 < len(fields); i += 2 {
		if fields[i+1] != nil {
			line.SetStr(fields[i].(string), plain(fields[i+1]))
		}
	}
	s, err := value.JSON(line, value.JSONOptions{ASCII: true})
	if err == nil {
		_, err = io.WriteString(l.w, s+"\n")
	}
	if l.err == nil {
		l.err = err
	}
}

func (l *eventLog) result(event string, r Result, more ...value.Value) {
	name := r.Name
	if name == "" {
		name = r.Task.Name
	}
	fields := []value.Value{"host", r.Host, "task", name, "action", r.Task.Action, "result", publicResult(cleanDict(r.Task, r.Result))}
	if event == "failed" || event == "item_failed" {
		more = append(more, "ignored", r.Ignored)
	}
	l.write(event, append(fields, more...)...)
}

func (l *eventLog) item(r Result) {
	word := statusWords[r.Status]
	if r.Status == Unreachable {
		word = "failed"
	}
	r.Ignored = r.Ignored || truthyKey(r.Result, "_ansible_ignore_errors")
	d := cleanDict(r.Task, r.Result)
	label, ok := d.GetStr("_ansible_item_label")
	if !ok {
		loopVar := "item"
		if has(d, "ansible_loop_var") {
			loopVar = textKey(d, "ansible_loop_var")
		}
		label, _ = d.GetStr(loopVar)
	}
	l.result("item_"+word, r, "item", label)
}

func (l *eventLog) stats(e Stats) {
	hosts := value.NewDict()
	for _, h := range sortedHosts(e.Hosts) {
		hosts.SetStr(h.Host, h.dict())
	}
	var custom value.Value
	if e.Custom.Len() > 0 {
		custom = e.Custom
	}
	l.write("stats", "hosts", hosts, "custom", custom)
}

// dict gives the numbers under the names that Ansible's stats have.
func (h HostStats) dict() *value.Dict {
	return value.DictOf(
		"ok", int64(h.OK), "failures", int64(h.Failed), "unreachable", int64(h.Unreachable), "changed", int64(h.Changed),
		"skipped", int64(h.Skipped), "rescued", int64(h.Rescued), "ignored", int64(h.Ignored),
	)
}

// publicResult leaves out internal keys and the invocation, also in the results of a loop.
func publicResult(d *value.Dict) *value.Dict {
	shown := value.NewDict()
	for i, k := range d.K {
		if s := text(k); strings.HasPrefix(s, "_ansible_") || s == "invocation" {
			continue
		}
		_ = shown.Set(k, d.V[i])
	}
	if l, ok := d.GetStr("results"); ok {
		if results, ok := l.(*value.List); ok {
			shown.SetStr("results", publicResults(results))
		}
	}
	return shown
}

func publicResults(results *value.List) *value.List {
	shown := &value.List{}
	for _, r := range results.V {
		if d, ok := r.(*value.Dict); ok {
			r = publicResult(d)
		}
		shown.V = append(shown.V, r)
	}
	return shown
}

// plain replaces what JSON cannot hold: sets by sorted lists, anything else by its text.
func plain(v value.Value) value.Value {
	switch x := v.(type) {
	case *value.Dict:
		d := value.NewDict()
		for i, k := range x.K {
			_ = d.Set(k, plain(x.V[i]))
		}
		return d
	case *value.List:
		return &value.List{V: plainAll(x.V)}
	case value.Tuple:
		return value.Tuple(plainAll(x))
	case *value.Set:
		elems := plainAll(x.D.K)
		slices.SortFunc(elems, func(a, b value.Value) int { return strings.Compare(text(a), text(b)) })
		return &value.List{V: elems}
	case []byte:
		return string(x)
	}
	if _, err := value.JSON(v, value.JSONOptions{}); err != nil {
		return text(v)
	}
	return v
}

func plainAll(vs []value.Value) []value.Value {
	out := make([]value.Value, len(vs))
	for i, v := range vs {
		out[i] = plain(v)
	}
	return out
}

func textList(ss []string) *value.List {
	l := &value.List{}
	for _, s := range ss {
		l.V = append(l.V, s)
	}
	return l
}
