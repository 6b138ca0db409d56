package lower

import (
	"pbc/compiler/yaml"
	"pbc/ir"
	"pbc/ir/value"
)

// change gives a task another value of a keyword, by the name of Ansible's attribute. Those that are not here do nothing while a task runs.
func (b *builder) change(t *ir.Task, name string, v value.Value) {
	n := yaml.FromValue(v, t.Pos)
	single := map[string]*ir.Val{"name": &t.Name, "retries": &t.Retries, "delay": &t.Delay, "ignore_errors": &t.IgnoreErrors,
		"ignore_unreachable": &t.IgnoreUnreachable, "any_errors_fatal": &t.AnyErrorsFatal, "run_once": &t.RunOnce, "no_log": &t.NoLog,
		"check_mode": &t.CheckMode, "diff": &t.Diff, "timeout": &t.Timeout, "throttle": &t.Throttle, "delegate_to": &t.DelegateTo,
		"delegate_facts": &t.DelegateFacts, "connection": &t.Connection, "remote_user": &t.RemoteUser, "port": &t.Port, "become": &t.Become.On,
		"become_user": &t.Become.User, "become_method": &t.Become.Method, "become_flags": &t.Become.Flags, "become_exe": &t.Become.Exe,
		"async_val": &t.Async, "poll": &t.Poll}
	if place := single[name]; place != nil {
		if *place = b.val(n); v == nil {
			*place = ir.Val{}
		}
		return
	}
	switch name {
	case "when":
		if s, ok := n.Text(); ok { // Ansible takes a text for the list of its characters
			n = yaml.FromValue(characters(s, n.Unsafe), t.Pos)
		}
		t.When = b.typed(n)
	case "changed_when":
		t.ChangedWhen = b.typed(n)
	case "failed_when":
		t.FailedWhen = b.typed(n)
	case "until":
		t.Until = b.typed(n)
	case "environment":
		t.Environment = b.list(n)
	case "notify":
		t.Notify = nil
		if v != nil {
			t.Notify = b.list(n)
		}
	case "register":
		t.Register = written(n)
	case "debugger":
		t.Debugger, _ = n.Text()
	case "loop", "loop_with":
		b.changeLoop(t, name, n)
	}
}

func characters(s string, unsafe bool) *value.List {
	out := value.NewList()
	for _, c := range s {
		out.V = append(out.V, &value.Str{S: string(c), Unsafe: unsafe})
	}
	return out
}

// typed lowers conditions, of which dialect tagged evaluates none that the user has typed: it does not trust them.
func (b *builder) typed(n *yaml.Node) []ir.Val {
	out := b.conditions(n)
	items := []*yaml.Node{n}
	if n.Kind == yaml.Seq {
		items = n.Items
	}
	for i := range out {
		if items[i].Unsafe {
			out[i] = b.val(items[i])
		}
	}
	return out
}

// changeLoop gives a task another loop, or none.
func (b *builder) changeLoop(t *ir.Task, name string, n *yaml.Node) {
	if name == "loop" && n.IsNull() {
		t.Loop = nil
		return
	}
	l := ir.Loop{Pos: t.Pos}
	if t.Loop != nil {
		l = *t.Loop
	}
	if name == "loop" {
		l.Items = b.val(n)
	} else {
		l.With, _ = n.Text()
	}
	if l.Items.IsSet() {
		t.Loop = &l
	}
}
