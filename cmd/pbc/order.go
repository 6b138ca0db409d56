package main

import (
	"os"
	"slices"
	"strings"

	"pbc/compiler/effect"
	"pbc/compiler/link"
	"pbc/ir"
	"pbc/ir/value"
)

// takeOrder takes --order, which ansible-playbook does not have, out of a command line: it is PBC_ORDER.
func takeOrder(args []string) []string {
	end := slices.Index(args, "--")
	if end < 0 {
		end = len(args)
	}
	i := slices.IndexFunc(args[:end], func(a string) bool { return a == "--order" || strings.HasPrefix(a, "--order=") })
	if i < 0 {
		return args
	}
	_, word, given := strings.Cut(args[i], "=")
	used := 1
	if !given && i+1 < end {
		word, used = args[i+1], 2
	}
	if word == "" {
		word = "nothing" // refused by name, as any other word that is none
	}
	_ = os.Setenv("PBC_ORDER", word) // of a name without NUL it cannot fail
	return slices.Delete(slices.Clone(args), i, i+used)
}

// judged says of the tasks of a program what is known of their effects without an inventory, and whether the hosts of a play
// wait for each other there.
func judged(p *ir.Program) func(play int, t *ir.Task) (effect.Effect, bool) {
	judges := map[int]*effect.Judge{}
	return func(play int, t *ir.Task) (effect.Effect, bool) {
		if judges[play] == nil {
			judges[play] = playJudge(p.Plays[play])
		}
		e := judges[play].Task(t)
		if s, _ := value.Text(p.Plays[play].Strategy.V); strings.HasSuffix(s, "free") || strings.HasSuffix(s, "host_pinned") {
			return e, false
		}
		return e, e.Waits(writtenOrder(p.Plays[play]), false)
	}
}

// playJudge knows the variables that a play brings itself.
func playJudge(p *ir.Play) *effect.Judge {
	var all []*value.Dict
	for _, v := range p.Layers {
		if d, ok := v.V.(*value.Dict); ok {
			all = append(all, d)
		}
	}
	fatal := p.MaxFailPercentage.IsSet() || p.AnyErrorsFatal.IsSet() && p.AnyErrorsFatal.V != false
	return effect.NewJudge(effect.Options{Play: p, Tables: &p.Tables, Fatal: fatal,
		Values: func(name string) (out []value.Value) {
			for _, d := range all {
				if v, ok := d.GetStr(name); ok {
					out = append(out, v)
				}
			}
			return out
		},
		Names: func() (out []string) {
			for _, d := range all {
				for _, k := range d.K {
					if s, ok := value.Text(k); ok {
						out = append(out, s)
					}
				}
			}
			return out
		}})
}

// writtenOrder is the order that a play's own vars ask for, as far as it is a constant.
func writtenOrder(p *ir.Play) effect.Order {
	if p.Vars < 0 {
		return effect.Auto
	}
	d, _ := p.Layers[p.Vars].V.(*value.Dict)
	v, _ := d.GetStr(link.OrderVar)
	word, _ := value.Text(v)
	o, _ := link.Order(word)
	return o
}
