package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// in makes a folder with that ansible.cfg ("" for none) the working folder, and returns it.
func in(t *testing.T, cfg string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	if cfg != "" {
		if err := os.WriteFile("ansible.cfg", []byte(cfg), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func env(kv ...string) Env {
	return func(name string) (string, bool) {
		for i := 0; i+1 < len(kv); i += 2 {
			if kv[i] == name {
				return kv[i+1], true
			}
		}
		return "", false
	}
}

const sample = `# comment
[defaults]
forks = 20 ; inline
inventory=hosts, /x/y
roles_path=roles:../q
ansible_managed: "quoted # x"
host_key_checking=False
log_path =./l

vault_password_file= vp
[privilege_escalation]
become=True
become_user=x
  y
[ssh_connection]
ssh_args=-o A=b
[tags]
run=a,b
`

// The wanted values are those of ansible-core 2.14 with the same file and environment.
func TestLoad(t *testing.T) {
	tests := []struct {
		name, cfg string
		env       []string
		setting   string
		want      any
		origin    string
	}{
		{"default int", "", nil, "DEFAULT_FORKS", 5, "default"},
		{"default list", "", nil, "VARIABLE_PLUGINS_ENABLED", []string{"host_group_vars"}, "default"},
		{"default path list", "", nil, "DEFAULT_HOST_LIST", []string{"/etc/ansible/hosts"}, "default"},
		{"no default", "", nil, "DEFAULT_PRIVATE_KEY_FILE", nil, "default"},
		{"below home", "", []string{"ANSIBLE_HOME", "/tmp/ah"}, "DEFAULT_ROLES_PATH", []string{"/tmp/ah/roles", "/usr/share/ansible/roles", "/etc/ansible/roles"}, "default"},
		{"int", sample, nil, "DEFAULT_FORKS", 20, "$FILE"},
		{"paths relative to the file", sample, nil, "DEFAULT_HOST_LIST", []string{"$DIR/hosts", "/x/y"}, "$FILE"},
		{"colons", sample, nil, "DEFAULT_ROLES_PATH", []string{"$DIR/roles", "$PARENT/q"}, "$FILE"},
		{"quotes", sample, nil, "DEFAULT_MANAGED_STR", "quoted # x", "$FILE"},
		{"bool", sample, nil, "HOST_KEY_CHECKING", false, "$FILE"},
		{"path", sample, nil, "DEFAULT_LOG_PATH", "$DIR/l", "$FILE"},
		{"value on two lines", sample, nil, "DEFAULT_BECOME_USER", "x\ny", "$FILE"},
		{"plugin", sample, nil, "ssh.ssh_args", "-o A=b", "$FILE"},
		{"list", sample, nil, "TAGS_RUN", []string{"a", "b"}, "$FILE"},
		{"environment wins", sample, []string{"ANSIBLE_FORKS", "7"}, "DEFAULT_FORKS", 7, "env: ANSIBLE_FORKS"},
		{"empty int is the default", "", []string{"ANSIBLE_TIMEOUT", ""}, "DEFAULT_TIMEOUT", 10, "default"},
		{"empty list has one item", "", []string{"ANSIBLE_RUN_TAGS", ""}, "TAGS_RUN", []string{""}, "env: ANSIBLE_RUN_TAGS"},
		{"empty bool is false", "", []string{"ANSIBLE_HOST_KEY_CHECKING", ""}, "HOST_KEY_CHECKING", false, "env: ANSIBLE_HOST_KEY_CHECKING"},
		{"the last variable wins", "", []string{"ANSIBLE_NOCOLOR", "1", "NO_COLOR", "0"}, "ANSIBLE_NOCOLOR", false, "env: NO_COLOR"},
		{"section DEFAULT", "[DEFAULT]\nforks=9\n[defaults]\ntimeout=5\n", nil, "DEFAULT_FORKS", 9, "$FILE"},
		{"folder in ANSIBLE_CONFIG", sample, []string{"ANSIBLE_CONFIG", "."}, "DEFAULT_FORKS", 20, "$FILE"},
		{"missing ANSIBLE_CONFIG", sample, []string{"ANSIBLE_CONFIG", "/no"}, "DEFAULT_FORKS", 20, "$FILE"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := in(t, tt.cfg)
			t.Setenv("HOME", dir)
			c, err := Load(env(tt.env...), "2.14.18")
			if err != nil {
				t.Fatal(err)
			}
			place := strings.NewReplacer(dir+"/ansible.cfg", "$FILE", dir, "$DIR", filepath.Dir(dir), "$PARENT")
			got := c.Value(tt.setting)
			switch x := got.(type) {
			case string:
				got = place.Replace(x)
			case []string:
				for i := range x {
					x[i] = place.Replace(x[i])
				}
			}
			if d := cmp.Diff([]any{tt.want, tt.origin}, []any{got, place.Replace(c.Origin(tt.setting))}); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestIni(t *testing.T) {
	dir := in(t, sample)
	t.Setenv("HOME", dir)
	c, err := Load(env(), "2.14.18")
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := c.Ini("ssh_connection", "ssh_args"); v != "-o A=b" || !ok {
		t.Errorf("got %q, %v", v, ok)
	}
	if _, ok := c.Ini("no", "no"); ok {
		t.Error("found what is not there")
	}
}

func TestErrors(t *testing.T) {
	read := "Error reading config file ($FILE): "
	tests := []struct {
		name, cfg string
		env       []string
		want      string
	}{
		{"no section", "foo\n", nil, read + "File contains no section headers.\nfile: '<string>', line: 1\n'foo\\n'"},
		{"option twice", "[defaults]\nforks=1\nforks=2\n", nil,
			read + "While reading from '<string>' [line  3]: option 'forks' in section 'defaults' already exists"},
		{"section twice", "[a]\nb=1\n[a]\n", nil, read + "While reading from '<string>' [line  3]: section 'a' already exists"},
		{"no value", "[defaults]\nfoo\n=x\n", nil, read + "Source contains parsing errors: '<string>'\n\t[line  2]: 'foo\\n'\n\t[line  3]: '=x\\n'"},
		{"no int", "[defaults]\nforks=x\n", nil,
			"Invalid type for configuration option setting: DEFAULT_FORKS (from $FILE): invalid literal for int() with base 10: 'x'"},
		{"no int in the environment", "", []string{"ANSIBLE_FORKS", "abc"},
			"Invalid type for configuration option setting: DEFAULT_FORKS (from env: ANSIBLE_FORKS): invalid literal for int() with base 10: 'abc'"},
		{"no choice", "[defaults]\ngathering=x\n", nil,
			"Invalid value \"x\" for configuration option \"setting: DEFAULT_GATHERING \", valid values are: implicit, explicit, smart"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := in(t, tt.cfg)
			t.Setenv("HOME", dir)
			_, err := Load(env(tt.env...), "2.14.18")
			if err == nil {
				t.Fatal("no error")
			}
			if d := cmp.Diff(tt.want, strings.ReplaceAll(err.Error(), dir+"/ansible.cfg", "$FILE")); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestErrorsTagged holds the words of ansible-core 2.19, but for the traceback that it shows with them.
func TestErrorsTagged(t *testing.T) {
	tests := []struct {
		name string
		env  []string
		want string
	}{
		{"no int", []string{"ANSIBLE_TIMEOUT", "abc"}, "Config 'DEFAULT_TIMEOUT' from 'env: ANSIBLE_TIMEOUT' has an invalid value: Invalid value provided for 'integer': 'abc'"},
		{"no choice", []string{"ANSIBLE_GATHERING", "zz"}, "Invalid value 'zz' for config 'DEFAULT_GATHERING'. Valid values are: implicit, explicit, smart"},
		{"no choice in a list", []string{"ANSIBLE_DISPLAY_TRACEBACK", "zz"},
			"Invalid value ['zz'] for config 'DISPLAY_TRACEBACK'. Valid values are: error, warning, deprecated, deprecated_value, always, never"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("HOME", in(t, ""))
			_, err := Load(env(tt.env...), "2.19.1")
			if err == nil || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	for _, d := range []string{"work", "home", "etc", "named"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	defer func(was string) { systemFile = was }(systemFile)
	systemFile = filepath.Join(dir, "etc/ansible.cfg")
	t.Setenv("HOME", filepath.Join(dir, "home"))
	t.Chdir(filepath.Join(dir, "work"))
	const work, home, etc, named = "work/ansible.cfg", "home/.ansible.cfg", "etc/ansible.cfg", "named/ansible.cfg"
	tests := []struct {
		name  string
		there []string
		env   string // ANSIBLE_CONFIG
		want  string
	}{
		{"nowhere", nil, "", ""},
		{"of all users, as a last resort", []string{etc}, "", etc},
		{"of the user", []string{etc, home}, "", home},
		{"of the working folder", []string{etc, home, work}, "", work},
		{"named", []string{etc, home, work, named}, dir + "/named/ansible.cfg", named},
		{"a folder is named", []string{etc, work, named}, dir + "/named", named},
		{"a folder without one is named", []string{etc, home}, dir + "/named", home},
		{"relative", []string{etc, named}, "../named/ansible.cfg", named},
		{"below home", []string{etc, home}, "~/.ansible.cfg", home},
		{"by a variable", []string{etc, home}, "$HOME/.ansible.cfg", home},
		{"a name of points", nil, "..", ""},
		{"a file that is not there is named", []string{etc}, "/nowhere.cfg", etc},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, file := range test.there {
				if err := os.WriteFile(filepath.Join(dir, file), nil, 0o644); err != nil {
					t.Fatal(err)
				}
				defer os.Remove(filepath.Join(dir, file))
			}
			c := &Config{}
			c.find(func(name string) (string, bool) { return test.env, name == "ANSIBLE_CONFIG" && test.env != "" })
			want := test.want
			if want != "" {
				want = filepath.Join(dir, want)
			}
			if c.File != want {
				t.Errorf("got %s, want %s", c.File, want)
			}
		})
	}
}

func TestWorldWritable(t *testing.T) {
	dir := in(t, sample)
	t.Setenv("HOME", filepath.Join(dir, "home"))
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	c, err := Load(env(), "2.14.18")
	if err != nil {
		t.Fatal(err)
	}
	if c.File == dir+"/ansible.cfg" || len(c.Warnings) != 1 || !strings.HasPrefix(c.Warnings[0], "Ansible is being run in a world writable directory ("+dir+")") {
		t.Errorf("got file %q, warnings %q", c.File, c.Warnings)
	}
}

// TestCores holds what settings are by ansible-core.
func TestCores(t *testing.T) {
	const cfg = "[defaults]\ncallback_whitelist=timer\ngather_subset=min\njinja2_native=no\nansible_managed=x\ncollections_paths=/c\n"
	tests := []struct {
		name, core, setting string
		want                any
		said                string // the deprecation that names it
	}{
		{"an old name", "2.14.18", "CALLBACKS_ENABLED", []string{"timer"}, "[defaults]callback_whitelist option, normalizing names to new standard, use callbacks_enabled instead"},
		{"an old name that is gone", "2.15.0", "CALLBACKS_ENABLED", []string{}, ""},
		{"a setting that is gone", "2.18.1", "DEFAULT_GATHER_SUBSET", nil, ""},
		{"a default that has changed", "2.18.1", "DEFAULT_TRANSPORT", "ssh", ""},
		{"the default before", "2.14.18", "DEFAULT_TRANSPORT", "smart", ""},
		{"not deprecated yet", "2.18.1", "DEFAULT_MANAGED_STR", "x", ""},
		{"deprecated", "2.19.1", "DEFAULT_JINJA2_NATIVE", false, "DEFAULT_JINJA2_NATIVE option. Reason: This option is no longer used in the Ansible Core code base.\nAlternatives: Jinja2 native mode is now the default and only option."},
		{"deprecated name", "2.18.1", "COLLECTIONS_PATHS", []string{"/c"}, "[defaults]collections_paths option, does not fit var naming standard, use the singular form collections_path instead"},
		{"of a newer one", "2.14.18", "VAULT_ENCRYPT_SALT", nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("HOME", in(t, cfg))
			c, err := Load(env("ANSIBLE_VAULT_ENCRYPT_SALT", "s"), tt.core)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, c.Value(tt.setting)); d != "" {
				t.Error(d)
			}
			said := slices.ContainsFunc(c.Deprecations, func(d Deprecation) bool { return d.Msg == tt.said })
			if tt.said != "" && !said {
				t.Errorf("got %q, want %q among them", c.Deprecations, tt.said)
			}
		})
	}
}

// TestTexts holds how texts are read of a variable and of a file, by ansible-core.
func TestTexts(t *testing.T) {
	const forks, user = "ANSIBLE_FORKS", "ANSIBLE_REMOTE_USER"
	tests := []struct {
		core, variable, text string
		want                 any // of the error the message
	}{
		{"2.14.18", user, `'q'`, "q"},
		{"2.19.14", user, `'q'`, `'q'`},
		{"2.14.18", forks, "7.0", "Invalid type for configuration option setting: DEFAULT_FORKS (from env: ANSIBLE_FORKS): invalid literal for int() with base 10: '7.0'"},
		{"2.19.14", forks, "7.0", 7},
		{"2.19.14", forks, " 1e3 ", 1000},
		{"2.19.14", forks, "1.5", "Config 'DEFAULT_FORKS' from 'env: ANSIBLE_FORKS' has an invalid value: Invalid value provided for 'integer': '1.5'"},
		{"2.19.14", forks, "1/1", "Config 'DEFAULT_FORKS' from 'env: ANSIBLE_FORKS' has an invalid value: Invalid value provided for 'integer': '1/1'"},
		{"2.19.14", "ANSIBLE_LOG_VERBOSITY", "x", "Config 'LOG_VERBOSITY' from 'env: ANSIBLE_LOG_VERBOSITY' has an invalid value: Invalid value provided for 'int': 'x'"},
	}
	for _, tt := range tests {
		t.Run(tt.core+" "+tt.variable+"="+tt.text, func(t *testing.T) {
			t.Setenv("HOME", in(t, ""))
			c, err := Load(env(tt.variable, tt.text), tt.core)
			var got any
			if err != nil {
				got = err.Error()
			} else {
				got = c.Value(map[string]string{user: "DEFAULT_REMOTE_USER", forks: "DEFAULT_FORKS"}[tt.variable])
			}
			if got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
	t.Setenv("HOME", in(t, "[defaults]\nremote_user = 'q'\n"))
	if c, err := Load(env(), "2.19.14"); err != nil || c.String("DEFAULT_REMOTE_USER") != "q" {
		t.Errorf("got %v, %v, want q without quotes", c, err)
	}
}

// TestFaults holds what is wrong with settings of plugins, which ends no run before it begins.
func TestFaults(t *testing.T) {
	t.Setenv("HOME", in(t, "[defaults]\nsystem_tmpdirs=/a,b\n[ssh_connection]\nretries=x\ntimeout=y\ntransfer_method=z\n"))
	for core, want := range map[string][]Fault{
		"2.14.18": {
			{"ssh", "Invalid type for configuration option plugin_type: connection plugin: ssh setting: reconnection_retries (from CFG): invalid literal for int() with base 10: 'x'", ""},
			{"ssh", `Invalid value "z" for configuration option "plugin_type: connection plugin: ssh setting: ssh_transfer_method ", valid values are: sftp, scp, piped, smart`, ""},
			{"sh", "The configured system_tmpdirs contains a relative path: ['/a', 'b']. All system_tmpdirs must be absolute", ""},
		},
		"2.19.14": {
			{"ssh", "Config 'reconnection_retries' for 'ssh' connection plugin from 'CFG' has an invalid value: Invalid value provided for 'integer': 'x'", ""},
			{"ssh", "Invalid value 'z' for config 'ssh_transfer_method' for 'ssh' connection plugin.", "Valid values are: sftp, scp, piped, smart"},
			{"sh", "The configured system_tmpdirs contains a relative path: ['/a', 'b']. All system_tmpdirs must be absolute", ""},
		},
	} {
		c, err := Load(env(), core)
		if err != nil {
			t.Fatal(core, err)
		}
		for i := range c.Faults {
			c.Faults[i].Msg = strings.ReplaceAll(c.Faults[i].Msg, c.File, "CFG")
		}
		if d := cmp.Diff(want, c.Faults); d != "" {
			t.Errorf("%s: %s", core, d)
		}
	}
}

func TestDeprecations(t *testing.T) {
	dir := in(t, "")
	t.Setenv("HOME", dir)
	c, err := Load(env("ANSIBLE_CALLBACK_WHITELIST", "a", "ANSIBLE_GATHER_TIMEOUT", "5"), "2.14.18")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range c.Deprecations {
		got = append(got, d.Version+" "+d.Msg)
	}
	want := []string{
		"2.15 ANSIBLE_CALLBACK_WHITELIST option, normalizing names to new standard, use ANSIBLE_CALLBACKS_ENABLED instead",
		"2.18 DEFAULT_GATHER_TIMEOUT option, the module_defaults keyword is a more generic version and can apply to all calls to " +
			"the M(ansible.builtin.gather_facts) or M(ansible.builtin.setup) actions, use module_defaults instead",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// variablesOnly are settings that neither a file nor the environment sets.
var variablesOnly = []string{"CONNECTION_FACTS_MODULES", "INTERPRETER_PYTHON_FALLBACK"}

// TestTable holds that every row is complete and that names, defaults and choices fit together.
func TestTable(t *testing.T) {
	for _, core := range []string{"2.14.18", "2.18.6", "2.19.1"} {
		checkTable(t, Settings(core))
	}
}

func checkTable(t *testing.T, rows []Setting) {
	seen := map[string]bool{}
	for _, s := range rows {
		if s.Doc == "" || seen[s.Name] || s.Env+s.Ini == "" && !slices.Contains(variablesOnly, s.Name) {
			t.Errorf("setting %s: no doc, no source, or twice in the table", s.Name)
		}
		seen[s.Name] = true
		if s.Default != nil && !allows(strings.Fields(s.Choices), s.Default) {
			t.Errorf("setting %s: the default is not allowed", s.Name)
		}
		for _, ini := range strings.Fields(s.Ini) {
			if strings.Count(ini, ".") != 1 {
				t.Errorf("setting %s: ini key %s", s.Name, ini)
			}
		}
	}
}

func FuzzINI(f *testing.F) {
	f.Add(sample)
	f.Add("[a]\nb:\n  c\n\n d ; e\n[DEFAULT]\nx=1\n")
	f.Fuzz(func(t *testing.T, text string) {
		if file, err := parseINI(text); err == nil {
			file.get("defaults", "forks")
		}
	})
}
