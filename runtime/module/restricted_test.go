package module

import (
	"testing"

	"pbc/ir/value"
)

func TestInjected(t *testing.T) {
	for name, want := range map[string]bool{
		"ansible_connection": false, "ansible_user": false, "ansible_ssh_port": false, "ansible_become_exe": false, "ansible_ruby_interpreter": false, "ansible_interpreter": true,
		"_ansible_x": false, "add_host": false, "ansible_facts": false, "ansible_local_x": false, "ansible_become_bridge": false,
		"ansible_ssh_host_key_rsa_public": true, "ansible_local": true, "ansible_local_gwbridge": true, "ansible_discovered_interpreter_python": true, "ansible_user_id": true, "mine": true, "connection": true,
	} {
		facts := value.DictOf("kept", int64(1), name, int64(2))
		got := Injected(facts)
		if _, ok := got.GetStr(name); ok != want {
			t.Errorf("%s is a variable: got %v, want %v", name, ok, want)
		}
		if same := got == facts; same != want || facts.Len() != 2 {
			t.Errorf("%s: the facts themselves: %v, and %d of them", name, same, facts.Len())
		}
	}
}
