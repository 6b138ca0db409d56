package eval

import (
	"pbc/runtime/plugin"
	"pbc/runtime/plugin/filter"
	"pbc/runtime/plugin/test"
)

// Filters returns the table of filters, sorted by name.
func Filters() []*plugin.Row { return filter.Table.Rows() }

// Tests returns the table of tests, sorted by name.
func Tests() []*plugin.Row { return test.Table.Rows() }
