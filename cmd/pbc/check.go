package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"pbc/compiler"
	"pbc/compiler/diag"
)

func checkCommand() *cobra.Command {
	var f sourceFlags
	c := &cobra.Command{
		Use:   "check PLAYBOOK...",
		Short: "tell everything that is wrong with playbooks, without running them",
		Long: `Check compiles playbooks and tells all there is to say: what ansible-playbook refuses, what pbc does not support
yet, and what would only fail when its task is reached, such as a template that does not parse or a filter that
does not exist. Warnings are told, too. It exits with 0 when nothing but warnings was found, else with 1.`,
		Example: `  pbc check site.yml
  pbc check site.yml -e stage=production --roles-path ~/roles`,
		Args: wantPlaybooks,
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := f.session(args)
			if err != nil {
				return err
			}
			opt, err := s.compileOptions()
			if err != nil {
				return err
			}
			opt.Later = true
			var python *plugins
			opt.HasPlugin = func(u *compiler.Unit, test bool, name string) bool {
				if python == nil {
					python = newPlugins(s, u)
				}
				_, err := python.Find(context.Background(), test, name)
				return err == nil
			}
			_, diags := compiler.Compile(opt)
			if python != nil {
				python.close()
			}
			counts := printDiags(os.Stdout, diags, true)
			if counts != "" {
				fmt.Println(counts)
			}
			for _, d := range diags.Items {
				if d.Kind != diag.Warning && d.Kind != diag.Deprecated {
					return exitCode(1)
				}
			}
			return nil
		},
	}
	f.add(c)
	return c
}
