package ir

import (
	"slices"
	"strings"
)

// RouteVars are the variables that say how a host is reached, but for the secret ones.
//
// Ansible docs: ansible.builtin.ssh, "vars".
var RouteVars = strings.Fields(`ansible_connection ansible_host ansible_ssh_host ansible_port ansible_ssh_port ansible_user ansible_ssh_user
	ansible_private_key_file ansible_ssh_private_key_file ansible_ssh_args ansible_ssh_common_args ansible_ssh_extra_args
	ansible_ssh_executable ansible_ssh_timeout ansible_ssh_retries ansible_host_key_checking ansible_ssh_host_key_checking`)

// RouteSecrets are those that a host only gets when its code reads them.
var RouteSecrets = []string{"ansible_password", "ansible_ssh_pass", "ansible_ssh_password"}

// RouteNumbers are variables about connections that are numbers or truths: Ansible tells where one is written that is none.
var RouteNumbers = []string{"ansible_port", "ansible_ssh_port", "ansible_timeout", "ansible_ssh_timeout", "ansible_pipelining", "ansible_ssh_pipelining", "ansible_become"}

// RouteKeywords are the keywords that say the same; a variable wins over them.
var RouteKeywords = []string{"connection", "remote_user", "port"}

// Connection is what a name of a connection plugin stands for.
type Connection uint8

// The kinds of connections.
const (
	NoConnection      Connection = iota // no plugin of Ansible's has the name
	OwnConnection                       // pbc connects so
	ForeignConnection                   // Ansible may connect so, pbc does not
)

// ConnectionOf says what a name stands for.
func ConnectionOf(name string) Connection {
	short := Short(name)
	switch {
	case slices.Contains(OwnConnections, short):
		return OwnConnection
	case slices.Contains(foreignConnections, short), strings.Contains(short, "."):
		return ForeignConnection
	}
	return NoConnection
}

// OwnConnections are the short names of the connection plugins that pbc stands for, BecomeMethods those of the become plugins.
var (
	OwnConnections = []string{"ssh", "smart", "paramiko", "paramiko_ssh", "local"}
	BecomeMethods  = []string{"sudo", "su", "doas"}
)

// foreignConnections are those of ansible-core that pbc has not, and the short names that ansible-core knows for those of collections.
//
// Observed: ansible-core 2.14 and 2.19, "ansible_builtin_runtime.yml".
var foreignConnections = strings.Fields(`winrm psrp aws_ssm buildah chroot docker funcd httpapi iocage jail kubectl libvirt_lxc lxc lxd napalm netconf
	network_cli oc persistent podman qubes saltstack vmware_tools zone`)
