package link

import (
	"slices"

	"pbc/compiler/effect"
	"pbc/ir"
	"pbc/ir/value"
)

// OrderVar is the variable by which a play says how much of the linear strategy's order it keeps.
const OrderVar = "pbc_order"

// ordering is how the hosts of a play wait for each other.
type ordering struct {
	judge  *effect.Judge
	order  effect.Order
	fatal  bool // any_errors_fatal of the play
	shared bool // two of the hosts are the same machine
}

// Order reads the word of an order; it says whether there is one of that name.
func Order(word string) (effect.Order, bool) {
	o, ok := map[string]effect.Order{"": effect.Auto, "auto": effect.Auto, "strict": effect.Strict, "free": effect.Free}[word]
	return o, ok
}

// orderOf is the order of a play: what its variable says, else what the run does.
func (l *Linker) orderOf(play int) (effect.Order, error) {
	vars := l.playLayers(play)
	raw, ok := vars.Lookup(OrderVar)
	if !ok {
		return l.opt.Order, nil
	}
	v, err := l.evaluator(play, "", vars).Value(raw)
	if err != nil {
		return 0, err
	}
	word, _ := value.ToStr(v)
	o, ok := Order(word)
	if !ok || word == "" {
		return 0, &OrderError{Word: word}
	}
	return o, nil
}

// OrderError is an order that there is not.
type OrderError struct{ Word string }

func (e *OrderError) Error() string {
	return OrderVar + " is " + value.StrRepr(e.Word) + ", want auto, strict or free"
}

// ordering judges the tasks of a play for its hosts.
func (l *Linker) ordering(play int) (*ordering, error) {
	if o := l.orders[play]; o != nil {
		return o, nil
	}
	o := &ordering{}
	var err error
	if o.order, err = l.orderOf(play); err != nil {
		return nil, err
	}
	hosts, err := l.playHosts(play)
	if err != nil {
		return nil, err
	}
	if o.shared, err = l.oneMachine(play, hosts); err != nil {
		return nil, err
	}
	vars, err := l.allVars(play, hosts)
	if err != nil {
		return nil, err
	}
	out := Play{MaxFail: -1}
	if err := l.playKeywords(play, &out); err != nil {
		return nil, err
	}
	o.fatal = out.AnyErrorsFatal
	plugins, err := l.plugins()
	if err != nil {
		return nil, err
	}
	strategy, err := l.strategy(play)
	if err != nil {
		return nil, err
	}
	all := func() []*value.Dict { return slices.Concat(vars, layerDicts(l.tables(play).Layers)) }
	o.judge = effect.NewJudge(effect.Options{Play: l.prog.Plays[play], Tables: l.tables(play), Plugins: plugins,
		Fatal:    out.AnyErrorsFatal || out.MaxFail >= 0,
		Debugger: l.Debugs(out.Strategy),
		Older:    !ir.Newer(l.opt.Settings.CoreVersion),
		Free:     Free(strategy),
		Values:   func(name string) []value.Value { return valuesOf(all(), name) },
		Names:    func() []string { return layers(all()).Names() }})
	l.orders[play] = o
	return o, nil
}

func layerDicts(list []ir.Val) []*value.Dict {
	out := make([]*value.Dict, len(list))
	for i, v := range list {
		out[i], _ = v.V.(*value.Dict)
	}
	return out
}

// valuesOf are the different values of a variable in dictionaries.
func valuesOf(all []*value.Dict, name string) []value.Value {
	var out []value.Value
	for _, d := range all {
		v, ok := d.GetStr(name)
		if !ok {
			continue
		}
		if n := len(out); n > 0 && comparable(v) && out[n-1] == v {
			continue // of the same group
		}
		out = append(out, v)
	}
	return out
}

// comparable says whether two values can be compared as they are: by what they are, or by where they are.
func comparable(v value.Value) bool {
	switch v.(type) {
	case string, bool, int64, nil, *value.Tmpl, *value.List, *value.Dict:
		return true
	}
	return false
}

// allVars are the variables that the hosts of a play have before its first task.
func (l *Linker) allVars(play int, hosts []string) ([]*value.Dict, error) {
	out := []*value.Dict{l.opt.Magic, l.opt.Extra, l.prompted[play]}
	for i, name := range hosts {
		h := l.opt.Inventory.Host(name)
		if h == nil {
			continue
		}
		d, err := h.Vars()
		if err != nil {
			return nil, err
		}
		set, included, _ := l.madeOn(name)
		out = append(out, d, set, included)
		if i > 0 && len(l.prog.Plays[play].VarsFiles) == 0 {
			continue // those of the play are the same for all
		}
		if d, err = l.playVars(play, name); err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

// oneMachine says whether two hosts may be the same machine, or one of several may be the controller: those whose connection is
// local, and those that are reached by the same address.
func (l *Linker) oneMachine(play int, hosts []string) (bool, error) {
	if len(hosts) < 2 {
		return false, nil
	}
	seen := map[string]bool{}
	for _, h := range hosts {
		route, err := l.route(play, h, nil)
		if err != nil {
			continue // it cannot be reached
		}
		connection := ConnectionOf(route)
		if connection == "" {
			connection = l.opt.Connection
		}
		if ir.Short(connection) == "local" {
			return true, nil
		}
		address := h
		for _, name := range []string{"ansible_host", "ansible_ssh_host"} {
			if v, ok := route.GetStr(name); ok {
				address, _ = value.Text(v)
			}
		}
		if seen[address] {
			return true, nil
		}
		seen[address] = true
	}
	return false, nil
}

// barriers are those of tasks whose numbers begin with first at which the hosts of a play wait for each other.
func (l *Linker) barriers(play, first int, tasks []*ir.Task) ([]int, error) {
	o, err := l.ordering(play)
	if err != nil {
		return nil, err
	}
	var out []int
	for i, t := range tasks {
		if o.judge.Task(t).Waits(o.order, o.shared) {
			out = append(out, first+i)
		}
	}
	return out, nil
}

// brought says why variables that came while the play ran make all its tasks open from now on, "" when they do not.
func (l *Linker) brought(play int, vars []*value.Dict) string {
	o := l.orders[play]
	if o == nil || o.order != effect.Auto {
		return ""
	}
	for _, d := range vars {
		if why := o.judge.Variables([]value.Value{d}); why != "" {
			return why
		}
	}
	return ""
}

// grownOrder judges what an include has brought.
func (l *Linker) grownOrder(play int, e *ir.Extension) error {
	o, err := l.ordering(play)
	if err != nil {
		return err
	}
	o.judge.Grow(l.tables(play), e.Handlers)
	e.Open = l.brought(play, layerDicts(e.Tables.Layers))
	e.Barriers, err = l.barriers(play, e.FirstTask, e.Tables.Tasks)
	return err
}
