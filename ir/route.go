package ir

import "strings"

// RouteVars are the variables that say how a host is reached, but for the secret ones.
//
// Ansible docs: ansible.builtin.ssh, "vars".
var RouteVars = strings.Fields(`ansible_connection ansible_host ansible_ssh_host ansible_port ansible_ssh_port ansible_user ansible_ssh_user
	ansible_private_key_file ansible_ssh_private_key_file ansible_ssh_args ansible_ssh_common_args ansible_ssh_extra_args
	ansible_ssh_executable ansible_ssh_timeout ansible_ssh_retries ansible_host_key_checking ansible_ssh_host_key_checking`)

// RouteSecrets are those that a host only gets when its code reads them.
var RouteSecrets = []string{"ansible_password", "ansible_ssh_pass", "ansible_ssh_password"}

// RouteKeywords are the keywords that say the same; a variable wins over them.
var RouteKeywords = []string{"connection", "remote_user", "port"}
