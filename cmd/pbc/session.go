package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"pbc/compiler"
	"pbc/compiler/config"
	"pbc/compiler/diag"
	"pbc/compiler/files"
	"pbc/compiler/inventory"
	"pbc/compiler/jinja"
	"pbc/compiler/link"
	"pbc/compiler/playbook"
	"pbc/compiler/vault"
	"pbc/compiler/yaml"
	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/callback"
	"pbc/runtime/controller"
	"pbc/runtime/machine"
	"pbc/runtime/module/builtin"
)

// request is what a command line asks for.
type request struct {
	Playbooks          []string
	Inventory          []string
	Limit              string
	Extra              []string
	Tags, Skip         []string
	Check, Diff        bool
	Verbosity, Forks   int
	User, Connection   string
	KeyFile            string
	Timeout            int
	Become             bool
	BecomeMethod       string
	BecomeUser         string
	BecomePassword     string
	Password           string
	ForceHandlers      bool
	StartAt            string
	Syntax             bool
	SSHArgs, ExtraArgs []string
	VaultIDs           []string
	VaultPasswordFiles []string
	Dialect            string
}

// session is one run of the program: settings, screen, and what is compiled.
type session struct {
	req     request
	conf    *config.Config
	screen  *callback.Screen
	out     callback.Callback
	keys    *vault.Keyring
	extra   *value.Dict
	dialect expr.Dialect
	store   *files.Store
}

// playbookError is an error that ends ansible-playbook with "ERROR! message".
type playbookError struct {
	msg  string
	code int
}

func (e *playbookError) Error() string { return e.msg }

func newSession(req request) (*session, error) {
	s := &session{req: req, store: files.NewStore()}
	conf, err := config.Load(os.LookupEnv)
	if err != nil {
		return nil, err
	}
	s.conf = conf
	opt, err := callback.ReadOptions(callback.EnvLookup(os.LookupEnv))
	if err != nil {
		return nil, err
	}
	opt.Verbosity, opt.Check, opt.Diff = req.Verbosity, req.Check, req.Diff
	s.screen = callback.OpenScreen(os.Stdout, os.Stderr, opt, os.Getenv)
	if s.out, err = callback.New(s.screen, opt); err != nil {
		return nil, err
	}
	if log := os.Getenv("PBC_EVENT_LOG"); log != "" {
		f, err := os.Create(log)
		if err != nil {
			return nil, err
		}
		s.out = callback.Join(s.out, callback.NewEventLog(f))
	}
	for _, w := range conf.Warnings {
		s.out.Handle(callback.Warning{Text: w})
	}
	if s.keys, err = vault.Load(vault.Request{IDs: req.VaultIDs, PasswordFiles: req.VaultPasswordFiles,
		Warn: func(m string) { s.out.Handle(callback.Warning{Text: m}) }}); err != nil {
		return nil, err
	}
	s.extra, err = s.extraVars()
	return s, err
}

// jinjaText makes a value of a string that the user gave.
func (s *session) jinjaText(text string, n *yaml.Node) value.Value {
	if n != nil && n.Unsafe {
		return &value.Str{S: text, Unsafe: true}
	}
	return jinja.Defaults(s.dialect).Value(text)
}

// compile compiles the playbooks; the unit is nil when it failed, and then everything has been said.
func (s *session) compile() (*compiler.Unit, error) {
	cwd, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	home, _ := os.UserHomeDir()
	po := playbook.Options{Cwd: cwd, Home: home, RolesPath: s.conf.List("DEFAULT_ROLES_PATH"), CollectionPaths: s.conf.List("COLLECTIONS_PATHS"),
		Decrypt: func(path string, data []byte) ([]byte, error) { return s.keys.Decrypt(data, path) }}
	u, diags := compiler.Compile(compiler.Options{Files: s.req.Playbooks, Dialect: s.dialect, Extra: s.extra, Store: s.store,
		Supported: supported, Managed: s.conf.String("DEFAULT_MANAGED_STR"), Playbook: po})
	return u, s.report(diags)
}

// supported says whether pbc runs a module.
func supported(name string) bool {
	if machine.Has(name) {
		return true
	}
	_, ok := builtin.Lookup(name)
	return ok
}

