package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"pbc/compiler"
	"pbc/compiler/cli"
	"pbc/compiler/files"
	"pbc/compiler/playbook"
	"pbc/ir"
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

func runCommand() *cobra.Command {
	return &cobra.Command{Use: "run [ansible-playbook's options] PLAN", Short: "run a plan, with ansible-playbook's options", DisableFlagParsing: true,
		RunE: byItself(runMain)}
}

// runMain runs a plan.
func runMain(args []string) int {
	inv, code := readInvocation(args, runHelp)
	if inv == nil {
		return code
	}
	p, err := readPlan(inv.req.Playbooks)
	if err != nil {
		return inv.like.fail(nil, err)
	}
	if inv.word != "" && inv.word != p.Dialect {
		return inv.like.fail(nil, &playbookError{msg: fmt.Sprintf("--dialect: got %s, but the plan was compiled for %s", inv.word, p.Dialect), code: 2})
	}
	if inv.like, err = chooseCore(p.Dialect); err != nil {
		return inv.like.fail(nil, err)
	}
	inv.req.Playbooks = p.Entry
	return inv.run(func(*session) error { return nil }, func(s *session) (*compiler.Unit, error) { return s.open(p) })
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

// open makes the session one of a plan.
func (s *session) open(p *ir.Program) (*compiler.Unit, error) {
	if err := s.refuseSettings(); err != nil {
		return nil, err
	}
	s.store = files.NewPlanStore(p)
	decrypt := func(path string, data []byte) ([]byte, error) { return s.keys.Decrypt(data, path) }
	u, err := compiler.Open(p, compiler.Options{Store: s.store, Extensions: s.jinjaExtensions(), Supported: supported, Compared: compared, Leaves: leaves, Refuses: refuses, KnownFact: knownFact, Playbook: playbook.Options{Decrypt: decrypt, Duplicates: s.conf.String("DUPLICATE_YAML_DICT_KEY"), Rejected: s.rejects},
		Strategy: s.strategy(), StrategyFrom: s.conf.Origin("DEFAULT_STRATEGY"), NoDebugger: !s.like.ansible, Notice: s.notice})
	if err != nil {
		return nil, err
	}
	extra := value.NewDict()
	extra.Update(u.Extra())
	extra.Update(s.extra)
	s.extra = extra
	return u, nil
}
