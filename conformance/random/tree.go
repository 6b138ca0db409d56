package random

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Map is a mapping of a playbook, in order: a play, a task, the arguments of a module.
type Map []Pair

// Pair is a key of a Map and what it has: a Map, a List, or a scalar (string, int or bool).
type Pair struct {
	Key   string
	Value any
}

// List is a sequence of a playbook.
type List []any

// Set gives a key its value, at the end when it is new.
func (m *Map) Set(key string, value any) {
	for i := range *m {
		if (*m)[i].Key == key {
			(*m)[i].Value = value
			return
		}
	}
	*m = append(*m, Pair{key, value})
}

// Has says whether m has one of the keys.
func (m Map) Has(keys ...string) bool {
	return slices.ContainsFunc(m, func(p Pair) bool { return slices.Contains(keys, p.Key) })
}

// text writes a tree as YAML: lists of mappings over several lines, everything else in one.
func text(tree List) string {
	var b strings.Builder
	writeList(&b, tree, 0)
	return b.String()
}

func writeList(b *strings.Builder, list List, indent int) {
	for _, v := range list {
		b.WriteString(strings.Repeat(" ", indent) + "- ")
		m, ok := v.(Map)
		if !ok {
			b.WriteString(flow(v) + "\n")
			continue
		}
		for i, p := range m {
			if i > 0 {
				b.WriteString(strings.Repeat(" ", indent+2))
			}
			b.WriteString(p.Key + ":")
			if below, ok := p.Value.(List); ok && len(below) > 0 && isMap(below[0]) {
				b.WriteString("\n")
				writeList(b, below, indent+4)
				continue
			}
			b.WriteString(" " + flow(p.Value) + "\n")
		}
	}
}

func isMap(v any) bool {
	_, ok := v.(Map)
	return ok
}

// plain are texts that mean themselves in YAML without quotes. Words that YAML 1.1 reads as something else do not occur.
var plain = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_./]*( [A-Za-z0-9_./]+)*$`)

// flow writes a value in one line.
func flow(v any) string {
	var parts []string
	switch v := v.(type) {
	case Map:
		for _, p := range v {
			parts = append(parts, p.Key+": "+flow(p.Value))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case List:
		for _, item := range v {
			parts = append(parts, flow(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case string:
		if plain.MatchString(v) {
			return v
		}
		return "'" + strings.ReplaceAll(v, "'", "''") + "'"
	}
	return fmt.Sprint(v)
}

// path leads to a part of a tree: the number of an element or of a pair at each level.
type path []int

// paths are those of all parts that can be missing, what is high up first.
func paths(tree List) []path {
	var out []path
	level := []path{{}}
	for len(level) > 0 {
		var next []path
		for _, at := range level {
			for i := range size(part(tree, at)) {
				below := append(slices.Clone(at), i)
				out = append(out, below)
				if hasParts(part(tree, at), part(tree, below)) {
					next = append(next, below)
				}
			}
		}
		level = next
	}
	return out
}

// hasParts says whether something of v, which stands in parent, can be missing. The arguments of a module are one thing.
func hasParts(parent, v any) bool {
	list, ok := v.(List)
	return isMap(v) && !isMap(parent) || ok && len(list) > 1 || ok && len(list) == 1 && isMap(list[0])
}

func size(v any) int {
	switch v := v.(type) {
	case Map:
		return len(v)
	case List:
		return len(v)
	}
	return 0
}

// part is what at leads to: the value of a pair, or an element.
func part(v any, at path) any {
	for _, i := range at {
		switch under := v.(type) {
		case Map:
			v = under[i].Value
		case List:
			v = under[i]
		}
	}
	return v
}

// without is a copy of v that lacks what at leads to.
func without(v any, at path) any {
	i, rest := at[0], at[1:]
	switch v := v.(type) {
	case Map:
		if len(rest) == 0 {
			return slices.Delete(slices.Clone(v), i, i+1)
		}
		out := slices.Clone(v)
		out[i].Value = without(out[i].Value, rest)
		return out
	case List:
		if len(rest) == 0 {
			return slices.Delete(slices.Clone(v), i, i+1)
		}
		out := slices.Clone(v)
		out[i] = without(out[i], rest)
		return out
	}
	return v // a scalar, into which no path leads
}
