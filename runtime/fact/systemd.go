package fact

import (
	"strconv"
	"strings"

	"pbc/ir/value"
)

// systemdFacts are the version and the features of systemd, where it runs the host. Dialect tagged only.
func systemdFacts(p *probe) (*value.Dict, error) {
	tool := p.sys.look("systemctl")
	if tool == "" || !p.sys.booted() {
		return nil, nil
	}
	out := p.sys.run(p.ctx, []string{tool, "--version"})
	if out.Code != 0 {
		return nil, nil
	}
	lines, w := strings.Split(out.Stdout, "\n"), strings.Split(out.Stdout, " ")
	if len(lines) < 2 || len(w) < 2 {
		return nil, errMalformed(tool, out.Stdout)
	}
	version, err := strconv.ParseInt(strip(w[1]), 10, 64)
	if err != nil {
		return nil, err
	}
	return value.DictOf("systemd", value.DictOf("features", lines[1], "version", version)), nil
}

// booted says whether systemd has started the host, as sd_booted(3) does.
func (s *System) booted() bool {
	for _, canary := range []string{"/run/systemd/system/", "/dev/.run/systemd/", "/dev/.systemd/"} {
		if s.isDir(canary) {
			return true
		}
	}
	return false
}
