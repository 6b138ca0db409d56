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

// newer is the table of options as it is in ansible-core 2.19.
func newer(options []*option) []*option {
	var out []*option
	byDest := map[string]*option{}
	for _, old := range options {
		o := *old
		o.intName = "tag_value"
		byDest[o.dest] = &o
		out = append(out, &o)
		switch o.dest {
		case "tags", "skip_tags", "vault_ids", "module_path", "extra_vars", "encrypt_string_names":
			o.help += ". " + again
		case "verbosity":
			o.help += " " + again
		case "inventory":
			o.help = "specify inventory host path or comma separated host list. " + again
		case "timeout":
			o.help = "override the connection timeout in seconds (default depends on connection)"
		case "connection":
			if o.help == "connection type to use (default=smart)" {
				o.help = "connection type to use (default=ssh)"
			}
		case "ask_vault_pass":
			o.strings = append([]string{"-J"}, o.strings...)
		}
	}
	if cache, limit := byDest["flush_cache"], byDest["subset"]; cache != nil && limit != nil {
		out = moved(out, cache, limit)
	}
	return out
}

// moved puts an option behind another one.
func moved(options []*option, o, behind *option) []*option {
	options = slices.DeleteFunc(options, func(x *option) bool { return x == o })
	return slices.Insert(options, slices.Index(options, behind)+1, o)
}

// Newer is the tool as it is in ansible-core 2.19.
func (t *Tool) Newer() *Tool {
	n := *t
	n.options = newer(t.options)
	n.actions = nil
	for _, sub := range t.actions {
		n.actions = append(n.actions, sub.Newer())
	}
	if change := newerTools[t.name]; change != nil {
		change(&n)
	}
	return &n
}

// newerTools are the changes of tools and of their subcommands, by the names in the tables of tools.
var newerTools = map[string]func(*Tool){
	"inventory": func(t *Tool) {
		t.Operand, t.About = "group", "The name of a group in the inventory, relevant when using --graph"
		limit := &option{strings: names("-l", "--limit"), dest: "subset", help: "further limit selected hosts to an additional pattern"}
		cache := &option{strings: names("--flush-cache"), dest: "flush_cache", action: flag, help: "clear the fact cache for every host in inventory"}
		t.options = slices.DeleteFunc(t.options, func(o *option) bool { return o.dest == "subset" })
		at := slices.IndexFunc(t.options, func(o *option) bool { return o.dest == "inventory" })
		t.options = slices.Insert(t.options, at+1, limit, cache)
		for _, o := range t.options {
			switch o.dest {
			case "host":
				o.help += ". It will ignore limit"
			case "graph":
				o.help += ". It will ignore limit"
			case "export":
				o.help = "When doing --list, represent in a way that is optimized for export,not as an accurate representation of how Ansible has processed it"
			}
		}
	},
	"vault create": func(t *Tool) {
		t.options = append(t.options, &option{strings: names("--skip-tty-check"), dest: "skip_tty_check", action: flag, help: "allows editor to be opened when no tty attached"})
	},
	"vault decrypt": func(t *Tool) { t.summary = "Decrypt vault encrypted file or string" },
	"config": func(t *Tool) {
		var common []*option
		for _, o := range t.actions[0].options {
			if o.dest != "help" && o.dest != "format" {
				common = append(common, o)
			}
		}
		t.add("validate", "Validate the configuration file and environment variables. By default it only checks the base settings without accounting for plugins (see -t).",
			Command{Operand: "args", About: t.actions[0].About}, append(common, &option{strings: names("--format", "-f"), dest: "format", choices: []string{"ini", "env"}, help: "Output format for init"}))
	},
}
