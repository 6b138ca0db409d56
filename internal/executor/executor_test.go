package executor

import (
	"testing"

	"pbc/ir"
	"pbc/ir/value"
	"pbc/runtime/machine"
	"pbc/runtime/module/builtin"
)

func TestTask(t *testing.T) {
	of := func(module string, kv ...any) *ir.Task {
		return &ir.Task{Module: module, Args: ir.Val{V: value.DictOf(kv...)}}
	}
	with := func(t *ir.Task, change func(*ir.Task)) *ir.Task { change(t); return t }
	for _, c := range []struct {
		name string
		task *ir.Task
		want string
	}{
		{"native", of("ansible.builtin.file", "path", "x"), ""},
		{"the machine's own", of("ansible.builtin.debug", "msg", "x"), ""},
		{"an include", with(of("ansible.builtin.include_tasks"), func(t *ir.Task) { t.Include = &ir.Include{} }), ""},
		{"a name that is not known yet", of(""), ""},
		{"with a reason of its own", of("ansible.builtin.get_url"), "HTTP and TLS would make a fifth of the agent"},
		{"without one", of("community.general.timezone"), notNative},
		{"a part of it", of("ansible.builtin.unarchive"), "the archives themselves by Ansible's own, in the host's Python"},
		{"an argument", of("ansible.builtin.user", "name", "x", "local", true), "its native module leaves some values of local to Ansible's own"},
		{"a null where there has to be something", of("ansible.builtin.user", "name", nil), "its native module leaves some values of name to Ansible's own"},
		{"another version of the collection", with(of("ansible.posix.sysctl"), func(t *ir.Task) { t.Foreign = true }), "its collection has a version that the native module was not compared with"},
		{"beside the playbook", with(of("mine"), func(t *ir.Task) { t.ModuleFile = "library/mine.py" }), "a module of the playbook's own, library/mine.py"},
		{"in the place of a native one", with(of("ansible.builtin.file"), func(t *ir.Task) { t.ModuleFile = "library/file.py" }), "a module of the playbook's own, library/file.py"},
		{"an action plugin", with(of("a.b.c"), func(t *ir.Task) { t.ActionFile = "action/c.py" }), "its action is a plugin in Python, action/c.py"},
		{"the action of a module that is another's", with(of("ansible.builtin.copy"), func(t *ir.Task) { t.ModuleFile = "library/copy.py" }), "its action is Ansible's own, for the module library/copy.py"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Task(c.task); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestNotesAreOfModulesThatRunInPython(t *testing.T) {
	for _, name := range Notes() {
		_, native := builtin.Lookup(name)
		if _, part := parts[name]; part != machine.Has(name) || native {
			t.Errorf("%s has a note, native %v, the machine's own %v", name, native, machine.Has(name))
		}
	}
}
