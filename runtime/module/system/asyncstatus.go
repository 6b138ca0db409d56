package system

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

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
		{Name: "jid", Required: true},
		{Name: "mode", Default: "status", Choices: []value.Value{"status", "cleanup"}},
		{Name: "_async_dir", Default: "~/.ansible_async"},
	}}
	return module.NewLegacy("ansible.builtin.async_status", "async_status", module.Local, spec, flaggedStatus)
}

// grace is how long a job that runs is given to end before it is told to run: Ansible's module has not even started by then, and
// playbooks are written for what it finds.
const grace = 300 * time.Millisecond

// jobFile reads the file of a job, waiting for the job's end for as long as grace lasts. Nil is a file that holds nothing yet.
func jobFile(ctx context.Context, file string) value.Value {
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	look := time.NewTicker(grace / 20)
	defer look.Stop()
	for {
		v := readJob(file)
		if d, ok := v.(*value.Dict); v != nil && (!ok || !runs(d)) {
			return v
		}
		select {
		case <-ctx.Done():
			return v
		case <-look.C:
		}
	}
}

func readJob(file string) value.Value {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	v, err := value.ParseJSON(b)
	if err != nil {
		return nil
	}
	return v
}

// runs says whether a job's file tells of a job that has not ended: the end is told by the module's own result.
func runs(job *value.Dict) bool {
	_, started := job.GetStr("started")
	finished, _ := job.GetStr("finished")
	return started && finished != value.Value(int64(1)) && finished != value.Value(true)
}

// flaggedStatus is jobStatus as the dialect tells it.
func flaggedStatus(ctx context.Context, t *module.Task) (*value.Dict, error) {
	res, err := jobStatus(ctx, t)
	if !t.Tagged() {
		return res, err
	}
	var f *module.Failure
	switch {
	case errors.As(err, &f):
		module.JobFlags(f.Keys)
	case err == nil:
		module.JobFlags(res)
	}
	return res, err
}

func jobStatus(ctx context.Context, t *module.Task) (*value.Dict, error) {
	jid := t.Str("jid")
	dir := t.Str("_async_dir")
	if u, ok := posix.UserByID(os.Getuid()); ok && (dir == "~" || strings.HasPrefix(dir, "~/")) {
		dir = u.Home + dir[1:]
	}
	file := filepath.Join(dir, jid)
	flag := func(b bool) value.Value { return module.Flag(t.Tagged(), b) }
	res := value.DictOf("started", flag(false), "finished", flag(false), "stdout", "", "stderr", "", "stdout_lines", value.NewList(), "stderr_lines", value.NewList(),
		"ansible_job_id", jid)
	cleanup := t.Str("mode") == "cleanup"
	if cleanup {
		res.SetStr("erased", file)
	} else {
		res.SetStr("results_file", file)
		res.SetStr("started", flag(true))
	}
	fail := func(msg string) (*value.Dict, error) {
		res.SetStr("started", flag(true))
		res.SetStr("finished", flag(true))
		return nil, &module.Failure{Msg: msg, Keys: res}
	}
	if _, err := os.Stat(file); err != nil {
		return fail("could not find job")
	}
	if cleanup {
		return res, os.Remove(file)
	}
	v := jobFile(ctx, file)
	if v == nil {
		return res, nil // not written yet: it runs
	}
	data, ok := v.(*value.Dict)
	if !ok {
		s, _ := value.ToStr(v)
		return fail("Could not parse job output: " + s)
	}
	return merged(t, res, data), nil
}

// merged is what a job's file says, over what is said of any job.
func merged(t *module.Task, res, data *value.Dict) *value.Dict {
	if _, runs := data.GetStr("started"); !runs {
		id, _ := res.GetStr("ansible_job_id")
		data.SetStr("finished", module.Flag(t.Tagged(), true))
		data.SetStr("ansible_job_id", id)
	} else if _, ok := data.GetStr("finished"); !ok {
		data.SetStr("finished", module.Flag(t.Tagged(), false))
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
