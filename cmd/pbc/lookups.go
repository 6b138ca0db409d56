package main

import (
	"context"
	"io/fs"
	"slices"
	"strings"
	"time"

	"pbc/compiler/config"
	"pbc/compiler/files"
	"pbc/compiler/inventory"
	"pbc/compiler/link"
	"pbc/compiler/vault"
	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/eval"
	"pbc/runtime/exception"
	"pbc/runtime/lookup"
)

// lookups runs the lookup plugins of the controller for a session.
type lookups struct {
	s   *session
	inv *inventory.Inventory
	// parsed is told of templates that a lookup reads; nil outside of one.
	parsed func(t *value.Tmpl, file string)
}

func (h lookups) run(ctx context.Context, c link.LookupCall) (value.Value, error) {
	h.parsed = c.Parsed
	return lookup.Run(ctx, lookup.Call{Name: c.Name, Terms: c.Terms, Options: c.Options, Vars: c.Vars, Eval: c.Eval,
		Search: c.Search, Basedir: c.Basedir, Subdir: c.Subdir, Host: h, Warn: c.Warn, Newer: ir.Newer(h.s.like.version)})
}

// ReadFile implements lookup.Host.
func (h lookups) ReadFile(path string) ([]byte, error) {
	b, err := files.ReadFile(h.s.store.Disk(), path)
	if err != nil || !vault.IsEncrypted(b) {
		return b, err
	}
	return h.decrypt(path, b)
}

// decrypt opens a vault; evaluators know the class of its error.
func (h lookups) decrypt(path string, b []byte) ([]byte, error) {
	plain, err := h.s.keys.Decrypt(b, path)
	if err != nil {
		return nil, &value.VaultError{Msg: err.Error()}
	}
	return plain, nil
}

// Stat implements lookup.Host.
func (h lookups) Stat(path string) (fs.FileInfo, error) { return h.s.store.Disk().Stat(path) }

// ReadDir implements lookup.Host.
func (h lookups) ReadDir(path string) ([]fs.DirEntry, error) { return h.s.store.Disk().ReadDir(path) }

// overlay is variables over others.
type overlay struct {
	top *value.Dict
	eval.Vars
}

// Lookup implements eval.Vars.
func (o overlay) Lookup(name string) (value.Value, bool) {
	if v, ok := o.top.GetStr(name); ok {
		return v, true
	}
	return o.Vars.Lookup(name)
}

// Names implements eval.Vars.
func (o overlay) Names() []string {
	names := o.Vars.Names()
	for _, k := range o.top.K {
		s, _ := value.Text(k)
		names = append(names, s)
	}
	return names
}

// Template implements lookup.Host.
func (h lookups) Template(c lookup.Call, path, term string, options *value.Dict) (value.Value, error) {
	own, more, convert, native := value.NewDict(), value.NewDict(), true, false
	for i, k := range options.K {
		switch name, _ := value.Text(k); name {
		case "convert_data":
			convert, _ = eval.Boolean(options.V[i])
		case "jinja2_native":
			native, _ = eval.Boolean(options.V[i])
		case "template_vars":
			if d, ok := options.V[i].(*value.Dict); ok {
				more = d
			}
		case "variable_start_string", "variable_end_string", "comment_start_string", "comment_end_string":
			own.SetStr(name, options.V[i])
		case "trim_blocks":
			if c.Eval.Dialect() == eval.Tagged {
				own.SetStr(name, options.V[i])
			}
		}
	}
	f := &ir.File{Kind: "templates", Name: term, Tree: ir.FileTree{Path: path}}
	if err := link.Complete(f, link.Template{Decrypt: h.decrypt, Disk: h.s.store.Disk(), Jinja: h.s.jinja(), Options: own, Managed: h.s.conf.String("DEFAULT_MANAGED_STR")}); err != nil {
		return nil, exception.Capture(err)
	}
	top := value.DictOf("template_destpath", nil, "template_run_date", &value.Date{T: time.Now(), HasTime: true})
	if d, ok := f.Vars.V.(*value.Dict); ok {
		top.Update(d)
	}
	if _, own := c.Vars.Lookup("ansible_managed"); own && h.s.like.dialect == expr.Tagged {
		top.Del("ansible_managed")
	} else if f.Raised != "" {
		return nil, &eval.Error{Class: f.RaisedBy, Msg: f.Raised}
	}
	top.Update(more)
	e := c.Eval.With(overlay{top, c.Vars}).From(path)
	t, ok := f.Tmpl.V.(*value.Tmpl)
	if !ok {
		return nil, &eval.Error{Class: eval.AnsibleError, Msg: "the template file " + term + " could not be found for the lookup"}
	}
	if h.parsed != nil {
		h.parsed(t, path)
	}
	v, err := rendered(e, t, convert, native)
	return v, exception.Capture(err)
}

// rendered is a template file as a lookup gives it. Text that nobody is to read as a literal is marked as such: all text, where
// jinja2_native is set for everything and not for the lookup.
func rendered(e *eval.Eval, t *value.Tmpl, convert, native bool) (value.Value, error) {
	textual := e.Textual()
	switch {
	case !convert:
		s, err := e.File(t)
		return &value.Str{S: s, Native: true}, err
	case native || textual == e:
		return e.Value(t)
	}
	v, err := textual.Value(t)
	if err != nil {
		return nil, err
	}
	s, err := value.ToStr(v)
	return &value.Str{S: s, Native: true}, err
}

// MatchHosts implements lookup.Host.
func (h lookups) MatchHosts(patterns []string, warn func(string)) ([]string, error) {
	if h.inv == nil { // nothing has been compiled yet
		return nil, eval.ErrNoLookup
	}
	hosts, err := h.inv.Unlimited(warn).Match(patterns...)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, x := range hosts {
		names = append(names, x.Name)
	}
	return names, nil
}

// Setting implements lookup.Host.
func (h lookups) Setting(name string) (value.Value, bool) {
	if !slices.ContainsFunc(config.Settings(h.s.like.version), func(s config.Setting) bool { return s.Name == name && !strings.Contains(name, ".") }) {
		return nil, false
	}
	switch v := h.s.conf.Value(name).(type) {
	case nil, bool, string, float64, int64:
		return v, true
	case int:
		return int64(v), true
	case []string:
		l := value.NewList()
		for _, s := range v {
			l.V = append(l.V, s)
		}
		return l, true
	}
	return nil, false
}
