// Package test is the table of all tests: what may follow "is".
package test

import (
	"slices"

	"pbc/runtime/plugin"
)

// ofJinja are the tests that Jinja brings itself, and Ansible does not replace.
var ofJinja = plugin.Names(`boolean callable defined divisibleby eq equalto escaped even false filter float ge greaterthan gt in
	integer iterable le lessthan lower lt mapping ne none number odd sameas sequence string test true undefined upper`)

// OfJinja says whether a name is that of a test of Jinja's.
func OfJinja(name string) bool { return ofJinja[name] }

// Table has every test under each of its names.
var Table = plugin.NewTable(slices.Concat(valueTests, resultTests, pathTests, network))
