package inventory

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"pbc/compiler/yaml"
)

// errDeclined says that a plugin does not take a source.
var errDeclined = errors.New("did not pass its verify_file() method")

// installed runs the installed ansible-inventory on a source, with one plugin enabled. Variable files are left to
// whoever asks.
func (inv *Inventory) installed(source, plugin string) (list []byte, said string, err error) {
	command := inv.opts.Installed
	cmd := exec.Command(command[0], append(command[1:len(command):len(command)], "-i", source, "--list", "--export")...)
	cmd.Env = append(append(os.Environ(), inv.opts.InstalledEnv...), "ANSIBLE_INVENTORY_ENABLED="+plugin, "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED=yes",
		"ANSIBLE_VARS_ENABLED=", "ANSIBLE_VARS_PLUGINS="+os.DevNull, "ANSIBLE_RUN_VARS_PLUGINS=demand", "ANSIBLE_NOCOLOR=yes", "ANSIBLE_FORCE_COLOR=no", "ANSIBLE_LOG_PATH="+os.DevNull, "ANSIBLE_VERBOSITY=0")
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, &stdout, &stderr
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return nil, "", &UnsupportedError{source, fmt.Sprintf("inventory plugin %s needs the installed ansible-inventory: %s", plugin, err)}
	}
	return stdout.Bytes(), stderr.String(), err
}

// parseForeign reads a source by a plugin that pbc does not have: the installed Ansible is asked what it makes of
// the source. The plugin "auto" stands for the one that the source names.
func (inv *Inventory) parseForeign(source, plugin string) error {
	if inv.opts.Installed == nil {
		return &UnsupportedError{source, "inventory plugin " + plugin + " is not pbc's own, and no ansible-inventory is installed that could be asked"}
	}
	if missing := inv.missing[plugin]; missing != nil {
		return missing
	}
	list, said, err := inv.installed(source, plugin)
	if inv.tagged() && !strings.Contains(said, "* Failed to parse ") { // else it is an older Ansible that answers
		return inv.foreignTagged(foreignAnswer{source, plugin, list, said, err})
	}
	warnings := splitWarnings(said)
	if err != nil {
		err = foreignFailure(source, plugin, warnings, said)
		var missing *missingPlugin
		if errors.As(err, &missing) {
			inv.missing[plugin] = missing
		}
		return err
	}
	for _, w := range warnings {
		inv.warn("%s", w)
	}
	return inv.exported(source, list)
}

// splitWarnings takes the warnings from what Ansible wrote to a stderr that is no terminal, and undoes its wrapping.
func splitWarnings(said string) []string {
	var out []string
	open := false
	for _, line := range strings.Split(said, "\n") {
		switch {
		case strings.HasPrefix(line, "[WARNING]: "):
			out = append(out, strings.TrimPrefix(line, "[WARNING]: "))
			open = true
		case strings.HasPrefix(line, "[") || strings.HasPrefix(line, "ERROR") || line == "":
			open = false
		case open:
			out[len(out)-1] += " " + line
		}
	}
	return out
}

// foreignFailure is the error of a plugin as Ansible worded it.
func foreignFailure(source, asked string, warnings []string, said string) error {
	prefix := fmt.Sprintf("* Failed to parse %s with %s plugin: ", source, asked)
	for _, w := range warnings {
		w = strings.TrimSpace(w)
		if msg, ok := strings.CutPrefix(w, prefix); ok {
			return errors.New(msg)
		}
		if strings.HasPrefix(w, "Failed to load inventory plugin, skipping ") {
			return &missingPlugin{w}
		}
	}
	for _, w := range warnings {
		if strings.HasPrefix(w, "Unable to parse ") {
			return errDeclined
		}
	}
	if strings.Contains(said, "Completely failed to parse inventory source") {
		return errDeclined
	}
	return errors.New(strings.TrimSpace(said))
}

// missingPlugin is a plugin that Ansible does not find, with its warning.
type missingPlugin struct{ msg string }

func (e *missingPlugin) Error() string { return e.msg }

