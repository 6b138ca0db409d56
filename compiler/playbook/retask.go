package playbook

import (
	"pbc/compiler/yaml"
	"pbc/ir/value"
)

// Renamed is a task whose action, a template in the playbook, turned out to have a name; nil when that is one of those that Ansible
// looks at before it runs a task, such as an include.
func (l *Loader) Renamed(t *Task, action string) *Task {
	if builtinTasks.has(action) {
		return nil
	}
	out := *t
	out.Action, out.FQCN, out.Module, out.ActionPlugin = action, "", "", ""
	colls := texts(listItems(t.Own("collections")))
	l.resolveWritten(&out, colls)
	l.pluginFiles(&out, colls)
	return &out
}

// Redone is a task as the task debugger has left it: with another action or with other arguments, each nil where it has not changed.
func (l *Loader) Redone(t *Task, action, args value.Value) *Task {
	out := *t
	if name, ok := value.Text(action); ok {
		out = *l.Renamed(t, name)
	}
	if given, ok := args.(*value.Dict); ok {
		out.Args = Map{}
		for i, k := range given.K {
			name, _ := value.Text(k)
			out.Args.Set(name, nil, yaml.FromValue(given.V[i], t.Pos))
		}
	}
	return &out
}
