package compiler

import (
	"fmt"

	"pbc/compiler/files"
	"pbc/compiler/jinja"
	"pbc/compiler/link"
	"pbc/compiler/payload"
	"pbc/compiler/playbook"
	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/value"
)

// Open makes a unit of a plan. What the playbooks are and where they were looked for is the plan's; of opt.Playbook only Decrypt, Duplicates and
// Rejected count, for what is read again or included. The plays of a locked plan are compiled at once, those of
// others when the first include asks for its file. p must have been verified.
func Open(p *ir.Program, opt Options) (*Unit, error) {
	own := *p
	o := p.Origin
	opt.Files, opt.Managed, opt.Core, opt.CoreVersion = p.Entry, o.Managed, o.Core, o.CoreVersion
	opt.Dialect = expr.Classic
	if p.Dialect == "tagged" {
		opt.Dialect = expr.Tagged
	}
	opt.Extra, _ = o.Extra.V.(*value.Dict)
	opt.Playbook = playbook.Options{Tagged: p.Dialect == "tagged", Like: o.CoreVersion, Cwd: o.Cwd, Home: o.Home, RolesPath: o.RolesPath, CollectionPaths: o.CollectionPaths, ModulePaths: o.ModulePaths,
		ActionPaths: o.ActionPaths, UtilsPaths: o.UtilsPaths, Decrypt: opt.Playbook.Decrypt, Duplicates: opt.Playbook.Duplicates, Rejected: opt.Playbook.Rejected}
	u := &Unit{Program: &own, Starts: p.Starts, opt: opt, jinja: jinja.Defaults(opt.Dialect).Extended(opt.Extensions), source: replayed(p), included: map[string]int{}, payloads: map[string]*payload.Built{}, libraries: map[string]*payload.Library{}, named: map[renamedTask]*ir.Extension{}, looked: map[string]ir.Val{}, sealed: true}
	for _, l := range o.Looked {
		u.looked[l.Call] = l.Gave
	}
	if p.Locked {
		if err := u.replay(); err != nil {
			return nil, err
		}
		own.Plays, own.Slots, own.Locked = nil, nil, false
		for _, l := range u.plays {
			own.Plays = append(own.Plays, l.IR)
		}
		u.slots()
		return u, u.checkDefaults(own.Plays)
	}
	if err := u.describe(); err != nil {
		return nil, err
	}
	return u, u.checkDefaults(own.Plays)
}

// Extra are the extra variables that the program was compiled with; nil when there were none.
func (u *Unit) Extra() *value.Dict { return u.opt.Extra }

// replayed is the source that a plan holds.
func replayed(p *ir.Program) *playbook.Recording {
	r := playbook.NewRecording(nil)
	for _, s := range p.Sources {
		switch {
		case s.IsDir:
			r.Kinds[s.Path] = playbook.Dir
			if s.Listed {
				r.Lists[s.Path] = s.Names
			}
		case s.Digest != "":
			r.Kinds[s.Path] = playbook.File
			r.Files[s.Path] = p.Blobs[s.Digest]
		case s.Link == "":
			r.Kinds[s.Path] = playbook.File
		}
		if s.Real != "" {
			r.Links[s.Path] = s.Real
		}
	}
	return r
}

// replay compiles the plan's sources, for the way back from numbers to the tree.
func (u *Unit) replay() error {
	if !u.sealed || u.plays != nil {
		return nil
	}
	twin, diags := Compile(u.twin())
	if twin == nil {
		return fmt.Errorf("the sources in the plan do not compile: %w", diags.Items[0])
	}
	if !u.Program.Locked {
		for i, l := range twin.plays {
			if i >= len(u.Program.Plays) || !sameShape(l.IR, u.Program.Plays[i]) {
				return fmt.Errorf("the sources in the plan give another program than it holds: compile it again")
			}
		}
	}
	if len(twin.plays) < len(u.Program.Plays) {
		return fmt.Errorf("the sources in the plan give %d plays of %d: compile it again", len(twin.plays), len(u.Program.Plays))
	}
	u.loader, u.plays, u.books = twin.loader, twin.plays, twin.books
	if u.Program.Locked {
		u.Starts = twin.Starts
	}
	return nil
}

// sameShape says whether the numbers of one play mean the same in the other.
func sameShape(a, b *ir.Play) bool {
	if len(a.Tasks) != len(b.Tasks) || len(a.Scopes) != len(b.Scopes) || len(a.Layers) != len(b.Layers) || len(a.Roles) != len(b.Roles) {
		return false
	}
	for i, t := range a.Tasks {
		if t.Pos != b.Tasks[i].Pos || t.Module != b.Tasks[i].Module {
			return false
		}
	}
	return true
}

// describe adds to the templates what they see of this machine, which is not in a plan.
func (u *Unit) describe() error {
	for _, p := range u.Program.Plays {
		for _, t := range p.Tasks {
			for i := range t.Files {
				f := &t.Files[i]
				if f.Kind != "templates" || !f.Tmpl.IsSet() {
					continue
				}
				if err := link.Describe(f, u.template()); err != nil {
					return fmt.Errorf("the plan lacks a template that it names: %w", err)
				}
			}
		}
	}
	return nil
}

// readFile reads a source, or in a run from a plan any file that the plan or the disk has.
func (u *Unit) readFile(path string) ([]byte, error) {
	b, err := u.source.ReadFile(path)
	if err != nil && u.sealed && u.opt.Store != nil {
		return files.ReadFile(u.opt.Store.Disk(), path)
	}
	return b, err
}
