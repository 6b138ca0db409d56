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
		for _, family := range []string{"_ANSIBALLZ_", "COLOR_DOC_", "GALAXY_", "INVENTORY_CACHE_", "PERSISTENT_", "SSH_AGENT_"} {
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
		{"what Ansible tells of itself, and leaves behind", "[defaults]\ndebug = yes\nkeep_remote_files = yes\nmodule_compression = ZIP\n",
			"DEFAULT_DEBUG DEFAULT_KEEP_REMOTE_FILES DEFAULT_MODULE_COMPRESSION"},
		{"compression that there is", "[defaults]\nmodule_compression = ZIP_STORED\n", ""},
		{"the default in words", "[defaults]\nfact_caching = memory\n", ""},
		{"flags of any method", "[privilege_escalation]\nbecome_flags = -H\n", ""},
		{"a folder without plugins", "[defaults]\ncache_plugins = ./none\nconnection_plugins = ./none\n", ""},
		{"a folder with a plugin", "[defaults]\ncache_plugins = ./none:./plugins\n", "DEFAULT_CACHE_PLUGIN_PATH"},
		{"refused for want of smart cards", "[ssh_connection]\npkcs11_provider = /x.so\n", "refused: ssh.pkcs11_provider"},
		{"flags of sudo", "[sudo_become_plugin]\nflags = -H\n", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "ansible.cfg")
			if err := os.WriteFile(file, []byte(test.ini), 0o644); err != nil {
				t.Fatal(err)
			}
			if err := os.Mkdir(filepath.Join(filepath.Dir(file), "plugins"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(filepath.Dir(file), "plugins", "p.py"), nil, 0o644); err != nil {
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
