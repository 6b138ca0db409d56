package module

import (
	"strings"

	"pbc/ir/value"
)

// reserved are the names that facts do not have as variables: they say how a host is reached and what runs there.
//
// Observed: ansible-core 2.14 and 2.19.
var reserved = map[string]bool{"ansible_rsync_path": true, "ansible_playbook_python": true, "ansible_facts": true, "add_host": true, "add_group": true,
	"ansible_connection": true, "ansible_module_compression": true, "ansible_shell_type": true, "ansible_shell_executable": true, "ansible_host": true, "ansible_user": true,
	"ansible_password": true, "ansible_port": true, "ansible_pipelining": true, "ansible_timeout": true, "ansible_private_key_file": true, "ansible_network_os": true,
	"ansible_connection_user": true, "ansible_sftp_extra_args": true, "ansible_scp_extra_args": true, "ansible_docker_extra_args": true, "ansible_become": true}

// reservedBeginnings are those of the variables of connection plugins and of become.
var reservedBeginnings = []string{"ansible_local_", "ansible_paramiko_ssh_", "ansible_psrp_", "ansible_ssh_", "ansible_winrm_", "ansible_become_"}

// Restricted says whether a fact of that name is seen in ansible_facts alone, and not as a variable.
func Restricted(name string) bool {
	rest, ok := strings.CutPrefix(name, "ansible_")
	if !ok || strings.HasPrefix(rest, "ssh_host_key_") {
		return reserved[name]
	}
	if i := strings.LastIndex(rest, "_interpreter"); i >= 0 && i+len("_interpreter") == len(rest) || reserved[name] {
		return true
	}
	for _, b := range reservedBeginnings {
		if strings.HasPrefix(name, b) {
			bridge := strings.HasSuffix(name, "_bridge") || strings.HasSuffix(name, "_gwbridge") // of a container's devices
			return !bridge || b == "ansible_become_"
		}
	}
	return false
}

// Injected are the facts that are variables, too: the dictionary itself where all are.
func Injected(facts *value.Dict) *value.Dict {
	out := facts
	for _, k := range facts.K {
		name, _ := value.Text(k)
		if !Restricted(name) && !strings.HasPrefix(name, "_ansible_") {
			continue
		}
		if out == facts {
			out = facts.Copy()
		}
		out.Del(name)
	}
	return out
}
