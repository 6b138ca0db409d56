// Package pyyaml writes values as YAML byte for byte as PyYAML's dumper does with Ansible's
// representers: quoting, folding, anchors, flow and block style. It reads nothing.
package pyyaml
