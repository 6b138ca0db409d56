// Package test is the table of all tests: what may follow "is".
package test

import (
	"slices"

	"pbc/runtime/plugin"
)

// Table has every test under each of its names.
var Table = plugin.NewTable(slices.Concat(valueTests, resultTests, pathTests, network))
