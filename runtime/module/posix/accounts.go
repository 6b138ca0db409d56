package posix

import (
	"bytes"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
)

// User is one account, as passwd(5) has it.
type User struct {
	Name, Password, Gecos, Home, Shell string
	UID, GID                           int
}

// Group is one group, as group(5) has it.
type Group struct {
	Name, Password string
	GID            int
	Members        []string
}

// UserByName finds an account, in /etc/passwd or, where that has none, through getent(1).
func UserByName(name string) (User, bool) {
	return findUser(name, func(u *User) bool { return u.Name == name })
}

// UserByID finds an account by number.
func UserByID(id int) (User, bool) {
	return findUser(strconv.Itoa(id), func(u *User) bool { return u.UID == id })
}

// GroupByName finds a group, in /etc/group or, where that has none, through getent(1).
func GroupByName(name string) (Group, bool) {
	return findGroup(name, func(g *Group) bool { return g.Name == name })
}

// GroupByID finds a group by number.
func GroupByID(id int) (Group, bool) {
	return findGroup(strconv.Itoa(id), func(g *Group) bool { return g.GID == id })
}

// Shadow is what shadow(5) has of an account: days since 1970, or numbers of days; -1 for none.
type Shadow struct {
	Password               string
	Min, Max, Warn, Expire int64
}

// ShadowByName finds what /etc/shadow has of an account, or, where that has none, getent(1). Without the right to read it there is none.
func ShadowByName(name string) (Shadow, bool) {
	data, _ := os.ReadFile("/etc/shadow")
	if s, ok := parseShadow(data, name); ok {
		return s, true
	}
	return parseShadow(getent("shadow", name), name)
}

// GroupsOf returns the names of the groups that an account is a member of, in their order; its own is not among them unless
// the account is listed there.
func GroupsOf(member string) []string {
	data, _ := os.ReadFile("/etc/group")
	if moreSources("group") {
		data = append(data, getent("group")...)
	}
	var names []string
	for _, g := range parseGroups(data) {
		if slices.Contains(g.Members, member) && !slices.Contains(names, g.Name) {
			names = append(names, g.Name)
		}
	}
	return names
}

// Users returns the accounts of /etc/passwd.
func Users() []User {
	data, _ := os.ReadFile("/etc/passwd")
	return parseUsers(data)
}

// Groups returns the groups of /etc/group.
func Groups() []Group {
	data, _ := os.ReadFile("/etc/group")
	return parseGroups(data)
}

func findUser(key string, match func(*User) bool) (User, bool) {
	for _, u := range Users() {
		if match(&u) {
			return u, true
		}
	}
	for _, u := range parseUsers(getent("passwd", key)) {
		if match(&u) {
			return u, true
		}
	}
	return User{}, false
}

func findGroup(key string, match func(*Group) bool) (Group, bool) {
	for _, g := range Groups() {
		if match(&g) {
			return g, true
		}
	}
	for _, g := range parseGroups(getent("group", key)) {
		if match(&g) {
			return g, true
		}
	}
	return Group{}, false
}

// getent asks the name service where it has more sources than the files.
func getent(database string, key ...string) []byte {
	if !moreSources(database) {
		return nil
	}
	path, err := exec.LookPath("getent")
	if err != nil {
		return nil
	}
	out, _ := exec.Command(path, append([]string{database}, key...)...).Output()
	return out
}

// moreSources says whether nsswitch.conf names a source other than the files.
func moreSources(database string) bool {
	data, err := os.ReadFile("/etc/nsswitch.conf")
	if err != nil {
		return false
	}
	for line := range bytes.Lines(data) {
		name, rest, ok := strings.Cut(string(line), ":")
		if !ok || strings.TrimSpace(name) != database {
			continue
		}
		rest, _, _ = strings.Cut(rest, "#")
		for _, f := range strings.Fields(rest) {
			if f != "files" && !strings.HasPrefix(f, "[") {
				return true
			}
		}
	}
	return false
}

func parseUsers(data []byte) []User {
	var r []User
	for line := range bytes.Lines(data) {
		f := strings.Split(strings.TrimRight(string(line), "\r\n"), ":")
		if len(f) < 7 {
			continue
		}
		uid, err1 := strconv.Atoi(f[2])
		gid, err2 := strconv.Atoi(f[3])
		if err1 == nil && err2 == nil {
			r = append(r, User{f[0], f[1], f[4], f[5], f[6], uid, gid})
		}
	}
	return r
}

func parseShadow(data []byte, name string) (Shadow, bool) {
	for line := range bytes.Lines(data) {
		f := strings.Split(strings.TrimRight(string(line), "\r\n"), ":")
		if f[0] != name || len(f) < 9 {
			continue
		}
		days := func(i int) int64 {
			n, err := strconv.ParseInt(f[i], 10, 64)
			if err != nil {
				return -1
			}
			return n
		}
		return Shadow{Password: f[1], Min: days(3), Max: days(4), Warn: days(5), Expire: days(7)}, true
	}
	return Shadow{}, false
}

func parseGroups(data []byte) []Group {
	var r []Group
	for line := range bytes.Lines(data) {
		f := strings.Split(strings.TrimRight(string(line), "\r\n"), ":")
		if len(f) < 4 {
			continue
		}
		gid, err := strconv.Atoi(f[2])
		if err != nil {
			continue
		}
		g := Group{Name: f[0], Password: f[1], GID: gid}
		if f[3] != "" {
			g.Members = strings.Split(f[3], ",")
		}
		r = append(r, g)
	}
	return r
}