// report says what the compiler found. Its error is what ends the run.
func (s *session) report(list diag.List) error {
	var unsupported []string
	for _, d := range list.Items {
		switch d.Kind {
		case diag.Warning:
			s.out.Handle(callback.Warning{Text: diag.Ansible(d, os.ReadFile)})
		case diag.Deprecated:
			s.out.Handle(callback.Deprecation{Text: d.Msg})
		case diag.Invalid:
			code := d.Exit
			if code == 0 {
				code = 4
			}
			return &playbookError{msg: diag.Ansible(d, os.ReadFile), code: code}
		case diag.Unsupported:
			unsupported = append(unsupported, diag.Format(d, os.ReadFile))
		}
	}
	if unsupported != nil {
		return &playbookError{msg: strings.Join(unsupported, "\n"), code: 4}
	}
	return nil
}

// inventory loads the sources of the command line, or those of the settings.
func (s *session) inventory(dir string) (*inventory.Inventory, error) {
	sources := s.req.Inventory
	if len(sources) == 0 {
		sources = s.conf.List("DEFAULT_HOST_LIST")
	}
	for i, src := range sources {
		if strings.Contains(src, ",") {
			continue
		}
		if a, err := filepath.Abs(src); err == nil {
			sources[i] = a
		}
	}
	inv, err := inventory.Load(inventory.Options{Sources: sources, PlaybookDir: dir, Vault: s.keys, Mk: s.jinjaText,
		Warn:            func(m string) { s.out.Handle(callback.Warning{Text: m}) },
		Verbose:         func(level int, m string) { s.out.Handle(callback.Verbose{Level: level, Text: m}) },
		Error:           func(m string) { s.out.Handle(callback.ErrorMessage{Text: m, Wrap: true}) },
		PatternMismatch: s.conf.String("HOST_PATTERN_MISMATCH"), NoLocalWarning: !s.conf.Bool("LOCALHOST_WARNING"),
		NoUnparsedWarning: !s.conf.Bool("INVENTORY_UNPARSED_WARNING")})
	if err != nil {
		return nil, err
	}
	return inv, inv.Check(s.req.Limit)
}

// known gives the linker what the controller remembers of hosts.
type known struct{ memory *controller.Memory }

// Vars implements link.Known.
func (k known) Vars(host string) (set, included, facts *value.Dict) {
	k.memory.With(host, func(h *machine.Host) { set, included, facts = h.Set.Copy(), h.Included.Copy(), h.Facts.Copy() })
	return set, included, facts
}

// play runs what was compiled.
func (s *session) play(u *compiler.Unit) (int, error) {
	inv, err := s.inventory(u.Program.Basedir)
	if err != nil {
		return 1, err
	}
	if s.req.Syntax {
		for _, f := range s.req.Playbooks {
			s.out.Handle(callback.PlaybookStart{Path: f})
			s.out.Handle(callback.Message{Text: "\nplaybook: " + f})
		}
		return 0, nil
	}
	memory := controller.NewMemory()
	l := link.New(u.Program, s.linkOptions(inv, u, known{memory}))
	var current atomic.Int64
	note := func(host, text string) { s.screenNote(host, text) }
	d := newDialer(l, s.dialOptions(), note)
	d.play = func() int { return int(current.Load()) }
	c := controller.New(controller.Options{Linker: &linked{l: l, s: s, current: &current}, Dialer: d, Callback: s.out, Memory: memory,
		Playbooks: s.req.Playbooks, Starts: u.Starts})
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	code, err := c.Run(ctx)
	if ctx.Err() != nil {
		return 99, &playbookError{msg: "User interrupted execution", code: 99}
	}
	return code, err
}

func (s *session) screenNote(host, text string) {
	if s.req.Verbosity > 0 {
		fmt.Fprintf(os.Stderr, "<%s> %s\n", host, text)
	}
}

