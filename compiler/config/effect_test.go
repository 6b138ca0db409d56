package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEffectsNameSettings(t *testing.T) {
	known := map[string]bool{}
	for _, s := range Settings("") {
		known[s.Name] = true
		for _, family := range []string{"COLOR_DOC_", "GALAXY_", "INVENTORY_CACHE_", "PERSISTENT_", "SSH_AGENT_"} {
			known[family+"*"] = known[family+"*"] || strings.HasPrefix(s.Name, family)
		}
	}
	for _, table := range []map[string]string{harmless, unhonoured} {
		for name := range table {
			if !known[name] {
				t.Errorf("no setting %s", name)
			}
		}
	}
	for name := range harmless {
		if _, both := unhonoured[name]; both {
			t.Errorf("%s is harmless and unhonoured", name)
		}
		if _, both := refused[name]; both {
			t.Errorf("%s is harmless and refused", name)
		}
	}
}

func TestWithEffect(t *testing.T) {
	tests := []struct{ name, ini, want string }{
		{"none", "", ""},
		{"honoured", "[defaults]\nforks = 7\n", ""},
		{"harmless", "[defaults]\nno_target_syslog = yes\n", ""},
		{"unhonoured", "[defaults]\njinja2_extensions = jinja2.ext.do, jinja2.ext.i18n\nfact_caching = redis\n", "CACHE_PLUGIN DEFAULT_JINJA2_EXTENSIONS"},
		{"a value that is honoured", "[defaults]\nfact_caching = jsonfile\n", ""},
		{"extensions that are honoured", "[defaults]\njinja2_extensions = jinja2.ext.do, jinja2.ext.loopcontrols\n", ""},
		{"the default in words", "[defaults]\nfact_caching = memory\n", ""},
		{"a list of what is honoured", "[defaults]\nvars_plugins_enabled = ansible.builtin.host_group_vars\n", ""},
		{"a list with more", "[defaults]\nvars_plugins_enabled = host_group_vars, community.sops.sops\n", "VARIABLE_PLUGINS_ENABLED"},
		{"flags of any method", "[privilege_escalation]\nbecome_flags = -H\n", ""},
		{"refused", "[defaults]\nenable_task_debugger = yes\n", "refused: ENABLE_TASK_DEBUGGER"},
		{"refused for want of smart cards", "[ssh_connection]\npkcs11_provider = /x.so\n", "refused: ssh.pkcs11_provider"},
		{"refused, at its default", "[defaults]\nenable_task_debugger = no\ntask_debugger_ignore_errors = no\n", ""},
		{"flags of sudo", "[sudo_become_plugin]\nflags = -H\n", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "ansible.cfg")
			if err := os.WriteFile(file, []byte(test.ini), 0o644); err != nil {
				t.Fatal(err)
			}
			c, err := Load(func(name string) (string, bool) { return file, name == "ANSIBLE_CONFIG" }, "2.14.18")
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, s := range c.With(Unhonoured) {
				names = append(names, s.Name)
			}
			for _, s := range c.With(Refused) {
				names = append(names, "refused: "+s.Name)
			}
			if got := strings.Join(names, " "); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
