package cli

import (
	"slices"

	"pbc/compiler/config"
)

// optionsOf is the table of options of the dialect.
func optionsOf(c *config.Config, t Terminal) []*option {
	if t.Tagged {
		return newer(playbookOptions(c))
	}
	return playbookOptions(c)
}

const again = "This argument may be specified multiple times."

// newer changes the table of options to that of ansible-core 2.19.
func newer(options []*option) []*option {
	byDest := map[string]*option{}
	for _, o := range options {
		byDest[o.dest] = o
	}
	for _, dest := range []string{"tags", "skip_tags", "vault_ids", "module_path", "extra_vars"} {
		byDest[dest].help += ". " + again
	}
	byDest["verbosity"].help += " " + again
	byDest["inventory"].help = "specify inventory host path or comma separated host list. " + again
	byDest["timeout"].help = "override the connection timeout in seconds (default depends on connection)"
	if o := byDest["connection"]; o.help == "connection type to use (default=smart)" {
		o.help = "connection type to use (default=ssh)"
	}
	for _, o := range options {
		o.intName = "tag_value"
	}
	vault := byDest["ask_vault_pass"]
	vault.strings = append([]string{"-J"}, vault.strings...)
	return moved(options, byDest["flush_cache"], byDest["subset"])
}

// moved puts an option behind another one.
func moved(options []*option, o, behind *option) []*option {
	options = slices.DeleteFunc(options, func(x *option) bool { return x == o })
	return slices.Insert(options, slices.Index(options, behind)+1, o)
}
