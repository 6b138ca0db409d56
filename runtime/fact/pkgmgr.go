package fact

import (
	"fmt"
	"slices"
	"strconv"

	"pbc/ir/expr"
	"pbc/ir/value"
)

// packageTools are the tools that tell a host's package manager; the last that is there counts.
//
// Ansible docs: the fact ansible_pkg_mgr; observed by making the files one by one.
var packageTools = []struct{ path, name string }{
	{"/usr/bin/rpm-ostree", "atomic_container"},
	{"/usr/bin/yum", "yum"},
	{"/usr/bin/dnf", "dnf"},
	{"/usr/bin/dnf-3", "dnf"},
	{"/usr/bin/dnf5", "dnf5"},
	{"/usr/bin/apt-get", "apt"},
	{"/usr/bin/zypper", "zypper"},
	{"/usr/sbin/urpmi", "urpmi"},
	{"/usr/bin/pacman", "pacman"},
	{"/bin/opkg", "opkg"},
	{"/usr/pkg/bin/pkgin", "pkgin"},
	{"/opt/local/bin/pkgin", "pkgin"},
	{"/opt/tools/bin/pkgin", "pkgin"},
	{"/opt/local/bin/port", "macports"},
	{"/usr/local/bin/brew", "homebrew"},
	{"/opt/homebrew/bin/brew", "homebrew"},
	{"/sbin/apk", "apk"},
	{"/usr/sbin/pkg", "pkgng"},
	{"/usr/sbin/swlist", "swdepot"},
	{"/usr/bin/emerge", "portage"},
	{"/usr/sbin/pkgadd", "svr4pkg"},
	{"/usr/bin/pkg", "pkg5"},
	{"/usr/bin/xbps-install", "xbps"},
	{"/usr/local/sbin/pkg", "pkgng"},
	{"/usr/bin/swupd", "swupd"},
	{"/usr/sbin/sorcery", "sorcery"},
	{"/usr/bin/installp", "installp"},
	{"/QOpenSys/pkgs/bin/yum", "yum"},
}

// otherTools are the tools that a dialect does not look for.
var otherTools = map[expr.Dialect][]string{
	expr.Classic: {"/usr/bin/dnf-3", "/usr/bin/dnf5"},
	expr.Tagged:  {"/usr/bin/dnf", "/QOpenSys/pkgs/bin/yum"},
}

func pkgMgrFacts(p *probe) (*value.Dict, error) {
	family := p.fact("distribution", "os_family")
	if family == "" { // the distribution's collector failed, and this one needs it
		return nil, errNeeded("pkg_mgr", "os_family")
	}
	name := "unknown"
	for _, t := range packageTools {
		if family == "Altlinux" && t.path == "/usr/bin/pkg" { // there it is a Perl tool
			continue
		}
		if slices.Contains(otherTools[p.opts.Dialect], t.path) {
			continue
		}
		if p.sys.exists(t.path) {
			name = t.name
		}
	}
	if p.tagged() && name == "yum" {
		name = "dnf"
	}
	var err error
	switch {
	case family == "RedHat":
		if p.tagged() {
			name = p.redHatTool()
		} else {
			name, err = p.redHatManager(name)
		}
	case family == "Debian":
		name = "apt"
	case family == "Altlinux" && name == "apt":
		name = "apt_rpm"
	}
	if name == "apt" && p.sys.exists("/usr/bin/rpm") &&
		p.sys.run(p.ctx, []string{"/usr/bin/rpm", "-q", "--whatprovides", "/usr/bin/apt-get"}).Code == 0 {
		name = "apt_rpm"
	}
	return value.DictOf("pkg_mgr", name), err
}

// redHatTool tells dnf from dnf5 by where the command leads, as dialect tagged does.
func (p *probe) redHatTool() string {
	if p.sys.exists("/run/ostree-booted") {
		return "atomic_container"
	}
	for _, path := range []string{"/usr/bin/dnf", "/usr/bin/microdnf"} {
		switch {
		case !p.sys.exists(path):
		case p.sys.realpath(path) == "/usr/bin/dnf5":
			return "dnf5"
		default:
			return "dnf"
		}
	}
	return "unknown"
}

// redHatManager tells yum from dnf by the distribution's version, as both may be there.
func (p *probe) redHatManager(found string) (string, error) {
	if p.sys.exists("/run/ostree-booted") {
		return "atomic_container", nil
	}
	distribution := p.fact("distribution", "distribution")
	major, err := strconv.Atoi(p.fact("distribution", "distribution_major_version"))
	firstDNF := map[string]int{"Fedora": 23, "Amazon": 2022}[distribution]
	switch {
	case firstDNF == 0 && err != nil:
		return "", fmt.Errorf("pkg_mgr: major version of %s: %w", distribution, err)
	case firstDNF == 0 && major < 8:
		return "yum", nil
	case firstDNF == 0 || err != nil:
		return "dnf", nil
	case major < firstDNF && p.sys.exists("/usr/bin/yum"):
		return "yum", nil
	case major >= firstDNF && p.sys.exists("/usr/bin/dnf"):
		return "dnf", nil
	}
	return found, nil
}
