package eval

import (
	"errors"
	"strings"

	"pbc/ir/value"
)

var setsTable = []*Plugin{
	{Name: "unique", Params: "case_sensitive=none, attribute=none", Doc: "Drop duplicate items.", fn: uniqueFilter},
	{Name: "union", Params: "b", Doc: "Return the items of either list.", fn: unionFilter},
	{Name: "intersect", Params: "b", Doc: "Return the items of both lists.", fn: setFilter(func(in bool) bool { return in })},
	{Name: "difference", Params: "b", Doc: "Return the items of the first list that the second lacks.", fn: setFilter(func(in bool) bool { return !in })},
	{Name: "symmetric_difference", Params: "b", Doc: "Return the items of only one of the lists.", fn: symmetricFilter},
	{Name: "flatten", Params: "levels=none, skip_nulls=true", Doc: "Flatten lists within a list.", fn: flattenFilter},
	{Name: "zip", Params: "*iterables, strict=false", Doc: "Combine lists item by item.", fn: zipFilter},
	{Name: "zip_longest", Params: "*iterables, fillvalue=none", Doc: "Combine lists item by item up to the longest.", fn: zipLongestFilter},
	{Name: "product", Params: "*iterables, repeat=1", Doc: "Return the Cartesian product.", fn: productFilter},
	{Name: "permutations", Params: "r=none", Doc: "Return the permutations of a list.", fn: arrange(true)},
	{Name: "combinations", Params: "r", Doc: "Return the combinations of a list.", fn: arrange(false)},
	{Name: "subelements", Params: "subelements, skip_missing=false", Doc: "Pair each item with each of its subelements.", fn: subelementsFilter},
}

// members answers "x in it" for hashable items without looking at each.
type members struct {
	index *dict
	rest  []val
}

func newMembers(it []val) *members {
	m := &members{index: value.NewDict()}
	for _, v := range it {
		m.add(v)
	}
	return m
}

func (m *members) add(v val) {
	if m.index.Set(v, nil) != nil {
		m.rest = append(m.rest, v)
	}
}

func (m *members) has(v val) (bool, error) {
	_, ok, err := m.index.Get(v)
	if err == nil {
		return ok, nil
	}
	if !errors.Is(err, value.ErrUnhashable) {
		return false, err
	}
	i, err := find(m.rest, v)
	return i >= 0, err
}

// distinct keeps the first of equal keys.
func distinct(it []val, key getter) ([]val, error) {
	seen := newMembers(nil)
	r := []val{}
	for _, v := range it {
		k, err := key(v)
		if err != nil {
			return nil, err
		}
		ok, err := seen.has(k)
		if err != nil {
			return nil, err
		}
		if !ok {
			seen.add(k)
			r = append(r, v)
		}
	}
	return r, nil
}

func identity(v val) (val, error) { return v, nil }

// uniqueFilter: what cannot be hashed makes Ansible fall back on plain comparison, unless case or
// an attribute was asked for.
func uniqueFilter(c *call) (val, error) {
	it, err := iter(c.args[0])
	if err != nil {
		return nil, err
	}
	cs, err := c.optFlag(1, false)
	if err != nil {
		return nil, err
	}
	attribute := c.opt(2, nil)
	key := keyed(attribute, cs)
	strict := attribute != nil || c.opt(1, nil) == val(false)
	for _, v := range it {
		k, err := key(v)
		if err != nil {
			return nil, err
		}
		if _, err := value.HashKey(k); err == nil {
			continue
		} else if !errors.Is(err, value.ErrUnhashable) {
			return nil, err
		} else if strict {
			return nil, &Error{Class: AnsibleFilterError, Msg: "Jinja2's unique filter failed and we cannot fall back to Ansible's version " +
				"as it does not support the parameters supplied", Orig: err}
		}
		key = identity
		break
	}
	r, err := distinct(it, key)
	return &list{V: r}, err
}

func two(c *call) (a, b []val, err error) {
	if a, err = iter(c.args[0]); err == nil {
		b, err = iter(c.args[1])
	}
	return a, b, err
}

