package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"pbc/compiler/config"
	"pbc/compiler/inventory"
	"pbc/compiler/vault"
	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/callback"
	"pbc/runtime/controller"
	"pbc/runtime/module/posix"
)

// vaultActions are the subcommands of ansible-vault. Those that write need a password for it.
var vaultActions = map[string]struct {
	run            func(*vaultRun) error
	reads, encrypt bool
}{
	"create":         {(*vaultRun).create, false, true},
	"decrypt":        {(*vaultRun).decrypt, true, false},
	"edit":           {(*vaultRun).edit, true, false},
	"view":           {(*vaultRun).view, true, false},
	"encrypt":        {(*vaultRun).encrypt, false, true},
	"encrypt_string": {(*vaultRun).encryptStrings, false, true},
	"rekey":          {(*vaultRun).rekey, true, false},
}

// vaultRun is one run of ansible-vault.
type vaultRun struct {
	*toolRun
	keys   *vault.Keyring
	secret vault.Secret // to encrypt with
}

// runVault is ansible-vault.
func runVault(r *toolRun) error {
	v := &vaultRun{toolRun: r}
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	action := vaultActions[r.parsed.Action]
	if err := v.secrets(action.encrypt); err != nil {
		return err
	}
	if action.encrypt {
		var err error
		if v.secret, err = v.pick(v.keys); err != nil {
			return err
		}
	}
	return action.run(v)
}

// checkVault looks at the options of ansible-vault as a whole.
func checkVault(r *toolRun) error {
	p := r.parsed
	for _, id := range p.Texts("vault_ids") {
		if strings.Contains(id, ";") {
			return &optionsError{"'" + id + "' is not a valid vault id. The character ';' is not allowed in vault ids"}
		}
	}
	if p.Given("output_file") && len(p.Operands) > 1 {
		return &optionsError{"At most one input file may be used with the --output option"}
	}
	if p.Action == "encrypt_string" && p.On("encrypt_string_prompt") && r.fromStdin() {
		return &optionsError{"The --prompt option is not supported if also reading input from stdin"}
	}
	return nil
}

// secrets gathers the passwords; without any source the user is asked.
func (v *vaultRun) secrets(encrypt bool) error {
	var err error
	if v.keys, err = v.load(v.parsed.VaultRequest(v.conf), encrypt); err != nil {
		return err
	}
	v.keys.Warn = v.warnAsItIs
	if encrypt && len(v.keys.Secrets) > 1 && v.encryptID() == "" {
		var ids []string
		for _, s := range v.keys.Secrets {
			ids = append(ids, s.ID)
		}
		return &optionsError{"The vault-ids " + strings.Join(ids, ",") + " are available to encrypt. Specify the vault-id to encrypt with --encrypt-vault-id"}
	}
	if len(v.keys.Secrets) == 0 {
		return &optionsError{"A vault password is required to use Ansible's Vault"}
	}
	return nil
}

func (v *vaultRun) load(r vault.Request, chosen bool) (*vault.Keyring, error) {
	r.Ask = r.Ask || len(r.IDs)+len(r.PasswordFiles) == 0
	r.New = chosen
	r.Warn, r.Tagged = v.warn, v.tagged()
	r.Prompt = (*interrupts)(nil).askSecret
	return vault.Load(r)
}

func (v *vaultRun) tagged() bool { return v.like.dialect == expr.Tagged }

// encryptID is the vault id to encrypt with, "" for the first.
func (v *vaultRun) encryptID() string {
	if id := v.parsed.Text("encrypt_vault_id"); id != "" {
		return id
	}
	return v.conf.String("DEFAULT_VAULT_ENCRYPT_IDENTITY")
}

func (v *vaultRun) pick(keys *vault.Keyring) (vault.Secret, error) { return keys.Find(v.encryptID()) }

// files are the operands, "-" without any.
func (v *vaultRun) files() []string {
	if len(v.parsed.Operands) == 0 {
		return []string{"-"}
	}
	return v.parsed.Operands
}

// done says on a terminal that all went well.
func (v *vaultRun) done(text string) {
	if term.IsTerminal(int(os.Stdout.Fd())) {
		v.out.Handle(callback.Message{Text: text, Stderr: true})
	}
}

