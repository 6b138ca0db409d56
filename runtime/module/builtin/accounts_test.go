package builtin

import "testing"

// env puts the scenario's own programs before the system's.
const env = "env:PATH=@D@/bin:/usr/bin:/bin "

func TestGroup(t *testing.T) {
	tool := ` #!/bin/sh\necho "$(basename $0) $@" >>$(dirname $0)/log\ncase "$*" in *badgroup*) echo refused >&2; exit 9;; *) echo done;; esac\n`
	setup := []string{"dir bin 0755", "file bin/groupadd 0755" + tool, "file bin/groupmod 0755" + tool, "file bin/groupdel 0755" + tool,
		"file bin/lgroupadd 0755" + tool}
	differ(t, "group", []scenario{
		{name: "group", setup: setup, steps: []string{
			"check " + env + `group {"name": "no_such_group"}`,
			env + `group {"name": "no_such_group"}`,
			env + `group {"name": "no_such_group", "gid": 4711, "system": true, "non_unique": true}`,
			env + `group {"name": "no_badgroup", "gid": "4711"}`,
			env + `group {"name": "no_such_group", "state": "absent"}`,
			env + `group {"name": "daemon"}`,
			env + `group {"name": "daemon", "gid": 1}`,
			env + `group {"name": "daemon", "gid": 4711}`,
			"check " + env + `group {"name": "daemon", "gid": 4711}`,
			"check " + env + `group {"name": "daemon", "state": "absent"}`,
			env + `group {"name": "daemon", "state": "absent"}`,
			env + `group {"name": "no_such_group", "local": true, "gid": 1}`,
			env + `group {"name": "no_such_group", "local": true, "gid": 4711}`,
			env + `group {"name": "x", "non_unique": true}`,
			env + `group {"state": "present"}`,
			env + `group {"name": "x", "gid": "abc"}`,
		}},
	})
}

func TestCron(t *testing.T) {
	tab := ` #!/bin/sh\nd=$(dirname $0)\necho "$@" | sed "s,/tmp/crontab.*,FILE," >>$d/log\n[ "$1" = -u ] && shift 2\nif [ "$1" = -l ]; then [ -e $d/tab ] || { echo no crontab >&2; exit 1; }; cat $d/tab; else cat $1 >$d/tab; fi\n`
	setup := []string{"dir bin 0755", "dir cron 0755", "file bin/crontab 0755" + tab, "file cron/old 0644 A=1\\n#Ansible: first\\n1 2 3 4 5 root echo\\n* * * * * root unnamed\\n"}
	differ(t, "cron", []scenario{
		{name: "table", setup: setup, steps: []string{
			"check diff " + env + `cron {"name": "job one", "job": "echo one", "hour": "5,2"}`,
			"diff " + env + `cron {"name": "job one", "job": "echo one", "hour": "5,2"}`,
			env + `cron {"name": "job one", "job": "echo one", "hour": "5,2"}`,
			env + `cron {"name": "job one", "job": "echo two", "minute": 0, "disabled": true}`,
			env + `cron {"name": "special", "job": "echo three", "special_time": "reboot", "user": "daemon"}`,
			env + `cron {"name": "PATH", "env": true, "job": "/bin"}`,
			env + `cron {"name": "SHELL", "env": true, "value": "/bin/sh", "insertafter": "PATH"}`,
			env + `cron {"name": "LAST", "env": true, "value": "x", "insertbefore": "PATH"}`,
			env + `cron {"name": "NONE", "env": true, "value": "x", "insertbefore": "NO"}`,
			env + `cron {"name": "PATH", "env": true, "job": "/sbin"}`,
			env + `cron {"name": "PATH", "env": true, "state": "absent"}`,
			"diff " + env + `cron {"name": "job one", "state": "absent"}`,
			env + `cron {"name": "job one", "state": "absent"}`,
			env + `cron {"name": "x", "job": "a\nb"}`,
		}},
		{name: "file", setup: setup, steps: []string{
			env + `cron {"name": "new", "job": "echo", "cron_file": "@D@/cron/new", "user": "root"}`,
			env + `cron {"name": "new", "job": "echo", "cron_file": "@D@/cron/new", "user": "root"}`,
			env + `cron {"name": "named", "job": "unnamed", "cron_file": "@D@/cron/old", "user": "root"}`,
			"diff " + env + `cron {"name": "first", "job": "changed", "cron_file": "@D@/cron/old", "user": "root", "special_time": "daily"}`,
			env + `cron {"name": "first", "state": "absent", "cron_file": "@D@/cron/old"}`,
			"check diff " + env + `cron {"name": "new", "state": "absent", "cron_file": "@D@/cron/new"}`,
			env + `cron {"name": "new", "state": "absent", "cron_file": "@D@/cron/new"}`,
			env + `cron {"name": "new", "state": "absent", "cron_file": "@D@/cron/new"}`,
			env + `cron {"name": "new", "job": "echo", "cron_file": "@D@/cron/a.b", "user": "root"}`,
		}},
		{name: "refused", setup: setup, steps: []string{
			env + `cron {"name": "x", "cron_file": "/etc/crontab"}`,
			env + `cron {"name": "x", "cron_file": "@D@/cron/old", "job": "x"}`,
			env + `cron {"name": "x"}`,
			env + `cron {"name": "x", "job": "x", "special_time": "daily", "hour": "1"}`,
			env + `cron {"name": "x", "job": "x", "insertafter": "y"}`,
			env + `cron {"name": "x y", "job": "x", "env": true}`,
			env + `cron {"job": "x"}`,
			`env:PATH=/nowhere cron {"name": "x", "job": "x"}`,
		}},
	})
}

