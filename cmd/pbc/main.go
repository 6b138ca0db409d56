// Command pbc compiles Ansible playbooks into per-host batch programs and runs them. Called by the
// name ansible-playbook, or as "pbc playbook", it takes ansible-playbook's own command line.
package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pbc/agent"
	"pbc/agent/become"
	"pbc/agent/boot"
	"pbc/compiler/cli"
)

func main() { os.Exit(run(os.Args)) }

// run is the whole program: it returns the exit code.
func run(args []string) int {
	if boot.Called(args[1:]) {
		return boot.Main(args[1:], serveAgent, agent.RunJob)
	}
	called := filepath.Base(args[0])
	if called == "ansible-playbook" {
		return playbookMain(args[1:], called)
	}
	if name, ok := strings.CutPrefix(called, "ansible-"); ok && tools[name].run != nil {
		return toolMain(name, called, args[1:])
	}
	if len(args) > 1 && args[1] == "agent" {
		return boot.Main(args[1:], serveAgent, agent.RunJob)
	}
	root := &cobra.Command{Use: "pbc", Short: "compile Ansible playbooks into per-host batch programs, and run them",
		Example: `  pbc playbook -i hosts site.yml         compile and run, as ansible-playbook does
  pbc check site.yml                     what is wrong, without running anything
  pbc compile site.yml -o plan.bin       one file that runs without its sources
  pbc show plan.bin
  pbc run -i hosts plan.bin
  pbc diff -i hosts site.yml             pbc and ansible-playbook, side by side
  pbc inventory -i hosts --graph         hosts, groups and variables, as ansible-inventory shows them
  pbc vault encrypt secret.yml           encrypt a file, as ansible-vault does
  pbc config dump --only-changed         settings, as ansible-config shows them`,
		Version: version, SilenceUsage: true, SilenceErrors: true}
	root.AddCommand(playbookCommand(), compileCommand(), runCommand(), showCommand(), checkCommand(), diffCommand())
	for _, name := range slices.Sorted(maps.Keys(tools)) {
		root.AddCommand(toolCommand(name))
	}
	root.SetArgs(args[1:])
	err := root.Execute()
	var exit exitCode
	switch {
	case errors.As(err, &exit):
		return int(exit)
	case err != nil:
		fmt.Fprintln(os.Stderr, "pbc:", strings.TrimSpace(err.Error()))
		return 2
	}
	return 0
}

// exitCode ends the program without a further word: everything has been said.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

func serveAgent(rw io.ReadWriteCloser) error {
	return agent.Serve(rw, agent.Options{Hop: become.Open, Hopped: boot.Hopped(os.Args[1:])})
}

// byItself is the work of a command that reads its command line itself.
func byItself(work func(args []string) int) func(*cobra.Command, []string) error {
	return func(_ *cobra.Command, args []string) error {
		if code := work(args); code != 0 {
			return exitCode(code)
		}
		return nil
	}
}

func playbookCommand() *cobra.Command {
	return &cobra.Command{Use: "playbook [ansible-playbook's options] PLAYBOOK...", Short: "compile and run in one step, with ansible-playbook's command line",
		DisableFlagParsing: true, RunE: byItself(func(args []string) int { return playbookMain(args, "pbc playbook") }),
		ValidArgsFunction: func(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
			return cli.CompletePlaybook(begun), cobra.ShellCompDirectiveDefault
		}}
}
