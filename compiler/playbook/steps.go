package playbook

import (
	"pbc/compiler/yaml"
	"pbc/ir"
	"pbc/ir/failure"
	"pbc/ir/keyword"
)

// context is where steps are loaded: what becomes their parent, role and play.
type context struct {
	play    *Play
	parent  Step
	role    *Role
	handler bool
}

// blocks loads a list of tasks and blocks. Tasks in a row become one implicit block. It returns false, unreported,
// when n is no list.
func (l *Loader) blocks(n *yaml.Node, c context) (out []*Block, isList bool) {
	if n.IsNull() {
		return nil, true
	}
	if !isSeq(n) {
		return nil, false
	}
	for i := 0; i < len(n.Items); {
		start := i
		for i < len(n.Items) && !n.Items[i].IsNull() && !isBlock(n.Items[i]) {
			i++
		}
		if start < i {
			list := seqNode(ir.Pos{File: n.Pos.File}, n.Items[start:i]...)
			out = append(out, l.implicitBlock(list, c))
		}
		if i < len(n.Items) {
			if isBlock(n.Items[i]) {
				out = appendBlock(out, l.block(n.Items[i], c))
			}
			i++
		}
	}
	return out, true
}

func appendBlock(list []*Block, b *Block) []*Block {
	if b == nil {
		return list
	}
	return append(list, b)
}

func isBlock(n *yaml.Node) bool {
	return n.Get("block") != nil || n.Get("rescue") != nil || n.Get("always") != nil
}

// implicitBlock is the block that Ansible puts around bare tasks.
func (l *Loader) implicitBlock(list *yaml.Node, c context) *Block {
	b := &Block{Pos: list.Pos, Implicit: true, Parent: c.parent, Role: c.role, Play: c.play, Handler: c.handler}
	b.Body = l.section(list, b, "a block")
	return b
}

// block loads a written block; nil when it is not valid.
func (l *Loader) block(n *yaml.Node, c context) *Block {
	b := &Block{Pos: n.Pos, Parent: c.parent, Role: c.role, Play: c.play, Handler: c.handler}
	e := entity{class: "Block", on: keyword.Block, pos: pos(n), play: c.play}
	var ok bool
	if b.Keywords, b.Vars, ok = l.keywords(e, mapOf(n)); !ok {
		return nil
	}
	body, rescue, always := b.Keywords.Del("block"), b.Keywords.Del("rescue"), b.Keywords.Del("always")
	if body != nil {
		b.Body = l.section(body, b, "a block")
	}
	if rescue != nil {
		b.Rescue = l.section(rescue, b, "rescue.")
	}
	if always != nil {
		b.Always = l.section(always, b, "always")
	}
	b.Name, _ = b.Keywords.Get("name").Text()
	if !l.checkText(e, &b.Keywords) {
		return nil
	}
	for _, s := range []struct {
		name  string
		steps []Step
	}{{"rescue", b.Rescue}, {"always", b.Always}} {
		if len(s.steps) > 0 && (body == nil || !truthy(body)) {
			l.invalid(e.pos, "'%s' keyword cannot be used without 'block'", s.name)
			return nil
		}
	}
	return b
}

// section loads the tasks of block, rescue or always of b.
func (l *Loader) section(n *yaml.Node, b *Block, what string) []Step {
	at := pos(&yaml.Node{Kind: yaml.Map, Pos: b.Pos})
	malformed := func(format string, of *yaml.Node) {
		cause := "The ds (" + show(n) + ") should be a " + format + " but was a " + class(of)
		d := l.invalid(at, "A malformed block was encountered while loading %s%s", what, because(at, cause))
		if of == plainList {
			d.Tagged = failure.Failure{Msg: "A malformed block was encountered while loading " + what, Shown: show(n)}.Because(failure.New(cause))
		}
	}
	if !isSeq(n) {
		malformed("list", n)
		return nil
	}
	c := context{play: b.Play, parent: b, role: b.Role, handler: b.Handler}
	steps := []Step{}
	for _, item := range n.Items {
		if !isMap(item) {
			malformed("dict", plainList)
			break
		}
		steps = append(steps, l.step(item, c)...)
	}
	return steps
}

// plainList is a list whose class Ansible's messages give as Python's own.
var plainList = &yaml.Node{Kind: yaml.Seq, Style: yaml.JSON}

// step loads one entry of a list of tasks, which imports may turn into several steps.
func (l *Loader) step(n *yaml.Node, c context) []Step {
	if n.Get("block") != nil {
		if c.handler {
			l.invalid(pos(n), "Using a block as a handler is not supported.")
			return nil
		}
		if b := l.block(n, c); b != nil {
			return []Step{b}
		}
		return nil
	}
	act, ok := l.parseAction(n, nil, false)
	switch {
	case !ok:
		return nil
	case includeTasks.has(act.name):
		return l.includeFile(n, c)
	case includeRoles.has(act.name):
		return l.includeRole(n, c, act.name)
	}
	t := l.task(n, c, Plain)
	if t == nil {
		return nil
	}
	return []Step{t}
}
