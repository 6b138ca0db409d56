package playbook

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
