package conformance_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pbc/compiler/config"
	"pbc/conformance/scenario"
)

// elsewhere are the settings that no scenario can show, with the script of cmd/pbc that compares them with the real program.
var elsewhere = map[string]string{
	"PAGER": "tool_settings.txtar", // of a screen that is a terminal
}

// TestEverySettingHasAScenario holds the scenarios to the table of settings: each that pbc honours has another value than its
// default in a scenario that agrees with the oracle, of every dialect that has the setting.
func TestEverySettingHasAScenario(t *testing.T) {
	all, err := scenario.LoadAll("scenarios")
	if err != nil {
		t.Fatal(err)
	}
	for list, core := range map[string]string{"agreed.txt": "2.14", "agreed.tagged.txt": "2.19"} {
		t.Run(list, func(t *testing.T) {
			agreed, err := os.ReadFile(list)
			if err != nil {
				t.Fatal(err)
			}
			listed := strings.Fields(string(agreed))
			set := map[string][]string{}
			for _, s := range all {
				if slices.Contains(listed, s.Name) {
					for name := range settingsOf(t, s, core) {
						set[name] = append(set[name], s.Name)
					}
				}
			}
			for _, s := range config.Settings(core) {
				effect, _ := s.Effect()
				script, has := elsewhere[s.Name]
				switch {
				case has && !mentions(t, filepath.Join("../cmd/pbc/testdata/script", script), s):
					t.Errorf("%s does not set %s", script, s.Name)
				case effect == config.Honoured && !has && set[s.Name] == nil:
					t.Errorf("no scenario of %s sets %s", list, s.Name)
				}
			}
			for _, name := range slices.Sorted(maps.Keys(set)) {
				t.Logf("%s: %s", name, strings.Join(set[name], " "))
			}
		})
	}
}

// settingsOf are the honoured settings to which the environment, an ansible.cfg or a variable of s gives another value than the default.
func settingsOf(t *testing.T, s *scenario.Scenario, core string) map[string]bool {
	t.Helper()
	env := map[string]string{}
	for _, e := range s.Env {
		name, value, _ := strings.Cut(e, "=")
		env[name] = value
	}
	set := map[string]bool{}
	note := func(cfg string) {
		conf, err := config.Load(func(name string) (string, bool) {
			if name == "ANSIBLE_CONFIG" {
				return cfg, cfg != ""
			}
			value, has := env[name]
			return value, has
		}, core)
		if err != nil {
			return // a value that is refused shows nothing of the setting's work
		}
		for _, s := range conf.With(config.Honoured) {
			set[s.Name] = true
		}
	}
	note("")
	for _, f := range s.Files {
		if strings.HasSuffix(f.Path, ".cfg") {
			cfg := filepath.Join(t.TempDir(), "ansible.cfg")
			if err := os.WriteFile(cfg, []byte(strings.ReplaceAll(f.Data, "@PORT@", "1")), 0o600); err != nil {
				t.Fatal(err)
			}
			note(cfg)
		}
		for _, row := range config.Settings(core) {
			if row.Env+row.Ini == "" && strings.Contains(f.Data, "ansible_"+strings.ToLower(row.Name)) {
				set[row.Name] = true
			}
		}
	}
	return set
}

// mentions says whether the file has a variable of the setting, or its key of ansible.cfg.
func mentions(t *testing.T, file string, s config.Setting) bool {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Fields(s.Env + " " + s.Ini) {
		_, key, inFile := strings.Cut(name, ".")
		if !inFile {
			key = name
		}
		if regexp.MustCompile(`\b` + key + `\s*=`).Match(text) {
			return true
		}
	}
	return false
}
