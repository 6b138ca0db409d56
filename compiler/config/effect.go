package config

import (
	"path/filepath"
	"reflect"
	"slices"
	"strings"
)

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
	// Refused: pbc does not run with what the setting asks for.
	Refused
)

// String is the word for the effect in documentation.
func (e Effect) String() string {
	return [...]string{"honoured", "harmless", "unhonoured", "refused"}[e]
}

// harmless are the settings that pbc need not read, with the reason.
var harmless = map[string]string{
	"ANSIBLE_PIPELINING":             "modules are never copied one by one",
	"ssh.pipelining":                 "modules are never copied one by one",
	"DEFAULT_INVENTORY_PLUGIN_PATH":  "the installed ansible-inventory runs these plugins, and reads the setting",
	"COLLECTIONS_SCAN_SYS_PATH":      "collections that come with Ansible are found where it is installed",
	"COLOR_CONSOLE_PROMPT":           "the colour of another program",
	"COLOR_DEBUG":                    "the colour of debugging, which pbc does not print",
	"DEFAULT_LOCAL_TMP":              "pbc needs no such folder",
	"DEFAULT_MODULE_ARGS":            "for another program",
	"DEFAULT_MODULE_NAME":            "for another program",
	"DEFAULT_VAULT_ENCRYPT_IDENTITY": "for another program",
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
	"DEFAULT_BECOME_EXE":             "the same as that of the become method",
	"DEFAULT_BECOME_FLAGS":           "the same as those of the become method",
	"HOST_KEY_CHECKING":              "the same as ssh.host_key_checking",
	"sh.common_remote_group":         "files of the become user are made by that user",
	"sh.system_tmpdirs":              "files of the become user are made by that user; tasks fail of a relative path, as in Ansible",
	"sh.admin_users":                 "files of the become user are made by that user",
	"sh.world_readable_temp":         "files of the become user are made by that user",

	"_ANSIBALLZ_*":                   "for debugging Ansible itself",
	"_ANSIBLE_CONNECTION_PATH":       "network devices are not reached",
	"COVERAGE_REMOTE_OUTPUT":         "for testing Ansible itself",
	"COVERAGE_REMOTE_PATHS":          "for testing Ansible itself",
	"DEFAULT_INTERNAL_POLL_INTERVAL": "there are no workers to look at",
	"WORKER_SHUTDOWN_POLL_COUNT":     "there are no workers to look at",
	"WORKER_SHUTDOWN_POLL_DELAY":     "there are no workers to look at",
	"DEFAULT_LIBVIRT_LXC_NOSECLABEL": "for a connection plugin of a collection",
	"DEFAULT_LOAD_CALLBACK_PLUGINS":  "for another program",
	"STRING_CONVERSION_ACTION":       "Ansible does not read it either",
	"DEFAULT_SU":                     "Ansible does not read it either",
	"COLOR_DOC_*":                    "for documentation",
	"SSH_AGENT_*":                    "told with SSH_AGENT",
	"DEVEL_WARNING":                  "no development version runs",
	"DOCSITE_ROOT_URL":               "for documentation",
	"DOC_FRAGMENT_PLUGIN_PATH":       "for documentation",
	"GALAXY_*":                       "for another program",
	"INVENTORY_CACHE_*":              "the installed ansible-inventory runs these plugins, and reads the setting",
	"JINJA2_NATIVE_WARNING":          "Jinja is pbc's own",
	"OLD_PLUGIN_CACHE_CLEARING":      "there are no plugins to forget",
	"WIN_ASYNC_STARTUP_TIMEOUT":      "hosts with Windows are not reached",
	"ANSIBLE_CONNECTION_PATH":        "network devices are not reached",
	"CONNECTION_FACTS_MODULES":       "network devices are not reached",
	"DEFAULT_CLICONF_PLUGIN_PATH":    "network devices are not reached",
	"DEFAULT_HTTPAPI_PLUGIN_PATH":    "network devices are not reached",
	"DEFAULT_NETCONF_PLUGIN_PATH":    "network devices are not reached",
	"DEFAULT_TERMINAL_PLUGIN_PATH":   "network devices are not reached",
	"NETCONF_SSH_CONFIG":             "network devices are not reached",
	"NETWORK_GROUP_MODULES":          "network devices are not reached",
	"PERSISTENT_*":                   "network devices are not reached",
	"USE_PERSISTENT_CONNECTIONS":     "network devices are not reached",
	"PARAMIKO_LOOK_FOR_KEYS":         "SSH is spoken by pbc itself",
	"MODULE_IGNORE_EXTS":             "modules are named, and not searched for in folders",
}

