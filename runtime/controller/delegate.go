package controller

import (
	"context"
	"errors"
	"slices"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
	"pbc/runtime/machine"
)

// delegate runs a module for a host that asked, on another host or by another way.
func (c *Controller) delegate(ctx context.Context, play int, host string, n *event.Need) *event.Answer {
	args, _ := n.Args.V.(*value.Dict)
	target, _ := args.GetStr("host")
	route, _ := args.GetStr("route")
	call, _ := args.GetStr("call")
	name, _ := value.Text(target)
	vars, _ := route.(*value.Dict)
	body, ok := call.(*value.Dict)
	if !ok {
		return &event.Answer{Error: "malformed call"}
	}
	if name == "" {
		name = host
	}
	p, err := c.delegatePeer(ctx, host, name, vars)
	var u *Unreachable
	if errors.As(err, &u) && !u.Failed {
		return &event.Answer{Error: u.Msg, Kind: "unreachable"}
	}
	if err != nil {
		return &event.Answer{Error: err.Error()}
	}
	c.givePassword(ctx, play, name, args, body)
	module, _ := body.GetStr("name")
	m, _ := value.Text(module)
	res, err := p.call(ctx, m, body)
	if err != nil {
		return &event.Answer{Error: lostMessage(err), Kind: "unreachable"}
	}
	return &event.Answer{Value: ir.Val{V: res}}
}

// givePassword puts the password of the host that a call is for into its become, where variables of that host have one: the last of those that
// the asking host names, and is not told itself. What it names besides such variables is not looked at.
func (c *Controller) givePassword(ctx context.Context, play int, target string, args, body *value.Dict) {
	v, _ := body.GetStr("become")
	become, ok := v.(*value.List)
	if !ok || len(become.V) != 6 {
		return
	}
	method, _ := value.Text(become.V[1])
	names := named(args, machine.BecomePasswords(method))
	if len(names.V) == 0 {
		return
	}
	a := c.opt.Linker.Answer(ctx, play, target, &event.Need{Ask: event.HostVars, Args: ir.Val{V: value.DictOf("host", target, "names", names)}})
	levels, _ := a.Value.V.(*value.Dict)
	for _, name := range names.V {
		for _, level := range []string{"rest", "set"} {
			v, _ := levels.GetStr(level)
			found, _ := v.(*value.Dict)
			s, _ := value.Text(name)
			if p, ok := found.GetStr(s); ok {
				become.V[4], _ = value.ToStr(p)
			}
		}
	}
}

// named are those of some variables that a host names as holding passwords.
func named(args *value.Dict, among []string) *value.List {
	out := value.NewList()
	v, _ := args.GetStr("passwords")
	list, _ := v.(*value.List)
	if list == nil {
		return out
	}
	for _, name := range list.V {
		if s, ok := value.Text(name); ok && slices.Contains(among, s) {
			out.V = append(out.V, s)
		}
	}
	return out
}

// delegatePeer returns the session for delegated work, one for each pair of hosts and way between them.
func (c *Controller) delegatePeer(ctx context.Context, host, target string, route *value.Dict) (*peer, error) {
	way, err := value.Repr(route)
	if err != nil {
		return nil, err
	}
	key := host + "\x00" + target + "\x00" + way
	c.mu.Lock()
	p := c.delegates[key]
	c.mu.Unlock()
	if p != nil {
		select {
		case <-p.sess.Done():
		default:
			return p, nil
		}
	}
	rw, err := c.opt.Dialer.DialTask(ctx, target, route)
	if err != nil {
		return nil, err
	}
	if p, err = c.newPeer(host, rw); err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.delegates[key] = p
	c.mu.Unlock()
	go c.serveDelegate(ctx, p)
	return p, nil
}

// serveDelegate answers the needs of a session for delegated work: blobs only.
func (c *Controller) serveDelegate(ctx context.Context, p *peer) {
	for {
		m, err := p.next()
		if err != nil {
			p.sess.Close()
			return
		}
		if m == nil || m.need == nil {
			continue
		}
		a := &event.Answer{Error: "not answered to a delegated task"}
		if m.need.Ask == event.FetchBlob {
			a = c.opt.Linker.Answer(ctx, 0, p.host, m.need)
		}
		a.ID = m.need.ID
		_ = p.send(event.KindAnswer, a)
	}
}
