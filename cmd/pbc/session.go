package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"pbc/compiler"
	"pbc/compiler/cli"
	"pbc/compiler/config"
	"pbc/compiler/diag"
	"pbc/compiler/effect"
	"pbc/compiler/files"
	"pbc/compiler/inventory"
	"pbc/compiler/jinja"
	"pbc/compiler/link"
	"pbc/compiler/vault"
	"pbc/compiler/yaml"
	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/callback"
	"pbc/runtime/controller"
	"pbc/runtime/factcache"
)

// session is one run of the program: settings, screen, and what is compiled.
type session struct {
	req       *cli.Playbook
	conf      *config.Config
	screen    *callback.Screen
	out       callback.Callback
	keys      *vault.Keyring
	extra     *value.Dict
	like      core
	callbacks *pythonCallbacks
	// connectPassword and becomePassword were asked for, or read from files.
	connectPassword, becomePassword string
	store                           *files.Store
	hosts                           *inventory.Inventory // nil before it is loaded
	roles                           []string             // of --roles-path, before those of the settings
	order                           effect.Order
	// allFacts has plays gather all facts, not only those that something reads.
	allFacts bool
	// observe, when not nil, stands between the controller and every agent: for tests that count what
	// a run costs.
	observe func(io.ReadWriteCloser) io.ReadWriteCloser
	// agents, when not nil, gives the agents of hosts in the place of connections: for tests with many hosts.
	agents func(host string) io.ReadWriteCloser
	live   int // columns of the terminal that shows how the run goes on, 0 for none
	// interrupts are the signals that end the run; nil for none.
	interrupts *interrupts
	vars       varsPlugins
	rejects    []string         // modules and actions that the settings take away
	log        *os.File         // of log_path, nil for none
	facts      *factcache.Cache // nil for none that outlives the run
	told       asides
}

// playbookError is an error that ends ansible-playbook with "ERROR! message".
type playbookError struct {
	msg  string
	code int
}

func (e *playbookError) Error() string { return e.msg }

// newSession is a session that has introduced itself, and has no secrets yet; interrupts may be nil.
func newSession(req *cli.Playbook, conf *config.Config, like core, i *interrupts) (*session, error) {
	s, err := openSession(req, conf, lookupSetting(conf), like)
	if err != nil {
		return nil, err
	}
	s.interrupts = i
	word := os.Getenv("PBC_ORDER")
	known := false
	if s.order, known = link.Order(word); !known {
		return nil, fmt.Errorf("PBC_ORDER is %q, want auto, strict or free", word)
	}
	if log := os.Getenv("PBC_EVENT_LOG"); log != "" {
		f, err := os.Create(log)
		if err != nil {
			return nil, err
		}
		s.out = callback.Join(s.out, callback.NewEventLog(f))
	}
	s.out = callback.Serial(s.out) // plugins and includes have something to tell while the run is shown
	s.introduce(like.versionText("ansible-playbook", conf))
	s.warnSettings()
	s.facts = s.factCache()
	if s.rejects, err = s.rejected(); err != nil {
		return s, err
	}
	return s, nil
}

// shown is the screen of a session, nil when it has not come to that.
func (s *session) shown() *callback.Screen {
	if s == nil {
		return nil
	}
	return s.screen
}

