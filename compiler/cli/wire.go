package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"

	"pbc/compiler/config"
	"pbc/compiler/diag"
	"pbc/compiler/inventory"
	"pbc/compiler/vault"
	"pbc/ir"
	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/module/posix"
)

// VaultRequest is what the command line and the settings say about vault passwords. Prompt and Warn are
// the caller's to add.
func (p *Playbook) VaultRequest(c *config.Config) vault.Request {
	ids := c.List("DEFAULT_VAULT_IDENTITY_LIST")
	files := p.VaultPasswordFiles
	if f := c.String("DEFAULT_VAULT_PASSWORD_FILE"); f != "" {
		files = append(files[:len(files):len(files)], f)
	}
	return vault.Request{
		IDs:           append(ids[:len(ids):len(ids)], p.VaultIDs...),
		PasswordFiles: files,
		Ask:           p.AskVaultPass,
		DefaultID:     c.String("DEFAULT_VAULT_IDENTITY"),
		// The setting has no type in Ansible: any text, even "False", is true.
		MatchID: c.String("DEFAULT_VAULT_ID_MATCH") != "",
	}
}

// IsHostGroupVars says whether a name is that of the vars plugin that reads group_vars and host_vars.
func IsHostGroupVars(plugin string) bool {
	return ir.Short(plugin) == "host_group_vars"
}

// InventoryOptions are the sources of the command line and the settings about inventories. The vault, the
// playbook's folder and the functions are the caller's to add.
func (p *Playbook) InventoryOptions(c *config.Config) inventory.Options {
	return inventory.Options{
		Sources:           p.Inventory,
		MergeHashes:       c.String("DEFAULT_HASH_BEHAVIOUR") == "merge",
		Duplicates:        c.String("DUPLICATE_YAML_DICT_KEY"),
		InvalidGroupChars: c.String("TRANSFORM_INVALID_GROUP_CHARS"),
		NoVarsFiles:       !slices.ContainsFunc(c.List("VARIABLE_PLUGINS_ENABLED"), IsHostGroupVars),
		VarsStage:         c.String("host_group_vars.stage"),
		VarsAtStart:       c.String("RUN_VARS_PLUGINS") == "start",
		Precedence:        c.List("VARIABLE_PRECEDENCE"),
		PlaybookVarsRoot:  c.String("PLAYBOOK_VARS_ROOT"),
		PatternMismatch:   c.String("HOST_PATTERN_MISMATCH"),
		IgnoreExtensions:  c.List("INVENTORY_IGNORE_EXTS"),
		IgnorePatterns:    c.List("INVENTORY_IGNORE_PATTERNS"),
		Enabled:           c.List("INVENTORY_ENABLED"),
		FileExtensions:    c.List("YAML_FILENAME_EXTENSIONS"),
		UnparsedFails:     c.Bool("INVENTORY_UNPARSED_IS_FAILED"),
		AnyUnparsedFails:  c.Bool("INVENTORY_ANY_UNPARSED_IS_FAILED"),
		NoUnparsedWarning: !c.Bool("INVENTORY_UNPARSED_WARNING"),
		NoLocalWarning:    !c.Bool("LOCALHOST_WARNING"),
		UseExtraVars:      c.Bool("constructed.use_extra_vars"),
		QuietScripts:      !c.Bool("script.always_show_stderr"),
	}
}

// Passwords asks for the passwords of connecting and of becoming another user, or reads them from their
// files. An empty one was not asked for. prompt writes a question and reads the answer unseen.
func (p *Playbook) Passwords(c *config.Config, prompt func(question string) (string, error)) (connect, become string, err error) {
	method := "BECOME"
	if !c.Bool("AGNOSTIC_BECOME_PROMPT") {
		method = strings.ToUpper(p.BecomeMethod)
	}
	question := method + " password: "
	switch {
	case p.AskPass:
		if connect, err = prompt("SSH password: "); err != nil {
			return "", "", unlessEnd(err)
		}
		question = method + " password[defaults to SSH password]: "
	case p.ConnectionPasswordFile != "":
		if connect, err = passwordFile(p.ConnectionPasswordFile, c.Tagged()); err != nil {
			return "", "", err
		}
	}
	switch {
	case p.AskBecomePass:
		if become, err = prompt(question); err != nil {
			return connect, "", unlessEnd(err)
		}
		if p.AskPass && become == "" {
			become = connect
		}
	case p.BecomePasswordFile != "":
		become, err = passwordFile(p.BecomePasswordFile, c.Tagged())
	}
	return connect, become, err
}

// unlessEnd takes the end of input for an answer: Ansible goes on without passwords then.
func unlessEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// passwordFile reads a password from a file, from the output of an executable one, or from stdin ("-").
func passwordFile(file string, tagged bool) (string, error) {
	var secret []byte
	info, err := os.Stat(file)
	switch {
	case file == "-":
		secret, err = readAll(os.Stdin)
	case err != nil:
		return "", fmt.Errorf("The password file %s was not found", file)
	case info.Mode()&0o111 != 0:
		secret, err = passwordScript(file, tagged)
	default:
		secret, err = os.ReadFile(file)
		secret = bytes.TrimSpace(secret)
		if err != nil {
			err = unreadable(file, err, tagged)
		}
	}
	if err != nil {
		return "", err
	}
	if secret = bytes.Trim(secret, "\r\n"); len(secret) == 0 {
		return "", fmt.Errorf("Empty password was provided from file (%s)", file)
	}
	return string(secret), nil
}

func readAll(f *os.File) ([]byte, error) {
	var b bytes.Buffer
	_, err := b.ReadFrom(f)
	return b.Bytes(), err
}

// unreadable is the error of a password file that cannot be read.
func unreadable(file string, err error, tagged bool) error {
	cause := posix.PyError(err, []byte(file))
	msg := fmt.Sprintf("Could not read password file %s: %s", file, cause)
	if tagged {
		msg = fmt.Sprintf("Could not read password file %s.", value.StrRepr(file))
	}
	return &diag.Diagnostic{Kind: diag.Invalid, Exit: 1, Msg: msg, Tagged: failure.Failure{Msg: msg}.Because(failure.New(cause))}
}

func passwordScript(file string, tagged bool) ([]byte, error) {
	out, err := exec.Command(file).Output()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		said := string(exit.Stderr)
		if !tagged {
			said, _ = value.Repr(exit.Stderr)
		}
		return nil, fmt.Errorf("The password script %s returned an error (rc=%d): %s", file, exit.ExitCode(), said)
	case err != nil:
		occurred := "occured" // as Ansible writes it
		if tagged {
			occurred = "occurred"
		}
		return nil, fmt.Errorf("Problem %s when trying to run the password script %s (%s)."+
			" If this is not a script, remove the executable bit from the file.", occurred, file, posix.PyError(err, []byte(file)))
	}
	return out, nil
}
