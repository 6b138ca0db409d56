package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"pbc/compiler/cli"
	"pbc/compiler/config"
	"pbc/compiler/installed"
	"pbc/conformance/compare"
	"pbc/conformance/oracle"
	"pbc/conformance/sidebyside"
	"pbc/ir/expr"
)

// diffHelp is what pbc diff calls itself in ansible-playbook's help.
var diffHelp = cli.Command{
	Prog: "pbc diff",
	Description: "Runs playbooks with ansible-playbook and with pbc and tells where they differ: in results, in what is printed, in exit " +
		"codes, in files. Takes ansible-playbook's options; in check mode unless --apply is given.",
	Operand: "playbook", About: "Playbook(s)",
	Examples: `
options of pbc diff:
  --apply               make changes; needs --ansible-inventory or --copies, so
                        that each program finds things as they were
  --ansible-inventory SOURCE
                        with --apply: ansible-playbook's hosts; -i gives pbc's.
                        The same names, on two sets of equal machines. May be
                        repeated
  --copies              with --apply: each program works in a throwaway copy of
                        the working folder, on the same inventory. For playbooks
                        that change nothing outside of it
  --json                print the report as JSON
  --ansible PROGRAM     the ansible-playbook to compare with (default: the one on
                        PATH)
  --dialect NAME        what pbc is to be like: classic or tagged (default: like the
                        ansible-playbook it is compared with)
  --time-limit TIME     how long each program may take, such as 90s or 2h
                        (default 1h)

Prints the report to stdout, and how far it is to stderr. The exit code is 0 when
the two agree, 1 when they do not, 2 when they could not be compared.

examples:
  pbc diff site.yml -i hosts
  pbc diff site.yml -i hosts -l web --tags config --diff --json
  pbc diff site.yml -i staging-b --apply --ansible-inventory staging-a
  pbc diff site.yml -i localhost, -c local --apply --copies
`,
}

func diffCommand() *cobra.Command {
	return &cobra.Command{Use: "diff [options] [ansible-playbook's options] PLAYBOOK...", Short: "compare pbc with ansible-playbook on your playbooks",
		DisableFlagParsing: true, RunE: byItself(func(args []string) int { return diffMain(args, os.Stdout, os.Stderr) })}
}

// diffFlags are the options of pbc diff itself.
type diffFlags struct {
	apply, copies, json bool
	ansible, limit      string
	inventories         []string // of ansible-playbook
	dialect             string   // "" for that of ansible-playbook
	rest                []string // ansible-playbook's options and the playbooks
}

// diffMain is pbc diff.
func diffMain(args []string, stdout, stderr io.Writer) int {
	flags, err := parseDiff(args)
	if err == nil {
		var equal bool
		equal, err = flags.run(stdout, stderr)
		if err == nil && !equal {
			return 1
		}
	}
	var exit *cli.Exit
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		fmt.Fprint(stdout, exit.Stdout)
		fmt.Fprint(stderr, exit.Stderr)
		return exit.Code
	}
	fmt.Fprintln(stderr, "pbc diff:", err)
	return 2
}

// parseDiff takes the options of pbc diff out of args. They are given in full; what is not one of them is ansible-playbook's.
func parseDiff(args []string) (diffFlags, error) {
	var f diffFlags
	bools := map[string]*bool{"--apply": &f.apply, "--copies": &f.copies, "--json": &f.json}
	texts := map[string]func(string){
		"--dialect":           func(v string) { f.dialect = v },
		"--ansible":           func(v string) { f.ansible = v },
		"--ansible-inventory": func(v string) { f.inventories = append(f.inventories, v) },
		"--time-limit":        func(v string) { f.limit = v },
	}
	for i := 0; i < len(args); i++ {
		name, value, given := strings.Cut(args[i], "=")
		switch {
		case args[i] == "--":
			f.rest = append(f.rest, args[i:]...)
			return f, nil
		case bools[args[i]] != nil:
			*bools[args[i]] = true
		case texts[name] == nil:
			f.rest = append(f.rest, args[i])
		case given:
			texts[name](value)
		case i+1 == len(args):
			return f, fmt.Errorf("%s: got nothing, want a value", name)
		default:
			i++
			texts[name](args[i])
		}
	}
	return f, nil
}

// run compares, reports, and says whether the two were equal.
func (f diffFlags) run(stdout, stderr io.Writer) (bool, error) {
	like, err := chooseCore(f.dialect)
	if err != nil {
		return false, err
	}
	conf, err := config.Load(os.LookupEnv, like.version)
	if err != nil {
		return false, err
	}
	req, err := cli.ParsePlaybook(f.rest, conf, cli.Terminal{Columns: cli.Columns(0), Tagged: like.dialect == expr.Tagged, Command: diffHelp, Version: func() string { return like.versionText("ansible-playbook", conf) }})
	if err != nil {
		return false, err
	}
	opt, err := f.options(req, conf)
	if err != nil {
		return false, err
	}
	p := newDiffProgress(stderr)
	opt.Screen, opt.Ran = p.screen, p.ran
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	report, err := sidebyside.Run(ctx, opt)
	p.clear()
	if ctx.Err() != nil {
		return false, errors.New("interrupted")
	}
	if err != nil {
		return false, err
	}
	if f.json {
		return report.Equal, report.WriteJSON(stdout)
	}
	return report.Equal, report.WriteText(stdout, "ansible-playbook", "pbc")
}

