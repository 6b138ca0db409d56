package builtin

import "testing"

func TestCommands(t *testing.T) {
	differ(t, "commands", []scenario{
		{name: "echo", steps: []string{
			`command {"_raw_params": "echo hello  world"}`,
			`command {"argv": ["echo", "a b", "$HOME_NOT_SET", 3, true]}`,
			`check command {"_raw_params": "echo hello"}`,
			`check command {"_raw_params": "echo hello", "creates": "@D@/x"}`,
			`command {"_raw_params": "false"}`,
			`command {"_raw_params": "/bin/nonexistent --password=abc x"}`,
			`command {"_raw_params": "nonexistent-program-x"}`,
			`command {"argv": ["sh", "-c", "echo err >&2; echo out; exit 3"]}`,
			`command {"argv": ["printf", "a\\n\\n\\n"]}`,
			`command {"argv": ["printf", "a\\n\\n\\n"], "strip_empty_ends": false}`,
			`command {"argv": ["sh", "-c", "kill -9 $$"]}`,
		}},
		{name: "guards", setup: []string{"file x.txt 0644 hi", "dir sub 0755"}, steps: []string{
			`command {"_raw_params": "echo hello", "creates": "@D@/x.txt"}`,
			`command {"_raw_params": "echo hello", "creates": "@D@/*.txt"}`,
			`command {"_raw_params": "echo hello", "removes": "@D@/y"}`,
			`command {"_raw_params": "echo hello", "removes": "@D@/x.txt"}`,
			`check command {"_raw_params": "echo hello", "creates": "@D@/x.txt"}`,
			`check command {"_raw_params": "echo hello", "removes": "@D@/y"}`,
			`command {"_raw_params": "cat x.txt", "chdir": "@D@"}`,
			`command {"_raw_params": "pwd", "chdir": "@D@/sub", "creates": "x.txt"}`,
			`command {"_raw_params": "pwd", "chdir": "@D@/none"}`,
			`command {"_raw_params": "pwd", "chdir": "@D@/x.txt"}`,
		}},
		{name: "stdin", steps: []string{
			`command {"_raw_params": "cat", "stdin": "some text"}`,
			`command {"_raw_params": "wc -c", "stdin": "abc", "stdin_add_newline": false}`,
			`command {"_raw_params": "wc -c", "stdin": ""}`,
			`shell {"_raw_params": "cat | tr a-z A-Z", "stdin": "some text"}`,
		}},
		{name: "refused", steps: []string{
			`command {"argv": []}`,
			`command {"_raw_params": "echo", "argv": ["a"]}`,
			`command {"argv": ["a"], "wrong": 1}`,
			`command {"_raw_params": "echo a", "executable": "/bin/bash"}`,
			`command {"argv": ["echo"], "strip_empty_ends": {"a": 1}}`,
			`command {"argv": {"a": 1}}`,
		}},
		{name: "shell", steps: []string{
			`shell {"_raw_params": "echo $((1+2)) | cat; echo e >&2"}`,
			`shell {"_raw_params": "exit 4"}`,
			`shell {"_raw_params": "echo $0 $BASH_VERSINFO | cut -c1-9", "executable": "/bin/bash"}`,
			`shell {"_raw_params": "echo x", "executable": "/bin/nonexistent"}`,
			`check shell {"_raw_params": "echo x"}`,
			`shell {"_raw_params": "echo x", "creates": "/etc/passwd"}`,
			`shell {"_raw_params": "printf 'a\\r\\nb\\x0bc\\n'"}`,
			`shell {"_raw_params": "echo ~ | grep -c /; umask"}`,
		}},
		{name: "raw", steps: []string{
			`raw {"_raw_params": "echo hi; echo err >&2"}`,
			`raw {"_raw_params": "exit 3"}`,
			`check raw {"_raw_params": "echo hi"}`,
			`raw {"_raw_params": "echo $0 \"it's\"", "executable": "/bin/bash"}`,
		}},
	})
}

func TestSmall(t *testing.T) {
	differ(t, "small", []scenario{
		{name: "ping", steps: []string{
			`ping {}`,
			`ping {"data": "x"}`,
			`ping {"data": 5}`,
			`ping {"data": "crash"}`,
			`check ping {}`,
			`ping {"dta": 1}`,
			`ansible.builtin.ping {"dta": 1, "abc": 2}`,
		}},
		{name: "slurp", setup: []string{"file a 0644 some text\\n", "dir d 0755"}, steps: []string{
			`slurp {"src": "@D@/a"}`,
			`slurp {"path": "@D@/a"}`,
			`slurp {"path": "@D@/a", "src": "@D@/d"}`,
			`slurp {"src": "@D@/none"}`,
			`slurp {"src": "@D@/d"}`,
			`slurp {"src": "@D@/a/x"}`,
			`slurp {}`,
		}},
		{name: "tempfile", setup: []string{"dir d 0755"}, steps: []string{
			`tempfile {"path": "@D@/d"}`,
			`tempfile {"path": "@D@/d", "state": "directory", "prefix": "pre-", "suffix": ".suf"}`,
			`tempfile {"path": "@D@/none"}`,
			`tempfile {"state": "link"}`,
			`check tempfile {"path": "@D@/d"}`,
		}},
		{name: "stat", setup: []string{"file a 0640 some text\\n", "dir d 01755", "link l a", "link broken none", "fifo f", "hard h a", "link dl d"}, steps: []string{
			`stat {"path": "@D@/a"}`,
			`stat {"path": "@D@/a", "get_md5": true, "checksum_algorithm": "sha256"}`,
			`stat {"path": "@D@/a", "checksum_algo": "sha512", "get_mime": false, "get_attributes": false}`,
			`stat {"path": "@D@/a", "get_checksum": "no"}`,
			`stat {"path": "@D@/d"}`,
			`stat {"path": "@D@/l"}`,
			`stat {"path": "@D@/l", "follow": true}`,
			`stat {"path": "@D@/broken"}`,
			`stat {"path": "@D@/broken", "follow": true}`,
			`stat {"path": "@D@/f"}`,
			`stat {"path": "@D@/dl"}`,
			`stat {"path": "@D@/none"}`,
			`stat {"path": "@D@/a/x"}`,
			`stat {"path": "@D@/a", "checksum_algorithm": "sha3"}`,
			`stat {"path": "@D@/a", "follow": "maybe"}`,
			`stat {"name": "@D@/a", "dest": "@D@/d"}`,
			`stat {}`,
		}},
	})
}
