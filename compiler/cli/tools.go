package cli

func names(s ...string) []string { return s }

// Options that several programs have.
var (
	helpOption    = &option{strings: names("-h", "--help"), dest: "help", action: help, help: "show this help message and exit"}
	versionOption = &option{strings: names("--version"), dest: "version", action: version,
		help: "show program's version number, config file location, configured module search path, module location, executable location and exit"}
	verboseOption = &option{strings: names("-v", "--verbose"), dest: "verbosity", action: count,
		help: "Causes Ansible to print more debug messages. Adding multiple -v will increase the verbosity, the builtin plugins " +
			"currently evaluate up to -vvvvvv. A reasonable level to start is -vvv, connection debugging might require -vvvv."}
	inventoryOption = &option{strings: names("-i", "--inventory", "--inventory-file"), dest: "inventory", action: collect,
		help: "specify inventory host path or comma separated host list. --inventory-file is deprecated"}
	extraOption = &option{strings: names("-e", "--extra-vars"), dest: "extra_vars", action: collect,
		help: "set additional variables as key=value or YAML/JSON, if filename prepend with @"}
	vaultOptions = []*option{
		{strings: names("--vault-id"), dest: "vault_ids", action: collect, help: "the vault identity to use"},
		{strings: names("--ask-vault-password", "--ask-vault-pass"), dest: "ask_vault_pass", action: flag, mutex: "vault", help: "ask for vault password"},
		{strings: names("--vault-password-file", "--vault-pass-file"), dest: "vault_password_files", action: collect, mutex: "vault", help: "vault password file"},
	}
)

