// Package number has the filters of numbers.
package number