// openSession is a session with a screen and a log, and nothing said yet.
func openSession(req *cli.Playbook, conf *config.Config, settings callback.Lookup, like core) (*session, error) {
	s := &session{req: req, conf: conf, like: like, store: files.NewStore()}
	opt, err := callback.ReadOptions(settings)
	if err != nil {
		return nil, err
	}
	if !ir.Newer(like.version) { // before the setting of their own
		opt.Palette[callback.ColorIncluded] = opt.Palette[callback.ColorSkip]
	}
	opt.Verbosity, opt.Check, opt.Diff = req.Verbosity, req.Check, req.Diff
	if s.allFacts, err = s.seesFacts(opt); err != nil {
		return nil, err
	}
	s.screen = callback.OpenScreen(os.Stdout, os.Stderr, opt, os.Getenv)
	s.screen.Tagged, s.screen.Source = like.dialect == expr.Tagged, os.ReadFile
	if path := conf.String("DEFAULT_LOG_PATH"); path != "" {
		_ = os.MkdirAll(conf.String("ANSIBLE_HOME"), 0o700) // where the log may be: Ansible makes it for its temporary files
		s.log, s.screen.LogVerbosity = s.screen.OpenLog(path, conf.Since("2.18"), os.Getenv), conf.Int("LOG_VERBOSITY")
		if slices.Contains(conf.List("DEFAULT_LOG_FILTER"), "ansible") {
			s.screen.Log = nil // the file is there, and stays empty
		}
	}
	s.callbacks = foreignCallbacks(&opt, s.screen.Tagged)
	if s.out, err = callback.New(s.screen, opt); err != nil {
		return nil, err
	}
	s.callbacks.out = s.out
	if s.live = s.showsProgress(opt); s.live > 0 {
		s.out = callback.Join(s.out, callback.NewProgress(s.screen, os.Stdout, func() int { return terminalWidth(s.live) }))
	}
	return s, nil
}

// introduce says what every program of Ansible says first.
func (s *session) introduce(version string) {
	if s.req.OldInventory() && s.like.dialect == expr.Tagged {
		s.out.Handle(callback.Deprecation{Text: "The '--inventory-file' argument is deprecated.", Version: "2.23", Collection: "ansible.builtin", Help: "Use -i or --inventory instead."})
	}
	s.out.Handle(callback.Verbose{Level: 2, Text: version})
	if s.conf.File != "" {
		s.out.Handle(callback.Verbose{Level: 1, Text: "Using " + s.conf.File + " as config file"})
	} else {
		s.out.Handle(callback.Verbose{Level: 1, Text: "No config file found; using defaults"})
	}
	s.tellSettings(true)
}

// tellSettings says what there is to say of ansible.cfg, and of settings that are deprecated.
func (s *session) tellSettings(deprecations bool) {
	for _, w := range s.conf.Warnings {
		s.out.Handle(callback.Warning{Text: w})
	}
	for _, d := range s.conf.Deprecations {
		if deprecations {
			s.out.Handle(callback.Deprecation{Text: d.Msg, Version: d.Version, Collection: "ansible.builtin"})
		}
	}
}

// answer prints what a command line has asked for, or what is wrong with it. Ansible has told of its settings by then, but of those that are
// deprecated in dialect tagged only.
func (c core) answer(conf *config.Config, exit *cli.Exit) int {
	s, err := openSession(&cli.Playbook{}, conf, toolSetting(conf), c)
	if err != nil {
		return c.fail(nil, err)
	}
	s.tellSettings(c.dialect == expr.Tagged)
	fmt.Fprint(os.Stdout, exit.Stdout)
	fmt.Fprint(os.Stderr, exit.Stderr)
	return exit.Code
}

// lookupSetting finds the settings of callbacks: in the environment, else in ansible.cfg.
func lookupSetting(conf *config.Config) callback.Lookup {
	env := callback.EnvLookup(os.LookupEnv)
	return func(set callback.Setting) (string, bool) {
		if set.Key == "callbacks_enabled" { // it has older names
			return strings.Join(conf.List("CALLBACKS_ENABLED"), ","), conf.Origin("CALLBACKS_ENABLED") != "default"
		}
		if text, ok := env(set); ok || set.Section == "" {
			return text, ok
		}
		return conf.Ini(set.Section, set.Key)
	}
}

// passwords gathers those of connections and of other users, where something is to run.
func (s *session) passwords() (err error) {
	if !s.onlyLists() {
		s.connectPassword, s.becomePassword, err = s.req.Passwords(s.conf, s.interrupts.askSecret)
	}
	return err
}

