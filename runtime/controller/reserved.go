package controller

import (
	"maps"
	"slices"
	"strings"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/failure"
	"pbc/ir/keyword"
	"pbc/ir/value"
	"pbc/runtime/callback"
	"pbc/runtime/machine"
)

func (c *Controller) warnAll(list []*failure.Failure) {
	for _, w := range list {
		c.emit(callback.Warning{Text: w.Msg, Chain: w})
	}
}

// reservedLeft are the warnings of dialect tagged for variables that a task has made and that have a reserved name.
func reservedLeft(t *ir.Task, e *event.Event) []*failure.Failure {
	var out []*failure.Failure
	if keyword.Reserved(t.Register) {
		var at *value.Origin
		if p, ok := t.Places["register"]; ok {
			at = &value.Origin{File: t.Pos.File, Line: p[0], Col: p[1]}
		}
		out = append(out, failure.Reserved(t.Register, at))
	}
	facts := machine.Facts(t, e)
	for _, host := range slices.Sorted(maps.Keys(facts)) {
		for _, one := range facts[host].V {
			out = append(out, reservedFacts(one)...)
		}
	}
	return out
}

// reservedFacts is reservedLeft for one entry of machine.Facts. Results have their keys in alphabetical order.
func reservedFacts(entry value.Value) []*failure.Failure {
	var out []*failure.Failure
	d, _ := entry.(*value.Dict)
	v, _ := d.GetStr("facts")
	facts, _ := v.(*value.Dict)
	if facts == nil {
		return nil
	}
	for _, k := range facts.K {
		if name, _ := value.Text(k); keyword.Reserved(name) {
			out = append(out, failure.Reserved(name, value.OriginOf(k)))
		}
	}
	slices.SortFunc(out, func(a, b *failure.Failure) int { return strings.Compare(a.Msg, b.Msg) })
	return out
}
