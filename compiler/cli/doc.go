// Package cli reads the command line of ansible-playbook as ansible-playbook itself reads it: long and
// short options, unique prefixes of long ones, short ones together (-vvvi hosts), and the usage, help
// and error texts of Python's argparse, byte for byte at the same width of the terminal.
//
// Vocabulary is argparse's: an option has option strings (-i, --inventory), a dest (inventory), an
// action; a positional is an argument that is no option; an explicit argument is what follows "=" or is
// glued to a short option.
//
// The package prints nothing and ends nothing: what argparse would print before it exits is an *Exit.
// It does not know what the options mean to a run; those that pbc does not honour yet are listed in one
// table, so that a caller can refuse them by name.
package cli
