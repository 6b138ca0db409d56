package inventory

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"

	"pbc/compiler/yaml"
	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/module"
)

// wantsScript says whether a source can be run: it is executable, or in dialect classic starts with "#!".
func wantsScript(inv *Inventory, source string) bool {
	if !inv.readable(source) {
		return false
	}
	info, err := os.Stat(source)
	if err != nil || info.IsDir() {
		return false
	}
	if inv.tagged() || info.Mode()&0o111 != 0 {
		return info.Mode()&0o111 != 0
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
		return nil, nil, 0, &scriptError{fmt.Sprintf("problem running %s (%s)", strings.Join(args, " "), startError(err, args[0])), err}
	}
	return out.Bytes(), errs.Bytes(), 0, nil
}

// scriptError is a script that could not be started, in the words of dialect classic.
type scriptError struct {
	text string
	why  error
}

func (e *scriptError) Error() string { return e.text }
func (e *scriptError) Unwrap() error { return e.why }

// startError is an error of starting a program as Python prints it.
func startError(err error, file string) string {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return err.Error()
	}
	text := errno.Error()
	return fmt.Sprintf("[Errno %d] %s: '%s'", int(errno), strings.ToUpper(text[:1])+text[1:], file)
}

// script runs an inventory script for dialect tagged, which does not take what a script says that fails.
func (inv *Inventory) script(args ...string) (stdout []byte, help string, err error) {
	stdout, stderr, code, err := run(args...)
	if err != nil {
		words := make([]string, len(args))
		for i, a := range args {
			words[i] = module.Quote(a)
		}
		cause := failure.New(startError(errors.Unwrap(err), args[0]))
		return nil, "", &fault{failure.Failure{Msg: "Failed to execute inventory script command " + value.StrRepr(strings.Join(words, " ")) + "."}.Because(cause)}
	}
	if strings.TrimSpace(string(stderr)) != "" {
		help = "Standard error from inventory script:\n" + ended(string(stderr))
	}
	if code != 0 {
		return nil, "", &fault{&failure.Failure{Msg: fmt.Sprintf("Inventory script returned non-zero exit code %d.", code), Help: help}}
	}
	return stdout, help, nil
}

// ended is a text with a newline at its end, unless it is empty.
func ended(text string) string {
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return text
}

// listScript runs an inventory script with --list.
func (inv *Inventory) listScript(source string) (*yaml.Node, error) {
	stdout, stderr, code, err := run(source, "--list")
	if err != nil {
		return nil, err
	}
	said := ended(string(stderr))
	if code != 0 {
		return nil, fmt.Errorf("Inventory script (%s) had an execution error: %s ", source, said)
	}
	list, err := yaml.ParseJSON(source, stdout)
	if err != nil {
		return nil, fmt.Errorf("failed to parse executable inventory script results from %s: %w. %w\n%s", source, err, err, said)
	}
	inv.scriptSaid(said)
	if list.Kind != yaml.Map {
		return nil, fmt.Errorf("failed to parse executable inventory script results from %s: needs to be a json dict\n%s", source, said)
	}
	return list, nil
}

// scriptSaid shows what a script wrote to stderr.
func (inv *Inventory) scriptSaid(said string) {
	if said != "" && inv.opts.Error != nil && !inv.opts.QuietScripts {
		inv.opts.Error(said)
	}
}

// listTagged runs an inventory script with --list, as dialect tagged does.
func (inv *Inventory) listTagged(source string) (*yaml.Node, error) {
	stdout, help, err := inv.script(source, "--list")
	if err != nil {
		return nil, err
	}
	wrong := func(why *failure.Failure) error {
		return &fault{failure.Failure{Msg: "Unable to get JSON decoder for inventory script result.", Help: help}.Because(why)}
	}
	list, err := yaml.ParseJSON(source, stdout)
	if err != nil {
		return nil, wrong(failure.Failure{Msg: "Value could not be parsed as JSON."}.Because(failure.New(err.Error())))
	}
	meta := list.Get("_meta")
	profile := meta.Get("profile")
	switch {
	case list.Kind != yaml.Map:
		return nil, wrong(failure.New("Value is '" + list.TypeName() + "' instead of 'dict'."))
	case meta != nil && meta.Kind != yaml.Map:
		return nil, wrong(failure.New("Value contains '_meta' which is '" + meta.TypeName() + "' instead of 'dict'."))
	case profile == nil:
	default:
		name, ok := profile.Text()
		if !ok {
			return nil, wrong(failure.New("Value contains '_meta.profile' which is '" + profile.TypeName() + "' instead of 'str'."))
		}
		if !strings.HasPrefix(name, "inventory_") {
			return nil, wrong(failure.New("Non-inventory profile " + value.StrRepr(name) + " is not allowed."))
		}
	}
	_, said, _ := strings.Cut(help, "\n")
	inv.scriptSaid(said)
	if h := meta.Get("hostvars"); meta != nil && (h == nil || h.Kind != yaml.Map) {
		return nil, fmt.Errorf("Value contains '_meta.hostvars' which is '%s' instead of 'dict'.", h.TypeName())
	}
	return list, nil
}

