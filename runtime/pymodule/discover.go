package pymodule

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/module"
)

// discovery is a question for the Python of this machine.
type discovery module.Discovery

// Found is the Python of a host. Warnings are part of the result of the task that asked; Said, which may be nil, is told at once.
type Found struct {
	Path     string
	Warnings []string
	Said     *failure.Failure
}

// Fallbacks are the interpreters that are looked for where the user names no others.
//
// Ansible docs: "INTERPRETER_PYTHON_FALLBACK".
func Fallbacks(tagged bool) []string {
	if tagged {
		return []string{"python3.13", "python3.12", "python3.11", "python3.10", "python3.9", "python3.8", "/usr/bin/python3", "python3"}
	}
	return []string{"python3.11", "python3.10", "python3.9", "python3.8", "python3.7", "python3.6", "python3.5", "/usr/bin/python3",
		"/usr/libexec/platform-python", "python2.7", "/usr/bin/python", "python"}
}

// system is what discovery looks at.
type system struct {
	platform string // as uname gives it
	path     string // PATH
	release  string // the text of os-release
	runs     func(file string) bool
}

// Discover finds the Python of this machine.
//
// Ansible docs: "Interpreter Discovery". Observed: ansible-core 2.14 and 2.19.
func Discover(d module.Discovery) Found {
	s := system{platform: strings.ToUpper(runtime.GOOS[:1]) + runtime.GOOS[1:], path: os.Getenv("PATH"), runs: func(file string) bool {
		fi, err := os.Stat(file)
		return err == nil && !fi.IsDir() && syscall.Access(file, 1) == nil
	}}
	for _, f := range []string{"/etc/os-release", "/usr/lib/os-release"} {
		if b, err := os.ReadFile(f); err == nil {
			s.release = string(b)
			break
		}
	}
	return discovery(d).in(s)
}

// in finds the Python of a system.
func (d discovery) in(s system) Found {
	silent := strings.HasSuffix(d.Mode, "_silent")
	list := d.Fallback
	if list == nil {
		list = Fallbacks(d.Tagged)
	}
	found := s.which(list)
	var f Found
	switch {
	case d.Tagged:
		f = d.tagged(found, list)
	case len(found) == 0:
		f = Found{Path: "/usr/bin/python", Warnings: []string{fmt.Sprintf("No python interpreters found for host %s (tried %s)", d.Host, reprList(list))}}
	default:
		f = d.classic(s, found, list)
	}
	if silent {
		f.Warnings, f.Said = nil, nil
	}
	return f
}

// which are the programs of a list that are there, as the shell's "command -v" names them.
func (s system) which(list []string) []string {
	var out []string
	for _, name := range list {
		if strings.Contains(name, "/") {
			if s.runs(name) {
				out = append(out, name)
			}
			continue
		}
		for _, dir := range filepath.SplitList(s.path) {
			if p := filepath.Join(dir, name); s.runs(p) {
				out = append(out, p)
				break
			}
		}
	}
	return out
}

func (d discovery) link() string {
	return "https://docs.ansible.com/ansible-core/" + d.Version + "/reference_appendices/interpreter_discovery.html"
}

func (d discovery) tagged(found, list []string) Found {
	if len(found) == 0 {
		return Found{Path: "/usr/bin/python3", Said: failure.New(fmt.Sprintf("No python interpreters found for host %s (tried %s).", value.StrRepr(d.Host), reprList(list)))}
	}
	return Found{Path: found[0], Said: &failure.Failure{Msg: fmt.Sprintf("Host %s is using the discovered Python interpreter at %s, "+
		"but future installation of another Python interpreter could cause a different interpreter to be discovered.",
		value.StrRepr(d.Host), value.StrRepr(found[0])), Help: "See " + d.link() + " for more information."}}
}

