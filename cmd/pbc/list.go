package main

import (
	"fmt"

	"pbc/compiler"
	"pbc/compiler/inventory"
	"pbc/compiler/link"
	"pbc/compiler/playbook"
	"pbc/ir"
	"pbc/ir/value"
	"pbc/runtime/callback"
)

// validated is the first fault of a play that Ansible finds when it lists plays, nil mostly. Nobody is asked for vars_prompt.
func (s *session) validated(l *link.Linker) error {
	for n := range l.Plays() {
		list, err := l.Prompts(n)
		if err != nil {
			return err
		}
		answers := value.NewDict()
		for _, d := range list {
			preset, _ := d.GetStr("default")
			if p := readPrompt(d); !l.HasExtra(p.name) {
				answers.SetStr(p.name, preset)
			}
		}
		l.SetPrompted(n, answers)
		if err := l.Validate(n); err != nil {
			return err
		}
	}
	return nil
}

// list prints what the --list options and --syntax-check ask for, and runs nothing. Whatever is asked for, the hosts of plays
// are looked for, which may warn.
func (s *session) list(u *compiler.Unit, inv *inventory.Inventory, l *link.Linker) error {
	s.tellPlays(u)
	var failed error
	match := func(patterns []string) []string {
		hosts, err := inv.Match(patterns...)
		if err != nil {
			failed = err
		}
		var names []string
		for _, h := range hosts {
			names = append(names, h.Name)
		}
		return names
	}
	if !s.req.ListHosts {
		_, _ = u.List(playbook.ListOptions{Hosts: true, Match: match, Headline: l.Headline})
		failed = nil
	}
	if s.req.Syntax {
		for _, f := range s.req.Playbooks {
			s.out.Handle(callback.Message{Text: "\nplaybook: " + f})
		}
		return nil
	}
	texts, err := u.List(playbook.ListOptions{Tasks: s.req.ListTasks, Tags: s.req.ListTags, Hosts: s.req.ListHosts, Only: s.listed(), Skip: s.req.SkipTags, Match: match, Headline: l.Headline})
	for _, text := range texts {
		s.out.Handle(callback.Message{Text: text})
	}
	if err != nil {
		return err
	}
	return failed
}

// tellPlays says how many plays each playbook has.
func (s *session) tellPlays(u *compiler.Unit) {
	for i, name := range s.req.Playbooks {
		end := len(u.Program.Plays)
		if i+1 < len(u.Starts) {
			end = u.Starts[i+1]
		}
		s.out.Handle(callback.Verbose{Level: 2, Text: fmt.Sprintf("%d plays in %s", end-u.Starts[i], name)})
	}
}

// listed are the tags of what is listed. Newer releases list all tags, never among them, unless tags were chosen.
func (s *session) listed() []string {
	chosen := s.req.Given("tags") || s.conf.Origin("TAGS_RUN") != "default" || len(s.req.SkipTags) > 0
	if !s.req.ListTags || chosen || !ir.Newer(s.like.version) {
		return s.req.Tags
	}
	return []string{"never", "all"}
}
