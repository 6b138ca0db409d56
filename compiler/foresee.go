package compiler

import (
	"path"
	"strings"

	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/value"
)

// star stands for the part of a name that is not known before running. No path holds it.
const star = "\x00"

// wildcards are the names that an argument may have, with stars for what is not known. A loop over
// constants gives a name for each of its items.
func wildcards(v value.Value, loop *ir.Loop) []string {
	if loop == nil {
		return []string{wildcard(v, nil)}
	}
	list, ok := loop.Items.V.(*value.List)
	if !ok || loop.With != "" && loop.With != "items" && loop.With != "list" {
		return []string{wildcard(v, nil)}
	}
	name := "item"
	if loop.Var.IsSet() {
		name, _ = value.Text(loop.Var.V)
	}
	var out []string
	for _, item := range list.V {
		out = append(out, wildcard(v, map[string]value.Value{name: item}))
	}
	return out
}

// wildcard is the name that a value stands for, with stars for its templates.
func wildcard(v value.Value, known map[string]value.Value) string {
	t, ok := v.(*value.Tmpl)
	if !ok {
		s, _ := value.Text(v)
		return s
	}
	var b strings.Builder
	for _, n := range t.Root {
		b.WriteString(piece(n, known))
	}
	if len(t.Root) == 0 {
		return star
	}
	return b.String()
}

// piece is the text of one node of a template.
func piece(n *expr.Node, known map[string]value.Value) string {
	switch n.Op {
	case expr.SData:
		return n.S
	case expr.SOutput:
		var b strings.Builder
		for _, a := range n.A {
			b.WriteString(constant(a, known))
		}
		return b.String()
	}
	return star
}

// constant is the text of an expression that is made of what is known, else a star.
func constant(n *expr.Node, known map[string]value.Value) string {
	var v value.Value
	switch n.Op {
	case expr.OConst:
		v = n.V
	case expr.OName:
		v = known[n.S]
	case expr.OAttr:
		v = member(n.A[0], n.S, known)
	case expr.OItem:
		if k, ok := n.A[1].V.(string); ok && n.A[1].Op == expr.OConst {
			v = member(n.A[0], k, known)
		}
	case expr.OAdd, expr.OConcat:
		var b strings.Builder
		for _, a := range n.A {
			b.WriteString(constant(a, known))
		}
		return b.String()
	}
	if s, ok := value.Text(v); ok {
		return s
	}
	if t, ok := v.(*value.Tmpl); ok {
		return wildcard(t, nil)
	}
	return star
}

func member(n *expr.Node, key string, known map[string]value.Value) value.Value {
	if n.Op != expr.OName {
		return nil
	}
	d, _ := known[n.S].(*value.Dict)
	v, _ := d.GetStr(key)
	return v
}

// match finds the files that agree with a name below dir. Deep says that a star may stand for folders
// too. A name without stars is returned as it is.
func (s *sealer) match(dir, name string, deep bool) []string {
	full := name
	if !strings.HasPrefix(name, "/") && !strings.HasPrefix(name, star) {
		full = dir + "/" + name
	} else if strings.HasPrefix(name, star) {
		full = dir + "/" + name
	}
	if !strings.Contains(full, star) {
		return []string{path.Clean(full)}
	}
	root := path.Dir(full[:strings.Index(full, star)] + "x")
	return s.walk(root, strings.Split(strings.TrimPrefix(full, root+"/"), star), "", deep)
}

// maxForeseen bounds how many files one name may stand for.
const maxForeseen = 10000

func (s *sealer) walk(root string, parts []string, rel string, deep bool) []string {
	entries, err := s.u.opt.Store.Disk().ReadDir(path.Join(root, rel))
	if err != nil {
		return nil
	}
	slashes := strings.Count(strings.Join(parts, ""), "/")
	var out []string
	for _, e := range entries {
		below := path.Join(rel, e.Name())
		fi, err := s.u.opt.Store.Disk().Stat(path.Join(root, below))
		if err != nil || len(out) > maxForeseen {
			continue
		}
		if !fi.IsDir() && matches(parts, below, deep) {
			out = append(out, path.Join(root, below))
		}
		if fi.IsDir() && (deep || strings.Count(below, "/") < slashes) {
			out = append(out, s.walk(root, parts, below, deep)...)
		}
	}
	return out
}

// matches says whether name consists of the parts with any text between them; without deep that text has
// no slash.
func matches(parts []string, name string, deep bool) bool {
	rest, ok := strings.CutPrefix(name, parts[0])
	if !ok {
		return false
	}
	if len(parts) == 1 {
		return rest == ""
	}
	for i := 0; i <= len(rest); i++ {
		if i > 0 && !deep && rest[i-1] == '/' {
			return false
		}
		if matches(parts[1:], rest[i:], deep) {
			return true
		}
	}
	return false
}