func TestSysctl(t *testing.T) {
	tool := ` #!/bin/sh\nd=$(dirname $0)\necho "$@" | sed "s,$d/..,,g" >>$d/log\ncase "$*" in *bad.key*) echo 'sysctl: setting key "bad.key": Invalid argument' >&2;; -e?-n?no.key) exit 0;; -e?-n?*) echo 1;; *fail*) echo failed; exit 2;; esac\n`
	setup := []string{"dir bin 0755", "file bin/sysctl 0755" + tool, "file conf 0640 # c\\n\\na.b = 1\\n a.b=2\\nx.y=z=1\\n;c\\n"}
	differ(t, "sysctl", []scenario{
		{name: "sysctl", setup: setup, steps: []string{
			"check " + env + `sysctl {"name": "a.b", "value": "3", "sysctl_file": "@D@/conf"}`,
			env + `sysctl {"name": "a.b", "value": "3", "sysctl_file": "@D@/conf"}`,
			env + `sysctl {"name": "a.b", "value": "3", "sysctl_file": "@D@/conf", "reload": false}`,
			env + `sysctl {"name": "a.b", "value": true, "sysctl_file": "@D@/conf", "sysctl_set": true}`,
			env + `sysctl {"name": "a.b", "value": " 1 2 ", "sysctl_file": "@D@/conf", "sysctl_set": true, "ignoreerrors": true}`,
			env + `sysctl {"name": "a.b", "state": "absent", "sysctl_file": "@D@/conf"}`,
			env + `sysctl {"name": "a.b", "state": "absent", "sysctl_file": "@D@/conf"}`,
			env + `sysctl {"name": "n.w", "value": "yes", "sysctl_file": "@D@/new"}`,
			env + `sysctl {"name": "bad.key", "value": "5", "sysctl_file": "@D@/new", "sysctl_set": true}`,
			env + `sysctl {"name": "a.b", "value": "5", "sysctl_file": "@D@/fail"}`,
			env + `sysctl {"name": "a.b"}`,
			env + `sysctl {"name": "", "value": "1"}`,
			env + `sysctl {"name": "a.b", "value": ""}`,
			env + `ansible.posix.sysctl {"name": "a.b", "value": "1", "wrong": 1}`,
			env + `sysctl {"name": "a.b", "value": "1", "wrong": 1}`,
		}},
	})
}
