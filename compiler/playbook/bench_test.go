package playbook

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkLoad loads a playbook of a thousand tasks.
func BenchmarkLoad(b *testing.B) {
	var text strings.Builder
	text.WriteString("- hosts: all\n  tasks:\n")
	for i := range 1000 {
		fmt.Fprintf(&text, "    - name: task %d\n      copy:\n        src: \"{{ x }}/%d\"\n        dest: /etc/f\n      when: x is defined\n      notify: h\n      tags: [a, b]\n", i, i)
	}
	text.WriteString("  handlers:\n    - name: h\n      debug: msg=h\n")
	m := memory{"/case/site.yml": text.String()}
	b.ResetTimer()
	for range b.N {
		if _, diags := memoryLoader(m).Load("site.yml"); len(diags.Items) > 0 {
			b.Fatal(diags.Items[0])
		}
	}
}