// options is what the command line asks to compare.
func (f diffFlags) options(req *cli.Playbook, conf *config.Config) (sidebyside.Options, error) {
	o := sidebyside.Options{Args: f.rest, Apply: f.apply, Copies: f.copies, Env: os.Environ(), Limit: time.Hour}
	if err := f.check(req); err != nil {
		return o, err
	}
	var err error
	if f.limit != "" {
		if o.Limit, err = time.ParseDuration(f.limit); err != nil || o.Limit <= 0 {
			return o, fmt.Errorf("--time-limit: got %q, want a time such as 90s or 2h", f.limit)
		}
	}
	if f.inventories != nil {
		o.Inventories = [2][]string{f.inventories, req.Inventory}
		o.Args = withoutInventories(f.rest)
		left, err := cli.ParsePlaybook(o.Args, conf, cli.Terminal{Tagged: true, Command: diffHelp})
		if err != nil || left.Given("inventory") {
			return o, errors.New("got -i joined with other options, want it on its own beside --ansible-inventory")
		}
	}
	if plugins := conf.List("DEFAULT_CALLBACK_PLUGIN_PATH"); len(plugins) > 0 {
		o.Env = append(o.Env, "ANSIBLE_CALLBACK_PLUGINS="+strings.Join(plugins, ":")) // the recording plugin comes before them
	}
	if o.Dir, err = os.Getwd(); err != nil {
		return o, err
	}
	self, err := os.Executable()
	if err != nil {
		return o, err
	}
	if o.Ansible, err = oracle.FindAnsible(f.ansible); err != nil {
		return o, fmt.Errorf("no ansible-playbook to compare with: %w; --ansible names one", err)
	}
	o.Pbc = &oracle.Program{Path: self, Words: []string{"playbook"}, Env: []string{"PBC_DIALECT=" + cmp.Or(f.dialect, o.Ansible.Dialect())}}
	if installed.Find(o.Ansible.Path) != nil {
		o.Pbc.Env = append(o.Pbc.Env, "PBC_ANSIBLE="+o.Ansible.Path)
	}
	return o, nil
}

// check refuses what cannot be compared.
func (f diffFlags) check(req *cli.Playbook) error {
	switch {
	case !f.apply && (f.copies || f.inventories != nil):
		return errors.New("--copies and --ansible-inventory are for --apply")
	case f.apply && req.Check:
		return errors.New("got --apply and --check, want one of them")
	case f.apply && f.copies == (f.inventories != nil):
		return errors.New("--apply makes changes twice: it wants --ansible-inventory with hosts for ansible-playbook, or --copies of the working folder")
	case f.inventories != nil && !req.Given("inventory"):
		return errors.New("--ansible-inventory: got no -i, want one with the hosts of pbc")
	case req.AskPass || req.AskBecomePass || req.AskVaultPass || req.Step:
		return errors.New("the programs cannot ask while they are compared: give passwords by files (--vault-password-file, --become-password-file ...)")
	}
	for _, file := range req.Playbooks {
		if f.copies && !filepath.IsLocal(file) {
			return fmt.Errorf("%s: got a path that leaves the working folder, want one below it: with --copies each program has its own", file)
		}
	}
	return findPlaybooks(req.Playbooks, collectionPlaybook.MatchString)
}

// collectionPlaybook is what may be the name of a playbook of a collection; both programs look for it themselves.
var collectionPlaybook = regexp.MustCompile(`^\w+(\.\w+){2,}$`)

// withoutInventories takes the -i options out of a command line that was found right.
func withoutInventories(args []string) []string {
	var out []string
	for i := 0; i < len(args); i++ {
		name, _, given := strings.Cut(args[i], "=")
		switch {
		case args[i] == "--":
			return append(out, args[i:]...)
		case args[i] == "-i" || len(name) > len("--in") && strings.HasPrefix("--inventory-file", name):
			if !given || args[i] == "-i" {
				i++
			}
		case strings.HasPrefix(args[i], "-i"):
		default:
			out = append(out, args[i])
		}
	}
	return out
}

// diffProgress tells how far the programs are: on a terminal in one line that follows them, else in one line for each.
type diffProgress struct {
	out   io.Writer
	live  bool
	width int
	line  bytes.Buffer // what the program has printed of a line
	name  string
}

func newDiffProgress(out io.Writer) *diffProgress {
	p := &diffProgress{out: out, width: 80}
	f, ok := out.(*os.File)
	p.live = ok && term.IsTerminal(int(f.Fd()))
	if w, _, err := term.GetSize(2); p.live && err == nil {
		p.width = w
	}
	return p
}

// screen announces a program and takes what it prints.
func (p *diffProgress) screen(program *oracle.Program) io.Writer {
	p.name = "pbc"
	if program.Plugin {
		p.name = "ansible-playbook " + program.Version
	}
	p.line.Reset()
	p.show("starting")
	return p
}

// Write implements io.Writer: the banners of plays and tasks are what is shown.
func (p *diffProgress) Write(b []byte) (int, error) {
	p.line.Write(b)
	for {
		text, err := p.line.ReadString('\n')
		if err != nil {
			p.line.WriteString(text)
			return len(b), nil
		}
		for _, banner := range []string{"PLAY ", "TASK ", "RUNNING HANDLER "} {
			if strings.HasPrefix(text, banner) {
				p.show(strings.TrimRight(text, "* \n"))
			}
		}
	}
}

func (p *diffProgress) show(text string) {
	if !p.live {
		return
	}
	line := []rune(p.name + ": " + text)
	fmt.Fprintf(p.out, "\r\x1b[K%s", string(line[:min(len(line), p.width-1)]))
}

func (p *diffProgress) clear() {
	if p.live {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}

// ran tells how a program ended.
func (p *diffProgress) ran(_ *oracle.Program, run compare.Run, took time.Duration) {
	p.clear()
	fmt.Fprintf(p.out, "%s: exit code %d, %d events, %s\n", p.name, run.Exit, len(run.Events), took.Round(10*time.Millisecond))
}
