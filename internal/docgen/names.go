package main

import (
	_ "embed"
	"slices"
	"strings"
)

// coreNames is the file names.txt, written by names.py: what ansible-core 2.14 and its Jinja2 bring.
//
//	line = kind ":" { " " name }
//
//go:embed names.txt
var coreNames string

// names returns what ansible-core has of a kind, sorted.
func names(kind string) []string {
	for line := range strings.Lines(coreNames) {
		if rest, ok := strings.CutPrefix(line, kind+":"); ok {
			return strings.Fields(rest)
		}
	}
	return nil
}

// compare makes the rows of a kind: what Ansible has, and after it what only pbc has.
func compare(kind string, ours []string, notes map[string]row) []row {
	var rows []row
	theirs := names(kind)
	for _, n := range theirs {
		r := row{name: n, state: unsupported}
		if slices.Contains(ours, n) {
			r.state = same
		}
		rows = append(rows, noted(r, kind, notes))
	}
	for _, n := range ours {
		if !slices.Contains(theirs, n) {
			rows = append(rows, noted(row{name: n, state: beyond}, kind, notes))
		}
	}
	return rows
}

// noted gives a row the state and the note that the table of notes has for it.
func noted(r row, kind string, notes map[string]row) row {
	n, ok := notes[kind+" "+r.name]
	if !ok {
		return r
	}
	if n.state != "" {
		r.state = n.state
	}
	r.note = n.note
	return r
}
