package expr

import (
	"math"
	"math/big"
)

// Equal says whether two lists of nodes are the same trees, lines included.
func Equal(a, b []*Node) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !a[i].Equal(b[i]) {
			return false
		}
	}
	return true
}

// Equal says whether n and o are the same tree, lines included. A nil Node equals only nil.
func (n *Node) Equal(o *Node) bool {
	if n == nil || o == nil {
		return n == o
	}
	if n.Op != o.Op || n.S != o.S || n.Flag != o.Flag || n.Line != o.Line || !equalConst(n.V, o.V) {
		return false
	}
	if len(n.KW) != len(o.KW) || len(n.Ops) != len(o.Ops) {
		return false
	}
	for i, k := range n.KW {
		if k.K != o.KW[i].K || !k.V.Equal(o.KW[i].V) {
			return false
		}
	}
	for i, s := range n.Ops {
		if s != o.Ops[i] {
			return false
		}
	}
	return n.Star.Equal(o.Star) && n.Dbl.Equal(o.Dbl) &&
		Equal(n.A, o.A) && Equal(n.Body, o.Body) && Equal(n.Else, o.Else)
}

func equalConst(a, b any) bool {
	switch x := a.(type) {
	case *big.Int:
		y, ok := b.(*big.Int)
		return ok && x.Cmp(y) == 0
	case float64:
		y, ok := b.(float64)
		return ok && math.Float64bits(x) == math.Float64bits(y)
	}
	return a == b
}
