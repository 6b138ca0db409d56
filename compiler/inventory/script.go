package inventory

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"pbc/compiler/yaml"
	"pbc/ir/value"
)

// wantsScript says whether a source can be run: it is executable, or starts with "#!".
func wantsScript(inv *Inventory, source string) bool {
	if !inv.readable(source) {
		return false
	}
	info, err := os.Stat(source)
	if err != nil || info.IsDir() {
		return false
	}
	if info.Mode()&0o111 != 0 {
		return true
	}
	f, err := os.Open(source)
	if err != nil {
		return false
	}
	defer f.Close()
	start := make([]byte, 2)
	n, _ := f.Read(start)
	return string(start[:n]) == "#!"
}

// run runs an inventory script. The error is that it could not be started.
func run(args ...string) (stdout, stderr []byte, code int, err error) {
	cmd := exec.Command(args[0], args[1:]...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return out.Bytes(), errs.Bytes(), exit.ExitCode(), nil
	}
	if err != nil {
		return nil, nil, 0, fmt.Errorf("problem running %s (%s)", strings.Join(args, " "), startError(err, args[0]))
	}
	return out.Bytes(), errs.Bytes(), 0, nil
}

// startError is an error of starting a program as Python prints it.
func startError(err error, file string) string {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return err.Error()
	}
	text := errno.Error()
	return fmt.Sprintf("[Errno %d] %s: '%s'", int(errno), strings.ToUpper(text[:1])+text[1:], file)
}

// parseScript runs an inventory script with --list, and with --host for each host when the list has no
// _meta.
func (inv *Inventory) parseScript(source string) error {
	stdout, stderr, code, err := run(source, "--list")
	if err != nil {
		return err
	}
	said := string(stderr)
	if said != "" && !strings.HasSuffix(said, "\n") {
		said += "\n"
	}
	if code != 0 {
		return fmt.Errorf("Inventory script (%s) had an execution error: %s ", source, said)
	}
	list, err := yaml.ParseJSON(source, stdout)
	if err != nil {
		return fmt.Errorf("failed to parse executable inventory script results from %s: %w. %w\n%s", source, err, err, said)
	}
	if len(stderr) > 0 && inv.opts.Error != nil && !inv.opts.QuietScripts {
		inv.opts.Error(said)
	}
	if list.Kind != yaml.Map {
		return fmt.Errorf("failed to parse executable inventory script results from %s: needs to be a json dict\n%s", source, said)
	}
	s := scriptReader{inv: inv, source: source, meta: list.Get("_meta").Get("hostvars"), seen: map[string]bool{}}
	for i, k := range list.Keys {
		if k.Value == "_meta" {
			continue
		}
		if err := s.group(k.Raw, list.Items[i]); err != nil {
			return err
		}
	}
	return s.hostVars()
}

type scriptReader struct {
	inv    *Inventory
	source string
	meta   *yaml.Node
	hosts  []string
	seen   map[string]bool
}

func (s *scriptReader) group(name string, n *yaml.Node) error {
	g, err := s.inv.addGroup(name)
	if err != nil {
		return err
	}
	hosts, vars := n.Get("hosts"), n.Get("vars")
	switch {
	case n.Kind != yaml.Map:
		hosts = n
	case hosts == nil && vars == nil && n.Get("children") == nil:
		hosts = &yaml.Node{Kind: yaml.Seq, Items: []*yaml.Node{{Value: g.Name}}}
		vars = n
	}
	shown := func() string {
		text, _ := value.Repr(n.ToValue(nil))
		return text
	}
	if hosts != nil {
		if hosts.Kind != yaml.Seq {
			return fmt.Errorf("You defined a group '%s' with bad data for the host list:\n %s", g.Name, shown())
		}
		if err := s.groupHosts(g, hosts); err != nil {
			return err
		}
	}
	if vars != nil {
		d, ok := vars.ToValue(s.inv.opts.Mk).(*value.Dict)
		if !ok {
			return fmt.Errorf("You defined a group '%s' with bad data for variables:\n %s", g.Name, shown())
		}
		for i, k := range d.K {
			if err := s.inv.setVariable(g.Name, k, d.V[i]); err != nil {
				return err
			}
		}
	}
	return s.children(g, n.Get("children"))
}

func (s *scriptReader) groupHosts(g *Group, hosts *yaml.Node) error {
	for _, h := range hosts.Items {
		name, ok := h.Text()
		if !ok && !isFalse(h) {
			shown, _ := value.ToStr(h.ToValue(nil))
			return fmt.Errorf("Invalid host name supplied, expected a string but got %s for %s", pyClass(h), shown)
		}
		if !s.seen[name] {
			s.seen[name] = true
			s.hosts = append(s.hosts, name)
		}
		if _, err := s.inv.addHost(name, g, ""); err != nil {
			return err
		}
	}
	return nil
}

func (s *scriptReader) children(g *Group, n *yaml.Node) error {
	if n == nil {
		return nil
	}
	items := n.Items
	if n.Kind == yaml.Map {
		items = n.Keys
	}
	for _, c := range items {
		name, _ := c.Text()
		child, err := s.inv.addGroup(name)
		if err != nil {
			return err
		}
		if _, err := g.addChild(child); err != nil {
			return err
		}
	}
	return nil
}

// hostVars gives every host of the script its variables.
func (s *scriptReader) hostVars() error {
	for _, name := range s.hosts {
		vars := value.Value(value.NewDict())
		if s.meta == nil {
			stdout, _, _, err := run(s.source, "--host", name)
			if err != nil {
				return err
			}
			n, err := s.inv.parse(s.source, stdout, false)
			if err != nil {
				return err
			}
			vars = n.ToValue(s.inv.opts.Mk)
		} else if n := s.meta.Get(name); n != nil {
			vars = n.ToValue(s.inv.opts.Mk)
		}
		d, ok := vars.(*value.Dict)
		if !ok {
			shown, _ := value.ToStr(vars)
			return fmt.Errorf("Invalid data from file, expected dictionary and got:\n\n%s", shown)
		}
		if err := s.inv.populate([]string{name}, d, nil, ""); err != nil {
			return err
		}
	}
	return nil
}
