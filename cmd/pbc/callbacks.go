package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/callback"
	"pbc/runtime/controller"
	"pbc/runtime/eval"
	"pbc/runtime/pyplugin"
)

// pythonCallbacks are the callback plugins that pbc has none of its own for: the installed Ansible loads them and is told
// of all that happens. They do nothing until load has been called.
type pythonCallbacks struct {
	stdout  string // the one that has the screen, "" for one of pbc's own
	enabled []string
	nobody  bool              // what has the screen is named ""
	skipped int               // how many of the enabled are named ""
	out     callback.Callback // for what they have the user told
	host    *pyplugin.Host
	broken  bool
	old     []*callback.Deprecation // of those that are loaded, nil for one that has none
}

// foreignCallbacks takes the callbacks that pbc does not have out of the options.
func foreignCallbacks(opt *callback.Options, tagged bool) *pythonCallbacks {
	p := &pythonCallbacks{}
	for _, name := range slices.Concat([]string{opt.Stdout}, opt.Enabled) {
		p.old = append(p.old, callback.Obsolete(name, tagged))
	}
	opt.Beside = p
	if known, _ := callback.Known(opt.Stdout); !known {
		p.nobody = opt.Stdout == ""
		p.stdout, opt.Stdout = opt.Stdout, "null"
	}
	opt.Enabled = slices.DeleteFunc(slices.Clone(opt.Enabled), func(name string) bool {
		_, known := callback.Known(name)
		switch {
		case name == "":
			p.skipped++
		case !known:
			p.enabled = append(p.enabled, name)
		}
		return !known
	})
	return p
}

// load loads the callbacks, if there are any.
func (p *pythonCallbacks) load(from *plugins) error {
	for _, d := range p.old {
		if d != nil {
			p.out.Handle(*d)
		}
	}
	tagged := from.s.like.dialect == expr.Tagged
	switch {
	case p.nobody && tagged:
		return &playbookError{msg: "No stdout callback name provided.", code: 1}
	case p.nobody:
		return &playbookError{msg: "Invalid callback for stdout specified: ", code: 1}
	case p.skipped > 0 && tagged:
		return controller.Crash(noPluginName)
	}
	for range p.skipped {
		p.warn("", "Skipping callback plugin '', unable to load")
	}
	if p.stdout == "" && len(p.enabled) == 0 && len(from.files("callback_plugins")) == 0 {
		return nil
	}
	err := from.host.LoadCallbacks(context.Background(), p.stdout, p.enabled, p.warn)
	if errors.Is(err, eval.ErrNoAnsible) {
		names := slices.DeleteFunc(append([]string{p.stdout}, p.enabled...), func(name string) bool { return name == "" })
		names = append(names, from.files("callback_plugins")...)
		return &playbookError{msg: fmt.Sprintf("unsupported: the callback plugins %s: %s", strings.Join(names, ", "), err), code: 4}
	}
	if err != nil {
		return &playbookError{msg: err.Error(), code: 1}
	}
	p.host = from.host
	from.s.allFacts = true // they see what tasks return
	return nil
}

func (p *pythonCallbacks) warn(kind, text string) {
	if kind == "deprecated" {
		p.out.Handle(callback.Deprecation{Text: text, Whole: true})
		return
	}
	p.out.Handle(callback.Warning{Text: text})
}

// Close implements callback.Callback.
func (p *pythonCallbacks) Close() error { return nil }

// Handle implements callback.Callback.
func (p *pythonCallbacks) Handle(e callback.Event) {
	if p.host == nil || p.broken {
		return
	}
	d := calledBack(e)
	if d == nil {
		return
	}
	if err := p.host.Tell(context.Background(), d, p.warn); err != nil {
		p.broken = true
		p.out.Handle(callback.Warning{Text: "callback plugins are not told of anything more: " + err.Error()})
	}
}

var (
	endings     = map[callback.Status]string{callback.OK: "ok", callback.Failed: "failed", callback.Skipped: "skipped", callback.Unreachable: "unreachable"}
	itemEndings = map[callback.Status]string{callback.OK: "item_on_ok", callback.Failed: "item_on_failed", callback.Skipped: "item_on_skipped", callback.Unreachable: "item_on_failed"}
	asyncSteps  = map[callback.AsyncStep]string{callback.AsyncPoll: "async_poll", callback.AsyncOK: "async_ok", callback.AsyncFailed: "async_failed"}
)

