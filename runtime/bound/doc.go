// Package bound has the limits of what one operation of an expression may make, so that no template
// takes the process down that evaluates it.
package bound
