package link

import (
	"slices"

	"pbc/ir"
	"pbc/ir/value"
)

// Route is how a play reaches a host: those of ir.RouteVars and ir.RouteKeywords that are set, as texts.
// What over holds, a task's own variables and keywords, wins. A host that is not in the inventory has the
// play's variables only.
func (l *Linker) Route(play int, host string, over *value.Dict) (*value.Dict, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.route(play, host, over)
}

func (l *Linker) route(play int, host string, over *value.Dict) (*value.Dict, error) {
	vars, err := l.routeLayers(play, host)
	if err != nil {
		return nil, err
	}
	ev := l.evaluator(play, host, vars)
	out := value.NewDict()
	for _, name := range slices.Concat(ir.RouteVars, ir.RouteSecrets) {
		v, ok := over.GetStr(name)
		if !ok {
			raw, found := vars.Lookup(name)
			if !found {
				continue
			}
			if v, err = ev.Value(raw); err != nil {
				return nil, err
			}
		}
		if err := l.putText(out, name, v); err != nil {
			return nil, err
		}
	}
	return out, l.routeKeywords(play, over, out)
}

func (l *Linker) routeLayers(play int, host string) (layers, error) {
	d, err := l.playVars(play, host)
	if err != nil {
		return nil, err
	}
	p := l.prog.Plays[play]
	set, included, _ := l.madeOn(host)
	out := layers{l.opt.Extra, set, included}
	defaults, roleVars := l.shownRoles(p)
	out = append(append(out, reversedLayers(p, roleVars)...), d)
	out = append(out, l.hostLayers(host)...)
	return append(out, reversedLayers(p, defaults)...), nil
}

func (l *Linker) routeKeywords(play int, over, out *value.Dict) error {
	p := l.prog.Plays[play]
	for _, k := range []struct {
		name string
		v    ir.Val
	}{{"connection", p.Connection}, {"remote_user", p.RemoteUser}, {"port", p.Port}} {
		v, ok := over.GetStr(k.name)
		if !ok && k.v.IsSet() {
			var err error
			if v, err = l.playValue(play, k.v); err != nil {
				return err
			}
		}
		if err := l.putText(out, k.name, v); err != nil {
			return err
		}
	}
	return nil
}

// putText sets an entry to the text of a value, if it has one.
func (l *Linker) putText(d *value.Dict, name string, v value.Value) error {
	if v == nil || l.opt.Settings.IsOmit(v) {
		return nil
	}
	s, err := value.ToStr(v)
	d.SetStr(name, s)
	return err
}

// knownRoute is the route to a host as the host's agent may know it: without the passwords that its code
// does not read.
func (l *Linker) knownRoute(play int, host string, n *names) *value.Dict {
	route, err := l.route(play, host, nil)
	if err != nil {
		return value.NewDict() // whoever dials meets the same
	}
	for _, s := range ir.RouteSecrets {
		if !n.all && !n.set[s] {
			route.Del(s)
		}
	}
	return route
}

// ConnectionOf is the name of the connection plugin that a route asks for, "" for the setting's.
func ConnectionOf(route *value.Dict) string {
	for _, name := range []string{"ansible_connection", "connection"} {
		if v, ok := route.GetStr(name); ok && v != nil {
			s, _ := value.ToStr(v)
			return s
		}
	}
	return ""
}
