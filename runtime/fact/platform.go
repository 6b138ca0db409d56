package fact

import (
	"os"
	"strconv"
	"strings"

	"pbc/ir/value"
)

func (g *gathering) kernel() uname {
	return g.uname.get(func() uname {
		if g.sys.Uname != nil {
			return *g.sys.Uname
		}
		return kernelUname()
	})
}

func platformFacts(p *probe) (*value.Dict, error) {
	u := p.kernel()
	fqdn := p.fqdn(u.Node)
	host, _, _ := strings.Cut(u.Node, ".")
	bits := p.userspaceBits()
	d := value.DictOf("system", u.System, "kernel", u.Release, "kernel_version", u.Version, "machine", u.Machine)
	if py := p.interpreter(); py != nil {
		d.SetStr("python_version", py.text())
	}
	d.Update(value.DictOf("fqdn", fqdn, "hostname", host, "nodename", u.Node, "domain", after(fqdn, "."),
		"userspace_bits", bits))
	switch {
	case u.Machine == "x86_64" || isX86(u.Machine):
		arch := "i386"
		if u.Machine == "x86_64" {
			arch = u.Machine
		}
		d.SetStr("architecture", arch)
		d.SetStr("userspace_architecture", map[string]string{"64": "x86_64", "32": "i386"}[bits])
	default:
		d.SetStr("architecture", u.Machine)
	}
	id, ok := p.sys.text("/var/lib/dbus/machine-id")
	if !ok {
		id, ok = p.sys.text("/etc/machine-id")
	}
	if ok {
		d.SetStr("machine_id", splitLines(id)[0])
	}
	return d, nil
}

func isX86(machine string) bool {
	for _, m := range []string{"i386", "i486", "i586", "i686", "i86pc"} {
		if strings.Contains(machine, m) {
			return true
		}
	}
	return false
}

// userspaceBits is the word size of the interpreter, or of sh where there is none.
func (p *probe) userspaceBits() string {
	exe := p.sys.path("/bin/sh")
	if py := p.interpreter(); py != nil {
		exe = py.Executable
	}
	f, err := os.Open(exe)
	if err == nil {
		defer f.Close()
		var head [5]byte
		if n, _ := f.Read(head[:]); n == len(head) && string(head[:4]) == "\x7fELF" {
			return map[byte]string{1: "32", 2: "64"}[head[4]]
		}
	}
	return strconv.Itoa(strconv.IntSize)
}

// fqdn is Python's socket.getfqdn: the first name with a dot that the resolver knows this node's
// address by, else the first of all.
func (p *probe) fqdn(node string) string {
	names := p.namesOf(node)
	if len(names) == 0 {
		return node
	}
	for _, n := range names {
		if strings.Contains(n, ".") {
			return n
		}
	}
	return names[0]
}

// namesOf resolves a name to its address and that back to its names: by /etc/hosts where that alone
// decides, else by the system's resolver.
func (p *probe) namesOf(node string) []string {
	hosts := p.hostsFile()
	var addrs []string
	for _, l := range hosts {
		for _, n := range l[1:] {
			if strings.EqualFold(n, node) && (len(addrs) == 0 || addrs[len(addrs)-1] != l[0]) {
				addrs = append(addrs, l[0])
			}
		}
	}
	addr := ""
	if len(addrs) == 1 && p.filesFirst() {
		addr = addrs[0]
	} else if tool := p.sys.look("getent"); tool != "" {
		addr = first(p.sys.run(p.ctx, []string{tool, "ahosts", node}).Stdout)
	}
	if addr == "" {
		return nil
	}
	for _, l := range hosts {
		if l[0] == addr && p.filesFirst() {
			return l[1:]
		}
	}
	if tool := p.sys.look("getent"); tool != "" {
		if w := words(p.sys.run(p.ctx, []string{tool, "hosts", addr}).Stdout); len(w) > 1 {
			return w[1:]
		}
	}
	return nil
}

// hostsFile is /etc/hosts in words: an address and its names.
func (p *probe) hostsFile() [][]string {
	var r [][]string
	for _, l := range p.sys.lines("/etc/hosts") {
		l, _, _ = strings.Cut(l, "#")
		if w := words(l); len(w) > 1 {
			r = append(r, w)
		}
	}
	return r
}

// filesFirst says whether the resolver asks /etc/hosts before anything else.
func (p *probe) filesFirst() bool {
	for _, l := range p.sys.lines("/etc/nsswitch.conf") {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(l), "hosts:"); ok {
			return first(rest) == "files"
		}
	}
	return true
}
