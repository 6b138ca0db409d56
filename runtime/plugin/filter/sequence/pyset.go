package sequence

import (
	"pbc/ir/value"
	"pbc/runtime/python"
)

// This file has the order in which Python lists a set of integers. Dialect tagged makes sets of what union, intersect,
// difference and symmetric_difference are given, and their results come in the order of the set's table. The hash of text
// differs from run to run of Python, so that the order of other sets means nothing: they keep the order of their lists.
//
// Observed: CPython 3.11's set object, which is an open table of a power of two, with runs of linear probes.

const (
	smallestTable = 8
	linearProbes  = 9
	perturbShift  = 5
	// slowGrowth is the size from which a table grows less.
	slowGrowth = 50000
)

// pySet is a set of integers as CPython keeps it. The table holds positions in the list of all elements that were added, 0
// for none, gone for one that was taken away, whose slot stays taken.
type pySet struct {
	table []int // 1-based positions in elems
	elems []pyElem
	used  int
}

const gone = -1

type pyElem struct {
	v    int64
	hash uint64
}

func newPySet() *pySet { return &pySet{table: make([]int, smallestTable)} }

// elemOf is v with Python's hash, and whether it is an integer that is its own hash.
func elemOf(v value.Value) (pyElem, bool) {
	const modulus = 1<<61 - 1
	n, ok := v.(int64)
	switch {
	case !ok || n >= modulus || n <= -modulus:
		return pyElem{}, false
	case n == -1:
		return pyElem{n, ^uint64(1)}, true // -2: -1 says error in C
	}
	return pyElem{n, uint64(n)}, true
}

// pySetOf is set(it), nil when that is no set of integers.
func pySetOf(it []value.Value) *pySet {
	s := newPySet()
	for _, v := range it {
		e, ok := elemOf(v)
		if !ok {
			return nil
		}
		s.add(e)
	}
	return s
}

// find gives the slot of an element: its own, or the free one where it belongs.
func (s *pySet) find(e pyElem) (slot int, found bool) {
	mask := uint64(len(s.table) - 1)
	i, perturb := e.hash&mask, e.hash
	for {
		probes := uint64(0)
		if i+linearProbes <= mask {
			probes = linearProbes
		}
		for j := i; j <= i+probes; j++ {
			if at := s.table[j]; at == 0 || at != gone && s.elems[at-1] == e {
				return int(j), at != 0
			}
		}
		perturb >>= perturbShift
		i = (i*5 + 1 + perturb) & mask
	}
}

func (s *pySet) has(e pyElem) bool { _, found := s.find(e); return found }

func (s *pySet) add(e pyElem) {
	slot, found := s.find(e)
	if found {
		return
	}
	s.elems = append(s.elems, e)
	s.used++
	s.table[slot] = len(s.elems)
	if len(s.elems)*5 < (len(s.table)-1)*3 {
		return
	}
	if s.used > slowGrowth {
		s.resize(s.used * 2)
	} else {
		s.resize(s.used * 4)
	}
}

// toggle takes e away where it is an element, and adds it where it is not.
func (s *pySet) toggle(e pyElem) {
	slot, found := s.find(e)
	if !found {
		s.add(e)
		return
	}
	s.table[slot] = gone
	s.used--
}

// resize makes a table for more than used elements, and puts them in by the order of the old one.
func (s *pySet) resize(used int) {
	old := s.listed()
	size := smallestTable
	for size <= used {
		size <<= 1
	}
	s.table, s.elems, s.used = make([]int, size), old, len(old)
	for i, e := range old {
		slot, _ := s.find(e)
		s.table[slot] = i + 1
	}
}

// listed are the elements in the order of the table.
func (s *pySet) listed() []pyElem {
	out := make([]pyElem, 0, len(s.elems))
	for _, at := range s.table {
		if at > 0 {
			out = append(out, s.elems[at-1])
		}
	}
	return out
}

// merge is s.update(o).
func (s *pySet) merge(o *pySet) {
	if o.used == 0 {
		return
	}
	if (len(s.elems)+o.used)*5 >= (len(s.table)-1)*3 {
		s.resize((s.used + o.used) * 2)
	}
	if len(s.elems) == 0 && len(s.table) == len(o.table) && len(o.elems) == o.used {
		s.table, s.elems, s.used = append([]int{}, o.table...), append([]pyElem{}, o.elems...), o.used
		return
	}
	for _, e := range o.listed() {
		s.add(e)
	}
}

func (s *pySet) union(o *pySet) *pySet {
	r := newPySet()
	r.merge(s)
	r.merge(o)
	return r
}

func (s *pySet) intersect(o *pySet) *pySet {
	if o.used > s.used {
		s, o = o, s
	}
	r := newPySet()
	for _, e := range o.listed() {
		if s.has(e) {
			r.add(e)
		}
	}
	return r
}

// difference is s - o: one that takes little from much is a copy with gaps.
func (s *pySet) difference(o *pySet) *pySet {
	r := newPySet()
	if s.used>>2 > o.used {
		r.merge(s)
		for _, e := range o.listed() {
			if r.has(e) {
				r.toggle(e)
			}
		}
		return r
	}
	for _, e := range s.listed() {
		if !o.has(e) {
			r.add(e)
		}
	}
	return r
}

func (s *pySet) symmetricDifference(o *pySet) *pySet {
	r := newPySet()
	r.merge(o)
	for _, e := range s.listed() {
		r.toggle(e)
	}
	return r
}

// list are the elements as list(s) gives them.
func (s *pySet) list() *value.List {
	out := make([]value.Value, 0, s.used)
	for _, e := range s.listed() {
		out = append(out, e.v)
	}
	return &value.List{V: out}
}

// ofSets is what op gives of two lists of integers in dialect tagged, nil when they are of anything else, or in dialect classic.
func ofSets(c *python.Call, a, b []value.Value, op func(a, b *pySet) *pySet) value.Value {
	if !c.Ctx.Tagged() {
		return nil
	}
	x, y := pySetOf(a), pySetOf(b)
	if x == nil || y == nil {
		return nil
	}
	return op(x, y).list()
}
