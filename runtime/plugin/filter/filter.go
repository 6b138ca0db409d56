// Package filter is the table of all filters; each family has a package below it.
package filter

import (
	"slices"

	"pbc/runtime/plugin"
	"pbc/runtime/plugin/filter/codec"
	"pbc/runtime/plugin/filter/mapping"
	"pbc/runtime/plugin/filter/network"
	"pbc/runtime/plugin/filter/number"
	"pbc/runtime/plugin/filter/path"
	"pbc/runtime/plugin/filter/sequence"
	"pbc/runtime/plugin/filter/text"
)

// Table has every filter under each of its names.
var Table = plugin.NewTable(slices.Concat(
	codec.Filters, mapping.Filters, network.Filters, number.Filters, path.Filters, sequence.Filters, text.Filters,
))
