// Package inventory reads inventories and says which hosts there are, which groups they are in, what
// variables they have from there, and which of them a host pattern names.
//
// Vocabulary, Ansible's own: a source is one -i; a host pattern is what stands in hosts: or in --limit;
// the implicit localhost is the host that exists when a pattern asks for localhost and no source has it;
// group_vars and host_vars are variable files beside a source or beside the playbook.
//
// Sources are tried with Ansible's plugins in Ansible's order (host_list, script, auto, yaml, ini, toml),
// and a source that one plugin read halfway before it failed leaves traces, as in Ansible. The variables
// of a host are kept in layers, one for each of Ansible's levels of precedence. Variable files are read
// when a host's variables are first asked for.
//
// The package runs inventory scripts; it knows nothing of plays. An Inventory is not for use by several
// goroutines at once.
package inventory
