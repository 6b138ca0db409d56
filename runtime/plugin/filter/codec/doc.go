// Package codec has the filters that write and read formats: JSON, YAML, base 64, digests, dates,
// password hashes.
package codec

import "slices"

// Filters are the rows of this family.
var Filters = slices.Concat(codes, yamls, passwords)
