package cli

// Option is a row of the table of ansible-playbook's options, for documentation.
type Option struct {
	Strings []string // as written: "-i", "--inventory"
	Value   bool     // takes a value
}

// Options returns the table of options, in the order of the help.
func Options() []Option {
	var out []Option
	for _, o := range playbookOptions(nil) {
		takes := o.action != flag && o.action != count && o.action != help && o.action != version
		out = append(out, Option{Strings: o.strings, Value: takes})
	}
	return out
}
