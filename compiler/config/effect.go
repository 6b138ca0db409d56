package config

import "reflect"

// Effect says what a setting does to a run of pbc.
type Effect uint8

// The effects of settings.
const (
	// Honoured: the setting does what it does in Ansible.
	Honoured Effect = iota
	// Harmless: pbc does not read the setting, and results and output are as if it did.
	Harmless
	// Unhonoured: pbc does not do what the setting says, and results or output may be others for it.
	Unhonoured
)

// String is the word for the effect in documentation.
func (e Effect) String() string { return [...]string{"honoured", "harmless", "unhonoured"}[e] }

// harmless are the settings that pbc need not read, with the reason.
var harmless = map[string]string{
	"ANSIBLE_PIPELINING":             "modules are never copied one by one",
	"ssh.pipelining":                 "modules are never copied one by one",
	"BECOME_ALLOW_SAME_USER":         "becoming the user that one is changes nothing but the cost",
	"CACHE_PLUGIN_CONNECTION":        "told with CACHE_PLUGIN",
	"CACHE_PLUGIN_PREFIX":            "told with CACHE_PLUGIN",
	"CACHE_PLUGIN_TIMEOUT":           "told with CACHE_PLUGIN",
	"DEFAULT_INVENTORY_PLUGIN_PATH":  "the installed ansible-inventory runs these plugins, and reads the setting",
	"COLLECTIONS_SCAN_SYS_PATH":      "collections that come with Ansible are found where it is installed",
	"COLOR_CONSOLE_PROMPT":           "the colour of another program",
	"COLOR_DEBUG":                    "the colour of debugging, which pbc does not print",
	"DEFAULT_DEBUG":                  "debugging of Ansible itself",
	"DEFAULT_KEEP_REMOTE_FILES":      "nothing is left on hosts that could be kept",
	"DEFAULT_LOCAL_TMP":              "pbc needs no such folder",
	"DEFAULT_MODULE_ARGS":            "for another program",
	"DEFAULT_MODULE_COMPRESSION":     "what is sent is compressed in its own way",
	"DEFAULT_MODULE_NAME":            "for another program",
	"DEFAULT_VAULT_ENCRYPT_IDENTITY": "for another program",
	"RUN_VARS_PLUGINS":               "group_vars and host_vars read early or late are the same",
	"SYSTEM_WARNINGS":                "warnings about Python's libraries",
	"ssh.sshpass_prompt":             "passwords are sent without sshpass",
	"ssh.sftp_executable":            "files are sent over the one connection",
	"ssh.scp_executable":             "files are sent over the one connection",
	"ssh.scp_extra_args":             "files are sent over the one connection",
	"ssh.sftp_extra_args":            "files are sent over the one connection",
	"ssh.sftp_batch_mode":            "files are sent over the one connection",
	"ssh.ssh_transfer_method":        "files are sent over the one connection",
	"ssh.scp_if_ssh":                 "files are sent over the one connection",
	"ssh.use_tty":                    "no terminal is asked for",
	"ssh.control_path":               "there is one connection for each host, which needs no socket",
	"ssh.control_path_dir":           "there is one connection for each host, which needs no socket",
	"ssh.timeout":                    "the same as DEFAULT_TIMEOUT",
	"ssh.remote_user":                "the same as DEFAULT_REMOTE_USER",
	"ssh.private_key_file":           "the same as DEFAULT_PRIVATE_KEY_FILE",
	"DEFAULT_REMOTE_PORT":            "the same as ssh.port",
	"HOST_KEY_CHECKING":              "the same as ssh.host_key_checking",
	"sudo.become_user":               "the same as DEFAULT_BECOME_USER",
	"su.become_user":                 "the same as DEFAULT_BECOME_USER",
	"sh.common_remote_group":         "files of the become user are made by that user",
	"sh.system_tmpdirs":              "files of the become user are made by that user",
	"sh.admin_users":                 "files of the become user are made by that user",
	"sh.world_readable_temp":         "files of the become user are made by that user",
}

