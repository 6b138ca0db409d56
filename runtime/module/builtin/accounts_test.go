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

// usermod and its like write down how they are called, and print it.
const accountTool = ` #!/bin/sh\necho "$(basename $0) $@" | sed "s,@D@/,,g" >>$(dirname $0)/log\ncase "$*" in *--help*) echo "  -a, --append  x";; *bad*) echo refused >&2; exit 9;; *) echo done;; esac\n`

func TestUser(t *testing.T) {
	tool := accountTool
	setup := []string{"dir bin 0755", "file bin/useradd 0755" + tool, "file bin/usermod 0755" + tool, "file bin/userdel 0755" + tool, "file bin/chage 0755" + tool,
		"dir skel 0755", "file skel/.profile 0640 hello\\n", "link skel/l .profile", "dir skel/sub 0700", "link skel/dangling nowhere", "file plain 0644 x"}
	old := []string{"dir bin 0755", `file bin/usermod 0755 #!/bin/sh\necho "$@" >>$(dirname $0)/log\n`}
	differ(t, "user", []scenario{
		{name: "new", setup: setup, steps: []string{
			"check " + env + `user {"name": "no_such_user"}`,
			env + `user {"name": "no_such_user"}`,
			env + `user {"name": "no_such_user", "uid": 4711, "non_unique": true, "group": "daemon", "groups": "bin", "comment": "Some One", "shell": "/bin/sh", "skeleton": "/none", "umask": "077", "seuser": "x", "system": true, "createhome": "no"}`,
			env + `user {"user": "no_such_user", "uid": "4711", "group": "1", "groups": [" 2 "], "expires": 86400.5, "password": "!", "password_lock": true, "umask": "077", "skeleton": "/s"}`,
			env + `user {"name": "no_such_user", "expires": -1, "password": "$6$x$abc", "groups": []}`,
			env + `user {"name": "no_such_user", "expires": -0.5, "password": "$y$j9T$abc"}`,
			env + `user {"name": "daemon", "group": "no_such_group", "state": "present"}`,
			env + `user {"name": "no_such_user", "group": "no_such_group"}`,
			env + `user {"name": "no_such_user", "groups": "no_such_group,bin"}`,
			env + `user {"name": "no_such_user", "groups": " "}`,
			env + `user {"name": "no_baduser", "home": "@D@/a/b/c"}`,
			env + `user {"name": "no_such_user", "home": "@D@/d/e", "skeleton": "@D@/skel"}`,
			env + `user {"name": "no_such_user", "home": "@D@/plain/e/f", "skeleton": "@D@/none"}`,
			env + `user {"name": "no_such_user", "home": "@D@/plain/e/f", "skeleton": "@D@/skel"}`,
			env + `user {"name": "no_such_user", "home": "@D@/g/e/f", "skeleton": "@D@/plain"}`,
			env + `user {"name": "no_such_user", "home": "@D@/h/e/f", "skeleton": "/dev/null"}`,
			env + `user {"name": "games", "state": "absent", "force": true, "remove": true}`,
			env + `user {"name": "no_such_user", "state": "absent", "remove": true}`,
			"check " + env + `user {"name": "games", "state": "absent"}`,
			env + `user {"name": "no_such_user", "comment": "$HOME ~", "shell": "~/sh", "create_home": false}`,
			env + `user {"name": "~x", "create_home": false, "login_class": "x", "profile": "x", "authorization": "x", "role": "x", "hidden": true}`,
			"check " + env + `user {"name": "no_such_user", "password": "plain"}`,
		}},
		{name: "there", setup: setup, steps: []string{
			env + `user {"name": "daemon", "create_home": false}`,
			"check " + env + `user {"name": "daemon", "create_home": false, "shell": "/bin/false", "comment": "New"}`,
			env + `user {"name": "daemon", "create_home": false, "shell": "/bin/false", "comment": "New", "uid": 4, "non_unique": true, "group": "bin"}`,
			env + `user {"name": "daemon", "create_home": false, "uid": 1, "group": "1"}`,
			env + `user {"name": "daemon", "create_home": false, "groups": "bin"}`,
			env + `user {"name": "daemon", "create_home": false, "groups": "sys", "append": true}`,
			env + `user {"name": "daemon", "create_home": false, "groups": "3", "append": true}`,
			env + `user {"name": "daemon", "create_home": false, "groups": "", "append": false}`,
			env + `user {"name": "daemon", "create_home": false, "append": true}`,
			env + `user {"name": "daemon", "create_home": false, "groups": "no_such_group"}`,
			env + `user {"name": "daemon", "create_home": false, "expires": 86400}`,
			env + `user {"name": "daemon", "create_home": false, "expires": -1}`,
			env + `user {"name": "daemon", "create_home": false, "password_lock": true}`,
			env + `user {"name": "daemon", "create_home": false, "password_lock": false}`,
			env + `user {"name": "daemon", "create_home": false, "password": "*"}`,
			env + `user {"name": "daemon", "create_home": false, "password": "$6$salt$hash", "password_lock": true, "comment": "-L"}`,
			env + `user {"name": "daemon", "create_home": false, "password": "$6$salt$hash", "update_password": "on_create"}`,
			env + `user {"name": "daemon", "create_home": false, "password_expire_min": 0, "password_expire_max": 99999}`,
			env + `user {"name": "daemon", "create_home": false, "password_expire_min": 5, "password_expire_max": 90}`,
			"check " + env + `user {"name": "daemon", "create_home": false, "password_expire_min": 5}`,
			env + `user {"name": "daemon", "create_home": false, "home": "@D@/x", "move_home": true}`,
			env + `user {"name": "daemon", "create_home": false, "comment": "bad"}`,
			"check " + env + `user {"name": "daemon", "home": "@D@/made"}`,
			env + `user {"name": "daemon", "home": "@D@/made", "skeleton": "@D@/skel/sub"}`,
			env + `user {"name": "daemon", "home": "@D@/fresh/deep", "skeleton": "@D@/none"}`,
			env + `user {"name": "root"}`,
			`check env:PATH=/nowhere user {"name": "daemon", "create_home": false, "password_expire_min": 5}`,
		}},
		{name: "old usermod", setup: old, steps: []string{
			env + `user {"name": "daemon", "create_home": false, "groups": "sys", "append": true}`,
			env + `user {"name": "daemon", "create_home": false, "groups": "sys"}`,
		}},
		{name: "newer options", setup: setup, steps: []string{
			env + `user {"name": "no_such_user", "create_home": false, "password_expire_account_disable": 3, "uid_min": 100, "uid_max": 200}`,
			env + `user {"name": "daemon", "create_home": false, "password_expire_account_disable": 3, "password_expire_warn": 5}`,
		}},
		{name: "refused", setup: setup, steps: []string{
			env + `user {"uid": "x"}`,
			env + `user {"name": "x", "uid": "many", "append": true}`,
			env + `user {"name": "x", "state": "gone", "wrong": 1}`,
			env + `user {"name": "x", "update_password": "never"}`,
			env + `user {"name": "x", "expires": "soon"}`,
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

func TestKnownHosts(t *testing.T) {
	const (
		k1 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGrlm0HnuSKk63L5lIaMjgSUOLO6VSp0Dd2NfNCBKpZ0"
		k2 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKvTb4Z2VvrHpZ8oFvpSRVgDD1i1oHT5h9H1OyfN2kX7"
	)
	setup := []string{"dir s 0700", "file s/known 0640 # c\\r\\nthird.org " + k1 + "\\n@cert-authority *.org " + k1 + "\\n@revoked gone.org " + k2 + "\\nlast.org " + k2,
		"file s/bytes 0600 \\xff\\n", "dir s/dir 0755", "dir bin 0755", "file bin/ssh-keygen 0755 #!/bin/sh\\ncase $1 in -R) echo no >&2; exit 3;; *) echo '# Host x found: line 1'; echo x a b;; esac\\n",
		"dir odd 0755", "file odd/ssh-keygen 0755 #!/bin/sh\\ncase $4 in */known) echo '# odd'; exit ${RC:-0};; *) echo x;; esac\\n"}
	at := func(rest string) string { return `known_hosts {"path": "@D@/s/known", ` + rest + `}` }
	differ(t, "known_hosts", []scenario{
		{name: "keys", setup: setup, steps: []string{
			"check diff " + at(`"name": "Host.org", "key": "host.org `+k1+`"`),
			at(`"name": "Host.org", "key": "host.org ` + k1 + ` comment"`),
			at(`"host": "host.org", "key": "host.org ` + k1 + `\n"`),
			"check " + at(`"name": "host.org", "key": "host.org `+k2+`"`),
			at(`"name": "host.org", "key": "host.org ` + k2 + `"`),
			at(`"name": "[host.org]:22", "key": "[host.org]:22 ` + k2 + `"`),
			at(`"name": "x.org", "key": "@cert-authority *.org ` + k1 + `"`),
			at(`"name": "x.org", "key": "@cert-authority *.org ` + k2 + `"`),
			at(`"name": "x.org", "key": "x.org ` + k2 + `"`),
			at(`"name": "gone.org", "key": "@revoked gone.org ` + k2 + `"`),
			at(`"name": "last.org", "key": "last.org ` + k1 + `", "state": "absent"`),
			"check " + at(`"name": "last.org", "key": "last.org `+k2+`", "state": "absent"`),
			at(`"name": "last.org", "key": "last.org ` + k2 + `", "state": "absent"`),
			at(`"name": "no.org", "key": "no.org ` + k2 + `", "state": "absent"`),
			"check " + at(`"name": "third.org", "state": "absent"`),
			at(`"name": "third.org", "state": "absent"`),
			at(`"name": "third.org", "state": "absent"`),
			`known_hosts {"path": "@D@/s/new", "name": "h", "key": "h ` + k1 + `"}`,
			`known_hosts {"path": "@D@/s/hashed", "name": "h", "key": "h ` + k1 + `", "hash_host": true, "state": "absent"}`,
		}},
		{name: "refused", setup: setup, steps: []string{
			at(`"name": "other", "key": "host.org ` + k1 + `"`),
			at(`"name": "host.org", "key": ""`),
			at(`"name": "host.org", "key": "  ", "hash_host": true`),
			at(`"name": "host.org", "key": "@x", "hash_host": true`),
			at(`"name": "host.org", "key": "host.org ssh-ed25519 nonsense"`),
			at(`"name": "a, b", "key": "host.org ` + k1 + `"`),
			at(`"name": "a,b", "state": "absent"`),
			`known_hosts {"path": "@D@/s/bytes", "name": "h", "key": "h ` + k1 + `"}`,
			`known_hosts {"path": "@D@/s/dir", "name": "h", "key": "h ` + k1 + `"}`,
			`known_hosts {"path": "@D@/none/known", "name": "h", "key": "h ` + k1 + `"}`,
			`known_hosts {"path": "@D@/none/known", "name": "h", "state": "absent"}`,
			env + at(`"name": "x", "state": "absent"`),
			env + at(`"name": "x", "key": "x a"`),
			env + at(`"name": "x", "key": "x a c"`),
			"env:PATH=@D@/odd:/bin " + at(`"name": "x", "key": "x a b"`),
			"env:RC=5 env:PATH=@D@/odd:/bin " + at(`"name": "x", "key": "x a b"`),
			"env:PATH=/nowhere " + at(`"name": "x", "key": "x a b"`),
			at(`"name": "x", "state": "gone"`),
			`known_hosts {"key": "x"}`,
		}},
	})
}

func TestAuthorizedKey(t *testing.T) {
	const (
		k1 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGrlm0HnuSKk63L5lIaMjgSUOLO6VSp0Dd2NfNCBKpZ0"
		k2 = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAQQC7"
	)
	setup := []string{"dir s 0755", "file s/keys 0640 # mine\\n\\n#ssh-rsa x\\n" + k2 + " old one\\n\\nno key at all\\n from=\"a,b\",no-pty " + k1 + "\\r\\n", "file s/bytes 0600 \\xff\\n",
		"link s/link keys", "link s/gone none/keys", "file s/short 0600 ssh-rsa\\n", "dir s/folder 0755",
		`file s/odd 0600 command="x y",no-pty,environment="A=1",environment="B=2" ` + k2 + ` c\n'x,"y,,z ssh-dss AAAA\n#x ssh-dss BBBB\n# hash\n\n`}
	at := func(file, rest string) string {
		return `ansible.posix.authorized_key {"user": "root", "manage_dir": false, "path": "@D@/s/` + file + `", ` + rest + `}`
	}
	differ(t, "authorized_key", []scenario{
		{name: "keys", setup: setup, steps: []string{
			"check diff " + at("keys", `"key": "`+k2+` new"`),
			at("keys", `"key": "`+k2+` old one"`),
			"diff " + at("keys", `"key": "`+k2+` new"`),
			at("keys", `"key": "`+k1+`", "key_options": "no-pty,from=\"a,b\""`),
			at("keys", `"key": "`+k1+`", "comment": "words of mine"`),
			at("keys", `"key": "ssh-dss AAAA\n# x\n\n # y\nssh-dss BBBB b"`),
			at("keys", `"key": "ssh-dss AAAA", "state": "absent"`),
			at("keys", `"key": "ssh-dss CCCC", "state": "absent"`),
			"check " + at("keys", `"key": "ssh-dss CCCC", "exclusive": true`),
			at("link", `"key": "ssh-dss DDDD", "follow": true`),
			at("keys", `"key": "ssh-dss CCCC\nssh-dss BBBB b", "exclusive": true`),
			at("keys", `"key": "ssh-dss CCCC\nssh-dss BBBB b", "exclusive": true`),
			at("link", `"key": "ssh-dss EEEE"`),
			at("odd", `"key": "ssh-dss EEEE \\# x"`),
			at("odd", `"key": "`+k2+` c", "key_options": "command=\"x y\",no-pty,environment=\"B=2\",environment=\"A=1\""`),
			"diff " + at("new", `"key": "a=\"b,c\",d ssh-dss EEEE"`),
			at("deep/new", `"key": "ssh-dss EEEE"`),
			`authorized_key {"user": "root", "path": "@D@/made/keys", "key": "ssh-dss EEEE"}`,
			"check " + `authorized_key {"user": "no_such_user", "path": "@D@/made/keys", "key": "ssh-dss EEEE"}`,
		}},
		{name: "refused", setup: setup, steps: []string{
			at("keys", `"key": "nonsense key"`),
			at("keys", `"key": "ssh-rsa"`),
			at("short", `"key": "ssh-dss AAAA"`),
			at("bytes", `"key": "ssh-dss AAAA"`),
			at("gone", `"key": "ssh-dss AAAA"`),
			at("folder", `"key": "ssh-dss AAAA"`),
			at("keys", `"key": "ssh-dss AAAA", "state": "gone", "wrong": 1`),
			at("keys", `"state": "present"`),
			at("keys/x/y", `"key": "ssh-dss AAAA"`),
			`authorized_key {"user": "no_such_user", "key": "ssh-dss AAAA"}`,
			`authorized_key {"user": "root", "path": "@D@/none/made/keys", "key": "ssh-dss EEEE"}`,
			"check " + `authorized_key {"user": "no_such_user", "key": "ssh-dss AAAA"}`,
		}},
	})
}
