package compiler

import (
	"path"
	"strings"

	"pbc/compiler/files"
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

// match finds the files that agree with a name below dir. Deep says that a star may stand for folders too, where the name stays below
// dir: elsewhere are files that are no part of the sources. A name without stars is returned as it is.
func match(disk files.Disk, dir, name string, deep bool) []string {
	full := name
	if !strings.HasPrefix(name, "/") {
		full = dir + "/" + name
	}
	if !strings.Contains(full, star) {
		return []string{path.Clean(full)}
	}
	head := full[:strings.Index(full, star)]
	at := strings.LastIndex(head, "/") + 1
	g := glob{disk: disk, root: path.Clean(head[:at]), parts: strings.Split(full[at:], star), left: maxForeseen}
	g.deep = deep && (path.Clean(dir) == g.root || strings.HasPrefix(g.root, path.Clean(dir)+"/"))
	g.walk("")
	return g.found
}

// maxForeseen bounds how many files and folders are looked at for one name.
const maxForeseen = 10000

// glob finds the files below root whose names consist of the parts, with any text between them.
type glob struct {
	disk  files.Disk
	root  string
	parts []string
	deep  bool // the text between the parts may have slashes
	left  int  // how many more files and folders may be looked at
	found []string
}

func (g *glob) walk(rel string) {
	entries, err := g.disk.ReadDir(path.Join(g.root, rel))
	if err != nil {
		return
	}
	for _, e := range entries {
		below := path.Join(rel, e.Name())
		file, folder := matches(g.parts, below, g.deep), g.leads(below+"/")
		if !file && !folder {
			continue
		}
		if g.left--; g.left < 0 {
			return
		}
		fi, err := g.disk.Stat(path.Join(g.root, below))
		switch {
		case err != nil:
		case !fi.IsDir() && file:
			g.found = append(g.found, path.Join(g.root, below))
		case fi.IsDir() && folder:
			g.walk(below)
		}
	}
}

// leads says whether below a folder, whose name ends in a slash, there may be files that match.
func (g *glob) leads(folder string) bool {
	if g.deep {
		return strings.HasPrefix(folder, g.parts[0])
	}
	levels := strings.Split(strings.Join(g.parts, star), "/")
	n := strings.Count(folder, "/")
	return n < len(levels) && matches(strings.Split(strings.Join(levels[:n], "/")+"/", star), folder, false)
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
