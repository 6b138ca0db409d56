package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pbc/compiler"
	"pbc/compiler/cli"
	"pbc/compiler/config"
	"pbc/compiler/diag"
	"pbc/ir"
)

// sourceFlags are the options of the commands that read playbooks and run nothing.
type sourceFlags struct {
	extra, roles        []string
	vaultIDs, vaultFile []string
	dialect             string
}

func (f *sourceFlags) add(c *cobra.Command) {
	c.Flags().StringArrayVarP(&f.extra, "extra-vars", "e", nil, "variables known before running: key=value, YAML, JSON or @file")
	c.Flags().StringArrayVar(&f.roles, "roles-path", nil, "look for roles here first: folders separated by colons")
	c.Flags().StringVar(&f.dialect, "dialect", "", dialectHelp)
	c.Flags().StringArrayVar(&f.vaultIDs, "vault-id", nil, "the vault identity to use")
	c.Flags().StringArrayVar(&f.vaultFile, "vault-password-file", nil, "vault password file")
}

// session makes the session that reads the playbooks named.
func (f *sourceFlags) session(files []string) (*session, error) {
	like, err := chooseCore(f.dialect)
	if err != nil {
		return nil, err
	}
	conf, err := config.Load(os.LookupEnv, like.version)
	if err != nil {
		return nil, err
	}
	var args []string
	for flag, list := range map[string][]string{"-e": f.extra, "--vault-id": f.vaultIDs, "--vault-password-file": f.vaultFile} {
		for _, v := range list {
			args = append(args, flag, v)
		}
	}
	req, err := cli.ParsePlaybook(append(append(args, "--"), files...), conf, cli.Terminal{})
	var exit *cli.Exit
	if errors.As(err, &exit) {
		return nil, errors.New(strings.TrimSpace(exit.Stderr))
	}
	s, err := newSession(req, conf, like, nil)
	if err == nil {
		err = s.secrets()
	}
	if err != nil {
		return nil, err
	}
	for _, r := range f.roles {
		s.roles = append(s.roles, filepath.SplitList(r)...)
	}
	for i, r := range s.roles {
		if s.roles[i], err = filepath.Abs(r); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// read compiles and returns everything there is to say. The unit is nil when the playbooks do not compile.
func (s *session) read() (*compiler.Unit, diag.List, error) {
	opt, err := s.compileOptions()
	if err != nil {
		return nil, diag.List{}, err
	}
	opt.NoDebugger = false // where the plan runs there may be one
	u, diags := compiler.Compile(opt)
	return u, diags, nil
}

func compileCommand() *cobra.Command {
	var f sourceFlags
	var out string
	var verbose bool
	c := &cobra.Command{
		Use:   "compile PLAYBOOK... [-o FILE]",
		Short: "compile playbooks into a plan that runs without them",
		Long: `Compile reads playbooks with their roles, task files, variables, files and templates, checks them, and writes
one file, the plan. The same sources give the same bytes. A plan needs no inventory to be made, and runs without
the sources: only what a name that is built while running may mean beyond its constant parts is looked for on disk.

Variables given with -e decide names that must be known before running, such as those of imported files. They
are kept in the plan in the clear; those given to "pbc run" win over them. Vaults stay encrypted: a plan with files that
are vaults as a whole is compiled from its sources, with the password, when it runs.`,
		Example: `  pbc compile site.yml                       writes plan.bin
  pbc compile site.yml -o site.plan -e stage=production
  pbc compile site.yml --roles-path ~/roles:/usr/share/ansible/roles`,
		Args: wantPlaybooks,
		RunE: func(c *cobra.Command, args []string) error {
			s, err := f.session(args)
			if err != nil {
				return err
			}
			return s.compileTo(c.OutOrStdout(), out, verbose)
		},
	}
	f.add(c)
	c.Flags().StringVarP(&out, "output", "o", "plan.bin", "the file to write")
	c.Flags().BoolVarP(&verbose, "verbose", "v", false, "list the tasks that pbc does not run itself but leaves to Python, and why")
	return c
}

func wantPlaybooks(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("no playbook named\nusage: pbc %s", c.Use)
	}
	return nil
}

// compileTo writes the plan of the session's playbooks and says what is in it; verbosely also what is left to Python.
func (s *session) compileTo(w io.Writer, out string, verbose bool) error {
	u, diags, err := s.read()
	if err != nil {
		return err
	}
	counts := printDiags(os.Stderr, diags, false)
	if u == nil {
		fmt.Fprintf(os.Stderr, "pbc: %s: nothing is written\n", counts)
		return exitCode(1)
	}
	p, err := u.Seal()
	var refused *compiler.Refused
	if errors.As(err, &refused) {
		fmt.Fprintf(os.Stderr, "pbc: %s: nothing is written\n", printDiags(os.Stderr, refused.List, false))
		return exitCode(1)
	}
	if err != nil {
		return err
	}
	if verbose {
		if err := leftToPython(w, u.Program); err != nil {
			return err
		}
	}
	p.Maker = version
	b, err := ir.Encode(p)
	if err != nil {
		return err
	}
	if err := writeFile(out, b); err != nil {
		return err
	}
	fmt.Fprintf(w, "%s: %s\n", out, summary(p, len(b)))
	return nil
}

// summary tells what is in a plan.
func summary(p *ir.Program, size int) string {
	tasks, handlers, roles := 0, 0, map[string]bool{}
	for _, play := range p.Plays {
		tasks += len(play.Tasks) - len(play.Handlers)
		handlers += len(play.Handlers)
		for _, r := range play.Roles {
			roles[r.Path] = true
		}
	}
	files, bytes := 0, 0
	for _, b := range p.Blobs {
		files++
		bytes += len(b)
	}
	what := fmt.Sprintf("%s, %s, %s, %s", count(len(p.Plays), "play"), count(tasks, "task"), count(handlers, "handler"), count(len(roles), "role"))
	if p.Locked {
		what = "locked by a vault"
	}
	return fmt.Sprintf("%s; %s of %d bytes; plan of %d bytes", what, count(files, "file"), bytes, size)
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// printDiags shows diagnostics, those about the time of running only when later is set, and returns how many
// of which kind there are.
func printDiags(w io.Writer, list diag.List, later bool) string {
	n := map[diag.Kind]int{}
	for _, d := range inOrder(list.Items) {
		if d.Kind == diag.Later && !later {
			continue
		}
		n[d.Kind]++
		fmt.Fprint(w, diag.Format(near(d), os.ReadFile))
	}
	var parts []string
	for _, k := range []struct {
		kind diag.Kind
		word string
	}{{diag.Invalid, "error"}, {diag.Unsupported, "unsupported feature"}, {diag.Later, "run-time fault"}, {diag.Warning, "warning"}, {diag.Deprecated, "deprecation"}} {
		if n[k.kind] > 0 {
			parts = append(parts, count(n[k.kind], k.word))
		}
	}
	return strings.Join(parts, ", ")
}

// inOrder sorts diagnostics by their places, files as they were first met.
func inOrder(list []*diag.Diagnostic) []*diag.Diagnostic {
	files := map[string]int{}
	for _, d := range list {
		if _, ok := files[d.Pos.File]; !ok {
			files[d.Pos.File] = len(files)
		}
	}
	out := slices.Clone(list)
	slices.SortStableFunc(out, func(a, b *diag.Diagnostic) int {
		return cmp.Or(cmp.Compare(files[a.Pos.File], files[b.Pos.File]), cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Col, b.Pos.Col))
	})
	return out
}

// near is a diagnostic with files below the working folder named relative to it.
func near(d *diag.Diagnostic) *diag.Diagnostic {
	out := *d
	out.Pos.File = nearFile(d.Pos.File)
	out.Notes = slices.Clone(d.Notes)
	for i := range out.Notes {
		out.Notes[i].Pos.File = nearFile(out.Notes[i].Pos.File)
	}
	return &out
}

func nearFile(name string) string {
	cwd, err := os.Getwd()
	if err != nil {
		return name
	}
	rel, err := filepath.Rel(cwd, name)
	if err != nil || strings.HasPrefix(rel, "..") {
		return name
	}
	return rel
}

// writeFile replaces a file as a whole or leaves it as it was.
func writeFile(name string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = io.Copy(f, bytes.NewReader(b))
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
