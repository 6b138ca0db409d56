package compiler

import (
	"slices"
	"strings"

	"pbc/compiler/diag"
	"pbc/compiler/lower"
	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/value"
)

// lookupKinds are the lookups that read the controller's files, with the subfolder where they look.
var lookupKinds = map[string]string{
	"file": "files", "unvault": "files", "fileglob": "files", "first_found": "files", "csvfile": "files", "ini": "files", "template": "templates",
}

// diskLookups read more of a folder than a plan keeps.
var diskLookups = map[string]bool{"filetree": true}

func builtinName(s string) string {
	for _, p := range []string{"ansible.builtin.", "ansible.legacy.", "community.general."} {
		s = strings.TrimPrefix(s, p)
	}
	return s
}

// lookups takes the files into the plan that the lookups of a play may read.
func (s *sealer) lookups(p *lower.Play) {
	t := p.Tables()
	layers := func(lex *ir.Scope, list []int) {
		for _, n := range list {
			s.within(t.Layers[n].V, lex)
		}
	}
	for _, lex := range t.Scopes {
		for _, list := range [][]int{lex.Task, lex.IncludeParams, lex.RoleParams, lex.RoleVars, lex.RoleDefaults, p.IR.RoleDefaults, p.IR.RoleVars} {
			layers(lex, list)
		}
		if p.IR.Vars >= 0 {
			layers(lex, []int{p.IR.Vars})
		}
	}
	for _, x := range t.Tasks {
		s.taskLookups(x, t.Scopes[x.Scope])
	}
}

func (s *sealer) taskLookups(x *ir.Task, lex *ir.Scope) {
	s.at = x.Pos
	s.within(x.Args.V, lex)
	for _, e := range x.Exprs {
		s.within(e.V, lex)
	}
	for _, list := range [][]ir.Val{x.When, x.Until, x.ChangedWhen, x.FailedWhen, x.Environment} {
		for _, v := range list {
			s.within(v.V, lex)
		}
	}
	for _, f := range x.Files {
		s.within(f.Tmpl.V, lex)
	}
	if x.Loop == nil {
		return
	}
	s.within(x.Loop.Items.V, lex)
	if x.Loop.With != "" {
		s.plugin(x.Loop.With, s.terms(x.Loop.Items.V), lex, x.Action)
	}
}

// within looks for lookups in the templates of a value.
func (s *sealer) within(v value.Value, lex *ir.Scope) {
	switch x := v.(type) {
	case *value.Tmpl:
		s.calls(x.Root, lex)
	case *value.Cond:
		s.calls([]*expr.Node{x.Root}, lex)
		if x.Tmpl != nil {
			s.calls(x.Tmpl.Root, lex)
		}
	case *value.List:
		for _, e := range x.V {
			s.within(e, lex)
		}
	case *value.Dict:
		for i := range x.Len() {
			s.within(x.V[i], lex)
		}
	}
}

func (s *sealer) calls(roots []*expr.Node, lex *ir.Scope) {
	expr.WalkAll(roots, func(n *expr.Node) bool {
		if n.Op != expr.OCall || len(n.A) < 2 || n.A[0].Op != expr.OName || !slices.Contains([]string{"lookup", "query", "q"}, n.A[0].S) {
			return true
		}
		name, ok := n.A[1].V.(string)
		if n.A[1].Op != expr.OConst || !ok {
			return true
		}
		var terms []string
		for _, a := range n.A[2:] {
			terms = append(terms, nodeTerms(a)...)
		}
		for _, k := range n.KW {
			if k.K == "file" || k.K == "files" {
				terms = append(terms, nodeTerms(k.V)...)
			}
		}
		s.plugin(name, terms, lex, "")
		return true
	})
}

// nodeTerms are the names that an argument of a lookup may be.
func nodeTerms(n *expr.Node) []string {
	if n.Op == expr.OList || n.Op == expr.OTuple {
		var out []string
		for _, a := range n.A {
			out = append(out, nodeTerms(a)...)
		}
		return out
	}
	return []string{constant(n, nil)}
}

// terms are the names that the terms of with_X may be.
func (s *sealer) terms(v value.Value) []string {
	switch x := v.(type) {
	case *value.List:
		var out []string
		for _, e := range x.V {
			out = append(out, s.terms(e)...)
		}
		return out
	case *value.Dict: // first_found: files below paths
		files, _ := x.GetStr("files")
		paths, _ := x.GetStr("paths")
		names := s.terms(files)
		for _, dir := range s.terms(paths) {
			for _, f := range s.terms(files) {
				names = append(names, dir+"/"+f)
			}
		}
		return names
	case nil:
		return nil
	}
	return []string{wildcard(v, nil)}
}

var globs = strings.NewReplacer("*", star, "?", star, "[", star, "]", star)

// plugin takes the files into the plan that one call of a lookup may read. Action is the action of a with_X.
func (s *sealer) plugin(name string, terms []string, lex *ir.Scope, action string) {
	name = builtinName(name)
	kind, ok := lookupKinds[name]
	if diskLookups[name] {
		s.refused.Add(diag.Unsupportedf(s.at, "the lookup %s in a plan", name))
	}
	if !ok {
		return
	}
	for word, sub := range map[string]string{"template": "templates", "var": "vars"} {
		if name == "first_found" && strings.Contains(action, word) {
			kind = sub
		}
	}
	for _, t := range terms {
		if name == "fileglob" {
			t = globs.Replace(t)
		}
		if _, file, ok := strings.Cut(t, "file="); ok && (name == "csvfile" || name == "ini") {
			t, _, _ = strings.Cut(file, " ")
		}
		if t != "" && s.once(append([]string{"lookup", kind, t, lex.Basedir}, lex.Search...)...) {
			s.search(lex, kind, t)
		}
	}
}
