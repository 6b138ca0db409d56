// Package yaml reads playbooks, variable files and inventories the way Ansible reads them: first as
// JSON, then as YAML 1.1 with PyYAML's rules (yes and on are booleans, 0777 is octal, 1:30 is 90,
// 1e3 is text, << merges, = is itself), Ansible's tags (!vault, !vault-encrypted, !unsafe) and Ansible's
// warnings (a key given twice). What comes out is a tree of Nodes with places, which ToValue turns
// into values.
//
// Vocabulary: source is the text of one file, a document is what stands between two "---", a node is
// one scalar, sequence or mapping. A place is where PyYAML says that the node starts.
//
// Invariants: a scalar Node holds its value already; the keys of a mapping are merged, hashable and
// different from each other by Python's equality; what an alias names is shared, not copied, so a tree
// may be a directed graph but never has a cycle; nesting is bounded. A Node is not changed after Parse.
//
// The package knows nothing of playbooks, templates or passwords. It is the only one that imports a
// YAML library, and only load.go does.
package yaml
