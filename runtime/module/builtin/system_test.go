package builtin

import "testing"

func TestFind(t *testing.T) {
	setup := []string{"dir d 0755", "file d/a.txt 0640 hello\\nworld\\n", "file d/b.log 0644 x", "file d/.hid 0600 h", "dir d/sub 0755",
		"file d/sub/c.txt 0644 other", "link d/l a.txt", "link d/dl sub", "dir d/sub/deep 0755", "file d/sub/deep/e.txt 0600 ", "file f 0644 "}
	differ(t, "find", []scenario{
		{name: "find", setup: setup, steps: []string{
			`find {"paths": "@D@/d"}`,
			`find {"paths": ["@D@/d"], "recurse": true, "patterns": "*.txt"}`,
			`find {"paths": "@D@/d", "recurse": true, "patterns": "*.txt,*.log", "excludes": "a*"}`,
			`find {"paths": "@D@/d", "hidden": true, "file_type": "any", "get_checksum": true}`,
			`find {"paths": "@D@/d", "file_type": "directory", "recurse": true}`,
			`find {"paths": "@D@/d", "file_type": "link"}`,
			`find {"paths": "@D@/d", "use_regex": true, "patterns": ["^[a-b]\\..*", "zz"]}`,
			`find {"paths": "@D@/d", "use_regex": true, "excludes": ["^a"]}`,
			`find {"paths": "@D@/d", "contains": "wor"}`,
			`find {"paths": "@D@/d", "contains": "o\\nw", "read_whole_file": true}`,
			`find {"paths": "@D@/d", "size": "2"}`,
			`find {"paths": "@D@/d", "size": "-1k", "recurse": true}`,
			`find {"paths": "@D@/d", "age": "1d"}`,
			`find {"paths": "@D@/d", "age": "-1w"}`,
			`find {"paths": "@D@/d", "age": "wrong"}`,
			`find {"paths": "@D@/d", "size": "wrong"}`,
			`find {"paths": ["@D@/d", "@D@/none", "@D@/f"], "depth": 1, "recurse": true}`,
			`find {"paths": "@D@/d", "depth": 2, "recurse": true, "follow": true}`,
			`check find {"paths": "@D@/d", "file_type": "wrong"}`,
			`find {}`,
		}},
	})
}

func TestGetent(t *testing.T) {
	differ(t, "getent", []scenario{
		{name: "getent", steps: []string{
			`getent {"database": "passwd", "key": "root"}`,
			`getent {"database": "group", "key": "no_such_group"}`,
			`getent {"database": "group", "key": "no_such_group", "fail_key": false}`,
			`getent {"database": "nonsense"}`,
			`getent {"database": "passwd", "key": "root", "split": "/"}`,
			`getent {"database": "services", "key": "ssh"}`,
			`getent {}`,
		}},
	})
}

func TestWaitFor(t *testing.T) {
	differ(t, "wait_for", []scenario{
		{name: "path", setup: []string{"file f 0644 one\\ntwo 22\\n", "file e 0644 "}, steps: []string{
			`wait_for {"path": "@D@/f"}`,
			`wait_for {"path": "@D@/f", "search_regex": "^two (?P<n>\\d+)(x)?"}`,
			`wait_for {"path": "@D@/f", "search_regex": "none", "timeout": 1}`,
			`wait_for {"path": "@D@/none", "timeout": 0}`,
			`wait_for {"path": "@D@/none", "timeout": 0, "msg": "own words"}`,
			`wait_for {"path": "@D@/none", "state": "absent"}`,
			`wait_for {"path": "@D@/f", "state": "absent", "timeout": 0}`,
			`wait_for {"path": "@D@/f/x", "timeout": 1}`,
			`wait_for {"path": "@D@/f", "search_regex": "(", "timeout": 0}`,
			`wait_for {"path": "@D@/e", "search_regex": "x", "timeout": 1}`,
			`check wait_for {"path": "@D@/f"}`,
		}},
		{name: "port", steps: []string{
			`wait_for {"port": 1, "timeout": 1}`,
			`wait_for {"port": 1, "timeout": 0, "search_regex": "x"}`,
			`wait_for {"port": 1, "state": "stopped"}`,
			`wait_for {"port": 1, "state": "drained"}`,
			`wait_for {"timeout": 0}`,
		}},
		{name: "refused", steps: []string{
			`wait_for {"port": 1, "path": "/x"}`,
			`wait_for {"path": "/x", "state": "stopped"}`,
			`wait_for {"path": "/x", "state": "drained"}`,
			`wait_for {"path": "/x", "exclude_hosts": "a"}`,
			`wait_for {"path": "/x", "active_connection_states": ["A"]}`,
			`wait_for {"port": "x"}`,
		}},
	})
}

