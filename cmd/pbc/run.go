package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"pbc/compiler"
	"pbc/compiler/cli"
	"pbc/compiler/config"
	"pbc/compiler/files"
	"pbc/compiler/playbook"
	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/value"
)

// runHelp is what pbc run calls itself in ansible-playbook's help.
var runHelp = cli.Command{
	Prog:        "pbc run",
	Description: "Runs a plan that pbc compile wrote, with the options of ansible-playbook. The playbooks it was compiled from are not needed.",
	Operand:     "plan", About: "the plan", Operands: cli.Single,
	Examples: `
examples:
  pbc run plan.bin -i hosts
  pbc run plan.bin -i hosts -l web --check --diff
  pbc run plan.bin -i host1, -e version=1.2 -v
`,
}

// runCommand is here for help and completion: run handles it before cobra.
func runCommand() *cobra.Command {
	return &cobra.Command{Use: "run [ansible-playbook's options] PLAN", Short: "run a plan, with ansible-playbook's options", DisableFlagParsing: true,
		Run: func(*cobra.Command, []string) {}}
}

// runMain runs a plan.
func runMain(args []string) int {
	args, word, err := takeDialect(takeOrder(takeAllFacts(args)))
	var like core
	if err == nil {
		like, err = chooseCore(word)
	}
	if err != nil {
		return like.fail(nil, err)
	}
	conf, err := config.Load(os.LookupEnv, like.version)
	if err != nil {
		return like.fail(nil, err)
	}
	width := 0
	if w, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil {
		width = w
	}
	terminal := cli.Terminal{Columns: cli.Columns(width), Tagged: like.dialect == expr.Tagged, Command: runHelp, Version: func() string { return like.versionText("ansible-playbook", conf) }}
	req, err := cli.ParsePlaybook(args, conf, terminal)
	var exit *cli.Exit
	if errors.As(err, &exit) {
		fmt.Fprint(os.Stdout, exit.Stdout)
		fmt.Fprint(os.Stderr, exit.Stderr)
		return exit.Code
	}
	p, err := readPlan(req.Playbooks)
	if err != nil {
		return like.fail(nil, err)
	}
	if word != "" && word != p.Dialect {
		return like.fail(nil, &playbookError{msg: fmt.Sprintf("--dialect: got %s, but the plan was compiled for %s", word, p.Dialect), code: 2})
	}
	return runPlan(p, req, conf)
}

// readPlan reads the one plan that the command line names.
func readPlan(names []string) (*ir.Program, error) {
	if len(names) != 1 {
		return nil, &playbookError{msg: fmt.Sprintf("got %d plans, want one: pbc run PLAN", len(names)), code: 2}
	}
	b, err := os.ReadFile(names[0])
	if err != nil {
		return nil, err
	}
	p, err := ir.Decode(b)
	if errors.Is(err, ir.ErrNotPlan) && looksLikeYAML(b) {
		return nil, fmt.Errorf("%s: %w; to run a playbook: pbc playbook %s", names[0], err, names[0])
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", names[0], err)
	}
	return p, nil
}

// looksLikeYAML says whether a file is text: a playbook more likely than anything else.
func looksLikeYAML(b []byte) bool { return !bytes.ContainsRune(b[:min(len(b), 4096)], 0) }

func runPlan(p *ir.Program, req *cli.Playbook, conf *config.Config) int {
	req.Playbooks = p.Entry
	like, err := chooseCore(p.Dialect)
	if err != nil {
		return like.fail(nil, err)
	}
	i := like.catchInterrupts()
	defer i.finish()
	s, err := newSession(req, conf, like, i)
	if err == nil {
		err = s.secrets()
	}
	if err != nil {
		return like.fail(s.shown(), err)
	}
	u, err := s.open(p)
	code := 0
	if err == nil {
		code, err = s.play(u)
	}
	if cerr := s.out.Close(); err == nil && cerr != nil {
		err = cerr
	}
	if err != nil {
		return like.fail(s.screen, err)
	}
	return code
}

// open makes the session one of a plan.
func (s *session) open(p *ir.Program) (*compiler.Unit, error) {
	s.store = files.NewPlanStore(p)
	decrypt := func(path string, data []byte) ([]byte, error) { return s.keys.Decrypt(data, path) }
	u, err := compiler.Open(p, compiler.Options{Store: s.store, Supported: supported, Compared: compared, Leaves: leaves, Refuses: refuses, KnownFact: knownFact, Playbook: playbook.Options{Decrypt: decrypt}})
	if err != nil {
		return nil, err
	}
	extra := value.NewDict()
	extra.Update(u.Extra())
	extra.Update(s.extra)
	s.extra = extra
	return u, nil
}