func unionFilter(c *call) (val, error) {
	a, b, err := two(c)
	if err != nil {
		return nil, err
	}
	r, err := distinct(append(append([]val{}, a...), b...), identity)
	return &list{V: r}, err
}

func keepMembers(a, b []val, keep func(in bool) bool) ([]val, error) {
	m := newMembers(b)
	r := []val{}
	for _, v := range a {
		in, err := m.has(v)
		if err != nil {
			return nil, err
		}
		if keep(in) {
			r = append(r, v)
		}
	}
	return distinct(r, identity)
}

func setFilter(keep func(in bool) bool) fn {
	return func(c *call) (val, error) {
		a, b, err := two(c)
		if err != nil {
			return nil, err
		}
		r, err := keepMembers(a, b, keep)
		return &list{V: r}, err
	}
}

func symmetricFilter(c *call) (val, error) {
	a, b, err := two(c)
	if err != nil {
		return nil, err
	}
	both, err := keepMembers(a, b, func(in bool) bool { return in })
	if err != nil {
		return nil, err
	}
	r, err := keepMembers(append(append([]val{}, a...), b...), both, func(in bool) bool { return !in })
	return &list{V: r}, err
}

// sequence returns the elements of what Ansible takes for a sequence: no text, no mapping.
func sequence(v val) ([]val, bool) {
	switch x := v.(type) {
	case *list:
		return x.V, true
	case *value.Range:
		it, err := iter(x)
		return it, err == nil
	}
	return asTuple(v)
}

func isNull(v val) bool {
	if v == nil {
		return true
	}
	s, ok := value.Text(v)
	return ok && (s == "None" || s == "null")
}

// flatten flattens levels deep, everything when levels is negative.
func flatten(it []val, levels int64, skipNulls bool) []val {
	r := []val{}
	for _, e := range it {
		if skipNulls && isNull(e) {
			continue
		}
		if s, ok := sequence(e); ok && levels != 0 {
			r = append(r, flatten(s, levels-1, skipNulls)...)
		} else {
			r = append(r, e)
		}
	}
	return r
}

func flattenFilter(c *call) (val, error) {
	it, err := iter(c.args[0])
	if err != nil {
		return nil, err
	}
	levels := int64(-1)
	if v := c.opt(1, nil); v != nil {
		if levels, err = asInt(v); err != nil {
			return nil, err
		}
		levels = max(levels, 0)
	}
	skip, err := c.optFlag(2, true)
	if err != nil {
		return nil, err
	}
	return &list{V: flatten(it, levels, skip)}, nil
}

// columns are the input and the further iterables of zip and product.
func columns(c *call) ([][]val, error) {
	var r [][]val
	for _, v := range append([]val{c.args[0]}, c.rest()...) {
		it, err := iter(v)
		if err != nil {
			if use(v) == nil {
				err = typeErr("'%s' object is not iterable", value.TypeName(v))
			}
			return nil, err
		}
		r = append(r, it)
	}
	return r, nil
}

func zipFilter(c *call) (val, error) {
	cols, err := columns(c)
	if err != nil {
		return nil, err
	}
	strict, err := c.optFlag(1, false)
	if err != nil {
		return nil, err
	}
	n := len(cols[0])
	for i, col := range cols {
		if strict && len(col) != n {
			return nil, valueErr("zip() argument %d is %s than argument 1", i+1, map[bool]string{true: "shorter", false: "longer"}[len(col) < n])
		}
		n = min(n, len(col))
	}
	return zipTo(cols, n, nil), nil
}

func zipTo(cols [][]val, n int, fill val) *list {
	r := make([]val, n)
	for i := range r {
		t := make(tuple, len(cols))
		for j, col := range cols {
			t[j] = fill
			if i < len(col) {
				t[j] = col[i]
			}
		}
		r[i] = t
	}
	return &list{V: r}
}

func zipLongestFilter(c *call) (val, error) {
	cols, err := columns(c)
	if err != nil {
		return nil, err
	}
	n := 0
	for _, col := range cols {
		n = max(n, len(col))
	}
	return zipTo(cols, n, c.opt(1, nil)), nil
}

