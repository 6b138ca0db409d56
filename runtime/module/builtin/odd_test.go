package builtin

import "testing"

// TestOdd has what nobody writes on purpose: modes that are hardly modes, folders that are files, patterns that are none.
func TestOdd(t *testing.T) {
	differ(t, "odd", []scenario{
		{name: "modes", setup: []string{"file a 0644 x", "dir d 0755"}, steps: []string{
			`file {"path": "@D@/a", "mode": "u r"}`,
			`file {"path": "@D@/a", "mode": "u+rq"}`,
			`file {"path": "@D@/a", "mode": "u +x"}`,
			`file {"path": "@D@/a", "mode": "6_00"}`,
			`diff file {"path": "@D@/a", "mode": "-1"}`,
			`file {"path": "@D@/d", "mode": 4294967296}`,
			`check file {"path": "@D@/d", "mode": 4294967296}`,
			`file {"path": "@D@/new", "state": "touch", "mode": "77777777777777777777777777"}`,
		}},
		{name: "paths", setup: []string{"file a 0644 x", "dir d 0755", "link dl d", "link la a", "link abs @D@/la"}, steps: []string{
			`file {"src": "@D@/la", "dest": "@D@/h1", "state": "hard"}`,
			`file {"src": "@D@/la", "dest": "@D@/h2", "state": "hard", "follow": false}`,
			`file {"src": "@D@/abs", "dest": "@D@/h3", "state": "hard"}`,
			`file {"path": "@D@/dl/", "state": "absent"}`,
			`lineinfile {"path": "@D@/a/deep/er/f", "line": "x", "create": true}`,
		}},
		{name: "patterns", setup: []string{"file a 0644 x", "dir d 0755", "file d/b 0644 x"}, steps: []string{
			`find {"paths": ["@D@", "@D@/none"], "contains": "("}`,
			`find {"paths": ["@D@/d"], "contains": "(", "patterns": "none"}`,
		}},
	})
}
