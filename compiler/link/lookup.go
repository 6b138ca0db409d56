package link

import (
	"context"
	"fmt"

	"pbc/ir/value"
	"pbc/runtime/eval"
	"pbc/runtime/python"
)

// LookupPlugin runs a lookup plugin on the controller.
type LookupPlugin func(ctx context.Context, c LookupCall) (value.Value, error)

// LookupCall is one use of a lookup plugin.
type LookupCall struct {
	Name    string
	Terms   []value.Value
	Options *value.Dict
	// Vars are the variables that the plugin sees, raw; Eval evaluates with them.
	Vars eval.Vars
	Eval *eval.Eval
	// Search are the folders in which the plugin looks for files, Basedir that of the playbook.
	Search  []string
	Basedir string
	Subdir  string // where first_found looks below each; "" for files
	// Warn is told what the task should tell the user; nil where no task runs the plugin.
	Warn func(string)
	// Deprecated is Warn for what a later Ansible lacks.
	Deprecated func(string)
	// Parsed is told a template that the plugin has read from a file and is to evaluate.
	Parsed func(t *value.Tmpl, file string)
}

// lookup runs a plugin for a keyword of a play or a variable of a host, with the lock held.
func (l *Linker) lookup(ctx context.Context, s Site, c LookupCall) (value.Value, error) {
	if err := l.mayLookUp(s, &c); err != nil {
		return nil, err
	}
	if err := l.prepare(s, &c, taskVars{}); err != nil {
		return nil, err
	}
	c.Eval = l.evaluator(s.Play, s.Host, c.Vars)
	c.Parsed = func(t *value.Tmpl, file string) { l.parsed(s.Play, t, file) }
	return l.runLookup(ctx, c, &world{l: l, site: s, vars: c.Vars})
}

// taskLookup runs a plugin for a task. The lock is held only while the call is prepared: a plugin may take its
// time.
func (l *Linker) taskLookup(ctx context.Context, s Site, c LookupCall, own taskVars) (value.Value, error) {
	l.mu.Lock()
	err := l.mayLookUp(s, &c)
	if err == nil {
		err = l.prepare(s, &c, own)
	}
	l.mu.Unlock()
	if err != nil {
		return nil, err
	}
	c.Parsed = func(t *value.Tmpl, file string) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.parsed(s.Play, t, file)
	}
	c.Eval = eval.New(eval.Config{Dialect: l.opt.Dialect, Vars: c.Vars, Outside: &unlocked{outside{l: l, play: s.Play, host: s.Host, task: s.Task}, s, own, c.Warn}, Native: l.opt.Settings.Native})
	return l.runLookup(ctx, c, &world{l: l, site: s, vars: c.Vars, unlocked: true})
}

// prepare adds to a call what the plugin sees. The lock is held.
func (l *Linker) prepare(s Site, c *LookupCall, own taskVars) error {
	c.Basedir = l.prog.Basedir
	if s.Play < 0 {
		c.Vars = layers{l.opt.Magic, l.opt.Extra}
		return nil
	}
	vars, err := l.taskLayers(s, own)
	if err != nil {
		return err
	}
	c.Vars = vars
	if l.opt.Settings.HashMerge {
		c.Vars = merged{vars}
	}
	lex := l.scope(s)
	c.Search, c.Basedir = lex.Search, lex.Basedir
	if c.Basedir == "" {
		c.Basedir = l.playDir(l.prog.Plays[s.Play])
	}
	return nil
}

// unlocked answers evaluations of a lookup plugin, which runs without the lock.
type unlocked struct {
	outside
	site Site
	own  taskVars
	warn func(string)
}

// Template implements eval.Outside.
func (o *unlocked) Template(name string) (*value.Tmpl, bool, error) { return o.TemplateFrom("", name) }

// TemplateFrom implements eval.Including. A template that a lookup renders looks beside itself first.
func (o *unlocked) TemplateFrom(from, name string) (*value.Tmpl, bool, error) {
	o.l.mu.Lock()
	defer o.l.mu.Unlock()
	return o.outside.TemplateFrom(from, name)
}

// Lookup implements eval.Outside.
func (o *unlocked) Lookup(plugin string, terms []value.Value, options *value.Dict) (value.Value, error) {
	return o.l.taskLookup(context.Background(), o.site, LookupCall{Name: plugin, Terms: terms, Options: options, Warn: o.warn}, o.own)
}

// Tell implements eval.Telling.
func (o *unlocked) Tell(n python.Notice) {
	if o.warn != nil && !n.Deprecated {
		o.warn(n.Msg)
	}
}

// said is Tell for what a plugin in Python says.
func (o *unlocked) said(kind, text string) {
	n := python.Warning(text)
	n.Deprecated = kind == "deprecated"
	o.Tell(n)
}

// Plugin implements eval.Outside.
func (o *unlocked) Plugin(c eval.PluginCall) (value.Value, bool, error) {
	return o.l.callPlugin(context.Background(), c, &world{l: o.l, site: o.site, own: o.own, unlocked: true}, o.said)
}

// HostVar implements eval.Outside.
func (o *unlocked) HostVar(host, name string) (value.Value, bool, error) {
	o.l.mu.Lock()
	defer o.l.mu.Unlock()
	return o.outside.HostVar(host, name)
}

// Hosts implements eval.Outside.
func (o *unlocked) Hosts() []string {
	o.l.mu.Lock()
	defer o.l.mu.Unlock()
	return o.outside.Hosts()
}

// mayLookUp refuses a lookup that nothing of a host's asks for: a host has a part in what is evaluated for it here.
func (l *Linker) mayLookUp(s Site, c *LookupCall) error {
	if s.Host == "" {
		return nil
	}
	if err := l.granted(s.Play, s.Host).Lookup(c.Name, c.Terms, c.Options, l.definitions(s.Play, s.Host)); err != nil {
		return fmt.Errorf("%s: %w", s.Host, err)
	}
	return nil
}

// trust takes in the answer of a lookup where that may be a template.
func (l *Linker) trust(s Site, v value.Value) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if v != nil && (l.opt.Settings.TrustLookups || l.granted(s.Play, s.Host).Trusts()) {
		l.learn(v)
	}
}
