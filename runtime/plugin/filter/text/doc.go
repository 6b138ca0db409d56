// Package text has the filters of text: case, replacing, wrapping, regular expressions, URLs, quoting.
package text

import "slices"

// Filters are the rows of this family.
var Filters = slices.Concat(texts, patterns, urls)