// calledBack is an event as the callbacks in Python are told of it, nil for one that is not theirs.
func calledBack(e callback.Event) *value.Dict {
	switch e := e.(type) {
	case callback.PlaybookStart:
		return value.DictOf("call", "v2_playbook_on_start", "path", e.Path)
	case callback.PlayStart:
		return value.DictOf("call", "v2_playbook_on_play_start", "id", e.ID, "name", e.Name, "path", e.Path, "hosts", textList(e.Hosts), "strategy", e.Strategy, "check", e.CheckMode)
	case callback.NoHostsMatched:
		return value.DictOf("call", "v2_playbook_on_no_hosts_matched")
	case callback.NoHostsRemaining:
		return value.DictOf("call", "v2_playbook_on_no_hosts_remaining")
	case callback.TaskStart:
		call := "v2_playbook_on_task_start"
		if e.Task.Handler {
			call = "v2_playbook_on_handler_task_start"
		}
		return value.DictOf("call", call, "task", toldTask(e.Task))
	case callback.HostStart:
		t := toldTask(e.Task)
		if e.Task.RawName != "" && !e.Task.Tagged {
			t.SetStr("name", e.Task.RawName) // nobody has rendered it yet
		}
		return value.DictOf("call", "v2_runner_on_start", "host", e.Host, "task", t)
	case callback.Result:
		return toldResult("v2_runner_on_"+endings[e.Status], e)
	case callback.ItemResult:
		return toldResult("v2_runner_"+itemEndings[e.Status], callback.Result(e))
	case callback.Retry:
		return toldResult("v2_runner_retry", callback.Result{Host: e.Host, Task: e.Task, Name: e.Name, DelegateTo: e.DelegateTo, Result: e.Result})
	case callback.Async:
		return toldResult("v2_runner_on_"+asyncSteps[e.Step], callback.Result{Host: e.Host, Task: e.Task, Result: e.Result})
	case callback.Included:
		return value.DictOf("call", "v2_playbook_on_include", "file", e.File, "hosts", textList(e.Hosts), "task", toldTask(e.Task), "args", dictOrEmpty(e.Args), "vars", dictOrEmpty(e.Vars))
	case callback.Notified:
		return value.DictOf("call", "v2_playbook_on_notify", "handler", e.Handler, "host", e.Host)
	case callback.Stats:
		return toldStats(e)
	}
	return nil
}

func dictOrEmpty(d *value.Dict) *value.Dict {
	if d == nil {
		return value.NewDict()
	}
	return d
}

func toldTask(t *callback.Task) *value.Dict {
	if t == nil {
		t = &callback.Task{}
	}
	return value.DictOf("id", t.ID, "name", t.Name, "action", t.Action, "args", dictOrEmpty(t.Args), "path", t.Path, "handler", t.Handler, "include", t.Include,
		"loop", t.Loop, "no_log", t.NoLog, "check_mode", t.CheckMode, "diff", t.Diff, "ignore_errors", t.IgnoreErrors, "ignore_unreachable", t.IgnoreUnreachable)
}

func toldResult(call string, r callback.Result) *value.Dict {
	d := value.DictOf("call", call, "host", r.Host, "task", toldTask(r.Task), "name", r.Name, "ignored", r.Ignored, "result", dictOrEmpty(r.Result))
	if r.DelegateTo != "" {
		d.SetStr("delegate_to", r.DelegateTo)
	}
	return d
}

func toldStats(e callback.Stats) *value.Dict {
	hosts := value.NewDict()
	for _, h := range e.Hosts {
		hosts.SetStr(h.Host, value.DictOf("ok", int64(h.OK), "failures", int64(h.Failed), "dark", int64(h.Unreachable), "changed", int64(h.Changed),
			"skipped", int64(h.Skipped), "rescued", int64(h.Rescued), "ignored", int64(h.Ignored)))
	}
	return value.DictOf("call", "v2_playbook_on_stats", "hosts", hosts, "custom", dictOrEmpty(e.Custom))
}

// tellCallbacks tells of the callbacks of ansible-core as Ansible meets them, those that it does not use too.
func (s *session) tellCallbacks() {
	tell := func(level int, format string, args ...any) {
		s.out.Handle(callback.Verbose{Level: level, Text: fmt.Sprintf(format, args...)})
	}
	screen := strings.TrimPrefix(s.conf.String("DEFAULT_STDOUT_CALLBACK"), "ansible.builtin.")
	all := []string{"default", "junit", "minimal", "oneline", "tree"}
	if slices.Contains(all, screen) && s.like.library != "" {
		tell(4, "Loading callback plugin %s of type stdout, v2.0 from %s", screen, filepath.Join(s.like.library, "plugins", "callback", screen+".py"))
	}
	if s.like.dialect == expr.Tagged {
		all = all[1:]
	}
	for _, name := range all {
		tell(5, "Attempting to use '%s' callback.", name)
		if name != "junit" && name != "tree" {
			tell(2, "Skipping callback '%s', as we already have a stdout callback.", name)
		}
	}
}
