package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"pbc/compiler/vault"
	"pbc/runtime/callback"
	"pbc/runtime/controller"
)

// secretText is a text to encrypt.
type secretText struct{ name, text, source string }

// encryptStrings prints texts encrypted, as values for YAML.
func (v *vaultRun) encryptStrings() error {
	texts, err := v.texts()
	if err != nil {
		return err
	}
	var outs []string
	for i, t := range texts {
		cipher, err := vault.Encrypt([]byte(t.text), v.secret, v.secret.ID, v.salt())
		if err != nil {
			return err
		}
		if len(texts) > 1 {
			v.announce(i+1, t)
		}
		out := "!vault |"
		if t.name != "" {
			out = t.name + ": " + out
		}
		for _, line := range strings.Split(strings.TrimSuffix(string(cipher), "\n"), "\n") {
			out += "\n          " + line
		}
		outs = append(outs, out)
	}
	if v.tagged() {
		outs = append(outs, "") // so the last line ends
	}
	if err := writeVaultFile(firstOf(v.parsed.File("output_file"), "-"), []byte(strings.Join(outs, "\n")), true); err != nil {
		return err
	}
	v.done("Encryption successful")
	return nil
}

// announce tells several texts apart.
func (v *vaultRun) announce(n int, t secretText) {
	if t.name != "" {
		fmt.Fprintf(os.Stderr, "# The encrypted version of variable (\"%s\", the string #%d from %s).\n", t.name, n, t.source)
		return
	}
	fmt.Fprintf(os.Stderr, "# The encrypted version of the string #%d from %s.)\n", n, t.source)
}

// texts are what to encrypt: from a prompt, from standard input, and from the command line.
func (v *vaultRun) texts() ([]secretText, error) {
	var texts []secretText
	for _, from := range []func() ([]secretText, error){v.prompted, v.piped, v.given} {
		more, err := from()
		if err != nil {
			return nil, err
		}
		texts = append(texts, more...)
	}
	return texts, nil
}

func (v *vaultRun) prompted() ([]secretText, error) {
	if !v.parsed.On("encrypt_string_prompt") {
		return nil, nil
	}
	name, err := (*interrupts)(nil).ask("Variable name (enter for no name): ", false)
	if err == io.EOF {
		return nil, controller.Crash("EOF when reading a line")
	}
	if err != nil {
		return nil, err
	}
	prompt, hidden := "String to encrypt (hidden): ", true
	if v.parsed.On("show_string_input") {
		prompt, hidden = "String to encrypt:", false
	}
	text, err := (*interrupts)(nil).ask(prompt, hidden)
	if err == io.EOF {
		return nil, controller.Crash(map[bool]string{false: "EOF when reading a line"}[hidden])
	}
	if err != nil {
		return nil, err
	}
	if text == "" {
		return nil, &optionsError{"The plaintext provided from the prompt was empty, not encrypting"}
	}
	return []secretText{{name, text, "the interactive prompt"}}, nil
}

func (v *vaultRun) piped() ([]secretText, error) {
	if !v.fromStdin() {
		return nil, nil
	}
	terminal := term.IsTerminal(int(os.Stdout.Fd()))
	if terminal {
		v.out.Handle(callback.Message{Stderr: true,
			Text: "Reading plaintext input from stdin. (ctrl-d to end input, twice if your content does not already have a newline)"})
	}
	b, err := io.ReadAll(os.Stdin)
	switch {
	case err != nil:
		return nil, err
	case len(b) == 0:
		return nil, &optionsError{"stdin was empty, not encrypting"}
	}
	if terminal && b[len(b)-1] != '\n' {
		fmt.Println()
	}
	return []secretText{{v.parsed.Text("encrypt_string_stdin_name"), string(b), "stdin"}}, nil
}

func (v *vaultRun) given() ([]secretText, error) {
	var args []string
	for _, a := range v.parsed.Operands {
		if a != "-" {
			args = append(args, a)
		}
	}
	names := v.parsed.Texts("encrypt_string_names")
	if len(names) > 0 && len(args) > len(names) {
		v.out.Handle(callback.Message{Stderr: true, Text: "The number of --name options do not match the number of args."})
		v.out.Handle(callback.Message{Stderr: true, Text: fmt.Sprintf("The last named variable will be \"%s\". The rest will not have names.", names[len(names)-1])})
	}
	var texts []secretText
	for i, a := range args {
		t := secretText{text: a, source: "the command line args"}
		if i < len(names) {
			t.name = names[i]
		}
		if a == "" {
			return nil, &optionsError{"The plaintext provided from the command line args was empty, not encrypting"}
		}
		texts = append(texts, t)
	}
	return texts, nil
}
