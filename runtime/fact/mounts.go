package fact

import (
	"strconv"
	"strings"
	"sync"
	"time"

	"pbc/ir/value"
	"pbc/runtime/pyre"
)

// fsSize is what statfs(2) counts, in blocks of fragment bytes.
type fsSize struct{ blockSize, fragment, blocks, available, files, filesFree int64 }

func (s fsSize) facts() *value.Dict {
	return value.DictOf(
		"size_total", s.fragment*s.blocks, "size_available", s.fragment*s.available,
		"block_size", s.blockSize, "block_total", s.blocks, "block_available", s.available,
		"block_used", s.blocks-s.available,
		"inode_total", s.files, "inode_available", s.filesFree, "inode_used", s.files-s.filesFree)
}

// mount is one line of the table of mounts.
type mount struct {
	device, path, kind, options string
	dump, pass                  int64 // read in dialect tagged only
}

// mounts asks every mount of a device or a network share for its size, all at once. One that does
// not answer in time, such as a dead NFS server's, keeps a note instead.
func (p *probe) mounts() (*value.List, []string, error) {
	table, some := p.mountTable()
	if !some && !p.tagged() { // Ansible cannot do with an empty table, and loses all hardware facts
		return nil, nil, errMalformed("/etc/mtab", "")
	}
	var uuids map[string]string
	var binds map[string]bool
	var wg sync.WaitGroup
	wg.Go(func() { uuids = p.uuids() })
	wg.Go(func() { binds = p.bindMounts() })
	wg.Wait()
	limit := time.After(p.opts.Timeout)
	r, warnings := value.NewList(), []string(nil)
	answers := make([]chan *value.Dict, len(table))
	for i, m := range table {
		answers[i] = make(chan *value.Dict, 1)
		go func() { answers[i] <- p.mountDetails(m, uuids) }()
	}
	expired := false
	for i, m := range table {
		d := value.DictOf("mount", m.path, "device", m.device, "fstype", m.kind, "options", m.options)
		if p.tagged() {
			d.Update(value.DictOf("dump", m.dump, "passno", m.pass))
		}
		if binds[m.path] && !markedBind(m.options) {
			d.SetStr("options", m.options+",bind")
		}
		var more *value.Dict
		if !expired {
			select {
			case more = <-answers[i]:
			case <-limit:
				expired = true
			}
		}
		if expired && more == nil {
			select {
			case more = <-answers[i]:
			default:
			}
		}
		if more == nil {
			warnings = append(warnings, "Timeout exceeded when getting mount info for "+m.path)
			more = value.DictOf("note", "Could not get extra information due to timeout")
		}
		d.Update(more)
		r.V = append(r.V, d)
	}
	return r, warnings, nil
}

func markedBind(options string) bool {
	i := strings.Index(options, "bind")
	return i >= 0 && strings.Contains(options[i:], `"`)
}

// mountTable lists what has a device or a server; of two mounts at one place the later counts, at the
// place of the first. some says whether there is any mount, of a device or not.
func (p *probe) mountTable() (r []mount, some bool) {
	path := "/etc/mtab"
	if !p.sys.exists(path) {
		path = "/proc/mounts"
	}
	at := map[string]int{}
	for _, l := range p.sys.lines(path) {
		w := words(l)
		if len(w) < 4 {
			continue
		}
		some = true
		for i := range w {
			w[i] = unescapeOctal(w[i])
		}
		m := mount{device: w[0], path: w[1], kind: w[2], options: w[3]}
		if len(w) > 5 {
			m.dump, _ = strconv.ParseInt(w[4], 10, 64)
			m.pass, _ = strconv.ParseInt(w[5], 10, 64)
		}
		local := strings.HasPrefix(m.device, "/") || strings.HasPrefix(m.device, `\`)
		if !local && !strings.Contains(m.device, ":/") || m.kind == "none" {
			continue
		}
		if i, ok := at[m.path]; ok {
			r[i] = m
			continue
		}
		at[m.path] = len(r)
		r = append(r, m)
	}
	return r, some
}

// unescapeOctal reads the \040 that the kernel writes for a space. Each is one character, even above
// 177, as in Ansible.
func unescapeOctal(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 16); err == nil {
				b.WriteRune(rune(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// mountDetails are the facts of a mount for which it, or a tool, must be asked.
func (p *probe) mountDetails(m mount, uuids map[string]string) *value.Dict {
	d := value.NewDict()
	if s, ok := mountSize(p.sys.path(m.path)); ok && p.sys.Root == "" {
		d = s.facts()
	}
	id, ok := uuids[m.device]
	if !ok {
		id = p.udevUUID(m.device)
	}
	if id == "" {
		id = "N/A"
	}
	d.SetStr("uuid", id)
	return d
}

// uuids are the file systems' ids by device, as lsblk lists them.
func (p *probe) uuids() map[string]string {
	tool, r := p.sys.look("lsblk"), map[string]string{}
	if tool == "" {
		return r
	}
	out := p.sys.run(p.ctx, []string{tool, "--list", "--noheadings", "--paths", "--output", "NAME,UUID",
		"--exclude", "2"}, parsable...)
	if out.Code != 0 {
		return r
	}
	for _, l := range splitLines(out.Stdout) {
		l = strip(l)
		i := strings.LastIndexFunc(l, isSpace)
		if i < 0 {
			continue
		}
		name := strip(l[:i])
		if _, had := r[name]; !had {
			r[name] = strip(l[i:])
		}
	}
	return r
}

func (p *probe) udevUUID(device string) string {
	tool := p.sys.look("udevadm")
	if tool == "" {
		return "N/A"
	}
	out := p.sys.run(p.ctx, []string{tool, "info", "--query", "property", "--name", device}, parsable...)
	m := pyre.MustCompile(`ID_FS_UUID=(.*)\n`).FindStringSubmatch(out.Stdout)
	if out.Code != 0 || m == nil {
		return "N/A"
	}
	return m[1]
}

// bindMounts are the mounts whose source findmnt shows with a folder in brackets.
func (p *probe) bindMounts() map[string]bool {
	tool, r := p.sys.look("findmnt"), map[string]bool{}
	if tool == "" {
		return r
	}
	out := p.sys.run(p.ctx, []string{tool, "--list", "--noheadings", "--notruncate"}, parsable...)
	if out.Code != 0 {
		return r
	}
	for _, l := range splitLines(out.Stdout) {
		if w := words(l); len(w) > 1 && strings.Contains(w[1], "]") {
			r[w[0]] = true
		}
	}
	return r
}