// unhonoured are the settings that pbc does not honour though they matter, with what it does.
var unhonoured = map[string]string{
	"CACHE_PLUGIN":                   "facts are kept for the run only",
	"DEFAULT_ACTION_PLUGIN_PATH":     "action plugins there are not used",
	"BECOME_PLUGIN_PATH":             "become plugins there are not used",
	"DEFAULT_CACHE_PLUGIN_PATH":      "cache plugins there are not used",
	"DEFAULT_CALLBACK_PLUGIN_PATH":   "callback plugins there are not used",
	"DEFAULT_CONNECTION_PLUGIN_PATH": "connection plugins there are not used",
	"DEFAULT_STRATEGY_PLUGIN_PATH":   "strategies there are not used",
	"DEFAULT_VARS_PLUGIN_PATH":       "vars plugins there are not used",
	"DEFAULT_ALLOW_UNSAFE_LOOKUPS":   "what lookups return is never a template",
	"DEFAULT_EXECUTABLE":             "commands are started with /bin/sh",
	"DEFAULT_JINJA2_EXTENSIONS":      "templates have no extensions",
	"DEFAULT_JINJA2_NATIVE":          "templates give what they give without it",
	"DEFAULT_LOG_FILTER":             "the log is not filtered",
	"DEFAULT_NULL_REPRESENTATION":    "null is shown as Ansible does without it",
	"DEFAULT_PRIVATE_ROLE_VARS":      "variables of roles are seen by the play",
	"DEFAULT_UNDEFINED_VAR_BEHAVIOR": "undefined variables are errors",
	"INVALID_TASK_ATTRIBUTE_FAILED":  "unknown keywords are errors",
	"MAX_FILE_SIZE_FOR_DIFF":         "differences of files up to 104448 bytes are shown",
	"PLAYBOOK_VARS_ROOT":             "group_vars and host_vars beside the first playbook count",
	"STRING_CONVERSION_ACTION":       "values that become text are warned about as without it",
	"VARIABLE_PLUGINS_ENABLED":       "group_vars and host_vars are read, and nothing else",
	"VARIABLE_PRECEDENCE":            "variables have the usual order",
	"ssh.reconnection_retries":       "one attempt is made to connect",
	"ssh.pkcs11_provider":            "keys on smart cards are not used",
	"sh.remote_tmp":                  "temporary files of hosts are in their usual folder",
	"sudo.become_exe":                "the program of DEFAULT_BECOME_EXE is taken",
	"sudo.become_flags":              "the flags of DEFAULT_BECOME_FLAGS are taken",
	"su.become_exe":                  "the program of DEFAULT_BECOME_EXE is taken",
	"su.become_flags":                "the flags of DEFAULT_BECOME_FLAGS are taken",
	"su.prompt_l10n":                 "the usual prompts are known",
}

// sameAs are the settings that are honoured as long as they say what another one says.
var sameAs = map[string]string{
	"sudo.become_exe": "DEFAULT_BECOME_EXE", "sudo.become_flags": "DEFAULT_BECOME_FLAGS",
	"su.become_exe": "DEFAULT_BECOME_EXE", "su.become_flags": "DEFAULT_BECOME_FLAGS",
}

// Effect says what the setting does to a run of pbc and, when it does nothing, what happens instead.
func (s Setting) Effect() (Effect, string) {
	if why, ok := harmless[s.Name]; ok {
		return Harmless, why
	}
	if why, ok := unhonoured[s.Name]; ok {
		return Unhonoured, why
	}
	return Honoured, ""
}

// Unhonoured are the settings that have another value than the default, that may change results or output, and that pbc does not
// honour.
func (c *Config) Unhonoured() []Setting {
	var out []Setting
	for _, s := range c.Changed() {
		effect, _ := s.Effect()
		value := c.values[s.Name]
		if effect != Unhonoured || reflect.DeepEqual(value, c.defaultValue(s)) {
			continue
		}
		if other, ok := sameAs[s.Name]; ok && reflect.DeepEqual(value, c.values[other]) {
			continue
		}
		out = append(out, s)
	}
	return out
}