// fakeSystemctl answers like systemctl, keeping a unit's state in files beside itself.
const fakeSystemctl = `#!/bin/sh\nd=$(dirname $0)/state\necho "$@" >>$d/log\n` +
	`while :; do case "$1" in --*) shift;; *) break;; esac; done\n` +
	`verb=$1 unit=$2\nf=$d/$unit\ncase $verb in\n` +
	`show) echo Id=$unit.service; if [ -e $f ]; then echo LoadState=loaded; else echo LoadState=not-found; fi; cat $f 2>/dev/null; echo "ExecStart={ path=/bin/x ; argv[]=/bin/x a"; echo "b ; }"; echo Description={ x;;\n` +
	`is-enabled) if [ -e $f.enabled ]; then cat $f.enabled; else echo disabled; exit 1; fi;;\n` +
	`start) echo ActiveState=active >$f;;\nstop) echo ActiveState=inactive >$f;;\n` +
	`enable) [ $unit != bad ] || { echo no >&2; exit 5; }; echo enabled >$f.enabled;;\ndisable) rm $f.enabled;;\n` +
	`mask) echo masked >$f.enabled;;\nunmask) rm $f.enabled;;\n` +
	`restart) [ $unit != bad ] || { echo broken >&2; exit 6; };;\nesac\n`

func TestSystemd(t *testing.T) {
	setup := []string{"dir bin 0755", "dir bin/state 0755", "file bin/systemctl 0755 " + fakeSystemctl,
		"file bin/state/web 0644 ActiveState=inactive\\n", "file bin/state/bad 0644 ActiveState=active\\n"}
	differ(t, "systemd", []scenario{
		{name: "systemd", setup: setup, steps: []string{
			"check " + env + `systemd {"name": "web", "state": "started", "enabled": true}`,
			env + `systemd {"name": "web", "state": "started", "enabled": true, "daemon_reload": true}`,
			env + `systemd {"name": "web", "state": "started", "enabled": true}`,
			env + `systemd {"name": "web", "state": "restarted"}`,
			env + `systemd {"name": "web", "state": "reloaded", "no_block": true, "force": true, "scope": "user"}`,
			env + `systemd {"name": "web", "enabled": false}`,
			env + `systemd {"name": "web", "masked": true}`,
			env + `systemd {"name": "web", "masked": true}`,
			env + `systemd {"name": "web", "masked": false, "state": "stopped"}`,
			env + `systemd {"name": "web", "state": "stopped"}`,
			env + `systemd {"name": "bad", "state": "restarted"}`,
			env + `systemd {"name": "bad", "enabled": true}`,
			env + `systemd {"name": "none", "state": "started"}`,
			env + `systemd {"name": "none", "enabled": true}`,
			env + `systemd {"name": "we*", "state": "started"}`,
			env + `systemd {"name": "web"}`,
			env + `systemd {"state": "started"}`,
			env + `systemd {"daemon_reload": true}`,
			env + `systemd {"service": "web", "state": "running"}`,
		}},
		{name: "not booted", steps: []string{
			`systemd {"name": "web", "state": "started"}`,
			`systemd {"daemon_reload": true}`,
			`systemd {"name": "no_such_unit", "enabled": true}`,
		}},
	})
}
