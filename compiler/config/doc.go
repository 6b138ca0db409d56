// Package config finds Ansible's settings: ansible.cfg where Ansible looks for it, the ANSIBLE_*
// variables of the environment, and the defaults, by a table of what pbc knows of them. It also holds
// Ansible's treatment of paths, which settings share with the command line.
//
// Vocabulary: a setting has a name, a type, a default, the variables and the ini keys that set it; its
// origin is the one that did. Precedence, lowest first: default, ini, environment. The command line is
// above all of them and not known here.
package config
