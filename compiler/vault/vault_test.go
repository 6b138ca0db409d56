package vault

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const plain = "key: välue\nlist: [1, 2]\n"

func ring(secrets ...Secret) *Keyring { return &Keyring{Secrets: secrets} }

// The files of testdata were made by ansible-vault with these passwords.
var (
	secretDefault = Secret{"default", []byte("secret1")}
	secretDev     = Secret{"dev", []byte("other")}
)

func TestDecrypt(t *testing.T) {
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	tests := []struct {
		name, data string
		ring       *Keyring
		want, err  string
	}{
		{"version 1.1", read("default.yml"), ring(secretDefault), plain, ""},
		{"version 1.2", read("dev.yml"), ring(secretDev), plain, ""},
		{"the second password fits", read("default.yml"), ring(secretDev, secretDefault), plain, ""},
		{"vault id not required", read("dev.yml"), ring(Secret{"x", []byte("other")}), plain, ""},
		{"vault id required", read("dev.yml"), &Keyring{Secrets: []Secret{{"x", []byte("other")}}, MatchID: true}, "",
			"Decryption failed (no vault secrets were found that could decrypt) on f.yml"},
		{"CRLF", strings.ReplaceAll(read("default.yml"), "\n", "\r\n"), ring(secretDefault), plain, ""},
		{"wrong password", read("dev.yml"), ring(secretDefault), "",
			"Decryption failed (no vault secrets were found that could decrypt) on f.yml"},
		{"no password", read("dev.yml"), nil, "", "Attempting to decrypt but no vault secrets found"},
		{"no vault", "key: 1", ring(secretDefault), "",
			"input is not vault encrypted data. f.yml is not a vault encrypted file"},
		{"no hexadecimal", "$ANSIBLE_VAULT;1.1;AES256\n6g\n", ring(secretDefault), "",
			"Vault format unhexlify error: Non-hexadecimal digit found"},
		{"odd length", "$ANSIBLE_VAULT;1.1;AES256\n616\n", ring(secretDefault), "",
			"Vault format unhexlify error: Odd-length string"},
		{"short body", "$ANSIBLE_VAULT;1.1;AES256\n6161\n", ring(secretDefault), "",
			"Vault vaulttext format error: not enough values to unpack (expected 3, got 1)"},
		{"short header", "$ANSIBLE_VAULT\n", ring(secretDefault), "",
			"Vault envelope format error in f.yml: list index out of range"},
		{"unknown cipher", "$ANSIBLE_VAULT;1.1;AES\n6161\n", ring(secretDefault), "", "AES cipher could not be found"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.ring.Decrypt([]byte(tt.data), "f.yml")
			msg := ""
			if err != nil {
				msg = err.Error()
			}
			if d := cmp.Diff([]string{tt.want, tt.err}, []string{string(got), msg}); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestEncrypt(t *testing.T) {
	tests := []struct{ name, id, header, text string }{
		{"no id", "", "$ANSIBLE_VAULT;1.1;AES256\n", "hello"},
		{"default id", "default", "$ANSIBLE_VAULT;1.1;AES256\n", strings.Repeat("x", 16)},
		{"id", "dev", "$ANSIBLE_VAULT;1.2;AES256;dev\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data, err := Encrypt([]byte(tt.text), secretDev, tt.id, "")
			if err != nil || !strings.HasPrefix(string(data), tt.header) {
				t.Fatalf("got %q, %v", data, err)
			}
			got, err := ring(secretDev).Decrypt(data, "")
			if err != nil || string(got) != tt.text {
				t.Errorf("got %q, %v, want %q", got, err, tt.text)
			}
		})
	}
	if _, err := Encrypt([]byte("$ANSIBLE_VAULT;1.1"), secretDev, "", ""); err == nil || err.Error() != "input is already encrypted" {
		t.Errorf("got %v", err)
	}
}

func TestNoPasswordInText(t *testing.T) {
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(format, secretDev); strings.Contains(got, "other") || strings.Contains(got, "111") {
			t.Errorf("%s shows the password: %s", format, got)
		}
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return file
	}
	p1 := write("p1", "secret1\n", 0o600)
	script := write("script", "#!/bin/sh\necho from-script\n", 0o700)
	client := write("x-client.sh", "#!/bin/sh\necho \"$*\"\n", 0o700)
	fails := write("fails", "#!/bin/sh\nexit 3\n", 0o700)
	empty := write("empty", "\n", 0o600)
	locked, err := Encrypt([]byte("inner\n"), secretDefault, "", "")
	if err != nil {
		t.Fatal(err)
	}
	vaulted := write("vaulted", string(locked), 0o600)
	tests := []struct {
		name  string
		r     Request
		want  []string
		warns []string
		err   string
	}{
		{"password file", Request{PasswordFiles: []string{p1}}, []string{"default=secret1"}, nil, ""},
		{"ids first", Request{PasswordFiles: []string{p1}, IDs: []string{"dev@" + script}}, []string{"dev=from-script", "default=secret1"}, nil, ""},
		{"client script", Request{IDs: []string{"dev@" + client}}, []string{"dev=--vault-id dev"}, nil, ""},
		{"prompt", Request{IDs: []string{"dev@prompt"}, Ask: true}, []string{"dev=Vault password (dev):", "default=Vault password:"}, nil, ""},
		{"vaulted password file", Request{IDs: []string{p1, vaulted}}, []string{"default=secret1", "default=inner"}, nil, ""},
		{"one fails", Request{IDs: []string{"dev@" + fails, p1}}, []string{"default=secret1"},
			[]string{"Error in vault password file loading (dev): Vault password script " + fails + " returned non-zero (3): None"}, ""},
		{"all fail", Request{IDs: []string{empty}}, nil,
			[]string{"Error in vault password file loading (None): Invalid vault password was provided from file (" + empty + ")"},
			"Invalid vault password was provided from file (" + empty + ")"},
		{"not found", Request{PasswordFiles: []string{dir + "/no"}}, nil,
			[]string{"Error getting vault password file (default): The vault password file " + dir + "/no was not found"},
			"The vault password file " + dir + "/no was not found"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var warns, got []string
			tt.r.Warn = func(m string) { warns = append(warns, m) }
			tt.r.Prompt = func(p string) (string, error) { return p, nil }
			k, err := Load(tt.r)
			msg := ""
			if err != nil {
				msg = err.Error()
			} else {
				for _, s := range k.Secrets {
					got = append(got, s.ID+"="+string(s.Password))
				}
			}
			if d := cmp.Diff([]any{tt.want, tt.warns, tt.err}, []any{got, warns, msg}); d != "" {
				t.Error(d)
			}
		})
	}
}

func FuzzDecrypt(f *testing.F) {
	f.Add([]byte("$ANSIBLE_VAULT;1.1;AES256\n6161\n"))
	f.Add([]byte("$ANSIBLE_VAULT;1.2;AES256;dev\n363\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		plain, err := ring(secretDev).Decrypt(data, "f")
		if err == nil && len(plain) > len(data) {
			t.Errorf("%d bytes out of %d", len(plain), len(data))
		}
	})
}
