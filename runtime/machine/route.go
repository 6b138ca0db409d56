package machine

import (
	"context"
	"slices"
	"strings"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
	"pbc/runtime/module"
)

// route says how the task reaches the host that its module runs on: the variables and keywords that are
// about connections, as texts. Own is false when that is another way than the one by which this host was
// reached; then the controller has to run the module.
func (x *taskRun) route() (route *value.Dict, own bool, err error) {
	delegated := x.flags.DelegateTo != ""
	route = value.NewDict()
	for _, name := range slices.Concat(ir.RouteVars, ir.RouteSecrets) {
		v, ok := x.routeVar(name, delegated)
		if !ok {
			continue
		}
		if err := x.putRoute(route, name, ir.Val{V: v}); err != nil {
			return nil, false, err
		}
	}
	for i, v := range []ir.Val{x.t.Connection, x.t.RemoteUser, x.t.Port} {
		if !v.IsSet() {
			continue
		}
		if err := x.putRoute(route, ir.RouteKeywords[i], v); err != nil {
			return nil, false, err
		}
	}
	return route, !delegated && sameEntries(route, asDict(x.m.batch.Host.Route.V)), nil
}

func (x *taskRun) putRoute(route *value.Dict, name string, v ir.Val) error {
	r, given, err := x.rendered(name, v)
	if err != nil {
		return x.contextFault(fieldOf(name), v.V, err)
	}
	if !given || r == nil {
		return nil
	}
	s, err := value.ToStr(r)
	route.SetStr(name, s)
	return err
}

// routeVar finds a variable about the connection: of a delegated task only what the task itself sets, since
// the rest is the other host's.
func (x *taskRun) routeVar(name string, delegated bool) (value.Value, bool) {
	if !delegated {
		if v, ok := x.vars.local.GetStr(name); ok {
			return v, true
		}
		return x.vars.sent(name)
	}
	if _, ok := x.m.extra.GetStr(name); ok {
		return nil, false
	}
	if v, ok := x.vars.local.GetStr(name); ok {
		return v, true
	}
	if v, ok := x.vars.params(name); ok {
		return v, true
	}
	v, ok := x.vars.layered(name, x.vars.lex.Task, x.vars.lex.RoleVars)
	if ok && has(asDict(get(x.delegateVars(x.flags.DelegateTo), "set")), name) {
		return nil, false
	}
	return v, ok
}

// ofDelegate is a variable of the host that the task is delegated to, as the task would see it there.
func (x *taskRun) ofDelegate(host, name string) (value.Value, bool) {
	if v, ok := x.vars.local.GetStr(name); ok {
		return v, true
	}
	there := x.delegateVars(host)
	return x.vars.sentOf(name, asDict(get(there, "set")).GetStr, func(name string) (value.Value, bool) {
		if slices.Contains(delegateReads, name) || becomeSecret(name) { // no host is told a password but where it reads it
			return asDict(get(there, "rest")).GetStr(name)
		}
		v, ok, err := x.outside().HostVar(host, name)
		return v, ok && err == nil
	})
}

// becomeSecret says whether a variable is a password for becoming another user.
func becomeSecret(name string) bool { return strings.Contains(name, "_pass") }

// sameEntries says whether two dictionaries of texts hold the same, in any order.
func sameEntries(a, b *value.Dict) bool {
	if a.Len() != b.Len() {
		return false
	}
	for i, k := range a.K {
		v, ok, err := b.Get(k)
		if err != nil || !ok || !value.Same(a.V[i], v) {
			return false
		}
	}
	return true
}

// delegate lets the controller run the module: on another host, or on this one by another way.
func (x *taskRun) delegate(ctx context.Context, c *module.Call, b Become, route *value.Dict) (*value.Dict, error) {
	args := value.DictOf("host", x.flags.DelegateTo, "route", route, "call", EncodeCall(c, b), "passwords", texts(x.passwords))
	a, err := x.m.up.Ask(ctx, need(event.Delegate, x, args))
	if err != nil {
		return nil, err
	}
	if a.Error != "" {
		if a.Kind == "unreachable" {
			return value.DictOf("unreachable", true, "msg", a.Error, "changed", false), nil
		}
		return nil, faultf("%s", a.Error)
	}
	res, ok := a.Value.V.(*value.Dict)
	if !ok {
		return nil, faultf("the delegated task returned a %s", value.TypeName(a.Value.V))
	}
	return res, nil
}

// delegatedHostVars is the variable ansible_delegated_vars: by the name of the host that the task is delegated to all variables of that
// host, but for inventory_hostname, which stays.
//
// Observed: ansible-core 2.14 and 2.19.
func (x *taskRun) delegatedHostVars() (value.Value, bool) {
	v, given, err := x.rendered("delegate_to", x.t.DelegateTo)
	if err != nil || !given {
		return nil, false
	}
	host, err := value.ToStr(v)
	if err != nil {
		return nil, false
	}
	all, _, err := x.outside().HostVar(host, "")
	if err != nil {
		return nil, false
	}
	vars := asDict(all).Copy()
	vars.SetStr("inventory_hostname", x.m.host.Name)
	return value.DictOf(host, vars), true
}

// delegatedVars are what callbacks are told of the host that a task was delegated to, and of the way there.
func (x *taskRun) delegatedVars() *value.Dict {
	d := x.delegateReach()
	route, _, err := x.route()
	if err != nil {
		return d // the module met the same when it was to run
	}
	for _, name := range delegatedReach {
		for _, n := range reachNames[name] {
			if v, ok := route.GetStr(n); ok {
				d.SetStr(name, reachTyped(name, v))
			}
		}
	}
	return d
}

// delegatedReach are the variables about connections that callbacks are told.
var delegatedReach = []string{"ansible_host", "ansible_port", "ansible_user", "ansible_connection"}

// delegateReads are the variables that tasks read of the host that they are delegated to: it is asked for all of them at once.
var delegateReads = slices.DeleteFunc(slices.Concat([]string{module.DiscoveredFact}, ir.AgentReads, ir.RouteVars), becomeSecret)

// delegateVars are those of delegateReads that the host has, as they are when the task first asks: "set" are those that tasks have set, "rest" the others.
func (x *taskRun) delegateVars(host string) *value.Dict {
	if d := x.others[host]; d != nil {
		return d
	}
	if d := x.m.delegated[host]; d != nil && x.alone() {
		return d
	}
	d := value.NewDict()
	if a, err := x.outside().ask(event.HostVars, "", value.DictOf("host", host, "names", texts(delegateReads))); err == nil {
		d = asDict(a.Value.V)
	}
	if x.others == nil {
		x.others = map[string]*value.Dict{}
	}
	x.others[host], x.m.delegated[host] = d, d
	return d
}

// alone says whether the machine runs the task's module itself: then what is known of the other host will do.
func (x *taskRun) alone() bool {
	return actions[x.t.Module] != nil && !waits[x.t.Module] && !choosing[x.t.Module]
}

// delegateReach is what the other host's variables and the settings say of the way there. Hosts are asked about once.
func (x *taskRun) delegateReach() *value.Dict {
	host := x.flags.DelegateTo
	d := value.DictOf("ansible_delegated_host", host)
	for _, name := range delegatedReach {
		v, ok := x.variableOf(host, name)
		if !ok || v == nil {
			v = x.reachDefault(name)
		}
		d.SetStr(name, reachTyped(name, v))
	}
	return d
}