func (s *session) linkOptions(inv *inventory.Inventory, u *compiler.Unit, k link.Known) link.Options {
	set := ir.Settings{Check: s.req.Check, Diff: s.req.Diff, Verbosity: s.req.Verbosity, ForceHandlers: s.req.ForceHandlers || s.conf.Bool("DEFAULT_FORCE_HANDLERS"),
		InjectFacts: s.conf.Bool("INJECT_FACTS_AS_VARS"), MissingHandler: s.conf.Bool("ERROR_ON_MISSING_HANDLER"), TaskTimeout: s.conf.Int("TASK_TIMEOUT"),
		Become: ir.BecomeSettings{On: s.req.Become, User: s.req.BecomeUser, Method: s.req.BecomeMethod, Password: s.req.BecomePassword}}
	return link.Options{Dialect: s.dialect, Inventory: inv, Store: s.store, Known: k, Front: u, Extra: s.extra, Tags: s.req.Tags, Skip: s.req.Skip,
		Settings: set, Gathering: s.conf.String("DEFAULT_GATHERING"), Connection: s.req.Connection, User: s.req.User, Magic: s.magic(),
		ManagedFormat: s.conf.String("DEFAULT_MANAGED_STR"), StartAt: s.req.StartAt, Lookup: nil}
}

func (s *session) dialOptions() dialOptions {
	return dialOptions{User: s.req.User, KeyFile: s.req.KeyFile, Password: s.req.Password, Timeout: time.Duration(s.req.Timeout) * time.Second,
		HostKeyChecking: s.conf.Bool("HOST_KEY_CHECKING"), ExtraArgs: s.req.ExtraArgs}
}

// magic are the variables that are the same for every host and play.
func (s *session) magic() *value.Dict {
	d := value.DictOf("ansible_version", value.DictOf("full", "2.14.18", "major", int64(2), "minor", int64(14), "revision", int64(18), "string", "2.14.18"),
		"ansible_forks", int64(s.req.Forks), "ansible_run_tags", textList(s.req.Tags, "all"), "ansible_skip_tags", textList(s.req.Skip),
		"ansible_config_file", nil, "ansible_playbook_python", "/usr/bin/python3")
	if s.conf.File != "" {
		d.SetStr("ansible_config_file", s.conf.File)
	}
	if len(s.req.Inventory) > 0 {
		d.SetStr("ansible_inventory_sources", textList(s.req.Inventory))
	} else {
		d.SetStr("ansible_inventory_sources", textList(s.conf.List("DEFAULT_HOST_LIST")))
	}
	if s.req.Limit != "" {
		d.SetStr("ansible_limit", s.req.Limit)
	}
	return d
}

func textList(list []string, unset ...string) *value.List {
	if len(list) == 0 {
		list = unset
	}
	out := &value.List{V: []value.Value{}}
	for _, t := range list {
		out.V = append(out.V, t)
	}
	return out
}

// fail says what ended the run, as ansible-playbook does, and returns the exit code.
func fail(out io.Writer, err error) int {
	var p *playbookError
	code := 1
	if errors.As(err, &p) {
		code = p.code
	}
	fmt.Fprintln(out, "ERROR! "+strings.TrimRight(err.Error(), "\n"))
	return code
}

// linked adapts the linker to the controller, and asks for vars_prompt.
type linked struct {
	l       *link.Linker
	s       *session
	current *atomic.Int64
}

// Plays implements controller.Linker.
func (k *linked) Plays() int { return k.l.Plays() }

// Play implements controller.Linker.
func (k *linked) Play(n int) (*controller.Play, error) {
	k.current.Store(int64(n))
	p, err := k.l.Play(n)
	if err != nil {
		return nil, err
	}
	return &controller.Play{ID: fmt.Sprint(n), Name: p.Name, Path: p.Path, Batches: p.Batches, Strategy: p.Strategy, CheckMode: k.s.req.Check,
		AnyErrorsFatal: p.AnyErrorsFatal, MaxFail: p.MaxFail}, nil
}

// Batch implements controller.Linker.
func (k *linked) Batch(n int, host string, hosts []string) (*controller.Shipment, error) {
	b, blobs, err := k.l.Batch(n, host, hosts)
	if err != nil {
		return nil, err
	}
	return &controller.Shipment{Batch: b, Blobs: blobs}, nil
}