func productFilter(c *call) (val, error) {
	cols, err := columns(c)
	if err != nil {
		return nil, err
	}
	n, err := c.optInt(1, 1)
	if err != nil {
		return nil, err
	}
	var all [][]val
	for range min(n, 64) {
		all = append(all, cols...)
	}
	r, err := product(all)
	return &list{V: r}, err
}

// product is the Cartesian product, as tuples.
func product(cols [][]val) ([]val, error) {
	r := []val{tuple{}}
	for _, col := range cols {
		if len(col) > 0 && len(r) > maxElems/len(col) {
			return nil, tooLarge()
		}
		next := make([]val, 0, len(r)*len(col))
		for _, t := range r {
			for _, e := range col {
				next = append(next, append(append(make(tuple, 0, len(cols)), t.(tuple)...), e))
			}
		}
		r = next
	}
	return r, nil
}

// arrange is itertools.permutations and combinations.
func arrange(permute bool) fn {
	return func(c *call) (val, error) {
		it, err := iter(c.args[0])
		if err != nil {
			return nil, err
		}
		n := int64(len(it))
		if c.opt(1, nil) != nil {
			if n, err = asInt(c.args[1]); err != nil {
				return nil, err
			}
		}
		if n < 0 {
			return nil, valueErr("r must be non-negative")
		}
		a := &arrangement{items: it, size: int(min(n, maxElems)), permute: permute, used: make([]bool, len(it))}
		a.extend(nil, 0)
		if len(a.out) > maxArranged {
			return nil, tooLarge()
		}
		return &list{V: a.out}, nil
	}
}

const maxArranged = 1 << 20

type arrangement struct {
	items   []val
	size    int
	permute bool
	used    []bool
	out     []val
}

func (a *arrangement) extend(cur tuple, from int) {
	if len(a.out) > maxArranged || a.size > len(a.items) {
		return
	}
	if len(cur) == a.size {
		a.out = append(a.out, append(tuple{}, cur...))
		return
	}
	if a.permute {
		from = 0
	}
	for i := from; i < len(a.items); i++ {
		if a.used[i] {
			continue
		}
		a.used[i] = true
		a.extend(append(cur, a.items[i]), i+1)
		a.used[i] = false
	}
}

func subelementsFilter(c *call) (val, error) {
	var it []val
	switch x := c.args[0].(type) {
	case *dict:
		it = x.V
	case *list:
		it = x.V
	case *undef:
		return nil, x.Fail()
	default:
		return nil, filterErr("obj must be a list of dicts or a nested dict")
	}
	var path []val
	switch x := c.args[1].(type) {
	case *list:
		path = x.V
	case string, *value.Str:
		for _, p := range strings.Split(str(x), ".") {
			path = append(path, p)
		}
	default:
		return nil, filterTypeErr("subelements must be a list or a string")
	}
	skip, err := c.optFlag(2, false)
	if err != nil {
		return nil, err
	}
	r := []val{}
	for _, e := range it {
		sub, err := subelementsOf(e, path, skip)
		if err != nil {
			return nil, err
		}
		for _, s := range sub {
			r = append(r, tuple{e, s})
		}
	}
	return &list{V: r}, nil
}

func subelementsOf(e val, path []val, skip bool) ([]val, error) {
	v := e
	for _, k := range path {
		d, ok := v.(*dict)
		if !ok {
			s, _ := value.ToStr(v)
			return nil, filterTypeErr("the key %s should point to a dictionary, got '%s'", str(k), s)
		}
		x, ok, err := d.Get(k)
		if err != nil {
			return nil, err
		}
		if !ok {
			if skip {
				return nil, nil
			}
			kr, _ := value.Repr(k)
			vr, _ := value.Repr(v)
			return nil, filterErr("could not find %s key in iterated item %s", kr, vr)
		}
		v = x
	}
	l, ok := v.(*list)
	if !ok {
		kr, _ := value.Repr(path[len(path)-1])
		vr, _ := value.Repr(v)
		return nil, filterTypeErr("the key %s should point to a list, got %s", kr, vr)
	}
	return l.V, nil
}
