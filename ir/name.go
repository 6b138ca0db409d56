package ir

import "strings"

// Short is the name of a module or plugin of ansible-core without its collection: that of ansible.builtin.copy and of ansible.legacy.copy is
// copy. Other names stay as they are.
func Short(name string) string {
	for _, collection := range []string{"ansible.builtin.", "ansible.legacy."} {
		if short, ok := strings.CutPrefix(name, collection); ok {
			return short
		}
	}
	return name
}
