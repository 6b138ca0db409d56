package builtin

import "testing"

func TestCopy(t *testing.T) {
	setup := []string{"dir src 0755", "file src/a 0640 some text\\n", "file src/b 0755 other\\n", "dir src/sub 0750",
		"file src/sub/c 0600 c\\n", "dir src/sub/empty 0755", "link src/l a", "file src/bin 0644 a\\x00b",
		"dir dst 0755", "file dst/a 0600 old text\\n", "link dst/l a", "link dst/broken none", "file dst/same 0644 some text\\n"}
	differ(t, "copy", []scenario{
		{name: "content", setup: setup, steps: []string{
			`check copy {"content": "hello\n", "dest": "@D@/dst/n"}`,
			`diff check copy {"content": "hello\n", "dest": "@D@/dst/a"}`,
			`copy {"content": "hello\n", "dest": "@D@/dst/n"}`,
			`copy {"content": "hello\n", "dest": "@D@/dst/n"}`,
			`diff copy {"content": "changed\n", "dest": "@D@/dst/n", "mode": "0600", "backup": true}`,
			`copy {"content": "changed\n", "dest": "@D@/dst/n", "mode": "u=rw,g=r"}`,
			`check copy {"content": "changed\n", "dest": "@D@/dst/n", "mode": "0755"}`,
			`copy {"content": {"a": 1, "b": [true, null, "é"]}, "dest": "@D@/dst/json"}`,
			`copy {"content": 5, "dest": "@D@/dst/five"}`,
			`copy {"content": "", "dest": "@D@/dst/none"}`,
			`copy {"content": "x", "dest": "@D@/dst/"}`,
			`copy {"content": "x", "dest": "@D@/dst"}`,
			`copy {"content": "x", "dest": "@D@/no/such"}`,
			`copy {"content": "x", "dest": "@D@/dst/a/x"}`,
			`copy {"content": "x"}`,
			`copy {"content": "x", "src": "@D@/src/a", "dest": "@D@/dst/z"}`,
			`copy {"dest": "@D@/dst/z"}`,
			`copy {"content": "x", "dest": "@D@/dst/a", "force": false}`,
			`copy {"content": "x", "dest": "@D@/dst/new", "force": false}`,
			`copy {"content": "x", "dest": "@D@/dst/new", "wrong": 1}`,
			`copy {"content": "y", "dest": "@D@/dst/new", "wrong": 1}`,
			`copy {"content": "y", "dest": "@D@/dst/new", "mode": "wrong"}`,
			`copy {"content": "y2", "dest": "@D@/dst/new", "checksum": "123"}`,
			`copy {"content": "via link\n", "dest": "@D@/dst/l"}`,
			`copy {"content": "via link again\n", "dest": "@D@/dst/l", "follow": true}`,
			`copy {"content": "x", "dest": "@D@/dst/broken"}`,
		}},
		{name: "links", setup: setup, steps: []string{
			`copy {"content": "via link\n", "dest": "@D@/dst/l", "follow": true}`,
			`copy {"content": "via link\n", "dest": "@D@/dst/l", "follow": true, "mode": "0644"}`,
			`copy {"content": "via link\n", "dest": "@D@/dst/l"}`,
			`copy {"content": "x", "dest": "@D@/dst/broken", "follow": true}`,
		}},
		{name: "validate", setup: setup, steps: []string{
			`copy {"content": "good\n", "dest": "@D@/dst/v", "validate": "grep good %s"}`,
			`copy {"content": "bad\n", "dest": "@D@/dst/v", "validate": "grep -c good %s"}`,
			`copy {"content": "bad\n", "dest": "@D@/dst/v", "validate": "grep good"}`,
			`copy {"content": "bad\n", "dest": "@D@/dst/v", "validate": "/no/such/program %s"}`,
		}},
		{name: "src", setup: setup, steps: []string{
			`check copy {"src": "@D@/src/a", "dest": "@D@/dst/n"}`,
			`diff copy {"src": "@D@/src/a", "dest": "@D@/dst/n"}`,
			`diff copy {"src": "@D@/src/a", "dest": "@D@/dst/n"}`,
			`diff copy {"src": "@D@/src/a", "dest": "@D@/dst/a", "mode": "preserve"}`,
			`copy {"src": "@D@/src/b", "dest": "@D@/dst/", "mode": "preserve"}`,
			`copy {"src": "@D@/src/b", "dest": "@D@/dst"}`,
			`copy {"src": "@D@/src/b", "dest": "@D@/x/y/", "directory_mode": "0711", "mode": "0600"}`,
			`check copy {"src": "@D@/src/b", "dest": "@D@/x2/y/"}`,
			`diff copy {"src": "@D@/src/bin", "dest": "@D@/dst/a"}`,
			`diff copy {"src": "@D@/src/a", "dest": "@D@/dst/a"}`,
			`copy {"src": "@D@/src/a", "dest": "@D@/dst/same", "mode": "preserve"}`,
			`copy {"src": "@D@/src/l", "dest": "@D@/dst/froml"}`,
		}},
		{name: "folder", setup: setup, steps: []string{
			`check copy {"src": "@D@/src", "dest": "@D@/dst"}`,
			`copy {"src": "@D@/src", "dest": "@D@/dst"}`,
			`copy {"src": "@D@/src", "dest": "@D@/dst"}`,
			`copy {"src": "@D@/src/", "dest": "@D@/dst2", "mode": "0600", "directory_mode": "0700"}`,
			`copy {"src": "@D@/src/sub/", "dest": "@D@/dst3/"}`,
			`copy {"src": "@D@/src/sub", "dest": "@D@/dst4", "mode": "preserve"}`,
		}},
		{name: "remote", setup: setup, steps: []string{
			`copy {"src": "@D@/src/a", "dest": "@D@/dst/r", "remote_src": true}`,
			`copy {"src": "@D@/src/a", "dest": "@D@/dst/r", "remote_src": true}`,
			`copy {"src": "@D@/src/b", "dest": "@D@/dst/r", "remote_src": true, "mode": "preserve", "backup": true}`,
			`check copy {"src": "@D@/src/bin", "dest": "@D@/dst/r", "remote_src": true}`,
			`copy {"src": "@D@/src/none", "dest": "@D@/dst/r", "remote_src": true}`,
			`copy {"src": "@D@/src/b", "dest": "@D@/y/z/", "remote_src": true, "directory_mode": "0700"}`,
			`check copy {"src": "@D@/src/b", "dest": "@D@/y2/z/", "remote_src": true}`,
			`copy {"src": "@D@/src/b", "dest": "@D@/dst/r", "remote_src": true, "force": false}`,
			`copy {"src": "@D@/src/b", "dest": "@D@/nowhere/r", "remote_src": true}`,
			`copy {"src": "@D@/src", "dest": "@D@/dst", "remote_src": true}`,
			`copy {"src": "@D@/src", "dest": "@D@/dst", "remote_src": true}`,
			`copy {"src": "@D@/src/", "dest": "@D@/dst", "remote_src": true}`,
			`check copy {"src": "@D@/src/", "dest": "@D@/new1", "remote_src": true}`,
			`copy {"src": "@D@/src/", "dest": "@D@/new1", "remote_src": true}`,
			`copy {"src": "@D@/src", "dest": "@D@/new2", "remote_src": true}`,
			`copy {"src": "@D@/src", "dest": "@D@/new3", "remote_src": true, "local_follow": false}`,
			`copy {"src": "@D@/src/a", "dest": "@D@/src/a", "remote_src": true}`,
		}},
	})
}

