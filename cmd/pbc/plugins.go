package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"pbc/compiler"
	"pbc/compiler/cli"
	"pbc/compiler/link"
	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/callback"
	"pbc/runtime/eval"
	"pbc/runtime/pyplugin"
)

// plugins runs the plugins in Python for a session: it knows from the folders which there may be, and has the installed
// Ansible load them when that matters.
type plugins struct {
	s    *session
	u    *compiler.Unit
	host *pyplugin.Host

	mu    sync.Mutex
	dirs  []string // those that the host knows, of playbooks and roles
	names *ir.Plugins
	pluginPlaces
}

func newPlugins(s *session, u *compiler.Unit) *plugins {
	dirs, playbooks := u.PluginDirs()
	p := &plugins{s: s, u: u, dirs: dirs}
	p.host = pyplugin.New(s.pythonOptions(p.places(s.store.Disk(), dirs), playbooks, u.Program.Basedir))
	if p.jinja() {
		p.host.Start()
	}
	return p
}

// pythonOptions are those of a process for plugins of some folders.
func (s *session) pythonOptions(dirs, playbooks []string, basedir string) pyplugin.Options {
	var secrets []pyplugin.Secret
	for _, k := range s.keys.Secrets {
		secrets = append(secrets, pyplugin.Secret{ID: k.ID, Password: k.Password})
	}
	python := s.like.python
	if s.like.library == "" {
		python = "" // it has no Ansible to load
	}
	return pyplugin.Options{Python: python, Dirs: dirs, Playbooks: playbooks, Basedir: basedir, Secrets: secrets, CLI: commandLine(s.req),
		ConnectPassword: s.connectPassword, BecomePassword: s.becomePassword, Stdin: os.Stdin, Warn: s.pluginNotice}
}

// pluginNotice tells what a plugin in Python, or the search for one, has for the user.
func (s *session) pluginNotice(kind, text string) {
	if kind == "deprecated" {
		s.out.Handle(callback.Deprecation{Text: text, Whole: true})
		return
	}
	s.out.Handle(callback.Warning{Text: text})
}

// commandLine are the options of a command line as plugins see them, by the names that Ansible has for them.
func commandLine(r *cli.Playbook) *value.Dict {
	return value.DictOf("args", textList(r.Playbooks), "verbosity", int64(r.Verbosity), "check", r.Check, "diff", r.Diff, "forks", int64(r.Forks),
		"tags", textList(r.Tags, "all"), "skip_tags", textList(r.SkipTags), "inventory", textList(r.Inventory), "subset", nilIfEmpty(r.Limit),
		"connection", nilIfEmpty(r.Connection), "remote_user", nilIfEmpty(r.RemoteUser), "private_key_file", nilIfEmpty(r.PrivateKeyFile),
		"timeout", int64(r.Timeout), "ssh_common_args", nilIfEmpty(r.SSHCommonArgs), "ssh_extra_args", nilIfEmpty(r.SSHExtraArgs),
		"sftp_extra_args", nilIfEmpty(r.SFTPExtraArgs), "scp_extra_args", nilIfEmpty(r.SCPExtraArgs),
		"become", r.Become, "become_method", nilIfEmpty(r.BecomeMethod), "become_user", nilIfEmpty(r.BecomeUser))
}

func nilIfEmpty(s string) value.Value {
	if s == "" {
		return nil
	}
	return s
}

// close ends the process, where there is one.
func (p *plugins) close() {
	p.host.Close()
	p.pluginPlaces.close()
}

// files are the plugin files of a kind that do not come with Ansible.
func (p *plugins) files(folder string) []string {
	return p.s.pluginFiles(folder, p.places(p.s.store.Disk(), p.dirs))
}

// jinja says whether there may be filters and tests that do not come with Ansible.
func (p *plugins) jinja() bool {
	return len(p.jinjaFiles()) > 0
}

func (p *plugins) jinjaFiles() []string {
	return append(p.files("filter_plugins"), p.files("test_plugins")...)
}