// unhonoured are the settings that pbc does not honour though they matter, with what it does.
var unhonoured = map[string]string{
	"_CALLBACK_DISPATCH_ERROR_BEHAVIOR":    "what fails in a callback is warned of",
	"_MODULE_METADATA":                     "results of modules are read in one way",
	"_TEMPLAR_SANDBOX_MODE":                "templates read and call what they do by default",
	"_TEMPLAR_UNKNOWN_TYPE_CONVERSION":     "values have the types of playbooks",
	"_TEMPLAR_UNKNOWN_TYPE_ENCOUNTERED":    "values have the types of playbooks",
	"_TEMPLAR_UNTRUSTED_TEMPLATE_BEHAVIOR": "templates that are not trusted are not told of",
	"DEFAULT_DEBUG":                        "what Ansible tells of its own working then is not told",
	"DEFAULT_KEEP_REMOTE_FILES":            "nothing is left on hosts that could be kept",
	"DEFAULT_MODULE_COMPRESSION":           "what is sent is compressed in its own way, and a name that is none is not told of by each task",
	"DISPLAY_TRACEBACK":                    "there are no tracebacks of Python",
	"SSH_AGENT":                            "keys are not given to an agent",
	"PARAMIKO_HOST_KEY_AUTO_ADD":           "unknown host keys are refused or added as for ssh",
	"STRING_TYPE_FILTERS":                  "the usual filters keep their text",
	"CACHE_PLUGIN":                         "facts are kept by memory and jsonfile only, else for the run",
	"DEFAULT_CACHE_PLUGIN_PATH":            "cache plugins there are not used",
	"DEFAULT_JINJA2_EXTENSIONS":            "of the extensions templates have jinja2.ext.do and jinja2.ext.loopcontrols",
	"su.prompt_l10n":                       "the usual prompts are known",
}

// refused are the settings that pbc does not run with, and what it lacks.
var refused = map[string]string{
	"ssh.pkcs11_provider":            "keys on smart cards",
	"BECOME_PLUGIN_PATH":             "a become plugin in Python, where a task names it",
	"doas.become_pass":               "a password for doas, which reads one from a terminal only, where doas is asked for one",
	"DEFAULT_CONNECTION_PLUGIN_PATH": "a connection plugin in Python, where a play or a task names it",
	"DEFAULT_STRATEGY_PLUGIN_PATH":   "a strategy in Python, where a play names it",
}

// refusedWhenUsed are those of them that matter only where a playbook comes to use what they give.
var refusedWhenUsed = func(any) bool { return true }

// fulfilled say of settings otherwise not honoured which values are.
var fulfilled = map[string]func(value any) bool{
	"DEFAULT_CACHE_PLUGIN_PATH":      noPlugins,
	"BECOME_PLUGIN_PATH":             refusedWhenUsed,
	"doas.become_pass":               refusedWhenUsed,
	"DEFAULT_CONNECTION_PLUGIN_PATH": refusedWhenUsed,
	"DEFAULT_STRATEGY_PLUGIN_PATH":   refusedWhenUsed,
	"SSH_AGENT":                      oneOf("none"),
	"DEFAULT_MODULE_COMPRESSION":     oneOf("ZIP_DEFLATED", "ZIP_STORED", "ZIP_BZIP2", "ZIP_LZMA"),
	"DEFAULT_JINJA2_EXTENSIONS": func(v any) bool {
		text, ok := v.(string)
		if list, is := v.([]string); is {
			text, ok = strings.Join(list, ","), true
		}
		names := strings.Split(strings.ReplaceAll(text, " ", ""), ",")
		return ok && onlyOf("", "jinja2.ext.do", "jinja2.ext.loopcontrols")(names)
	},
	"CACHE_PLUGIN": oneOf("memory", "ansible.builtin.memory", "jsonfile", "ansible.builtin.jsonfile"),
}

// noPlugins accepts folders that hold no plugin.
func noPlugins(v any) bool {
	dirs, ok := v.([]string)
	return ok && !slices.ContainsFunc(dirs, func(dir string) bool {
		found, err := filepath.Glob(filepath.Join(dir, "*.py"))
		return len(found) > 0 || err != nil
	})
}

// oneOf accepts some texts.
func oneOf(texts ...string) func(any) bool {
	return func(v any) bool {
		s, ok := v.(string)
		return ok && slices.Contains(texts, s)
	}
}

// onlyOf accepts lists of some texts.
func onlyOf(texts ...string) func(any) bool {
	return func(v any) bool {
		list, ok := v.([]string)
		return ok && !slices.ContainsFunc(list, func(s string) bool { return !slices.Contains(texts, s) })
	}
}

// Effect says what the setting does to a run of pbc and, when it does nothing, what happens instead, or what is lacking.
func (s Setting) Effect() (Effect, string) {
	if why, ok := harmless[s.Name]; ok {
		return Harmless, why
	}
	for name, why := range harmless {
		if family, ok := strings.CutSuffix(name, "*"); ok && strings.HasPrefix(s.Name, family) {
			return Harmless, why
		}
	}
	if why, ok := unhonoured[s.Name]; ok {
		return Unhonoured, why
	}
	if lacks, ok := refused[s.Name]; ok {
		return Refused, lacks
	}
	return Honoured, ""
}

// With are the settings of an effect that have another value than the default, and one that pbc does not fulfil.
func (c *Config) With(wanted Effect) []Setting {
	var out []Setting
	for _, s := range c.Changed() {
		effect, _ := s.Effect()
		value, meets := c.values[s.Name], fulfilled[s.Name]
		if effect != wanted || reflect.DeepEqual(value, c.defaultValue(s)) || meets != nil && meets(value) {
			continue
		}
		out = append(out, s)
	}
	return out
}