// classic prefers the Python that the distribution brings.
func (d discovery) classic(s system, found, list []string) Found {
	distro, version := s.distribution()
	own := platformPython(distro, version)
	if s.platform != "Linux" || own == "" {
		return Found{Path: found[0], Warnings: []string{fmt.Sprintf("Platform %s on host %s is using the discovered Python interpreter at %s, but future installation of "+
			"another Python interpreter could change the meaning of that path. See %s for more information.",
			strings.ToLower(s.platform), d.Host, found[0], d.link())}}
	}
	if strings.HasPrefix(d.Mode, "auto_legacy") && own != "/usr/bin/python" && contains(found, "/usr/bin/python") {
		return Found{Path: "/usr/bin/python", Warnings: []string{fmt.Sprintf("Distribution %s %s on host %s should use %s, but is using /usr/bin/python for backward compatibility "+
			"with prior Ansible releases. See %s for more information", distro, version, d.Host, own, d.link())}}
	}
	if contains(found, own) {
		return Found{Path: own}
	}
	var warnings []string
	if !contains(list, own) {
		warnings = append(warnings, fmt.Sprintf("Platform interpreter %s on host %s is missing from bootstrap list", own, d.Host))
	}
	return Found{Path: found[0], Warnings: append(warnings, fmt.Sprintf("Distribution %s %s on host %s should use %s, but is using %s, since the "+
		"discovered platform python interpreter was not present. See %s for more information.", distro, version, d.Host, own, found[0], d.link()))}
}

// distribution is what os-release says.
func (s system) distribution() (id, version string) {
	for line := range strings.Lines(s.release) {
		name, v, _ := strings.Cut(strings.TrimSpace(line), "=")
		v = strings.Trim(v, `"'`)
		switch name {
		case "ID":
			id = v
		case "VERSION_ID":
			version = v
		}
	}
	return id, version
}

// pythons are the Pythons of distributions by the version that first had each, in the order of these.
var pythons = map[string][][2]string{
	"redhat": {{"6", "/usr/bin/python"}, {"8", "/usr/libexec/platform-python"}, {"9", "/usr/bin/python3"}},
	"debian": {{"8", "/usr/bin/python"}, {"10", "/usr/bin/python3"}},
	"fedora": {{"23", "/usr/bin/python3"}},
	"ubuntu": {{"14", "/usr/bin/python"}, {"16", "/usr/bin/python3"}},
}

// families are the distributions that count as others.
var families = map[string][]string{
	"redhat": {"alibaba", "almalinux", "amazon", "ascendos", "centos", "cloudlinux", "euleros", "eurolinux", "fedora", "kylin linux advanced server",
		"oel", "openeuler", "oraclelinux", "ovs", "psbm", "redhat", "rhel", "rocky", "scientific", "slc", "tencentos", "virtuozzo", "xenserver"},
	"debian": {"cumulus linux", "debian", "deepin", "devuan", "kali", "kde neon", "linux mint", "neon", "osmc", "pardus gnu/linux", "parrot",
		"pop!_os", "raspbian", "steamos", "ubuntu", "uos"},
}

// platformPython is the Python that a distribution brings, "" when it is not known.
func platformPython(distro, version string) string {
	distro = strings.ToLower(distro)
	table := pythons[distro]
	for family, members := range families {
		if table == nil && contains(members, distro) {
			table = pythons[family]
		}
	}
	if table == nil || version == "" {
		return ""
	}
	out := table[0][1]
	for _, row := range table {
		if !older(version, row[0]) {
			out = row[1]
		}
	}
	return out
}

// older compares versions by their numbers.
func older(a, b string) bool {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(x), len(y)) {
		n, _ := strconv.Atoi(x[i])
		m, _ := strconv.Atoi(y[i])
		if n != m {
			return n < m
		}
	}
	return len(x) < len(y)
}

func contains(list []string, s string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}

func reprList(list []string) string {
	l := value.NewList()
	for _, s := range list {
		l.V = append(l.V, s)
	}
	s, _ := value.Repr(l)
	return s
}
