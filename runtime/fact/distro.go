package fact

import (
	"errors"
	"slices"
	"strings"

	"pbc/runtime/pyre"
)

// This file is what the Python module distro (Apache-2.0, the one that ansible-core bundles) says of
// a host: from os-release, from lsb_release, and from the first /etc/*-release that reads like one.

// releaseFacts are the answers of one source, by the names it uses, in lower case.
type releaseFacts map[string]string

type distro struct {
	os, lsb, file releaseFacts
	debian        func() string // /etc/debian_version, where it counts
}

// osAliases, lsbAliases and fileAliases make one id of several.
var (
	osAliases  = map[string]string{"ol": "oracle", "opensuse-leap": "opensuse"}
	lsbAliases = map[string]string{"enterpriseenterpriseas": "oracle", "enterpriseenterpriseserver": "oracle",
		"redhatenterpriseworkstation": "rhel", "redhatenterpriseserver": "rhel", "redhatenterprisecomputenode": "rhel"}
	fileAliases = map[string]string{"redhat": "rhel"}
)

func (p *probe) distro() (*distro, error) {
	d := &distro{lsb: lsbOutput(p.lsbRelease())}
	path := "/etc/os-release"
	if !p.sys.isFile(path) && p.sys.isFile("/usr/lib/os-release") {
		path = "/usr/lib/os-release"
	}
	text, _ := p.sys.raw(path)
	var err error
	if d.os, err = parseOSRelease(text); err != nil {
		return nil, err
	}
	d.file = p.releaseFile()
	d.debian = func() string {
		v, ok := p.sys.text("/etc/debian_version")
		if !ok {
			return ""
		}
		if y := p.interpreter(); y != nil && y.Distro != "new" && (y.Distro != "" || !p.tagged()) {
			return ""
		}
		return v
	}
	return d, nil
}

func (d *distro) id() string {
	for _, s := range []struct {
		id      string
		aliases map[string]string
	}{{d.os["id"], osAliases}, {d.lsb["distributor_id"], lsbAliases}, {d.file["id"], fileAliases}} {
		if s.id == "" {
			continue
		}
		id := strings.ReplaceAll(strings.ToLower(s.id), " ", "_")
		if a, ok := s.aliases[id]; ok {
			return a
		}
		return id
	}
	return ""
}

// distribution is the id as Ansible writes it.
func (d *distro) distribution() string {
	switch n := capitalize(d.id()); n {
	case "Amzn":
		return "Amazon"
	case "Rhel":
		return "Redhat"
	case "":
		return "OtherLinux"
	default:
		return n
	}
}

// version is the first version that any source has; that with most dots for CentOS, of which the
// first two parts are used, and for Debian.
func (d *distro) version() string {
	all := []string{d.os["version_id"], d.lsb["release"], d.file["version_id"],
		parseRelease(d.os["pretty_name"])["version_id"], parseRelease(d.lsb["description"])["version_id"]}
	switch d.id() {
	case "centos":
		parts := strings.Split(most(all), ".")
		return strings.Join(parts[:min(2, len(parts))], ".")
	case "debian":
		return most(append(all, d.debian()))
	}
	for _, v := range all {
		if v != "" {
			return v
		}
	}
	return ""
}

// most is the first of the versions with most dots.
func most(all []string) string {
	best := ""
	for _, v := range all {
		if best == "" || strings.Count(v, ".") > strings.Count(best, ".") {
			best = v
		}
	}
	return best
}

// codename is the release's name, and whether there is one; it may be known to be empty.
func (d *distro) codename() (string, bool) {
	for _, k := range []string{"version_codename", "ubuntu_codename"} {
		if v, ok := d.os[k]; ok {
			return v, true
		}
	}
	if d.id() == "ubuntu" {
		if v, ok := d.lsb["codename"]; ok {
			return v, true
		}
	}
	v, ok := d.os["codename"]
	if !ok {
		v = d.lsb["codename"]
	}
	if !ok && v == "" {
		v = d.file["codename"]
	}
	return v, v != ""
}

var codenameInVersion = pyre.MustCompile(`(\(\D+\))|,(\s+)?\D+`)

