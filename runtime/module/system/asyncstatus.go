package system

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/module"
	"pbc/runtime/module/posix"
)

// AsyncStatus is ansible.builtin.async_status: what became of a task that was not waited for.
//
// Ansible docs: "ansible.builtin.async_status module".
func AsyncStatus() module.Module {
	spec := &argspec.Spec{Args: []argspec.Arg{
		{Name: "jid"},
		{Name: "mode", Default: "status", Choices: []value.Value{"status", "cleanup"}},
		{Name: "_async_dir", Default: "~/.ansible_async"},
	}}
	return module.NewLegacy("ansible.builtin.async_status", "async_status", module.Local, spec, jobStatus)
}

func jobStatus(_ context.Context, t *module.Task) (*value.Dict, error) {
	if !t.Has("jid") { // Ansible's action plugin tells it, as an error without a trace
		return nil, module.FailWith("missing required arguments: jid", "exception", "NoneType: None\n")
	}
	jid := t.Str("jid")
	dir := t.Str("_async_dir")
	if u, ok := posix.UserByID(os.Getuid()); ok && (dir == "~" || strings.HasPrefix(dir, "~/")) {
		dir = u.Home + dir[1:]
	}
	file := filepath.Join(dir, jid)
	res := value.DictOf("started", int64(0), "finished", int64(0), "stdout", "", "stderr", "", "stdout_lines", value.NewList(), "stderr_lines", value.NewList(),
		"ansible_job_id", jid)
	cleanup := t.Str("mode") == "cleanup"
	if cleanup {
		res.SetStr("erased", file)
	} else {
		res.SetStr("results_file", file)
		res.SetStr("started", int64(1))
	}
	fail := func(msg string) (*value.Dict, error) {
		res.SetStr("started", int64(1))
		res.SetStr("finished", int64(1))
		return nil, &module.Failure{Msg: msg, Keys: res}
	}
	if _, err := os.Stat(file); err != nil {
		return fail("could not find job")
	}
	if cleanup {
		return res, os.Remove(file)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return res, nil // not written yet: it runs
	}
	v, err := value.ParseJSON(b)
	if err != nil {
		return res, nil
	}
	data, ok := v.(*value.Dict)
	if !ok {
		s, _ := value.ToStr(v)
		return fail("Could not parse job output: " + s)
	}
	return merged(res, data), nil
}

// merged is what a job's file says, over what is said of any job.
func merged(res, data *value.Dict) *value.Dict {
	if _, runs := data.GetStr("started"); !runs {
		id, _ := res.GetStr("ansible_job_id")
		data.SetStr("finished", int64(1))
		data.SetStr("ansible_job_id", id)
	} else if _, ok := data.GetStr("finished"); !ok {
		data.SetStr("finished", int64(0))
	}
	for _, k := range []string{"stdout", "stderr"} {
		if v, ok := data.GetStr(k); ok {
			s, _ := value.Text(v)
			res.SetStr(k+"_lines", module.SplitLines(s))
		}
	}
	res.Update(data)
	return res
}
