package playbook

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"pbc/compiler/yaml"
	"pbc/ir/value"
)

// TagsSelect says whether something with these tags runs under --tags only and --skip-tags skip. No only is "all".
func TagsSelect(tags, only, skip []string) bool {
	untagged := len(tags) == 0
	if untagged {
		tags = []string{"untagged"}
	}
	if len(only) == 0 {
		only = []string{"all"}
	}
	has := func(t string) bool { return slices.Contains(tags, t) }
	meets := func(list []string) bool { return slices.ContainsFunc(list, has) }
	never := has("never")
	run := has("always") || slices.Contains(only, "all") && !never || meets(only) ||
		slices.Contains(only, "tagged") && !untagged && !never
	return run && !skipped(skip, untagged, has("always"), meets(skip))
}

// skipped says whether --skip-tags leaves something out.
func skipped(skip []string, untagged, always, meets bool) bool {
	switch {
	case slices.Contains(skip, "all"):
		return !always || slices.Contains(skip, "always")
	case meets:
		return true
	}
	return slices.Contains(skip, "tagged") && !untagged
}

// ListOptions choose what List shows.
type ListOptions struct {
	Tasks, Tags, Hosts bool
	Only, Skip         []string // --tags and --skip-tags
	// Match gives the hosts of a play's patterns, in the order to show them; needed for Hosts alone.
	Match func(patterns []string) []string
	// Headline gives the rendered patterns and the name of a play, by its number among those of all playbooks. Nil has them rendered
	// as far as the playbook alone tells.
	Headline func(play int) (patterns []string, name string)
	First    int // the number of the first play of the playbook
}

// List is what ansible-playbook tells for --list-tasks, --list-tags and --list-hosts, for one playbook: the text of each message.
// With an error it ends before what cannot be told, for a tag of it is undefined.
func (l *Loader) List(pb *Playbook, o ListOptions) (list []string, err error) {
	list = []string{"\nplaybook: " + pb.File}
	for i, p := range pb.Plays {
		l.within(p, func() {
			list = append(list, l.listPlay(i, p, o))
			if !o.Tasks && !o.Tags {
				return
			}
			var tasks string
			if tasks, err = l.listTasks(p, o); err == nil {
				list = append(list, tasks)
			}
		})
		if err != nil {
			return list, err
		}
	}
	return list, nil
}

// listPlay is the head of a play, and its hosts.
func (l *Loader) listPlay(number int, p *Play, o ListOptions) string {
	var b strings.Builder
	hosts, name := l.shownHosts(p), ""
	if o.Headline != nil {
		hosts, name = o.Headline(o.First + number)
	} else {
		name = l.shown(p, p.Name)
	}
	fmt.Fprintf(&b, "\n  play #%d (%s): %s\tTAGS: [%s]", number+1, strings.Join(hosts, ","), name, strings.Join(ownTags(p), ","))
	if o.Hosts {
		matched := o.Match(hosts)
		list := value.NewList()
		for _, h := range hosts {
			list.V = append(list.V, h)
		}
		pattern, _ := value.Repr(list) // text has a repr always
		fmt.Fprintf(&b, "\n    pattern: %s\n    hosts (%d):", pattern, len(matched))
		for _, h := range matched {
			b.WriteString("\n      " + h)
		}
	}
	return b.String()
}

// listTasks are the tasks of a play, and all their tags.
func (l *Loader) listTasks(p *Play, o ListOptions) (string, error) {
	var b strings.Builder
	if o.Tasks {
		b.WriteString("    tasks:\n")
	}
	own := ownTags(p)
	all := slices.Clone(own)
	for _, block := range p.Compile(false) {
		if err := l.listSteps(&b, p, block.Body, o, own, &all); err != nil {
			return "", err
		}
	}
	if o.Tags {
		fmt.Fprintf(&b, "      TASK TAGS: [%s]\n", strings.Join(sortedUnique(all), ", "))
	}
	return b.String(), nil
}

// ownTags are the tags that a play itself has.
func ownTags(p *Play) []string { return sortedUnique(texts(listItems(p.Keywords.Get("tags")))) }

// listSteps shows the tasks that the tags select. As in Ansible those of rescue and always are not shown.
func (l *Loader) listSteps(b *strings.Builder, p *Play, steps []Step, o ListOptions, own []string, all *[]string) error {
	for _, s := range steps {
		if block, ok := s.(*Block); ok {
			if err := l.listSteps(b, p, block.Body, o, own, all); err != nil {
				return err
			}
			continue
		}
		t := s.(*Task)
		tags, err := l.shownTags(p, Tags(t))
		if err != nil {
			return err
		}
		if t.Kind == Meta && t.Implicit || !TagsSelect(tags, o.Only, o.Skip) {
			continue
		}
		*all = append(*all, tags...)
		if !o.Tasks {
			continue
		}
		name := t.Action
		if t.Name != "" {
			name = t.DisplayName()
		}
		fmt.Fprintf(b, "      %s\tTAGS: [%s]\n", name, strings.Join(sortedUnique(append(slices.Clone(own), tags...)), ", "))
	}
	return nil
}

func sortedUnique(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

// shown is text of a play, rendered where that can be done without a host.
func (l *Loader) shown(p *Play, text string) string {
	s, err := l.render(nil, text, &Scope{l: l, Play: p})
	if err != nil {
		return text
	}
	return s
}

// shownTags are the tags of a task, rendered: one that is a list stands for its elements.
func (l *Loader) shownTags(p *Play, tags []*yaml.Node) ([]string, error) {
	var out []string
	for _, t := range tags {
		v, err := l.renderValue(nil, show(t), &Scope{l: l, Play: p})
		var lacking NoRender
		switch {
		case errors.As(err, &lacking):
			v = show(t)
		case err != nil:
			return nil, l.renderFault(t, err)
		}
		names := []value.Value{v}
		if list, ok := v.(*value.List); ok {
			names = list.V
		}
		for _, n := range names {
			s, _ := value.ToStr(n)
			out = append(out, s)
		}
	}
	return sortedUnique(out), nil
}

// shownHosts are the patterns of a play.
func (l *Loader) shownHosts(p *Play) []string {
	var out []string
	for _, h := range texts(listItems(p.Keywords.Get("hosts"))) {
		out = append(out, l.shown(p, h))
	}
	return out
}
