package controller

import (
	"slices"
	"strconv"
	"strings"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
	"pbc/runtime/callback"
)

// asking is a host that asks for the files of an include.
type asking struct {
	host *hostRun
	need *event.Need
}

// included is a file, or a role, that hosts include together.
type included struct {
	key    string
	task   int
	wanted *value.Dict
	label  value.Value
	noLog  bool
	hosts  []*hostRun
}

// bring compiles and shows what the hosts include, and returns their answers. Equal files are one, and
// run in the order in which they were first asked for.
//
// Observed: ansible-core 2.14's linear strategy.
func (r *playRun) bring(list []asking) []*event.Answer {
	files, ordinals := group(list)
	answers := make([]*event.Answer, len(list))
	for i := range answers {
		answers[i] = &event.Answer{Extensions: make([]ir.Extension, len(ordinals[i])), Ordinals: ordinals[i]}
	}
	for at, f := range files {
		names := make([]string, len(f.hosts))
		for i, h := range f.hosts {
			names[i] = h.name
		}
		forms, err := r.c.opt.Linker.Include(r.number, f.task, names, f.wanted)
		if err != nil {
			r.fatal = err
			return answers
		}
		if forms[0].Open != "" {
			r.strict.Store(true)
		}
		r.showIncluded(list[0].need, f, names, &forms[0])
		for i, a := range list {
			if k := slices.Index(f.hosts, a.host); k >= 0 {
				answers[i].Extensions[slices.Index(ordinals[i], at)] = forms[k]
			}
		}
	}
	return answers
}

// group puts equal includes together. Ordinals are, for each that asks, the places of its files. What a
// host asks for twice is included twice.
func group(list []asking) (files []*included, ordinals [][]int) {
	ordinals = make([][]int, len(list))
	for i, a := range list {
		wanted, _ := a.need.Args.V.(*value.List)
		if wanted == nil {
			continue
		}
		for j := range wanted.V {
			d, ok := wanted.V[j].(*value.Dict)
			if !ok {
				d = value.NewDict()
			}
			key := strconv.Itoa(a.need.Task) + "\x00" + includeKey(d)
			at := slices.IndexFunc(files, func(f *included) bool { return f.key == key && !slices.Contains(f.hosts, a.host) })
			if at < 0 {
				at = len(files)
				label, _ := d.GetStr("label")
				hidden, _ := d.GetStr("no_log")
				files = append(files, &included{key: key, task: a.need.Task, wanted: d, label: label, noLog: hidden == true})
			}
			files[at].hosts = append(files[at].hosts, a.host)
			ordinals[i] = append(ordinals[i], at)
		}
	}
	return files, ordinals
}

// includeKey is equal for includes that Ansible merges: the same file with the same variables.
func includeKey(wanted *value.Dict) string {
	key := ""
	for _, k := range []string{"name", "args", "vars"} {
		v, _ := wanted.GetStr(k)
		s, _ := value.Repr(v)
		key += s + "\x00"
	}
	return key
}

// showIncluded reports a file or role that hosts include and counts it as done.
func (r *playRun) showIncluded(n *event.Need, f *included, names []string, form *ir.Extension) {
	role := false
	if t, _ := r.c.opt.Linker.Task(r.number, f.task); t != nil && t.Include != nil {
		role = t.Include.Kind == "role"
	}
	switch {
	case form.Fault != "" && r.c.opt.Tagged:
		for _, h := range f.hosts {
			res := withoutArgs(h.included)
			res.SetStr("failed", true)
			res.SetStr("reason", form.Fault)
			r.show(h, &event.Event{Kind: event.Finished, Addr: n.Addr, Task: f.task, Status: event.Failed, Result: ir.Val{V: res}})
		}
		r.c.emit(callback.Message{Text: callback.Notice("ERROR", form.Told), Color: callback.ColorError, Stderr: true})
	case form.Fault != "" && role && !r.c.opt.Newer: // Ansible tells the error beside the results
		r.c.emit(callback.Message{Text: form.Told, Color: callback.ColorError, Stderr: true})
	case form.Fault != "":
		res := value.DictOf("failed", true, "reason", form.Fault)
		if role {
			res = value.DictOf("changed", false, "failed", true, "reason", strings.TrimSuffix(strings.TrimPrefix(form.Told, "ERROR! "), "\n")+"\n")
		}
		for _, h := range f.hosts {
			r.show(h, &event.Event{Kind: event.Finished, Addr: n.Addr, Task: f.task, Status: event.Failed, Result: ir.Val{V: res}})
		}
	}
	if form.Fault != "" {
		for _, h := range f.hosts {
			r.fail(h.name)
			h.trouble.failed, h.trouble.include = true, true
		}
		return
	}
	if (role || form.Path == "") && !r.c.opt.TellsRoles {
		return
	}
	t := r.task(&event.Event{Kind: event.Included, Task: f.task})
	r.c.emit(callback.Included{File: form.Path, Task: t, Hosts: names, Label: f.label, NoLog: f.noLog})
	for _, name := range names {
		r.c.stats.host(name).OK++
	}
}

// withoutArgs is the result of an include without the arguments, which dialect tagged has taken out when it fails.
func withoutArgs(res *value.Dict) *value.Dict {
	out := res.Copy()
	out.Del("include_args")
	results, _ := out.GetStr("results")
	if list, ok := results.(*value.List); ok {
		kept := &value.List{}
		for _, v := range list.V {
			if d, ok := v.(*value.Dict); ok {
				v = withoutArgs(d)
			}
			kept.V = append(kept.V, v)
		}
		out.SetStr("results", kept)
	}
	return out
}