func TestTemplate(t *testing.T) {
	setup := []string{"dir src 0755", "file src/a.j2 0640 some text\\n", "file src/b.j2 0755 other\\n", "dir dst 0755", "file dst/a 0600 old\\n"}
	differ(t, "template", []scenario{
		{name: "template", setup: setup, steps: []string{
			`check template {"src": "@D@/src/a.j2", "dest": "@D@/dst/n"}`,
			`diff check template {"src": "@D@/src/a.j2", "dest": "@D@/dst/a"}`,
			`diff template {"src": "@D@/src/a.j2", "dest": "@D@/dst/n", "mode": "0600"}`,
			`diff template {"src": "@D@/src/a.j2", "dest": "@D@/dst/n", "mode": "0600"}`,
			`template {"src": "@D@/src/a.j2", "dest": "@D@/dst/n", "mode": "preserve", "trim_blocks": false}`,
			`template {"src": "@D@/src/b.j2", "dest": "@D@/dst/n", "backup": true, "validate": "grep other %s"}`,
			`template {"src": "@D@/src/b.j2", "dest": "@D@/dst"}`,
			`template {"src": "@D@/src/b.j2", "dest": "@D@/dst/a", "force": false}`,
			`template {"src": "@D@/src/b.j2", "dest": "@D@/no/a"}`,
			`template {"src": "@D@/src/b.j2", "dest": "@D@/dst/x", "state": "file"}`,
			`template {"src": "@D@/src/b.j2"}`,
			`template {"src": "@D@/src/b.j2", "dest": "@D@/dst/x", "newline_sequence": "zz"}`,
			`template {"src": "@D@/src/b.j2", "dest": "@D@/dst/x", "unknown": "zz"}`,
		}},
	})
}
