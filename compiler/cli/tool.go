package cli

import (
	"fmt"
	"slices"
	"strings"

	"pbc/compiler/config"
	"pbc/compiler/inventory"
	"pbc/compiler/vault"
	"pbc/ir/value"
)

// Tool is a program with a command line of argparse's kind, or a subcommand of one.
type Tool struct {
	Command
	Action   string // the name of a subcommand
	name     string // as newerTools has it
	options  []*option
	groups   []group
	epilogue string
	summary  string // a subcommand in a line
}

// Parsed is a command line that was read.
type Parsed struct {
	Action   string // the subcommand, "" for none
	Operands []string
	p        *parser
	v        values
}

// On says whether an option without an argument was given.
func (p *Parsed) On(dest string) bool { return p.v.on(dest, "") }

// Text is the argument of an option, "" for none.
func (p *Parsed) Text(dest string) string { return p.v.text(dest, "") }

// Given says whether an option was given.
func (p *Parsed) Given(dest string) bool { return p.p.values[dest] != nil }

// Texts are the arguments of an option that may be given several times.
func (p *Parsed) Texts(dest string) []string { return p.p.values[dest] }

// File is the argument of an option that names a file: absolute, with links followed; "-" is itself.
func (p *Parsed) File(dest string) string { return p.v.path(dest, "") }

// Quiet is the command line without -v, from the subcommand on.
func (p *Parsed) Quiet() []string {
	words := []string{p.Action}
	for _, o := range p.p.options {
		for _, v := range p.p.values[o.dest] {
			if words = append(words, o.strings[0]); o.takesArg() {
				words = append(words, v)
			}
		}
	}
	return append(words, p.Operands...)
}

// Verbosity counts -v, from the setting on; those before a subcommand do not count.
func (p *Parsed) Verbosity(c *config.Config) int {
	return c.Int("DEFAULT_VERBOSITY") + p.p.counts["verbosity"]
}

// Playbook are the options that the program shares with ansible-playbook.
func (p *Parsed) Playbook(c *config.Config) *Playbook {
	return p.p.playbook(c)
}

// VaultRequest is what the command line and the settings say about vault passwords.
func (p *Parsed) VaultRequest(c *config.Config) vault.Request { return p.Playbook(c).VaultRequest(c) }

// InventoryOptions are the sources of the command line and the settings about inventories.
func (p *Parsed) InventoryOptions(c *config.Config) inventory.Options {
	return p.Playbook(c).InventoryOptions(c)
}

func (t *Tool) printer(columns int) printer {
	if columns <= 0 {
		columns = 80
	}
	return printer{t.Command, columns - 2}
}

// Help is the text of -h.
func (t *Tool) Help(columns int) string {
	f := t.printer(columns)
	groups := t.groups
	if groups == nil {
		groups = []group{{"options", ""}}
	}
	return f.help(t.options, groups, t.Description, t.About) + t.epilogue + f.Examples
}

// Parse reads the arguments, without the program's name. The error is an *Exit: the help, the version, or what is wrong.
func (t *Tool) Parse(args []string, c *config.Config, term Terminal) (*Parsed, error) {
	if t.Operands == Action {
		return t.parseAction(args, c, term)
	}
	p := newParser(t.options)
	p.takes = t.Operands
	if err := p.parse(args); err != nil {
		return nil, t.exit(err, t, term)
	}
	return &Parsed{Operands: p.rest, p: p, v: values{p, c}}, nil
}

// exit is what ends a program whose command line could not be read; top is the program itself.
func (t *Tool) exit(err error, top *Tool, term Terminal) error {
	switch err {
	case errHelp:
		return &Exit{Stdout: t.Help(term.Columns)}
	case errVersion:
		out := t.Prog + " [core " + coreVersion + "]"
		if term.Version != nil {
			out = term.Version()
		}
		return &Exit{Stdout: out + "\n"}
	}
	return &Exit{Code: 2, Stderr: t.printer(term.Columns).usage(t.options) + t.Prog + ": error: " + err.Error() + "\n \n" + top.Help(term.Columns)}
}

// parseAction reads the options before a subcommand, and then the subcommand's.
func (t *Tool) parseAction(args []string, c *config.Config, term Terminal) (*Parsed, error) {
	p := newParser(t.options)
	p.takes = Any
	at, err := p.firstOperand(args)
	if err != nil {
		return nil, t.exit(err, t, term)
	}
	before := args
	if at >= 0 {
		before = args[:at]
	}
	if err := p.parseKnown(before); err != nil {
		return nil, t.exit(err, t, term)
	}
	if at < 0 {
		return nil, t.exit(&usageError{"the following arguments are required: action"}, t, term)
	}
	var names []string
	for _, sub := range t.actions {
		if names = append(names, sub.Action); sub.Action != args[at] {
			continue
		}
		q := newParser(sub.options)
		q.takes = sub.Operands
		if err := q.parseKnown(args[at+1:]); err != nil {
			return nil, sub.exit(err, t, term)
		}
		if err := unrecognized(append(p.extras, q.extras...)); err != nil {
			return nil, t.exit(err, t, term)
		}
		return &Parsed{Action: sub.Action, Operands: q.rest, p: q, v: values{q, c}}, nil
	}
	return nil, t.exit(&usageError{fmt.Sprintf("argument action: invalid choice: %s (choose from %s)", value.StrRepr(args[at]), quoted(names))}, t, term)
}

// Complete returns what a word that was begun may become: the names of subcommands and options.
func (t *Tool) Complete(args []string, begun string) []string {
	options := t.options
	var out []string
	if t.Operands == Action {
		for _, sub := range t.actions {
			if slices.Contains(args, sub.Action) {
				return sub.Complete(nil, begun)
			}
			if strings.HasPrefix(sub.Action, begun) {
				out = append(out, sub.Action)
			}
		}
	}
	return append(out, completions(options, begun)...)
}

// completions are the option strings with that beginning, and what they do.
func completions(options []*option, begun string) []string {
	var out []string
	if !strings.HasPrefix(begun, "-") {
		return nil
	}
	for _, o := range options {
		for _, s := range o.strings {
			if strings.HasPrefix(s, begun) && !o.banned {
				out = append(out, s+"\t"+strings.ReplaceAll(o.help, "\n", " "))
			}
		}
	}
	return out
}

// CompletePlaybook is Complete for ansible-playbook's options.
func CompletePlaybook(begun string) []string { return completions(playbookOptions(nil), begun) }
