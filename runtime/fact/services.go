package fact

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/module"
	"pbc/runtime/pyre"
)

// ServiceFacts is the module that lists the host's services.
var ServiceFacts = module.New("ansible.builtin.service_facts", "service_facts", module.Local,
	&argspec.Spec{CheckMode: true}, func(ctx context.Context, t *module.Task) (*value.Dict, error) {
		s := &serviceScan{ctx: ctx, sys: systemOf(t.Call), found: value.NewDict(), tagged: t.Dialect == expr.Tagged}
		err := s.all()
		for _, w := range s.warnings {
			t.Warn("%s", w)
		}
		if err != nil {
			return nil, err
		}
		return s.result(), nil
	})

// serviceScan asks every service manager whose tools are there; a later one's word counts.
type serviceScan struct {
	ctx      context.Context
	sys      *System
	found    *value.Dict
	tagged   bool
	warnings []string
}

func (s *serviceScan) result() *value.Dict {
	if s.found.Len() == 0 {
		return value.DictOf("skipped", true, "msg", "Failed to find any services. This can be due to privileges "+
			"or some other configuration issue.")
	}
	return value.DictOf("ansible_facts", value.DictOf("services", s.found))
}

// all follows the order in which Ansible asks: the older managers, of which some exclude others, then
// systemd where it is process 1.
func (s *serviceScan) all() error {
	service, chkconfig := s.sys.look("service"), s.sys.look("chkconfig")
	initctl, status, update := s.sys.look("initctl"), s.sys.look("rc-status"), s.sys.look("rc-update")
	if service != "" && chkconfig == "" && status == "" {
		s.sysv(service)
	}
	switch {
	case initctl != "" && chkconfig == "":
		s.upstart(initctl)
	case chkconfig != "":
		s.redHat(chkconfig, service)
	case status != "" && update != "":
		if err := s.openRC(status, update); err != nil {
			return err
		}
	}
	systemctl := s.sys.look("systemctl", "/usr/bin", "/usr/local/bin")
	if systemctl != "" && s.underSystemd() {
		return s.systemd(systemctl)
	}
	return nil
}

// underSystemd says whether systemd runs the host: by the name of process 1 and, in dialect tagged, by
// what systemd leaves when it starts a host.
func (s *serviceScan) underSystemd() bool {
	comm, _ := s.sys.raw("/proc/1/comm")
	if !s.tagged {
		return strings.Contains(comm, "systemd")
	}
	line, _, _ := strings.Cut(comm, "\n")
	return s.sys.look("systemctl") != "" && (s.sys.booted() || strip(line) == "systemd")
}

func (s *serviceScan) warn(text string) { s.warnings = append(s.warnings, text) }

func (s *serviceScan) shell(line string) output {
	return s.sys.shell(s.ctx, line, "LANG=C.UTF-8", "LC_ALL=C.UTF-8")
}

func (s *serviceScan) run(argv ...string) output {
	return s.sys.run(s.ctx, argv, "LANG=C.UTF-8", "LC_ALL=C.UTF-8")
}

// add notes a service: its name, then keys and values.
func (s *serviceScan) add(name string, kv ...value.Value) {
	d := value.DictOf("name", name)
	d.Update(value.DictOf(kv...))
	s.found.SetStr(name, d)
}

func (s *serviceScan) sysv(service string) {
	out := s.run(service, "--status-all")
	if out.Code == 4 && !s.sys.exists("/etc/init.d") {
		return
	}
	if out.Code != 0 {
		s.warn("Unable to query 'service' tool (" + strconv.Itoa(out.Code) + "): " + out.Stderr)
	}
	line := pyre.MustCompile(`(?m)^\s*\[ (\+|\-) \]\s+(.+)$`)
	for _, m := range line.FindAllStringSubmatch(out.Stdout) {
		state := "stopped"
		if m[1] == "+" {
			state = "running"
		}
		s.add(m[2], "state", state, "source", "sysv")
	}
}

func (s *serviceScan) upstart(initctl string) {
	out := s.run(initctl, "list")
	if out.Code != 0 {
		s.warn("Unable to query upstart for service data: " + out.Stderr)
		return
	}
	line := pyre.MustCompile(`^\s?(.*)\s(\w+)/(\w+)(,\sprocess\s([0-9]+))?\s*$`)
	for _, l := range strings.Split(strings.ReplaceAll(out.Stdout, "\r", ""), "\n") {
		if m := line.FindStringSubmatch(l); m != nil {
			s.add(m[1], "state", m[3], "goal", m[2], "source", "upstart")
		}
	}
}

