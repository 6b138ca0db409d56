package fact

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"pbc/ir/value"
)

// selinuxLibs are the folders where the loader finds libselinux, without which Ansible can tell
// nothing.
var selinuxLibs = []string{"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/lib/*-linux-*", "/usr/lib/*-linux-*",
	"/usr/local/lib", "/usr/local/lib64"}

func selinuxFacts(p *probe) (*value.Dict, error) {
	if !p.hasSELinuxLib() {
		return value.DictOf("selinux", value.DictOf("status", "Missing selinux Python library"),
			"selinux_python_present", false), nil
	}
	d := value.DictOf("status", "disabled")
	if fs := p.selinuxFS(); fs != "" && p.sys.exists("/etc/selinux/config") {
		d = p.selinuxState(fs)
	}
	return value.DictOf("selinux_python_present", true, "selinux", d), nil
}

func (p *probe) hasSELinuxLib() bool {
	return slices.ContainsFunc(selinuxLibs, func(dir string) bool {
		m, _ := filepath.Glob(p.sys.path(dir + "/libselinux.so.1"))
		return len(m) > 0
	})
}

// selinuxFS is where the kernel's SELinux files are mounted writable, or "".
func (p *probe) selinuxFS() string {
	for _, l := range p.sys.lines("/proc/mounts") {
		w := words(l)
		if len(w) > 3 && w[2] == "selinuxfs" && !slices.Contains(strings.Split(w[3], ","), "ro") {
			return w[1]
		}
	}
	return ""
}

func (p *probe) selinuxState(fs string) *value.Dict {
	d := value.DictOf("status", "enabled", "policyvers", "unknown")
	if n, err := strconv.ParseInt(p.sys.textOr(fs+"/policyvers", ""), 10, 64); err == nil {
		d.SetStr("policyvers", n)
	}
	config := map[string]string{}
	for _, l := range p.sys.lines("/etc/selinux/config") {
		if k, v, ok := strings.Cut(strip(l), "="); ok {
			config[k] = strip(v)
		}
	}
	mode, policy := strings.ToLower(config["SELINUX"]), config["SELINUXTYPE"]
	if !slices.Contains([]string{"enforcing", "permissive", "disabled"}, mode) {
		mode = "unknown"
	}
	if policy == "" {
		policy = "targeted"
	}
	d.SetStr("config_mode", mode)
	now, ok := map[string]string{"0": "permissive", "1": "enforcing"}[p.sys.textOr(fs+"/enforce", "")]
	if !ok {
		now = "unknown"
	}
	d.SetStr("mode", now)
	d.SetStr("type", policy)
	return d
}