// exported reads what ansible-inventory --list --export prints. Its groups are sorted by name, so they are taken in
// the order in which their parents list them.
func (inv *Inventory) exported(source string, list []byte) error {
	doc, err := yaml.ParseJSON(source, list)
	if err != nil {
		return fmt.Errorf("the output of ansible-inventory is not understood: %w", err)
	}
	s := scriptReader{inv: inv, source: source, meta: doc.Get("_meta").Get("hostvars"), seen: map[string]bool{}}
	todo, seen := []string{"all"}, map[string]bool{}
	for len(todo) > 0 {
		name := todo[0]
		todo = todo[1:]
		n := doc.Get(name)
		if seen[name] || n == nil {
			continue
		}
		seen[name] = true
		c := n.Get("children")
		if name == "all" { // what is below all is found out when all sources are read
			n = without(n, "children")
		}
		if err := s.group(name, n); err != nil {
			return err
		}
		if c == nil {
			continue
		}
		for _, child := range c.Items {
			t, _ := child.Text()
			if _, err := inv.addGroup(t); err != nil {
				return err
			}
			todo = append(todo, t)
		}
	}
	if s.meta == nil {
		s.meta = &yaml.Node{Kind: yaml.Map}
	}
	return s.hostVars()
}

// without is a mapping without a key; it has at least vars, so that it is not taken for a host.
func without(n *yaml.Node, key string) *yaml.Node {
	out := &yaml.Node{Kind: yaml.Map, Pos: n.Pos, Tag: n.Tag}
	out.Keys = append(out.Keys, &yaml.Node{Tag: "!!str", Value: "vars", Raw: "vars"})
	out.Items = append(out.Items, &yaml.Node{Kind: yaml.Map, Tag: "!!map"})
	for i, k := range n.Keys {
		if k.Raw != key {
			out.Keys, out.Items = append(out.Keys, k), append(out.Items, n.Items[i])
		}
	}
	return out
}

// fullName is the name of a plugin as Ansible shows it: one of a collection is a Python module.
func fullName(name string) string {
	parts := strings.SplitN(name, ".", 3)
	if len(parts) < 3 {
		return name
	}
	return "ansible_collections." + parts[0] + "." + parts[1] + ".plugins.inventory." + parts[2]
}

// foreignFault is how an installed Ansible of dialect tagged tells that a plugin of its own failed.
type foreignFault struct{ text string }

func (f *foreignFault) Error() string { return f.text }

// foreignAnswer is what the installed Ansible made of a source.
type foreignAnswer struct {
	source, plugin string
	list           []byte
	said           string
	err            error
}

// foreignTagged takes the answer of an Ansible of dialect tagged, whose warnings are not wrapped and may have paragraphs.
func (inv *Inventory) foreignTagged(a foreignAnswer) error {
	var failed error
	for _, notice := range splitNotices(a.said) {
		w, ok := strings.CutPrefix(notice, "[WARNING]: ")
		w = strings.TrimSpace(w)
		switch {
		case !ok:
		case a.err == nil:
			inv.warn("%s", w)
		case strings.HasPrefix(w, "Failed to parse inventory with "):
			failed = &foreignFault{w}
		case strings.HasPrefix(w, "Failed to load inventory plugin, skipping "):
			inv.missing[a.plugin] = &missingPlugin{w}
			return inv.missing[a.plugin]
		case strings.HasPrefix(w, "Error loading plugin "):
			inv.warn("%s", w)
		}
	}
	switch {
	case failed != nil:
		return failed
	case a.err == nil:
		return inv.exported(a.source, a.list)
	case strings.Contains(a.said, "Completely failed to parse inventory source"):
		return errDeclined
	}
	return errors.New(strings.TrimSpace(a.said))
}

// splitNotices splits what Ansible said where a line begins with a kind in brackets.
func splitNotices(said string) []string {
	var out []string
	for _, line := range strings.SplitAfter(said, "\n") {
		begins := strings.HasPrefix(line, "[WARNING]: ") || strings.HasPrefix(line, "[ERROR]: ") || strings.HasPrefix(line, "[DEPRECATION WARNING]: ")
		if begins || len(out) == 0 {
			out = append(out, "")
		}
		out[len(out)-1] += line
	}
	return out
}
