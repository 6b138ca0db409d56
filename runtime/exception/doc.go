// Package exception has the errors that an evaluation raises, under the names of Python's and
// Ansible's classes: a task's message and Ansible's way of wrapping errors depend on the class.
// The use of an undefined variable is package value's own error.
package exception
