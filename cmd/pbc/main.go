// Command pbc compiles Ansible playbooks into per-host batch programs and runs them. Called by the
// name ansible-playbook, or as "pbc playbook", it takes ansible-playbook's own command line.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"pbc/agent"
	"pbc/agent/become"
	"pbc/agent/boot"
)

func main() { os.Exit(run(os.Args)) }

// run is the whole program: it returns the exit code.
func run(args []string) int {
	if filepath.Base(args[0]) == "ansible-playbook" {
		return playbookMain(args[1:])
	}
	if len(args) > 1 {
		switch args[1] {
		case "agent":
			return boot.Main(args[1:], serveAgent)
		case "playbook":
			return playbookMain(args[2:])
		}
	}
	code := 0
	root := &cobra.Command{Use: "pbc", Short: "compile Ansible playbooks into per-host batch programs, and run them",
		SilenceUsage: true, SilenceErrors: true}
	root.AddCommand(playbookCommand())
	root.SetArgs(args[1:])
	if err := root.Execute(); err != nil {
		fmt.Fprintln(os.Stderr, "pbc:", err)
		return 2
	}
	return code
}

func serveAgent(rw io.ReadWriteCloser) error {
	return agent.Serve(rw, agent.Options{Hop: become.Open})
}

// playbookCommand is here for help and completion: run handles it before cobra.
func playbookCommand() *cobra.Command {
	return &cobra.Command{Use: "playbook [ansible-playbook's options] PLAYBOOK...", Short: "compile and run in one step, with ansible-playbook's command line",
		DisableFlagParsing: true, Run: func(*cobra.Command, []string) {}}
}
