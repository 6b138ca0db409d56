// Package path has the filters of file names.
package path
