package cli

import "slices"

// Option is a row of a table of options, for documentation and tests.
type Option struct {
	Strings []string // as written: "-i", "--inventory"
	Value   bool     // takes a value
}

// Options returns the table of ansible-playbook's options, in the order of the help; tagged is its dialect.
func Options(tagged bool) []Option { return shown(optionsOf(nil, Terminal{Tagged: tagged})) }

// Options returns the table of the tool's options without those of its subcommands.
func (t *Tool) Options() []Option { return shown(t.options) }

// Actions are the subcommands, in the order of the help.
func (t *Tool) Actions() []*Tool { return slices.Clone(t.actions) }

func shown(options []*option) []Option {
	var out []Option
	for _, o := range options {
		if !o.banned {
			out = append(out, Option{Strings: o.strings, Value: o.takesArg()})
		}
	}
	return out
}

// Spelled are the options of a command line as they are spelled in full, those of flags glued together each.
func (p *Playbook) Spelled() []string { return p.spelled }

// Spelled is as that of Playbook, without what stands before a subcommand.
func (p *Parsed) Spelled() []string { return p.p.spelled }
