package main

import (
	"errors"
	"os"
	"strconv"

	"golang.org/x/term"

	"pbc/compiler/link"
	"pbc/ir/expr"
	"pbc/ir/keyword"
	"pbc/ir/value"
	"pbc/runtime/callback"
	"pbc/runtime/controller"
	"pbc/runtime/crypt"
	"pbc/runtime/eval"
	"pbc/runtime/python"
)

// prompt is one entry of vars_prompt.
type prompt struct {
	name, text, encrypt, salt string
	saltSize                  int
	preset                    string // default
	hasPreset                 bool
	private, confirm, unsafe  bool
}

// prompts asks for the variables of a play's vars_prompt that -e does not give.
//
// Ansible docs: "Interactive input: prompts".
func (s *session) prompts(l *link.Linker, play int) error {
	list, err := l.Prompts(play)
	if err != nil || len(list) == 0 {
		return err
	}
	answers := value.NewDict()
	for _, d := range list {
		p := readPrompt(d)
		if err := s.promptFault(d); err != nil {
			return err
		}
		if l.HasExtra(p.name) {
			continue
		}
		v, err := s.prompted(p)
		if err != nil {
			return err
		}
		answers.SetStr(p.name, v)
	}
	l.SetPrompted(play, answers)
	return nil
}

// promptFault is the fault of an entry of vars_prompt that ends the run, nil mostly.
func (s *session) promptFault(d *value.Dict) error {
	for _, key := range []string{"private", "confirm"} {
		v, _ := d.GetStr(key)
		var wrong *keyword.TypeError
		if _, err := (&keyword.Keyword{Name: key, Type: keyword.Bool}).Convert(v); errors.As(err, &wrong) {
			return controller.Crash(wrong.Cause)
		}
	}
	size, _ := d.GetStr("salt_size")
	encrypt, _ := d.GetStr("encrypt")
	if on, _ := python.Truth(encrypt); !on || size == nil {
		return nil
	}
	_, isInt := size.(int64)
	if s.like.dialect == expr.Tagged && !isInt {
		return controller.Crash("salt_size must be an integer")
	}
	var wrong *keyword.TypeError
	if _, err := (&keyword.Keyword{Name: "salt_size", Type: keyword.Int}).Convert(size); errors.As(err, &wrong) {
		return &playbookError{msg: "Could not hash the secret.. " + wrong.Cause, code: 1}
	}
	return nil
}

func readPrompt(d *value.Dict) prompt {
	text := func(key, unset string) string {
		v, ok := d.GetStr(key)
		if !ok || v == nil {
			return unset
		}
		s, _ := value.ToStr(v)
		return s
	}
	flag := func(key string, unset bool) bool {
		v, ok := d.GetStr(key)
		if !ok {
			return unset
		}
		b, known := eval.Boolean(v)
		return known && b
	}
	p := prompt{name: text("name", ""), encrypt: text("encrypt", ""), salt: text("salt", ""), preset: text("default", ""),
		private: flag("private", true), confirm: flag("confirm", false), unsafe: flag("unsafe", false)}
	p.text = text("prompt", p.name)
	preset, ok := d.GetStr("default")
	p.hasPreset = ok && preset != nil
	p.saltSize, _ = strconv.Atoi(text("salt_size", ""))
	return p
}

// prompted asks for one variable and returns its value. Without a terminal nobody is asked.
func (s *session) prompted(p prompt) (value.Value, error) {
	answer, given := "", false
	if term.IsTerminal(int(os.Stdin.Fd())) {
		var err error
		if answer, err = s.askConfirmed(p); err != nil {
			return nil, err
		}
		given = true
	} else {
		s.out.Handle(callback.Warning{Text: "Not prompting as we are not in interactive mode"})
	}
	if answer == "" && p.hasPreset {
		answer, given = p.preset, true
	}
	if p.encrypt != "" {
		if !given {
			return nil, controller.Crash("secret must be unicode or bytes, not None")
		}
		hash, err := p.hash(answer, s.like.dialect == expr.Tagged)
		return hash, err
	}
	if !given {
		answer = "None" // Observed: the text of Python's None.
	}
	if p.unsafe {
		return &value.Str{S: answer, Unsafe: true}, nil
	}
	return s.jinjaText(answer, nil), nil
}

func (p prompt) hash(secret string, tagged bool) (string, error) {
	salt := p.salt
	if salt == "" {
		var err error
		if salt, err = crypt.Salt(p.encrypt, p.saltSize, tagged); err != nil {
			return "", err
		}
	}
	return crypt.Hash(secret, p.encrypt, salt, tagged)
}

// askConfirmed asks on the terminal, and with confirm until both answers are the same.
func (s *session) askConfirmed(p prompt) (string, error) {
	msg := "input for " + p.name + ": "
	switch {
	case p.text != "" && p.hasPreset:
		msg = p.text + " [" + p.preset + "]: "
	case p.text != "":
		msg = p.text + ": "
	}
	for {
		first, err := s.interrupts.ask(msg, p.private)
		if err != nil || !p.confirm {
			return first, err
		}
		second, err := s.interrupts.ask("confirm "+msg, p.private)
		if err != nil || first == second {
			return first, err
		}
		s.out.Handle(callback.Message{Text: "***** VALUES ENTERED DO NOT MATCH ****"})
	}
}

// ask shows a prompt: a private one on the terminal itself, others where Python's input() does.
func (i *interrupts) ask(msg string, private bool) (string, error) {
	if private {
		return i.askSecret(msg)
	}
	return i.line(os.Stdin, promptsOn(), msg)
}