func joined(lists ...[]*option) []*option {
	var all []*option
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// InventoryTool is ansible-inventory, by the name that it was called by.
func InventoryTool(called, examples string) *Tool {
	return &Tool{
		name: "inventory",
		Command: Command{Prog: called, Description: "Show Ansible inventory information, by default it uses the inventory script JSON format",
			Operand: "host|group", Operands: Optional, Examples: examples},
		groups: []group{{"options", ""}, {"Actions", "One of following must be used on invocation, ONLY ONE!"}},
		options: joined([]*option{helpOption, versionOption, verboseOption, inventoryOption}, vaultOptions, []*option{
			{strings: names("--playbook-dir"), dest: "basedir", help: "Since this tool does not use playbooks, use this as a substitute playbook directory. " +
				"This sets the relative path for many features including roles/ group_vars/ etc."},
			extraOption,
			{strings: names("-l", "--limit"), dest: "subset", banned: true},
			{strings: names("--list-hosts"), dest: "listhosts", action: flag, banned: true},
			{strings: names("--list"), dest: "list", action: flag, group: 1, help: "Output all hosts info, works as inventory script"},
			{strings: names("--host"), dest: "host", group: 1, help: "Output specific host info, works as inventory script"},
			{strings: names("--graph"), dest: "graph", action: flag, group: 1, help: "create inventory graph, if supplying pattern it must be a valid group name"},
			{strings: names("-y", "--yaml"), dest: "yaml", action: flag, help: "Use YAML format instead of default JSON, ignored for --graph"},
			{strings: names("--toml"), dest: "toml", action: flag, help: "Use TOML format instead of default JSON, ignored for --graph"},
			{strings: names("--vars"), dest: "show_vars", action: flag, help: "Add vars to graph display, ignored unless used with --graph"},
			{strings: names("--export"), dest: "export", action: flag,
				help: "When doing an --list, represent in a way that is optimized for export,not as an accurate representation of how Ansible has processed it"},
			{strings: names("--output"), dest: "output_file", help: "When doing --list, send the inventory to a file instead of to the screen"},
		}),
	}
}

// VaultTool is ansible-vault, by the name that it was called by.
func VaultTool(called, examples string) *Tool {
	common := joined(vaultOptions, []*option{verboseOption})
	output := []*option{{strings: names("--output"), dest: "output_file", help: "output file name for encrypt or decrypt; use - for stdout"}}
	id := []*option{{strings: names("--encrypt-vault-id"), dest: "encrypt_vault_id", help: "the vault id used to encrypt (required if more than one vault-id is provided)"}}
	rekey := []*option{
		{strings: names("--new-vault-password-file"), dest: "new_vault_password_file", mutex: "new", help: "new vault password file for rekey"},
		{strings: names("--new-vault-id"), dest: "new_vault_id", mutex: "new", help: "the new vault identity to use for rekey"},
	}
	text := []*option{
		{strings: names("-p", "--prompt"), dest: "encrypt_string_prompt", action: flag, help: "Prompt for the string to encrypt"},
		{strings: names("--show-input"), dest: "show_string_input", action: flag, help: "Do not hide input when prompted for the string to encrypt"},
		{strings: names("-n", "--name"), dest: "encrypt_string_names", action: collect, help: "Specify the variable name"},
		{strings: names("--stdin-name"), dest: "encrypt_string_stdin_name", help: "Specify the variable name for stdin"},
	}
	t := &Tool{
		name:    "vault",
		Command: Command{Prog: called, Description: "encryption/decryption utility for Ansible data files", Operands: Action, Examples: examples},
		options: []*option{helpOption, versionOption, verboseOption},
	}
	t.epilogue = "\nSee '" + called + " <command> --help' for more information on a specific\ncommand.\n"
	for _, sub := range []struct {
		name, about string
		options     []*option
	}{
		{"create", "Create new vault encrypted file", joined(id, common)},
		{"decrypt", "Decrypt vault encrypted file", joined(output, common)},
		{"edit", "Edit vault encrypted file", joined(id, common)},
		{"view", "View vault encrypted file", common},
		{"encrypt", "Encrypt YAML file", joined(common, output, id)},
		{"encrypt_string", "Encrypt a string", joined(common, output, id, text)},
		{"rekey", "Re-key a vault encrypted file", joined(common, id, rekey)},
	} {
		operand, about := "file_name", "Filename"
		if sub.name == "encrypt_string" {
			operand, about = "string_to_encrypt", "String to encrypt"
		}
		t.add(sub.name, sub.about, Command{Operand: operand, About: about}, sub.options)
	}
	return t
}

// add adds a subcommand.
func (t *Tool) add(name, about string, c Command, options []*option) {
	c.Prog, c.Operands, c.Unsorted = t.Prog+" "+name, Any, true
	own := &Tool{Command: c, Action: name, name: t.name + " " + name, summary: about, options: joined([]*option{helpOption}, options)}
	t.actions = append(t.actions, own)
}

// configurable are the types of plugins that have settings.
var configurable = []string{"all", "base", "become", "cache", "callback", "cliconf", "connection", "httpapi", "inventory", "lookup", "netconf", "shell", "vars"}

// ConfigTool is ansible-config, by the name that it was called by.
func ConfigTool(called, examples string) *Tool {
	t := &Tool{
		name:    "config",
		Command: Command{Prog: called, Description: "View ansible configuration.", Operands: Action, Examples: examples},
		options: []*option{helpOption, versionOption, verboseOption},
	}
	common := []*option{
		verboseOption,
		{strings: names("-c", "--config"), dest: "config_file", help: "path to configuration file, defaults to first file found in precedence."},
		{strings: names("-t", "--type"), dest: "type", choices: configurable, help: "Filter down to a specific plugin type."},
	}
	format := func(help string, choices ...string) *option {
		return &option{strings: names("--format", "-f"), dest: "format", choices: choices, help: help}
	}
	for _, sub := range []struct {
		name, about string
		options     []*option
	}{
		{"list", "Print all config options", []*option{format("Output format for list", "json", "yaml")}},
		{"dump", "Dump configuration", []*option{
			{strings: names("--only-changed", "--changed-only"), dest: "only_changed", action: flag, help: "Only show configurations that have changed from the default"},
			format("Output format for dump", "json", "yaml", "display")}},
		{"view", "View configuration file", nil},
		{"init", "Create initial configuration", []*option{format("Output format for init", "ini", "env", "vars"),
			{strings: names("--disabled"), dest: "commented", action: flag, help: "Prefixes all entries with a comment character to disable them"}}},
	} {
		t.add(sub.name, sub.about, Command{Operand: "args", About: "Specific plugin to target, requires type of plugin to be set"}, joined(common, sub.options))
	}
	return t
}
