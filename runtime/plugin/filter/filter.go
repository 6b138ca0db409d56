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

// ofJinja are the filters that Jinja brings itself, and Ansible does not replace.
var ofJinja = plugin.Names(`abs attr batch capitalize center count d default dictsort e escape filesizeformat first float
	forceescape format groupby indent int items join last length list lower map max min pprint reject rejectattr replace reverse
	round safe select selectattr slice sort string striptags sum title tojson trim truncate upper urlencode urlize wordcount
	wordwrap xmlattr`)

// OfJinja says whether a name is that of a filter of Jinja's.
func OfJinja(name string) bool { return ofJinja[name] }

// Table has every filter under each of its names.
var Table = plugin.NewTable(slices.Concat(
	codec.Filters, mapping.Filters, network.Filters, number.Filters, path.Filters, sequence.Filters, text.Filters,
))
