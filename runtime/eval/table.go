package eval

import "slices"

// filters and tests have every plugin under each of its names.
var (
	filters = NewTable(slices.Concat(codesTable, dataTable, numbersTable, pathsTable, patternTable, sequencesTable, setsTable, textsTable, yamlsTable, randomsTable, urlsTable, passwordTable))
	tests   = NewTable(slices.Concat(valueTests, resultTests, pathTests))
)

// Filters returns the table of filters, sorted by name.
func Filters() []*Plugin { return filters.Rows() }

// Tests returns the table of tests, sorted by name.
func Tests() []*Plugin { return tests.Rows() }