// secrets gathers the passwords of vaults, and the extra variables, which may be vaults.
func (s *session) secrets() error {
	warn := func(m string) { s.out.Handle(callback.Warning{Text: m}) }
	request := s.req.VaultRequest(s.conf)
	request.Prompt, request.Warn, request.Tagged = s.interrupts.askSecret, warn, s.like.dialect == expr.Tagged
	var err error
	if s.keys, err = vault.Load(request); err != nil {
		return err
	}
	s.keys.Warn = s.warnAsItIs
	s.extra, err = cli.Vars{Vault: s.keys, Mk: s.jinjaText, Duplicates: s.conf.String("DUPLICATE_YAML_DICT_KEY"),
		MergeHashes: s.conf.String("DEFAULT_HASH_BEHAVIOUR") == "merge", Warn: s.notice, Tagged: s.like.dialect == expr.Tagged, Newer: ir.Newer(s.like.version)}.ExtraVars(s.req.ExtraVars)
	if err == nil {
		return nil
	}
	o := s.inventoryOptions("")
	o.Broken = err
	var fault *diag.Diagnostic
	if errors.As(err, &fault) {
		err = s.report(diag.List{Items: []*diag.Diagnostic{fault}})
	}
	if s.like.dialect == expr.Classic {
		o.Broken = err
	}
	_, _ = inventory.Load(o) // for its warnings: Ansible reads the extra variables there
	return err
}

// jinjaExtensions are the extensions of Jinja that the settings ask for, by their names in Python.
func (s *session) jinjaExtensions() []string {
	switch v := s.conf.Value("DEFAULT_JINJA2_EXTENSIONS").(type) {
	case string: // before 2.19
		return strings.Split(strings.ReplaceAll(v, " ", ""), ",")
	case []string:
		return v
	}
	return nil
}

// jinja are the options of the templates of this run.
func (s *session) jinja() jinja.Options {
	return jinja.Defaults(s.like.dialect).Extended(s.jinjaExtensions())
}

// jinjaText makes a value of a string that the user gave.
func (s *session) jinjaText(text string, n *yaml.Node) value.Value {
	if n != nil && n.Unsafe {
		return &value.Str{S: text, Unsafe: true}
	}
	var at ir.Pos
	if n != nil {
		at = n.Pos
	}
	return s.jinja().ValueAt(text, at)
}

// collectionPaths are the folders with collections: the configured ones, then those of Python's packages.
func (s *session) collectionPaths() []string {
	paths := slices.Clone(s.conf.List("COLLECTIONS_PATHS"))
	if !s.conf.Bool("COLLECTIONS_SCAN_SYS_PATH") {
		return paths
	}
	for _, pattern := range []string{"/usr/local/lib/python3*/dist-packages", "/usr/local/lib/python3*/site-packages", "/usr/lib/python3/dist-packages",
		"/usr/lib/python3*/site-packages"} {
		found, _ := filepath.Glob(pattern + "/ansible_collections")
		paths = append(paths, found...)
	}
	return paths
}

// compile compiles the playbooks; the unit is nil when it failed, and then everything has been said.
func (s *session) compile() (*compiler.Unit, error) {
	opt, err := s.compileOptions()
	if err != nil {
		return nil, err
	}
	u, diags := compiler.Compile(opt)
	return u, s.report(diags)
}

// report says what the compiler found. Its error is what ends the run.
func (s *session) report(list diag.List) error {
	var unsupported []string
	for _, d := range list.Items {
		switch d.Kind {
		case diag.Warning, diag.Deprecated:
			s.notice(d)
		case diag.Invalid:
			return &playbookError{msg: diag.Told(d, s.like.dialect, os.ReadFile), code: d.Code(s.like.dialect)}
		case diag.Unsupported:
			unsupported = append(unsupported, diag.Format(d, os.ReadFile))
		}
	}
	if unsupported != nil {
		return &playbookError{msg: strings.Join(unsupported, "\n"), code: 4}
	}
	return nil
}

