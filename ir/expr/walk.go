package expr

// Walk calls f for n and everything below it, parents first. Where f returns false it does not
// descend. A nil Node is passed over.
func Walk(n *Node, f func(*Node) bool) {
	if n == nil || !f(n) {
		return
	}
	WalkAll(n.A, f)
	for _, k := range n.KW {
		Walk(k.V, f)
	}
	Walk(n.Star, f)
	Walk(n.Dbl, f)
	WalkAll(n.Body, f)
	WalkAll(n.Else, f)
}

// WalkAll is Walk for each node of a list in turn.
func WalkAll(ns []*Node, f func(*Node) bool) {
	for _, n := range ns {
		Walk(n, f)
	}
}

// Depth is how many nodes the deepest path through the trees has.
func Depth(ns []*Node) int {
	deepest := 0
	for _, n := range ns {
		if n == nil {
			continue
		}
		d := max(Depth(n.A), Depth(n.Body), Depth(n.Else), Depth([]*Node{n.Star, n.Dbl}))
		for _, k := range n.KW {
			d = max(d, Depth([]*Node{k.V}))
		}
		deepest = max(deepest, d+1)
	}
	return deepest
}
