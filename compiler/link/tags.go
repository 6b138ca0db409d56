package link

import (
	"pbc/ir"
	"pbc/ir/value"
)

// excluded lists the tasks that --tags and --skip-tags leave out. First is the number of the first
// task given.
//
// Ansible docs: "Tags".
func (l *Linker) excluded(play, first int, tasks []*ir.Task) ([]int, error) {
	var out []int
	for i, t := range tasks {
		if t.Handler {
			continue
		}
		tags, err := l.tags(play, t)
		if err != nil {
			return nil, err
		}
		if !selected(tags, l.opt.Tags, l.opt.Skip) {
			out = append(out, first+i)
		}
	}
	return out, nil
}

func (l *Linker) tags(play int, t *ir.Task) (map[string]bool, error) {
	out := map[string]bool{}
	for _, v := range t.Tags {
		r, err := l.playValue(play, v)
		if err != nil {
			return nil, err
		}
		list, ok := r.(*value.List)
		if !ok {
			list = value.NewList(r)
		}
		for _, e := range list.V {
			s, err := value.ToStr(e)
			if err != nil {
				return nil, err
			}
			out[s] = true // only text as written is split at commas: the loader did that
		}
	}
	if len(out) == 0 {
		out["untagged"] = true
	}
	return out, nil
}

// selected says whether a task with these tags runs.
func selected(tags map[string]bool, only, skip []string) bool {
	if len(only) > 0 && !chosen(tags, only) {
		return false
	}
	if has(skip, "all") {
		return tags["always"] && !has(skip, "always")
	}
	for _, s := range skip {
		if tags[s] {
			return false
		}
	}
	return !has(skip, "tagged") || tags["untagged"]
}

func chosen(tags map[string]bool, only []string) bool {
	if tags["always"] || has(only, "all") && !tags["never"] {
		return true
	}
	for _, t := range only {
		if tags[t] {
			return true
		}
	}
	return has(only, "tagged") && !tags["untagged"] && !tags["never"]
}

func has(list []string, s string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}