// notice tells of a warning or of what is deprecated.
func (s *session) notice(d *diag.Diagnostic) {
	text := diag.Told(d, s.like.dialect, os.ReadFile)
	switch {
	case d.Kind == diag.Warning:
		s.out.Handle(callback.Warning{Text: text})
	case s.like.dialect == expr.Tagged:
		s.out.Handle(callback.Deprecation{Text: text, Whole: true})
	default:
		s.out.Handle(callback.Deprecation{Text: d.Msg, Whole: true})
	}
}

// inventoryOptions says what to load, for playbooks in a folder.
func (s *session) inventoryOptions(dir string) inventory.Options {
	o := s.req.InventoryOptions(s.conf)
	o.Dialect, o.Newer, o.Extra, o.Installed, o.Python = s.like.dialect, ir.Newer(s.like.version), s.extra, s.installedInventory(), s.like.python
	o.PlaybookDir, o.Vault, o.Mk, o.Disk = dir, s.keys, s.jinjaText, s.store.Disk()
	s.vars.s = s
	o.VarsPlugins, o.InstalledEnv = &s.vars, s.besidePlaybooks()
	o.Lacking = s.lacksInventoryPlugin
	if s.facts != nil {
		o.CachedFacts = s.facts.Load
	}
	o.Warn = func(m string) { s.out.Handle(callback.Warning{Text: m}) }
	o.WarnChain = func(f *failure.Failure) { s.out.Handle(callback.Warning{Chain: f}) }
	o.Deprecated = func(m string) { s.out.Handle(callback.Deprecation{Text: m, Whole: true}) }
	o.Verbose = func(level int, m string) { s.out.Handle(callback.Verbose{Level: level, Text: m}) }
	o.Error = func(m string) { s.out.Handle(callback.ErrorMessage{Text: m, Wrap: true}) }
	return o
}

// inventory loads, once, the sources of the command line, or those of the settings.
func (s *session) inventory(dir string) (*inventory.Inventory, error) {
	if s.hosts != nil {
		return s.hosts, nil
	}
	inv, err := inventory.Load(s.inventoryOptions(dir))
	if err == nil {
		err = inv.Check(s.req.Limit)
	}
	if err != nil {
		return nil, err
	}
	s.hosts = inv
	return inv, nil
}

// prepare loads the inventory and compiles the playbooks, in the order in which Ansible tells what is wrong with them. The folder of a playbook
// that a collection has is known when it is compiled.
func (s *session) prepare() (*compiler.Unit, error) {
	first := s.req.Playbooks[0]
	if _, err := os.Stat(first); err == nil {
		dir, err := filepath.Abs(filepath.Dir(first))
		if err != nil {
			return nil, err
		}
		if _, err := s.inventory(dir); err != nil {
			return nil, err
		}
	}
	return s.compile()
}

// known gives the linker what the controller remembers of hosts.
type known struct{ memory *controller.Memory }

// Vars implements link.Known.
func (k known) Vars(host string, before ir.Address) (v link.HostVars, there bool) {
	h, there := k.memory.Vars(host, before)
	return link.HostVars{Set: h.Set, Included: h.Included, Facts: h.Facts}, there
}

// Await implements link.Known.
func (k known) Await(ctx context.Context, host string, at ir.Address) error {
	return k.memory.Await(ctx, host, at)
}

// onlyLists says whether nothing is to run.
func (s *session) onlyLists() bool {
	return s.req.Syntax || s.req.ListHosts || s.req.ListTasks || s.req.ListTags
}