func parseOSRelease(text string) (releaseFacts, error) {
	r := releaseFacts{}
	tokens, err := shellTokens(text)
	for _, t := range tokens {
		if k, v, ok := strings.Cut(t, "="); ok {
			r[strings.ToLower(k)] = v
		}
	}
	if v, ok := r["version_codename"]; ok {
		r["codename"] = v
	} else if v, ok := r["ubuntu_codename"]; ok {
		r["codename"] = v
	} else if v, ok := r["version"]; ok {
		if m := codenameInVersion.FindString(v); m != "" {
			r["codename"] = strip(strings.Trim(strings.Trim(m, "()"), ","))
		}
	}
	return r, err
}

func lsbOutput(out output) releaseFacts {
	r := releaseFacts{}
	if out.Code != 0 {
		return r
	}
	for _, l := range splitLines(out.Stdout) {
		if k, v, ok := strings.Cut(l, ":"); ok {
			r[strings.ToLower(strings.ReplaceAll(k, " ", "_"))] = strip(v)
		}
	}
	return r
}

var ignoredReleases = []string{"debian_version", "lsb-release", "oem-release", "os-release", "system-release",
	"plesk-release", "iredmail-release"}

var releaseName = pyre.MustCompile(`^(\w+)[-_](release|version)$`)

// releaseFile reads the first file of /etc that is named like a release file and says something.
func (p *probe) releaseFile() releaseFacts {
	names, _ := p.sys.names("/etc")
	slices.Sort(names)
	for _, n := range names {
		m := releaseName.FindStringSubmatch(n)
		if m == nil || slices.Contains(ignoredReleases, n) {
			continue
		}
		text, ok := p.sys.raw("/etc/" + n)
		line, _, _ := strings.Cut(text, "\n")
		if !ok || line == "" && !strings.Contains(text, "\n") {
			continue
		}
		r := parseRelease(line + "\n")
		r["id"] = m[1]
		if strings.Contains(strings.ToLower(r["name"]), "cloudlinux") {
			r["id"] = "cloudlinux"
		}
		return r
	}
	return releaseFacts{}
}

// releasePattern matches a release line read backwards: "Name release 1.2 (Codename)".
var releasePattern = pyre.MustCompile(`^(?:[^)]*\)(.*)\()? *(?:STL )?([\d.+\-a-z]*\d) *(?:esaeler *)?(.+)`)

func parseRelease(line string) releaseFacts {
	r := releaseFacts{}
	m := releasePattern.FindStringSubmatch(reverse(strip(line)))
	if m == nil {
		if line != "" {
			r["name"] = strip(line)
		}
		return r
	}
	r["name"] = reverse(m[3])
	if m[2] != "" {
		r["version_id"] = reverse(m[2])
	}
	if m[1] != "" {
		r["codename"] = reverse(m[1])
	}
	return r
}

func reverse(s string) string {
	r := []rune(s)
	slices.Reverse(r)
	return string(r)
}

var errQuote = errors.New("no closing quotation")

// shellTokens is Python's shlex in POSIX mode, splitting at white space only: comments, quotes and
// backslashes are those of a shell.
func shellTokens(s string) ([]string, error) {
	var r []string
	var t strings.Builder
	in := false // within a token
	flush := func() {
		if in {
			r = append(r, t.String())
		}
		t.Reset()
		in = false
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case ' ', '\t', '\r', '\n':
			flush()
		case '#':
			flush()
			for i+1 < len(s) && s[i] != '\n' {
				i++
			}
		case '\\':
			if i++; i >= len(s) {
				return r, errQuote
			}
			in = true
			t.WriteByte(s[i])
		case '\'', '"':
			in = true
			n := quoted(&t, s[i+1:], c)
			if n < 0 {
				return r, errQuote
			}
			i += n + 1
		default:
			in = true
			t.WriteByte(c)
		}
	}
	flush()
	return r, nil
}

// quoted writes what a quotation holds and returns where its closing quote is, -1 when nowhere.
func quoted(t *strings.Builder, s string, quote byte) int {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == quote:
			return i
		case s[i] == '\\' && quote == '"' && i+1 < len(s):
			i++
			if s[i] != '"' && s[i] != '\\' {
				t.WriteByte('\\')
			}
			t.WriteByte(s[i])
		default:
			t.WriteByte(s[i])
		}
	}
	return -1
}