// redHat reads chkconfig's table of run levels, and asks each service for its state.
func (s *serviceScan) redHat(chkconfig, service string) {
	row := pyre.MustCompile(`^(.*?)\s+[0-9]:(on|off)\s+[0-9]:(on|off)\s+[0-9]:(on|off)\s+` +
		`[0-9]:(on|off)\s+[0-9]:(on|off)\s+[0-9]:(on|off)\s+[0-9]:(on|off)`)
	simple := pyre.MustCompile(`^.*?\s+(on|off)`)
	out := s.shell(chkconfig)
	lines := strings.Split(out.Stdout, "\n")
	if !slices.ContainsFunc(lines, row.MatchString) {
		if slices.ContainsFunc(lines, simple.MatchString) { // SLES 11
			out = s.shell(chkconfig + " -l --allservices")
		} else if strings.Contains(out.Stderr, "--list") { // RHEL 5
			out = s.shell(chkconfig + " --list")
		}
	}
	for _, l := range strings.Split(out.Stdout, "\n") {
		m := row.FindStringSubmatch(l)
		if m == nil {
			continue
		}
		status := "disabled"
		if m[5] == "on" {
			status = "enabled"
		}
		s.add(m[1], "state", s.redHatState(service, m[1]), "status", status, "source", "sysv")
	}
}

// redHatState is a service's state, or the code of the tool for one who may not ask.
func (s *serviceScan) redHatState(service, name string) value.Value {
	if service == "" {
		service = "None" // Ansible runs a tool of that name, too
	}
	out := s.shell(service + " " + name + " status")
	if out.Code == 0 {
		return "running"
	}
	for _, w := range []string{"root", "permission", "not in sudoers"} {
		if strings.Contains(strings.ToLower(out.Stderr), w) {
			s.warn(`Insufficient permissions to query sysV service "` + name + `" and their states`)
			return int64(out.Code)
		}
	}
	return "stopped"
}

func (s *serviceScan) openRC(status, update string) error {
	levels := map[string]value.Value{}
	for _, l := range strings.Split(s.shell(update+" show -v 2>&1 | grep '|'").Stdout, "\n") {
		f := strings.Split(l, "|")
		if len(f) < 2 {
			continue
		}
		levels[strip(f[0])] = nil
		if w := words(f[1]); len(w) > 0 {
			levels[strip(f[0])] = textList(w)
		}
	}
	for _, l := range strings.Split(s.shell(status+" -a -s -m 2>&1 | grep '^ ' | tr -d '[]'").Stdout, "\n") {
		w := words(l)
		if len(w) < 2 {
			continue
		}
		level, ok := levels[w[0]]
		switch {
		case s.tagged && w[0] == "*": // no service
			continue
		case !ok && s.tagged:
			s.warn("Service " + w[0] + " not found in the service list")
			continue
		case !ok:
			return &module.PyException{Class: "KeyError", Msg: "'" + w[0] + "'"}
		}
		s.add(w[0], "runlevels", level, "state", w[1], "source", "openrc")
	}
	return nil
}

// badStates are the states of a systemd unit that its unit file's state does not replace.
var badStates = []string{"not-found", "masked", "failed"}

func (s *serviceScan) systemd(systemctl string) error {
	if err := s.units(systemctl); err != nil {
		return err
	}
	out := s.shell(systemctl + " list-unit-files --no-pager --type service --all")
	if out.Code != 0 {
		s.warn("Could not get unit files data from systemd: " + out.Stderr)
		return nil
	}
	for _, l := range strings.Split(out.Stdout, "\n") {
		if !strings.Contains(l, ".service") {
			continue
		}
		w := words(l)
		if len(w) < 2 {
			return &module.PyException{Class: "ValueError", Msg: "not enough values to unpack (expected 2, got 1)"}
		}
		old, ok := s.found.GetStr(w[0])
		if !ok {
			s.add(w[0], "state", s.activeState(systemctl, w[0]), "status", w[1], "source", "systemd")
			continue
		}
		d := old.(*value.Dict)
		v, _ := d.GetStr("status")
		if now, _ := v.(string); !slices.Contains(badStates, now) {
			d.SetStr("status", w[1])
		}
	}
	return nil
}

// units reads the units that systemd has loaded.
func (s *serviceScan) units(systemctl string) error {
	marks := ""
	if s.tagged {
		marks = " --plain"
	}
	out := s.shell(systemctl + " list-units --no-pager --type service --all" + marks)
	if out.Code != 0 {
		s.warn("Could not list units from systemd: " + out.Stderr)
		return nil
	}
	for _, l := range strings.Split(out.Stdout, "\n") {
		if !strings.Contains(l, ".service") {
			continue
		}
		w := words(l)
		status := ""
		look := w
		if s.tagged && len(w) > 0 { // the last word belongs to the description
			look = w[:len(w)-1]
		}
		for _, bad := range badStates {
			if slices.Contains(look, bad) {
				status = bad
				break
			}
		}
		if status != "" && !s.tagged { // the mark in front of such a unit is a column of its own
			w = w[1:]
		}
		if len(w) < 4 {
			return &module.PyException{Class: "IndexError", Msg: "list index out of range"}
		}
		if status == "" {
			status = w[2]
		}
		state := "stopped"
		if w[3] == "running" {
			state = "running"
		}
		s.add(w[0], "state", state, "status", status, "source", "systemd")
	}
	return nil
}

func (s *serviceScan) activeState(systemctl, name string) string {
	out := s.shell(systemctl + " show " + name + " --property=ActiveState")
	if out.Code != 0 || out.Stdout == "" {
		return "unknown"
	}
	return strings.TrimRightFunc(strings.ReplaceAll(out.Stdout, "ActiveState=", ""), isSpace)
}
