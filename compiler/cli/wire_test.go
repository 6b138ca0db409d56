package cli

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pbc/compiler/config"
	"pbc/compiler/vault"
)

func TestVaultRequest(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	cfg := "[defaults]\nvault_identity_list=a@x\nvault_password_file=/p1\nvault_id_match=False\nvault_identity=dflt\n"
	if err := os.WriteFile("ansible.cfg", []byte(cfg), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(func(string) (string, bool) { return "", false }, "2.14.18")
	if err != nil {
		t.Fatal(err)
	}
	p, err := ParsePlaybook([]string{"--vault-id", "b@y", "--vault-password-file", "/p2", "x.yml"}, c, Terminal{})
	if err != nil {
		t.Fatal(err)
	}
	want := vault.Request{IDs: []string{"a@x", "b@y"}, PasswordFiles: []string{"/p2", "/p1"}, DefaultID: "dflt", MatchID: true}
	if d := cmp.Diff(want, p.VaultRequest(c)); d != "" {
		t.Error(d)
	}
	var names []string
	for _, s := range c.Changed() {
		names = append(names, s.Name)
	}
	wantNames := []string{"DEFAULT_VAULT_ID_MATCH", "DEFAULT_VAULT_IDENTITY", "DEFAULT_VAULT_IDENTITY_LIST", "DEFAULT_VAULT_PASSWORD_FILE"}
	if d := cmp.Diff(wantNames, names); d != "" {
		t.Error(d)
	}
}

func TestPasswords(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		f := filepath.Join(dir, name)
		if err := os.WriteFile(f, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return f
	}
	plain := write("plain", " secret \n", 0o600)
	script := write("script", "#!/bin/sh\necho made\n", 0o700)
	fails := write("fails", "#!/bin/sh\necho why >&2\nexit 3\n", 0o700)
	empty := write("empty", "\n", 0o600)
	echo := func(q string) (string, error) { return "<" + q + ">", nil }
	tests := []struct {
		name            string
		args            []string
		prompt          func(string) (string, error)
		connect, become string
		err             string
	}{
		{"none", nil, nil, "", "", ""},
		{"both asked", []string{"-kK"}, echo, "<SSH password: >", "<BECOME password[defaults to SSH password]: >", ""},
		{"become asked", []string{"-K"}, echo, "", "<BECOME password: >", ""},
		{"become defaults", []string{"-kK"}, func(q string) (string, error) {
			return map[string]string{"SSH password: ": "x"}[q], nil
		}, "x", "x", ""},
		{"end of input", []string{"-kK"}, func(string) (string, error) { return "", io.EOF }, "", "", ""},
		{"files", []string{"--conn-pass-file", plain, "--become-pass-file", script}, nil, "secret", "made", ""},
		{"empty file", []string{"--conn-pass-file", empty}, nil, "", "", "Empty password was provided from file (" + empty + ")"},
		{"no file", []string{"--become-pass-file", dir + "/no"}, nil, "", "", "The password file " + dir + "/no was not found"},
		{"failing script", []string{"--become-pass-file", fails}, nil, "", "",
			"The password script " + fails + ` returned an error (rc=3): b'why\n'`},
	}
	c := settings(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := ParsePlaybook(append(tt.args, "x.yml"), c, Terminal{})
			if err != nil {
				t.Fatal(err)
			}
			connect, become, err := p.Passwords(c, tt.prompt)
			msg := ""
			if err != nil {
				msg = err.Error()
			}
			if d := cmp.Diff([]string{tt.connect, tt.become, tt.err}, []string{connect, become, msg}); d != "" {
				t.Error(d)
			}
		})
	}
}