// play runs what was compiled.
func (s *session) play(u *compiler.Unit) (int, error) {
	s.vars.unit = u
	inv, err := s.inventory(u.Program.Basedir)
	if err != nil {
		return 1, err
	}
	if s.onlyLists() {
		l := link.New(u.Program, s.linkOptions(inv, u, known{controller.NewMemory()}))
		if err := s.validated(l); err != nil {
			return 1, err
		}
		return 0, s.list(u, inv, l)
	}
	s.screen.Source = u.ReadFile
	memory := controller.NewMemory()
	memory.MergeHashes = s.conf.String("DEFAULT_HASH_BEHAVIOUR") == "merge"
	s.recall(memory, inv)
	python := newPlugins(s, u)
	if err := s.callbacks.load(python); err != nil {
		return 0, err
	}
	defer python.close()
	options := s.linkOptions(inv, u, known{memory})
	options.Python, options.Debug, options.Source = python, python.debug, u.Source
	l := link.New(u.Program, options)
	var current atomic.Int64
	note := func(host, text string) { s.screenNote(host, text) }
	d := newDialer(l, s.dialOptions(), note)
	d.play = func() int { return int(current.Load()) }
	d.observe, d.agents = s.observe, s.agents
	var step func(string) (string, error)
	if s.req.Step {
		step = s.askStep
	}
	asked, over, release := s.interrupts.heed()
	defer release()
	c := controller.New(controller.Options{Step: step, Interrupt: asked, Live: s.live > 0 && s.callbacks.host == nil, Linker: &linked{l: l, s: s, u: u, current: &current}, Gate: gateOf(l),
		Dialer: d, Callback: s.out, Memory: memory, Detached: restarts(u.Program), Playbooks: s.req.Playbooks, Starts: u.Starts, Forks: s.req.Forks,
		Tagged: s.like.dialect == expr.Tagged, Newer: ir.Newer(s.like.version), TellsRoles: ir.Minor(s.like.version) >= 17, Retry: s.retryFiles(),
		Argv:     s.req.Shown(s.like.dialect == expr.Tagged),
		Reserved: reservedNames(l, s.like.dialect)})
	for _, w := range l.ReservedAtLoad() {
		s.warnOf(w)
	}
	s.tellCallbacks()
	code, err := c.Run(over)
	endLocalAgents()
	if errors.Is(err, controller.ErrInterrupted) {
		return code, nil
	}
	if errors.Is(err, controller.ErrQuit) {
		return interrupted, nil
	}
	if at := l.Unmet(); at != "" && err == nil {
		s.out.Handle(callback.ErrorMessage{Text: "No matching task \"" + at + "\" found. Note: --start-at-task can only follow static includes.", Wrap: true})
	}
	return code, err
}

func (s *session) screenNote(host, text string) {
	if s.told.on {
		fmt.Fprintf(os.Stderr, "<%s> %s\n", host, text)
	}
}

// exitCode is that of an ansible-playbook of that core which err ends.
func (c core) exitCode(err error) int {
	var p *playbookError
	var r *compiler.RunError
	var d *diag.Diagnostic
	switch {
	case errors.Is(err, controller.ErrInterrupted):
		return interrupted
	case errors.As(err, &p):
		return p.code
	case errors.As(err, new(controller.Crash)):
		return 250
	case errors.As(err, &r) && r.Code != 0:
		return r.Code
	case errors.As(err, &d): // a fault in a variable file of the inventory
		return d.Code(c.dialect)
	}
	return 1
}

// fail says what ended the run, as the ansible-playbook of that core does, and returns the exit code. Without a screen
// it is said on standard error, with no colour and no log.
func (c core) fail(screen *callback.Screen, err error) int {
	if errors.Is(err, controller.ErrInterrupted) {
		c.tellInterrupted()
		return interrupted
	}
	var d *diag.Diagnostic
	var fault *controller.Fault
	code, text := c.exitCode(err), err.Error()
	if c.dialect == expr.Tagged && errors.As(err, &d) {
		text = diag.Told(d, c.dialect, os.ReadFile)
	}
	if errors.As(err, &fault) {
		text = fault.Chain.Text(os.ReadFile)
	}
	if code == 250 && screen != nil && c.dialect == expr.Classic && screen.Verbosity < 3 {
		screen.Message(callback.Message{Text: "to see the full traceback, use -vvv"})
	}
	switch {
	case screen != nil:
		screen.Fail(callback.ErrorMessage{Text: text})
	case c.dialect == expr.Tagged:
		fmt.Fprint(os.Stderr, callback.Notice("ERROR", strings.TrimRight(text, "\n")))
	default:
		fmt.Fprintln(os.Stderr, "ERROR! "+strings.TrimRight(text, "\n"))
	}
	return code
}
