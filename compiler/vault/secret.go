package vault

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"pbc/compiler/config"
)

// Request is what the command line and the settings say about passwords.
type Request struct {
	IDs           []string // "label@source" or "source", those of the settings first
	PasswordFiles []string // a further way to name sources of the default id
	Ask           bool     // --ask-vault-pass
	DefaultID     string   // the setting DEFAULT_VAULT_IDENTITY; "" is "default"
	MatchID       bool     // see Keyring
	New           bool     // passwords are chosen, not given: those that are prompted for are asked for twice
	// Prompt asks for a password on the terminal. Nil fails every prompt.
	Prompt func(prompt string) (string, error)
	// Warn is told of sources that give no password. May be nil.
	Warn func(msg string)
	// Tagged is the keyring's.
	Tagged bool
}

// The sources that stand for a question to the user.
const (
	promptID  = "prompt"
	promptAsk = "prompt_ask_vault_pass"
)

// Load gathers the passwords of a run. A source that fails is warned of; when no source gives a password
// the last failure is the error. A password file may itself be a vault that an earlier source opens.
func Load(r Request) (*Keyring, error) {
	if r.DefaultID == "" {
		r.DefaultID = DefaultID
	}
	if r.Warn == nil {
		r.Warn = func(string) {}
	}
	ids := append([]string(nil), r.IDs...)
	for _, f := range r.PasswordFiles {
		ids = append(ids, r.DefaultID+"@"+f)
	}
	if r.Ask {
		ids = append(ids, r.DefaultID+"@"+promptAsk)
	}
	k := &Keyring{MatchID: r.MatchID, Tagged: r.Tagged}
	var last error
	for _, id := range ids {
		label, source, named := strings.Cut(id, "@")
		if !named {
			label, source = "", id
		}
		told := label
		if !named {
			told = "None"
		}
		if source == promptID || source == promptAsk {
			s, err := r.ask(label, source)
			if errors.As(err, new(promptError)) {
				return nil, err
			}
			if err != nil {
				r.Warn(fmt.Sprintf("Error in vault password prompt (%s): %s", told, err))
				return nil, err
			}
			k.Secrets = append(k.Secrets, s)
			continue
		}
		password, stage, err := k.read(source, label)
		if err != nil {
			r.Warn(fmt.Sprintf("Error %s (%s): %s", stage, told, err))
			last = err
			continue
		}
		if label == "" {
			label = r.DefaultID
		}
		k.Secrets = append(k.Secrets, Secret{label, password})
	}
	if last != nil && len(k.Secrets) == 0 {
		return nil, last
	}
	return k, nil
}

func pyNone(s string) string {
	if s == "" {
		return "None"
	}
	return s
}

// promptError is a prompt that was given up.
type promptError struct{ error }

// Unwrap is the reason.
func (e promptError) Unwrap() error { return e.error }

func (r Request) ask(label, source string) (Secret, error) {
	if label == "" {
		label = r.DefaultID
	}
	var first string
	for i, prompt := range r.prompts(label, source) {
		if r.Prompt == nil {
			return Secret{}, errors.New("there is no terminal to ask for a vault password")
		}
		answer, err := r.Prompt(prompt)
		if err != nil && !errors.Is(err, io.EOF) {
			return Secret{}, promptError{err}
		}
		if err != nil {
			return Secret{}, fmt.Errorf("EOFError (ctrl-d) on prompt for (%s)", label)
		}
		if answer == "" {
			return Secret{}, errors.New("Invalid vault password was provided")
		}
		answer = strings.TrimSpace(answer)
		if i == 0 {
			first = answer
		}
		if answer != first {
			return Secret{}, errors.New("Passwords do not match")
		}
	}
	return Secret{label, []byte(first)}, nil
}

// prompts are the questions for a password.
func (r Request) prompts(label, source string) []string {
	switch {
	case r.New && source == promptID:
		return []string{"New vault password (" + label + "): ", "Confirm new vault password (" + label + "): "}
	case r.New:
		return []string{"New Vault password: ", "Confirm New Vault password: "}
	case source == promptID:
		return []string{"Vault password (" + label + "): "}
	}
	return []string{"Vault password: "}
}

// The two places where Ansible words a failure of a source.
const (
	stageFind = "getting vault password file"
	stageLoad = "in vault password file loading"
)

// read gets a password from a file, or from the output of an executable one.
func (k *Keyring) read(source, id string) (password []byte, stage string, err error) {
	file := config.Unfrack(source, "")
	info, err := os.Stat(file)
	if err != nil {
		return nil, stageFind, fmt.Errorf("The vault password file %s was not found", file)
	}
	if k.Tagged && info.IsDir() {
		return nil, stageFind, fmt.Errorf("The vault password file provided '%s' can not be a directory", file)
	}
	if info.Mode()&0o111 != 0 {
		password, err = runScript(file, id)
		return password, stageLoad, err
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, stageLoad, fmt.Errorf("Could not read vault password file %s: %s", file, osError(err, file))
	}
	b = bytes.TrimSpace(b)
	if IsEncrypted(b) {
		if len(k.Secrets) == 0 {
			return nil, stageLoad, errors.New("A vault password must be specified to decrypt data")
		}
		if b, err = k.Decrypt(b, file); err != nil {
			return nil, stageLoad, err
		}
	}
	b = bytes.Trim(b, "\r\n")
	if len(b) == 0 {
		return nil, stageLoad, fmt.Errorf("Invalid vault password was provided from file (%s)", file)
	}
	return b, stageLoad, nil
}

// isClient says whether a script takes --vault-id: its name ends in -client.
func isClient(file string) bool {
	return strings.HasSuffix(strings.TrimSuffix(file, filepath.Ext(file)), "-client")
}

func runScript(file, id string) ([]byte, error) {
	client := isClient(file)
	cmd := exec.Command(file)
	kind := "script"
	var stderr bytes.Buffer
	cmd.Stderr = os.Stderr
	if client {
		kind = "client script"
		cmd.Stderr = &stderr
		if id != "" {
			cmd.Args = append(cmd.Args, "--vault-id", id)
		}
	}
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil, scriptExit(file, id, exit.ExitCode(), client, stderr.String())
	}
	if err != nil {
		return nil, fmt.Errorf("Problem running vault password %s %s (%s). If this is not a script, remove the executable bit from the file.",
			kind, file, osError(err, file))
	}
	out = bytes.Trim(out, "\r\n")
	if len(out) == 0 {
		return nil, fmt.Errorf("Invalid vault password was provided from script (%s)", file)
	}
	return out, nil
}

// scriptExit words a failure; Ansible shows what the script wrote as a Python literal.
func scriptExit(file, id string, code int, client bool, stderr string) error {
	shown := fmt.Sprintf("b'%s'", strings.ReplaceAll(stderr, "\n", `\n`))
	switch {
	case !client:
		return fmt.Errorf("Vault password script %s returned non-zero (%d): None", file, code)
	case code == 2:
		return fmt.Errorf("Vault password client script %s did not find a secret for vault-id=%s: %s", file, pyNone(id), shown)
	}
	return fmt.Errorf("Vault password client script %s returned non-zero (%d) when getting secret for vault-id=%s: %s", file, code, pyNone(id), shown)
}

// osError is an error of the system as Python prints it.
func osError(err error, file string) string {
	var errno syscall.Errno
	var pe *fs.PathError
	if errors.As(err, &errno) {
		text := errno.Error()
		return fmt.Sprintf("[Errno %d] %s: '%s'", int(errno), strings.ToUpper(text[:1])+text[1:], file)
	}
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}
