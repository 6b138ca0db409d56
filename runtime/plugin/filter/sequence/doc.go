// Package sequence has the filters of lists: sorting, grouping, selecting, sets, products, chance.
package sequence

import "slices"

// Filters are the rows of this family.
var Filters = slices.Concat(sequences, sets, randoms)