// Names implements link.Python.
func (p *plugins) Names() (*ir.Plugins, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	dirs, _ := p.u.PluginDirs()
	added := slices.DeleteFunc(dirs, func(d string) bool { return slices.Contains(p.dirs, d) })
	if p.names != nil && len(added) == 0 {
		return p.names, nil
	}
	p.dirs = append(p.dirs, added...)
	out := &ir.Plugins{}
	seen := map[string]bool{}
	for _, f := range p.files("lookup_plugins") {
		if name := strings.TrimSuffix(filepath.Base(f), ".py"); name != "__init__" {
			seen[name] = true
		}
	}
	out.Lookups = slices.Sorted(maps.Keys(seen))
	if len(added) > 0 {
		if err := p.host.Add(context.Background(), p.places(p.s.store.Disk(), added)); err != nil {
			return nil, err
		}
	}
	if inPython := p.jinjaFiles(); len(inPython) > 0 {
		n, err := p.host.Names(context.Background())
		if errors.Is(err, eval.ErrNoAnsible) {
			return nil, fmt.Errorf("%s has filters or tests in Python, which Ansible would load: %w", inPython[0], err)
		}
		if err != nil {
			return nil, err
		}
		out.Filters, out.Tests = n.Filters, n.Tests
	}
	p.names = out
	return out, nil
}

func kindOf(test bool) pyplugin.Kind {
	if test {
		return pyplugin.Test
	}
	return pyplugin.Filter
}

// missingPlugin says why a filter or test cannot be loaded, in Jinja's words.
type missingPlugin string

func (m missingPlugin) Error() string { return string(m) }

// Find implements link.Python.
func (p *plugins) Find(ctx context.Context, test bool, name string) (bool, error) {
	f, err := p.host.Find(ctx, kindOf(test), name)
	if errors.Is(err, eval.ErrNoAnsible) && (!strings.Contains(name, ".") || strings.HasPrefix(name, "ansible.builtin.")) { // in a collection it may be
		return false, missingPlugin(fmt.Sprintf("Could not load \"%s\": '%[1]s'", name))
	}
	if err == nil && f.Missing != "" {
		err = missingPlugin(f.Missing)
	}
	return f.Context, err
}

// Call implements link.Python.
func (p *plugins) Call(ctx context.Context, c eval.PluginCall, w link.World, warn func(kind, text string)) (value.Value, error) {
	return p.host.Call(ctx, kindOf(c.Test), pyplugin.Call{Name: c.Name, Args: c.Args, KW: c.KW, Locals: c.Locals, Each: c.Each, World: w, Warn: warn})
}

// LoadAction implements link.Python.
func (p *plugins) LoadAction(ctx context.Context, name string, warn func(kind, text string)) (*value.Dict, error) {
	if _, err := p.Names(); err != nil { // has the folders of roles searched that were included meanwhile
		return nil, err
	}
	about, err := p.host.LoadAction(ctx, name, warn)
	if file, ok := about.GetStr("file"); ok && err == nil {
		p.s.told.say("the action of %s is a plugin in Python (%s): Ansible's own process runs it here", name, file)
	}
	return about, err
}

// Action implements link.Python.
func (p *plugins) Action(ctx context.Context, c link.ActionCall, w link.World) (*value.Dict, error) {
	return p.host.Action(ctx, c.Task, pyplugin.Call{World: w, Work: c.Work})
}

// Lookup implements link.Python.
func (p *plugins) Lookup(ctx context.Context, c link.LookupCall, w link.World) (value.Value, error) {
	with, _ := c.Options.GetStr("wantlist")
	if with == true && p.s.like.dialect == expr.Tagged { // which tells plugins of it in another way
		c.Options = c.Options.Copy()
		c.Options.Del("wantlist")
	}
	return p.host.Lookup(ctx, pyplugin.Call{Name: c.Name, Args: c.Terms, KW: c.Options, With: with == true, Subdir: c.Subdir, World: w,
		Warn: func(kind, text string) {
			switch {
			case kind == "deprecated" && c.Deprecated != nil:
				c.Deprecated(text)
			case kind == "warning" && c.Warn != nil:
				c.Warn(text)
			}
		}})
}

// debug implements link.DebugFunc.
func (p *plugins) debug(ctx context.Context, about *value.Dict, w link.World) (*value.Dict, error) {
	if _, err := p.Names(); err != nil { // has the folders of roles searched that were included meanwhile
		return nil, err
	}
	return p.host.Debug(ctx, about, w)
}
