// Package plugin has what filters and tests are made of: a row of a table with name, signature, one
// sentence of documentation and a function. The compiler checks names against the tables, the
// evaluator calls the functions, and docs/coverage.md is made from the rows.
//
// The rows themselves are in plugin/filter, by family, and plugin/test.
package plugin
