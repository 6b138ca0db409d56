package playbook

import (
	"slices"

	"pbc/ir"
)

// Compile gives the blocks of a play in the order they run: pre_tasks, roles with their dependencies, tasks and
// post_tasks, each followed by flush_handlers; each use of a role ends with the meta task role_complete. force is
// the setting force_handlers as it holds for the play: then each section is a block that always flushes.
func (p *Play) Compile(force bool) []*Block {
	sections := [][]*Block{p.PreTasks, append(p.compileRoles(), p.Tasks...), p.PostTasks}
	if !force {
		out := append(slices.Clone(sections[0]), p.flush())
		out = append(append(out, sections[1]...), p.flush())
		return append(append(out, sections[2]...), p.flush())
	}
	var out []*Block
	for _, s := range sections {
		b := &Block{Play: p, Pos: ir.Pos{File: p.Pos.File}, Implicit: true}
		for _, child := range s {
			b.Body = append(b.Body, child)
		}
		if len(s) == 0 {
			b.Body = []Step{p.meta("noop", nil)}
		}
		b.Always = []Step{p.flush()}
		out = append(out, b)
	}
	return out
}

func (p *Play) compileRoles() []*Block {
	var out []*Block
	for _, r := range p.Roles {
		if !r.FromInclude {
			out = append(out, r.compile(p, nil)...)
		}
	}
	return out
}

// AllHandlers are the handler blocks of a play in the order they run: those of its roles, then its own.
func (p *Play) AllHandlers() []*Block {
	var out []*Block
	for _, r := range p.Roles {
		if !r.FromInclude {
			out = append(out, r.compileHandlers(p, nil)...)
		}
	}
	return append(out, p.Handlers...)
}

// meta makes one of the meta tasks that Ansible adds.
func (p *Play) meta(what string, parent *Block) *Task {
	t := &Task{Kind: Meta, Pos: ir.Pos{File: p.Pos.File}, Action: "meta", FQCN: "ansible.builtin.meta", Implicit: true}
	t.Args.Set("_raw_params", nil, textNode(nil, what))
	if parent != nil {
		t.Parent, t.Role = parent, parent.Role
	}
	return t
}

func (p *Play) flush() *Block {
	b := &Block{Play: p, Pos: ir.Pos{File: p.Pos.File}, Implicit: true}
	b.Body = []Step{p.meta("flush_handlers", b)}
	return b
}

// compile instantiates the tasks of a role: those of its dependencies, its own, and the mark of its end. chain
// are the roles that led here.
func (r *Role) compile(p *Play, chain []*Role) []*Block {
	chain = append(slices.Clone(chain), r)
	var out []*Block
	for _, d := range r.Deps {
		out = append(out, d.compile(p, chain)...)
	}
	for _, b := range r.Blocks {
		out = append(out, instance(b, p, chain))
	}
	end := &Block{Play: p, Role: r, Pos: ir.Pos{File: p.Pos.File}, Implicit: true}
	end.Keywords.Set("run_once", nil, boolNode(false))
	done := p.meta("role_complete", end)
	done.Keywords.Set("tags", nil, seqNode(ir.Pos{}, textNode(nil, "always")))
	done.Keywords.Set("when", nil, boolNode(true))
	end.Body = []Step{done}
	return append(out, end)
}

// compileHandlers instantiates the handlers of a role and its dependencies, once.
func (r *Role) compileHandlers(p *Play, chain []*Role) []*Block {
	if len(r.compiledHandlers) > 0 {
		return r.compiledHandlers
	}
	chain = append(slices.Clone(chain), r)
	var out []*Block
	for _, d := range r.Deps {
		out = append(out, d.compileHandlers(p, chain)...)
	}
	for _, b := range r.HandlerBlocks {
		out = append(out, instance(b, p, chain))
	}
	r.compiledHandlers = out
	return out
}

// instance copies a block of a role for one use of it.
func instance(b *Block, p *Play, chain []*Role) *Block {
	c := &copier{play: p, done: map[Step]Step{}}
	n := c.block(b)
	n.DepChain = chain
	return n
}

// copier copies steps with everything in them, so that what encloses a copy is a copy too. What encloses the first
// step copied stays.
type copier struct {
	play *Play
	done map[Step]Step
}

func (c *copier) block(b *Block) *Block {
	n := *b
	n.Play = c.play
	n.Parent = c.parent(b.Parent)
	c.done[b] = &n
	n.Body, n.Rescue, n.Always = c.steps(b.Body), c.steps(b.Rescue), c.steps(b.Always)
	return &n
}

func (c *copier) steps(list []Step) []Step {
	if list == nil {
		return nil
	}
	out := make([]Step, len(list))
	for i, s := range list {
		if b, ok := s.(*Block); ok {
			out[i] = c.block(b)
		} else {
			out[i] = c.task(s.(*Task))
		}
	}
	return out
}

func (c *copier) task(t *Task) *Task {
	n := *t
	n.Apply = nil
	n.Parent = c.parent(t.Parent)
	c.done[t] = &n
	return &n
}

// parent is the copy of what encloses a step. An import between a block and the steps it brought is copied
// here, and so is the block of an import's file, whose handlers stand elsewhere.
func (c *copier) parent(p Step) Step {
	switch {
	case p == nil:
		return nil
	case c.done[p] != nil:
		return c.done[p]
	case !c.within(p):
		return p
	}
	if b, ok := p.(*Block); ok {
		n := *b
		n.Play, n.Parent = c.play, c.parent(b.Parent)
		n.Body, n.Rescue, n.Always = nil, nil, nil
		c.done[p] = &n
		return &n
	}
	return c.task(p.(*Task))
}

// within says whether s stands in something that was copied.
func (c *copier) within(s Step) bool {
	for ; s != nil; s = s.Enclosing() {
		if c.done[s] != nil {
			return true
		}
	}
	return false
}

// Tasks calls f for every task in blocks, in the order they are written: bodies, rescue, always.
func Tasks(blocks []*Block, f func(*Task)) {
	for _, b := range blocks {
		for _, list := range [][]Step{b.Body, b.Rescue, b.Always} {
			walk(list, f)
		}
	}
}

func walk(list []Step, f func(*Task)) {
	for _, s := range list {
		if b, ok := s.(*Block); ok {
			Tasks([]*Block{b}, f)
		} else {
			f(s.(*Task))
		}
	}
}