// parseScript runs an inventory script with --list, and with --host for each host when the list has no
// _meta.
func (inv *Inventory) parseScript(source string) error {
	ask := inv.listScript
	if inv.tagged() {
		ask = inv.listTagged
	}
	list, err := ask(source)
	if err != nil {
		return err
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
	if s.meta == nil {
		inv.deprecate(source, "Inventory scripts should always provide 'meta.hostvars'. "+
			"Host variables will be collected by running the inventory script with the '--host' option for each host.")
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
	hosts, vars, mk := n.Get("hosts"), n.Get("vars"), s.inv.opts.Mk
	switch {
	case n.Kind != yaml.Map:
		hosts = n
		s.inv.deprecate(s.source, "Group "+value.StrRepr(g.Name)+" was converted to 'dict' from '"+n.TypeName()+"'.")
	case hosts == nil && vars == nil && n.Get("children") == nil:
		hosts = &yaml.Node{Kind: yaml.Seq, Items: []*yaml.Node{{Value: g.Name}}}
		vars, mk = n, s.plain()
		s.inv.deprecate(s.source, "Treating malformed group "+value.StrRepr(g.Name)+" as the sole host of that group. Variables provided in this manner cannot be templated.")
	}
	shown := func() string {
		text, _ := value.Repr(n.ToValue(nil))
		return text
	}
	if hosts != nil {
		if hosts.Kind != yaml.Seq {
			return s.inv.told(fmt.Errorf("You defined a group '%s' with bad data for the host list:\n %s", g.Name, shown()),
				failure.Failure{Msg: "Value contains '" + g.Name + ".hosts' which is '" + hosts.TypeName() + "' instead of 'list'."})
		}
		if err := s.groupHosts(g, hosts); err != nil {
			return err
		}
	}
	if vars != nil {
		d, ok := vars.ToValue(mk).(*value.Dict)
		if !ok {
			return s.inv.told(fmt.Errorf("You defined a group '%s' with bad data for variables:\n %s", g.Name, shown()),
				failure.Failure{Msg: "Value contains '" + g.Name + ".vars' which is '" + vars.TypeName() + "' instead of 'dict'."})
		}
		s.inv.nameAll(d)
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
			n, err := s.ask(name)
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
		s.inv.nameAll(d)
		if err := s.inv.populate([]string{name}, d, nil, ""); err != nil {
			return err
		}
	}
	return nil
}

// plain makes values of texts that are no templates; nil where dialect classic takes any text for one.
func (s *scriptReader) plain() func(string, *yaml.Node) value.Value {
	if s.inv.tagged() {
		return nil
	}
	return s.inv.opts.Mk
}

// ask runs the script for the variables of one host.
func (s *scriptReader) ask(host string) (*yaml.Node, error) {
	if !s.inv.tagged() {
		stdout, _, _, err := run(s.source, "--host", host)
		if err != nil {
			return nil, err
		}
		return s.inv.parse(s.source, stdout, false)
	}
	stdout, help, err := s.inv.script(s.source, "--host", host)
	if err != nil {
		return nil, err
	}
	if len(strings.TrimSpace(string(stdout))) == 0 {
		return &yaml.Node{Kind: yaml.Map, Style: yaml.JSON}, nil
	}
	n, err := yaml.ParseJSON(s.source, stdout)
	if err != nil {
		cause := failure.Failure{Msg: "JSON parsing failed: " + err.Error(), At: &value.Origin{File: scriptOutput(s.source) + " for host " + value.StrRepr(host) + jsonPlace(err)}}
		return nil, &fault{failure.Failure{Msg: "Inventory script result for host " + value.StrRepr(host) + " could not be parsed as JSON.", Help: help}.Because(&cause)}
	}
	return n, nil
}

// jsonPlace is the place that an error of Python's JSON parser tells, as it stands in an origin.
func jsonPlace(err error) string {
	m := jsonPlaceShape.FindStringSubmatch(err.Error())
	if m == nil {
		return ""
	}
	return ":" + m[1] + ":" + m[2]
}

var jsonPlaceShape = regexp.MustCompile(`line (\d+) column (\d+) \(char \d+\)$`)
