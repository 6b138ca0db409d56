package playbook

import (
	"fmt"
	"slices"
	"strings"

	"pbc/compiler/yaml"
	"pbc/ir"
)

// resolveGroup gives the full name of a group of actions, and keeps its members with the play.
func (l *Loader) resolveGroup(play *Play, name string, mandatory bool) (string, bool) {
	coll := "ansible.builtin"
	if fullName.MatchString(name) {
		parts := strings.SplitN(name, ".", 3)
		coll = parts[0] + "." + parts[1]
	} else {
		name = coll + "." + name
	}
	if play == nil {
		return name, true
	}
	if _, done := play.Groups[name]; done {
		return name, true
	}
	members, extends, found := l.catalog.group(coll, name)
	if !found {
		if mandatory {
			l.invalid(ir.Pos{}, "Error loading module_defaults: could not resolve the module_defaults group %s", name)
		}
		return name, false
	}
	if play.Groups == nil {
		play.Groups = map[string][]string{}
	}
	list := []string{}
	for _, m := range members {
		if !fullName.MatchString(m) {
			m = coll + "." + m
		}
		if full := l.resolveDefault(m); full != "" {
			list = append(list, full)
		}
	}
	play.Groups[name] = list
	for _, ext := range extends {
		if !fullName.MatchString(ext) {
			ext = coll + "." + ext
		}
		if full, ok := l.resolveGroup(play, ext, false); ok {
			play.Groups[name] = append(play.Groups[name], play.Groups[full]...)
		}
	}
	return name, true
}

// group gives the members of a group of actions, and the groups it extends.
func (c *catalog) group(coll, name string) (members, extends []string, found bool) {
	short := strings.TrimPrefix(name, coll+".")
	if coll == "ansible.builtin" {
		all, ok := corePlugins().groups[short]
		for _, m := range all {
			if ext, ok := strings.CutPrefix(m, "+"); ok {
				extends = append(extends, ext)
			} else {
				members = append(members, m)
			}
		}
		return members, extends, ok
	}
	groups := c.collection(coll).meta.Get("action_groups")
	g := groups.Get(name)
	if g == nil {
		g = groups.Get(short)
	}
	if !isSeq(g) {
		return nil, nil, false
	}
	known := false
	for _, m := range g.Items {
		if s, ok := m.Text(); ok {
			members = append(members, s)
			continue
		}
		c.l.checkGroupMetadata(name, m, known)
		known = known || isMap(m.Get("metadata"))
		ext := m.Get("metadata").Get("extend_group")
		if isSeq(ext) {
			extends = append(extends, texts(ext.Items)...)
		} else if s, ok := ext.Text(); ok {
			extends = append(extends, s)
		}
	}
	return members, extends, true
}

// checkGroupMetadata warns of an entry of a group of actions that is neither a name nor metadata as they should be. Known says that the
// group has metadata already.
func (l *Loader) checkGroupMetadata(group string, entry *yaml.Node, known bool) {
	if l.opt.AnyGroupMetadata {
		return
	}
	var wrong []string
	say := func(format string, a ...any) { wrong = append(wrong, fmt.Sprintf(format, a...)) }
	if keys := keyTexts(entry); len(keys) != 1 || keys[0] != "metadata" {
		slices.Sort(keys)
		say("The only expected key is metadata, but got keys: %s", strings.Join(keys, ", "))
	} else {
		if known {
			say("The group contains multiple metadata entries.")
		}
		checkMetadata(entry.Get("metadata"), say)
	}
	if len(wrong) > 0 {
		l.warn(ir.Pos{}, "Invalid metadata was found for action_group %s while loading module_defaults. %s", group, strings.Join(wrong, " "))
	}
}

func checkMetadata(meta *yaml.Node, say func(format string, a ...any)) {
	if !isMap(meta) {
		got, text := meta.Text()
		if !text {
			got = repr(meta)
		}
		say("The metadata is not a dictionary. Got %s", got)
		return
	}
	unexpected := slices.DeleteFunc(keyTexts(meta), func(k string) bool { return k == "extend_group" })
	if len(unexpected) > 0 {
		say("The metadata contains unexpected keys: %s", strings.Join(unexpected, ", "))
	}
	if ext := meta.Get("extend_group"); ext != nil && !isSeq(ext) {
		if _, text := ext.Text(); !text {
			say("The metadata contains unexpected key types: extend_group is %s (expected type list)", repr(ext))
		}
	}
}

// keyTexts are the keys of a mapping that are text.
func keyTexts(n *yaml.Node) []string {
	var out []string
	for _, k := range n.Keys {
		if s, ok := k.Text(); ok {
			out = append(out, s)
		}
	}
	return out
}
