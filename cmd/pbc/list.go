package main

import (
	"strings"

	"pbc/compiler"
	"pbc/compiler/inventory"
	"pbc/compiler/playbook"
	"pbc/ir"
	"pbc/runtime/callback"
)

// list prints what the --list options and --syntax-check ask for, and runs nothing. Whatever is asked for, the hosts of plays
// are looked for, which may warn.
func (s *session) list(u *compiler.Unit, inv *inventory.Inventory) error {
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
		_, _ = u.List(playbook.ListOptions{Hosts: true, Match: match})
		failed = nil
	}
	if s.req.Syntax {
		for _, f := range s.req.Playbooks {
			s.out.Handle(callback.Message{Text: "\nplaybook: " + f})
		}
		return nil
	}
	text, err := u.List(playbook.ListOptions{Tasks: s.req.ListTasks, Tags: s.req.ListTags, Hosts: s.req.ListHosts, Only: s.listed(), Skip: s.req.SkipTags, Match: match})
	if err != nil {
		return err
	}
	s.out.Handle(callback.Message{Text: strings.TrimSuffix(text, "\n")})
	return failed
}

// listed are the tags of what is listed. Newer releases list all tags, never among them, unless tags were chosen.
func (s *session) listed() []string {
	chosen := s.req.Given("tags") || s.conf.Origin("TAGS_RUN") != "default" || len(s.req.SkipTags) > 0
	if !s.req.ListTags || chosen || !ir.Newer(s.like.version) {
		return s.req.Tags
	}
	return []string{"never", "all"}
}
