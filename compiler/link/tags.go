package link

import (
	"slices"

	"pbc/compiler/diag"
	"pbc/ir"
	"pbc/ir/value"
	"pbc/runtime/exception"
)

// excluded lists the tasks that --tags and --skip-tags leave out. First is the number of the first
// task given, and in are the variables that tags see.
//
// Ansible docs: "Tags".
func (l *Linker) excluded(play, first int, tasks []*ir.Task, in layers) ([]int, error) {
	var out []int
	for i, t := range tasks {
		if t.Handler {
			continue
		}
		tags, err := l.tags(play, t, in)
		if err != nil {
			return nil, err
		}
		if !selected(tags, l.opt.Tags, l.opt.Skip) {
			out = append(out, first+i)
		}
	}
	return out, nil
}

// includeLayers are the variables that the tags of what an include brings see: those that the include itself sees by its place, and what
// it gives.
//
// Observed: scenarios/tags/rendered_included.txtar.
func (l *Linker) includeLayers(play, include int, brought []*ir.Task) layers {
	t := l.tables(play)
	if include < 0 || include >= len(t.Tasks) {
		return l.playLayers(play)
	}
	of := func(lists ...[]int) layers {
		var out layers
		for _, n := range slices.Concat(lists...) {
			d, _ := t.Layers[n].V.(*value.Dict)
			out = append(out, d)
		}
		return out
	}
	lex := t.Scopes[t.Tasks[include].Scope]
	given := lex.IncludeParams
	if len(brought) > 0 {
		given = t.Scopes[brought[0].Scope].IncludeParams
	}
	above := of(given, lex.RoleParams, lex.Task, lex.RoleVars)
	if lex.Role >= 0 {
		above = append(above, roleMagic(t.Roles[lex.Role]))
	}
	return l.playLayersWith(play, above, of(lex.RoleDefaults))
}

func roleMagic(r *ir.Role) *value.Dict {
	d := value.NewDict()
	for _, name := range ir.RoleMagic {
		if v, ok := r.Magic(name); ok {
			d.SetStr(name, v)
		}
	}
	return d
}

func (l *Linker) tags(play int, t *ir.Task, in layers) (map[string]bool, error) {
	out := map[string]bool{}
	for _, v := range t.Tags {
		r, err := l.valueIn(play, v, in)
		if err != nil {
			chain := exception.Failure(err)
			if chain.At == nil {
				chain.At = value.OriginOf(v.V)
			}
			return nil, &diag.Diagnostic{Exit: 1, Msg: err.Error(), Tagged: chain}
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
