package fact

import (
	"os"
	"strconv"
	"strings"

	"pbc/ir/value"
)

// userFacts tells who gathers: the name that the environment gives (as Python's getpass does), its
// account, and the process's ids.
func userFacts(p *probe) (*value.Dict, error) {
	uid := strconv.Itoa(os.Getuid())
	name := ""
	for _, v := range []string{"USERNAME", "LNAME", "USER", "LOGNAME"} {
		if s := p.sys.getenv(v); s != "" {
			name = s
		}
	}
	own := p.account(uid, 2)
	if name == "" {
		if own == nil {
			return nil, errMalformed("/etc/passwd", uid)
		}
		name = own[0]
	}
	a := p.account(name, 0)
	if a == nil {
		a = own
	}
	if a == nil {
		return nil, errMalformed("/etc/passwd", name)
	}
	id, _ := strconv.ParseInt(a[2], 10, 64)
	gid, _ := strconv.ParseInt(a[3], 10, 64)
	return value.DictOf("user_id", name, "user_uid", id, "user_gid", gid, "user_gecos", a[4],
		"user_dir", a[5], "user_shell", a[6], "real_user_id", int64(os.Getuid()),
		"effective_user_id", int64(os.Geteuid()), "real_group_id", int64(os.Getgid()),
		"effective_group_id", int64(os.Getgid())), nil
}

// account returns the fields of the passwd entry whose field is key: from /etc/passwd, else from
// whatever else the system's name service asks.
func (p *probe) account(key string, field int) []string {
	for _, l := range p.sys.lines("/etc/passwd") {
		if f := strings.Split(l, ":"); len(f) >= 7 && f[field] == key {
			return f
		}
	}
	tool := p.sys.look("getent")
	if tool == "" {
		return nil
	}
	out := p.sys.run(p.ctx, []string{tool, "passwd", key})
	if f := strings.Split(strings.TrimRight(out.Stdout, "\n"), ":"); out.Code == 0 && len(f) >= 7 && f[field] == key {
		return f
	}
	return nil
}