func (v *vaultRun) reading(what string) {
	if len(v.parsed.Operands) == 0 && term.IsTerminal(int(os.Stdin.Fd())) {
		v.out.Handle(callback.Message{Text: "Reading " + what + " input from stdin", Stderr: true})
	}
}

func (v *vaultRun) encrypt() error {
	v.reading("plaintext")
	for _, f := range v.files() {
		f = realFile(f)
		plain, err := readVaultFile(f)
		if err != nil {
			return err
		}
		text, err := vault.Encrypt(plain, v.secret, v.secret.ID, v.salt())
		if err != nil {
			return err
		}
		if err := v.write(firstOf(v.parsed.File("output_file"), f), text, true); err != nil {
			return err
		}
	}
	v.done("Encryption successful")
	return nil
}

func (v *vaultRun) decrypt() error {
	v.reading("ciphertext")
	for _, f := range v.files() {
		f = realFile(f)
		text, err := readVaultFile(f)
		if err != nil {
			return err
		}
		plain, err := v.keys.Decrypt(text, f)
		if err != nil {
			return fmt.Errorf("%s for %s", err, f)
		}
		if err := v.write(firstOf(v.parsed.File("output_file"), f), plain, false); err != nil {
			return err
		}
	}
	v.done("Decryption successful")
	return nil
}

// write is writeVaultFile, which newer releases do not try in a folder that may not be written to.
func (v *vaultRun) write(name string, data []byte, shredding bool) error {
	dir := filepath.Dir(name)
	if name != "-" && v.tagged() && unix.Access(dir, unix.W_OK) != nil {
		return fmt.Errorf("Destination '%s' not writable", dir)
	}
	return writeVaultFile(name, data, shredding)
}

func (v *vaultRun) view() error {
	for _, f := range v.parsed.Operands {
		read := f
		if v.tagged() { // it names the whole path of a file that cannot be read
			read = realFile(f)
		}
		text, err := readVaultFile(read)
		if err != nil {
			return err
		}
		plain, err := v.keys.Decrypt(text, f)
		if err != nil {
			return fmt.Errorf("%s for %s", err, f)
		}
		v.page(string(plain))
	}
	return nil
}

func (v *vaultRun) create() error {
	if len(v.parsed.Operands) != 1 {
		return &optionsError{"ansible-vault create can take only one filename argument"}
	}
	if v.tagged() && !v.parsed.On("skip_tty_check") && !term.IsTerminal(int(os.Stdout.Fd())) {
		return &optionsError{"not a tty, editor cannot be opened"}
	}
	f := v.parsed.Operands[0]
	dir := filepath.Dir(f)
	if _, err := os.Stat(dir); err != nil {
		v.warn(dir + " does not exist, creating...")
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return err
		}
	}
	if info, err := os.Stat(f); err == nil && info.Mode().IsRegular() {
		return fmt.Errorf("%s exists, please use 'edit' instead", f)
	}
	return v.edited(f, nil, v.secret, v.secret.ID)
}

func (v *vaultRun) edit() error {
	for _, f := range v.parsed.Operands {
		f = realFile(f)
		text, err := readVaultFile(f)
		if err != nil {
			return err
		}
		o, err := v.keys.Open(text, "")
		if err != nil {
			return fmt.Errorf("%s for %s", err, f)
		}
		if err := v.edited(f, append([]byte{}, o.Plain...), o.Secret, o.ID); err != nil {
			return err
		}
	}
	return nil
}

