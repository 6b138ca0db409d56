package link

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"pbc/compiler/diag"
	"pbc/compiler/files"
	"pbc/compiler/jinja"
	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
	"pbc/runtime/eval"
	"pbc/runtime/exception"
)

// Answer answers a need that depends on the program, the inventory or the controller's files. What it tells of another host is
// what that host had at the place of the need: it waits for a host that has not come there yet.
func (l *Linker) Answer(ctx context.Context, play int, host string, n *event.Need) *event.Answer {
	for {
		behind := ""
		a := l.answer(ctx, Site{Play: play, Host: host, Task: n.Task, At: n.Addr, behind: &behind}, n)
		if behind == "" || n.Ask != event.HostVar && n.Ask != event.HostVars {
			return a
		}
		if err := l.opt.Known.Await(ctx, behind, n.Addr); err != nil {
			return &event.Answer{Error: err.Error()}
		}
	}
}

func (l *Linker) answer(ctx context.Context, site Site, n *event.Need) *event.Answer {
	switch n.Ask {
	case event.FetchBlob:
		return l.blob(n)
	case event.Lookup:
		return l.answerLookup(ctx, site, n)
	case event.Plugin:
		return l.answerPlugin(ctx, site, n)
	case event.Action:
		return l.answerAction(ctx, site, n)
	case event.Debug:
		return l.answerDebug(ctx, site, n)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch n.Ask {
	case event.Parse:
		k, _ := n.Args.V.(int64)
		v, err := l.parse(eval.Kind(k), n.Name)
		return result(v, err)
	case event.HostVar:
		name, _ := value.Text(n.Args.V)
		v, found, err := l.hostVar(site, name, n.Name)
		a := result(v, err)
		a.Found = found
		return a
	case event.HostVars:
		return l.hostVars(site, n)
	case event.HostNames:
		return &event.Answer{Value: ir.Val{V: texts(l.hostNames())}}
	case event.FindFile:
		return l.findFile(site, n)
	case event.LoadVars:
		return l.loadVars(site, n)
	case event.Variable:
		return l.variable(site, n)
	case event.Excerpt:
		return l.excerpt(site)
	case event.Inventory:
		return l.changeInventory(site, n)
	case event.TemplateFile:
		return l.templateFile(site, n)
	case event.StoreFile:
		return l.storeFile(site, n)
	case event.Payload:
		return l.payload(site, n)
	case event.Rename:
		return l.rename(site, n)
	}
	return &event.Answer{Error: fmt.Sprintf("unknown question %d", n.Ask)}
}

// VersionedInternals are the arguments added to those of modules in Python that not every ansible-core knows: a module
// refuses what its own does not.
var VersionedInternals = []string{"_ansible_string_conversion_action", "_ansible_ignore_unknown_opts", "_ansible_target_log_info", "_ansible_tracebacks_for"}

// action is the task that an action's name makes of another.
func (l *Linker) rename(s Site, n *event.Need) *event.Answer {
	e, err := l.opt.Front.Include(s.Play, n.Task, value.DictOf("action", n.Name))
	if err == nil && e.Fault != "" {
		err = errors.New(e.Fault)
	}
	if err != nil {
		return &event.Answer{Error: err.Error()}
	}
	own := *e
	own.Tables.Tasks = l.ready(e.Tables.Tasks)
	if err := l.teach(s.Play, s.Host, &own); err != nil {
		return &event.Answer{Error: err.Error()}
	}
	return &event.Answer{Extensions: []ir.Extension{own}}
}

// payload describes how to run a module that is not native.
func (l *Linker) payload(s Site, n *event.Need) *event.Answer {
	if t := l.tables(s.Play); s.Task < 0 || s.Task >= len(t.Tasks) {
		return &event.Answer{Error: "unknown task"}
	}
	p, err := l.opt.Front.Payload(s.Play, s.Task, n.Name)
	var lost Unresolved
	if errors.As(err, &lost) && n.Name == "" {
		return &event.Answer{Error: lost.OfTask(), Kind: event.Unresolved}
	}
	if err != nil {
		return &event.Answer{Error: err.Error()}
	}
	l.left(s, n)
	own := *p
	own.OpenFiles = l.opt.OpenFiles
	internal := value.NewDict()
	internal.Update(l.opt.Internal)
	known, _ := p.Internal.V.(*value.Dict)
	for _, name := range VersionedInternals {
		if _, ok := known.GetStr(name); !ok {
			internal.Del(name)
		}
	}
	if v, ok := known.GetStr("_ansible_version"); ok {
		internal.SetStr("_ansible_version", v)
	}
	own.Internal = ir.Val{V: internal}
	return &event.Answer{Payload: &own}
}

// left tells of a module that is sent to a host.
func (l *Linker) left(s Site, n *event.Need) {
	if l.opt.Left == nil {
		return
	}
	name := n.Name
	if name == "" {
		name = l.tables(s.Play).Tasks[s.Task].Module
	}
	if short, ok := strings.CutPrefix(name, "ansible.legacy."); ok {
		name = "ansible.builtin." + short
	}
	why, _ := value.Text(n.Args.V)
	l.opt.Left(name, why)
}

// Unresolved is the name of an action of a task that is neither a module nor an action plugin, as dialect tagged tells it.
type Unresolved string

// Error is what is said of a module that another action calls.
func (u Unresolved) Error() string {
	return "The module " + string(u) + " was not found in configured module paths"
}

// OfTask is what is said of a task's own.
func (u Unresolved) OfTask() string {
	return "Cannot resolve " + value.StrRepr(string(u)) + " to an action or module."
}

// result is an answer that is a value, or the error in its place.
func result(v value.Value, err error) *event.Answer {
	if err == nil {
		return &event.Answer{Value: ir.Val{V: v}, Found: true}
	}
	a := &event.Answer{Error: err.Error()}
	chain := eval.Failure(err)
	var told *diag.Diagnostic
	if errors.As(err, &told) {
		chain = diag.Chain(told)
	}
	if chain.Cause != nil || chain.At != nil || chain.Help != "" {
		a.Value = ir.Val{V: chain.Value()}
	}
	var undef *value.UndefError
	var raised *eval.Error
	var closed *value.VaultError
	switch {
	case errors.As(err, &undef):
		a.Kind = "undefined"
	case errors.As(err, &closed):
		a.Kind = "error:" + exception.ClassOf(closed)
	case errors.As(err, &raised):
		a.Kind = "error:" + raised.Class
		if raised.Loading {
			a.Kind = "loading:" + raised.Class
		}
		if raised.Captured {
			a.Kind = "captured:" + raised.Class
		}
	}
	return a
}

// parse parses text that was met at run time.
func (l *Linker) parse(k eval.Kind, src string) (value.Value, error) {
	return Parse(l.jinja, l.opt.Decrypt, k, src)
}

// Parse parses what an evaluation has met, as eval.Outside wants it. Decrypt is nil where vaults stay closed.
func Parse(j jinja.Options, decrypt files.Decrypt, k eval.Kind, src string) (value.Value, error) {
	switch k {
	case eval.ParseValue:
		return j.Value(src), nil
	case eval.ParseTemplate:
		return jinja.Template(src, j), nil
	case eval.ParseCondition:
		return j.Condition(src), nil
	case eval.ParseVault:
		return opened(src, decrypt), nil
	}
	return parseYAML(src, k == eval.ParseYAMLAll)
}

// opened is vaulted text, open, or with why it cannot be opened.
func opened(cipher string, decrypt files.Decrypt) *value.Vault {
	v := &value.Vault{Cipher: cipher}
	if decrypt == nil {
		return v
	}
	plain, err := decrypt("", []byte(cipher))
	if err != nil {
		v.Fault = err.Error()
		return v
	}
	v.Opened, v.Plain = true, string(plain)
	return v
}

func (l *Linker) blob(n *event.Need) *event.Answer {
	offset, _ := n.Args.V.(int64)
	b, more, err := l.opt.Store.Chunk(n.Name, offset)
	if err != nil {
		return &event.Answer{Error: err.Error()}
	}
	return &event.Answer{Blob: b, Found: more}
}

func (l *Linker) scope(s Site) *ir.Scope {
	t := l.tables(s.Play)
	if s.Task < 0 || s.Task >= len(t.Tasks) {
		return &ir.Scope{Basedir: l.prog.Basedir, Role: -1}
	}
	return t.Scopes[t.Tasks[s.Task].Scope]
}

// findFile finds a file whose name was only known while running. Args is the kind, or a dictionary
// with it and the options of the template module.
func (l *Linker) findFile(s Site, n *event.Need) *event.Answer {
	kind, _ := value.Text(n.Args.V)
	var options *value.Dict
	if d, ok := n.Args.V.(*value.Dict); ok {
		v, _ := d.GetStr("kind")
		kind, _ = value.Text(v)
		options = templateOptions(d)
	}
	lex := l.scope(s)
	f := l.opt.Store.Find(lex.Search, lex.Basedir, kind, n.Name)
	l.openFile(f)
	if err := l.CompleteFile(f, options); err != nil {
		return &event.Answer{Error: err.Error()}
	}
	if t, ok := f.Tmpl.V.(*value.Tmpl); ok {
		l.parsed(s.Play, t, f.Tree.Path)
	}
	return &event.Answer{File: f}
}

func (l *Linker) variable(s Site, n *event.Need) *event.Answer {
	if n.Name == "" {
		return result(l.inventoryNow(s))
	}
	if h := l.opt.Inventory.Host(s.Host); h != nil && slices.Contains(sizeable, n.Name) {
		v, _ := l.magic(s.Play, h).GetStr(n.Name)
		return &event.Answer{Level: event.AboveSet, Value: ir.Val{V: v}}
	}
	levels, err := l.levels(s)
	if err != nil {
		return result(nil, err)
	}
	for _, lv := range levels {
		if v, ok := lv.vars.Lookup(n.Name); ok {
			return &event.Answer{Level: lv.level, Value: ir.Val{V: v}}
		}
	}
	if l.opt.Password != "" && slices.Contains(ir.RouteSecrets, n.Name) {
		return &event.Answer{Value: ir.Val{V: l.opt.Password}} // no variable: what a task has where there is none
	}
	return &event.Answer{}
}

// inventoryNow is what the inventory says of a host, for plays that change it.
func (l *Linker) inventoryNow(s Site) (value.Value, error) {
	h := l.opt.Inventory.Host(s.Host)
	if h == nil {
		return nil, fmt.Errorf("host %s is not in the inventory", s.Host)
	}
	vars, err := l.varsAt(s, h)
	if err != nil {
		return nil, err
	}
	if n := l.sent[sentKey{s.Play, s.Host}]; n != nil {
		vars = n.prune(vars)
	}
	now := value.DictOf("groups", l.opt.Inventory.GroupsDict(), "group_names", texts(h.GroupNames()), "vars", vars, "added", texts(l.added))
	if l.found != nil {
		now.SetStr("found", texts(l.found))
	}
	if len(l.prog.Plays[s.Play].VarsFiles) == 0 { // nothing about the play changes
		return now, nil
	}
	play, err := l.playVars(s.Play, s.Host)
	if err != nil {
		return nil, err
	}
	if n := l.sent[sentKey{s.Play, s.Host}]; n != nil {
		play = n.prune(play)
	}
	now.SetStr("play", play)
	return now, nil
}

func (l *Linker) excerpt(s Site) *event.Answer {
	t, _ := l.task(s.Play, s.Task)
	if t == nil || l.opt.Front == nil {
		return &event.Answer{Value: ir.Val{V: ""}}
	}
	return &event.Answer{Value: ir.Val{V: l.opt.Front.Excerpt(t.Pos)}}
}

// answerLookup runs a lookup plugin. It does not hold the lock: a lookup may take its time.
func (l *Linker) answerLookup(ctx context.Context, s Site, n *event.Need) *event.Answer {
	args, _ := n.Args.V.(*value.Dict)
	terms, _ := args.GetStr("terms")
	options, _ := args.GetStr("options")
	list, ok := terms.(*value.List)
	if !ok {
		return &event.Answer{Error: "malformed lookup"}
	}
	opts, _ := options.(*value.Dict)
	sub, _ := args.GetStr("subdir")
	folder, _ := value.Text(sub)
	var warnings, deprecations []string
	warn := func(msg string) { warnings = append(warnings, msg) }
	deprecated := func(msg string) { deprecations = append(deprecations, msg) }
	v, err := l.taskLookup(ctx, s, LookupCall{Name: n.Name, Terms: list.V, Options: opts, Subdir: folder, Warn: warn, Deprecated: deprecated}, taskVarsOf(args))
	l.trust(s, v)
	a := result(v, err)
	a.Warnings, a.Deprecations = warnings, deprecations
	return a
}
