// Package version compares versions in the ways of Ansible's test of that name: loose and strict as
// distutils has them, semantic, and PEP 440.
package version