// edited has the user edit a text, nil for a new one, and encrypts what has changed into the file.
func (v *vaultRun) edited(file string, plain []byte, s vault.Secret, id string) error {
	dir := v.localTmp()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	defer os.Remove(dir)
	f, err := os.OpenFile(filepath.Join(dir, "tmp"+posix.RandomName()+filepath.Ext(realFile(file))), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer shred(f.Name())
	_, err = f.Write(plain)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	if err := v.runEditor(f.Name()); err != nil {
		return err
	}
	after, err := readVaultFile(f.Name())
	if err != nil || plain != nil && string(after) == string(plain) {
		return err
	}
	text, err := vault.Encrypt(after, s, id, v.salt())
	if err != nil {
		return err
	}
	return replaceKeeping(file, text)
}

// program is what a setting names that older ansible-cores have as a variable of the environment alone.
func (r *toolRun) program(setting, fallback string) (name string, set bool) {
	if r.set(setting) {
		return r.conf.String(setting), true
	}
	if name, set = os.LookupEnv(setting); !set {
		name = fallback
	}
	return name, set
}

// runEditor runs the user's editor. How it ends does not matter.
func (r *toolRun) runEditor(file string) error {
	editor, _ := r.program("EDITOR", "vi")
	words, err := inventory.SplitWords(editor)
	if err != nil {
		return controller.Crash(err.Error())
	}
	words = append(words, file)
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		why := posix.PyError(err, words[0])
		if errors.Is(err, exec.ErrNotFound) {
			why = "[Errno 2] No such file or directory: " + value.StrRepr(words[0])
		}
		return fmt.Errorf("Unable to execute the command \"%s\": %s", strings.Join(words, " "), why)
	}
	_ = cmd.Wait()
	return nil
}

func (v *vaultRun) rekey() error {
	r := vault.Request{DefaultID: v.conf.String("DEFAULT_VAULT_IDENTITY"), Ask: v.parsed.On("ask_vault_pass")}
	if v.encryptID() != "" {
		r.IDs = slices.Clone(v.conf.List("DEFAULT_VAULT_IDENTITY_LIST"))
	}
	if id := v.parsed.Text("new_vault_id"); id != "" {
		r.IDs = append(r.IDs, id)
	}
	if v.parsed.Given("new_vault_password_file") {
		r.PasswordFiles = append(r.PasswordFiles, config.Unfrack(v.parsed.Text("new_vault_password_file"), ""))
	}
	if f := v.conf.String("DEFAULT_VAULT_PASSWORD_FILE"); f != "" {
		r.PasswordFiles = append(r.PasswordFiles, f)
	}
	keys, err := v.load(r, true)
	if err != nil {
		return err
	}
	if len(keys.Secrets) == 0 {
		return &optionsError{"A new vault password is required to use Ansible's Vault rekey"}
	}
	s, err := v.pick(keys)
	if err != nil {
		return err
	}
	for _, f := range v.parsed.Operands {
		if err := v.rekeyFile(realFile(f), s); err != nil {
			return err
		}
	}
	v.out.Handle(callback.Message{Text: "Rekey successful", Stderr: true})
	return nil
}

func (v *vaultRun) rekeyFile(file string, s vault.Secret) error {
	if _, err := os.Stat(file); err != nil { // "-" is a file here
		return controller.Crash(posix.PyError(err, file))
	}
	text, err := readVaultFile(file)
	if err != nil {
		return err
	}
	o, err := v.keys.Open(text, "")
	if err != nil {
		return fmt.Errorf("%s for %s", err, file)
	}
	if text, err = vault.Encrypt(o.Plain, s, s.ID, v.salt()); err != nil {
		return err
	}
	return replaceKeeping(file, text)
}

// salt is the salt to encrypt with, "" for a random one.
func (v *vaultRun) salt() string { return v.conf.String("VAULT_ENCRYPT_SALT") }

// fromStdin says whether encrypt_string reads a text from standard input.
func (r *toolRun) fromStdin() bool {
	p := r.parsed
	nothing := len(p.Operands) == 0 && !(r.like.dialect == expr.Tagged && p.On("encrypt_string_prompt"))
	return nothing || slices.Contains(p.Operands, "-") || p.Text("encrypt_string_stdin_name") != ""
}

// page shows a text: through a pager on a terminal.
func (r *toolRun) page(text string) {
	pager, set := r.program("PAGER", "less")
	if !term.IsTerminal(int(os.Stdout.Fd())) || pager == "cat" {
		_, _ = io.WriteString(os.Stdout, withNewline(text))
		return
	}
	cmd := exec.Command("/bin/sh", "-c", pager)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(text), os.Stdout, os.Stderr
	cmd.Env = os.Environ()
	if os.Getenv("LESS") == "" {
		cmd.Env = append(cmd.Env, "LESS=FRSX")
	}
	if err := cmd.Run(); err != nil && !set {
		_, _ = io.WriteString(os.Stdout, withNewline(text))
	}
}

func withNewline(text string) string {
	if strings.HasSuffix(text, "\n") {
		return text
	}
	return text + "\n"
}
