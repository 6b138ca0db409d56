package fact

import (
	"path"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/pyre"
)

// initNames are the processes 1 that go by another name.
var initNames = map[string]string{"procd": "openwrt_init", "runit-init": "runit", "svscan": "svc",
	"openrc-init": "openrc"}

func serviceMgrFacts(p *probe) (*value.Dict, error) {
	name := p.initProcess()
	system := p.fact("platform", "system")
	switch {
	case name != "":
		if n, ok := initNames[name]; ok {
			name = n
		}
	case p.fact("distribution", "distribution") == "MacOSX":
		name = "launchd"
	case strings.Contains(system, "BSD") || system == "Bitrig" || system == "DragonFly":
		name = "bsdinit"
	case p.fact("distribution", "distribution") == "OpenWrt":
		name = "openwrt_init"
	case p.tagged() && p.fact("distribution", "distribution") == "SMGL":
		name = "simpleinit_msb"
	case system == "Linux":
		name = p.linuxServiceMgr()
	}
	if name == "" {
		name = "service"
	}
	return value.DictOf("service_mgr", name), nil
}

// initProcess is the name of process 1, or "" where that says nothing: a plain init, or a shell,
// which in a container may be anything's.
func (p *probe) initProcess() string {
	name, ok := p.sys.text("/proc/1/comm")
	if !ok {
		out := p.sys.shell(p.ctx, "ps -p 1 -o comm|tail -n 1")
		busybox := pyre.MustCompile(`^ *[0-9]+ `).MatchString(out.Stdout)
		if out.Code == 0 && strip(out.Stdout) != "" && !busybox && out.Stdout != "COMMAND\n" {
			name, ok = out.Stdout, true
		}
	}
	if !ok {
		if l, err := p.sys.readlink("/sbin/init"); err == nil {
			name = l
		}
	}
	name = strip(name[strings.LastIndexByte(name, '/')+1:])
	if name == "init" || strings.HasSuffix(name, "sh") {
		return ""
	}
	return name
}

func (p *probe) linuxServiceMgr() string {
	systemctl := p.sys.look("systemctl") != ""
	if systemctl && p.sys.booted() {
		return "systemd"
	}
	init, _ := p.sys.readlink("/sbin/init")
	switch {
	case p.sys.look("initctl") != "" && p.sys.isDir("/etc/init/"):
		return "upstart"
	case p.sys.exists("/sbin/openrc"):
		return "openrc"
	case systemctl && path.Base(init) == "systemd":
		return "systemd"
	case p.sys.isDir("/etc/init.d/"):
		return "sysvinit"
	case p.tagged() && p.sys.exists("/etc/dinit.d/"):
		return "dinit"
	}
	return ""
}
