package sequence

import (
	"errors"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/bound"
	"pbc/runtime/exception"
	"pbc/runtime/plugin"
	"pbc/runtime/python"
)

var sets = []*plugin.Row{
	{Name: "unique", Params: "case_sensitive=none, attribute=none", Hidden: 1, Doc: "Drop duplicate items.", Fn: uniqueFilter},
	{Name: "union", Params: "b", Hidden: 1, Doc: "Return the items of either list.", Fn: unionFilter},
	{Name: "intersect", Params: "b", Hidden: 1, Doc: "Return the items of both lists.", Fn: setFilter(true, (*pySet).intersect)},
	{Name: "difference", Params: "b", Hidden: 1, Doc: "Return the items of the first list that the second lacks.", Fn: setFilter(false, (*pySet).difference)},
	{Name: "symmetric_difference", Params: "b", Hidden: 1, Doc: "Return the items of only one of the lists.", Fn: symmetricFilter},
	{Name: "flatten", Params: "levels=none, skip_nulls=true", Doc: "Flatten lists within a list.", Fn: flattenFilter},
	{Name: "zip", Params: "*iterables, strict=false", Doc: "Combine lists item by item.", Fn: zipFilter},
	{Name: "zip_longest", Params: "*iterables, fillvalue=none", Doc: "Combine lists item by item up to the longest.", Fn: zipLongestFilter},
	{Name: "product", Params: "*iterables, repeat=1", Doc: "Return the Cartesian product.", Fn: productFilter},
	{Name: "permutations", Params: "r=none", InC: true, Doc: "Return the permutations of a list.", Fn: arrange(true)},
	{Name: "combinations", Params: "r", InC: true, Doc: "Return the combinations of a list.", Fn: arrange(false)},
	{Name: "subelements", Params: "subelements, skip_missing=false", Doc: "Pair each item with each of its subelements.", Fn: subelementsFilter},
}

// members answers "x in it" for hashable items without looking at each.
type members struct {
	index *value.Dict
	rest  []value.Value
}

// NewMembers makes the index of a list.
func NewMembers(it []value.Value) *members {
	m := &members{index: value.NewDict()}
	for _, v := range it {
		m.add(v)
	}
	return m
}

func (m *members) add(v value.Value) {
	if m.index.Set(v, nil) != nil {
		m.rest = append(m.rest, v)
	}
}

func (m *members) Has(v value.Value) (bool, error) {
	_, ok, err := m.index.Get(v)
	if err == nil {
		return ok, nil
	}
	if !errors.Is(err, value.ErrUnhashable) {
		return false, err
	}
	i, err := python.Find(m.rest, v)
	return i >= 0, err
}

// distinct keeps the first of equal keys.
func distinct(it []value.Value, key getter) ([]value.Value, error) {
	seen := NewMembers(nil)
	r := []value.Value{}
	for _, v := range it {
		k, err := key.of(v)
		if err != nil {
			return nil, err
		}
		ok, err := seen.Has(k)
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

// Identity is the key that is the value itself.
func Identity(v value.Value) (value.Value, error) { return v, nil }

// uniqueFilter: what cannot be hashed makes Ansible fall back on plain comparison, unless case or
// an attribute was asked for.
func uniqueFilter(c *python.Call) (value.Value, error) {
	it, err := python.Iter(c.Args[0])
	if err != nil {
		return nil, err
	}
	cs, err := c.OptFlag(1, false)
	if err != nil {
		return nil, err
	}
	attribute := c.Opt(2, nil)
	key := keyed(attribute, cs)
	strict := attribute != nil || c.Opt(1, nil) == value.Value(false)
	for _, v := range it {
		k, err := key.of(v)
		if err == nil {
			_, err = value.HashKey(k)
		}
		if err == nil {
			continue
		}
		if !strict && !errors.Is(err, value.ErrUnhashable) {
			return nil, err
		}
		if strict && c.Ctx.Tagged() {
			return nil, exception.Because(exception.AnsibleError("Jinja2's unique filter failed and we cannot fall back to Ansible's version "+
				"as it does not support the parameters supplied."), err)
		}
		if strict {
			return nil, &exception.Error{Class: exception.AnsibleFilter, Msg: "Jinja2's unique filter failed and we cannot fall back to Ansible's version " +
				"as it does not support the parameters supplied", Orig: err}
		}
		key = getter{}
		break
	}
	r, err := distinct(it, key)
	return &value.List{V: r}, err
}

func unionFilter(c *python.Call) (value.Value, error) {
	a, b, err := both(c)
	if c.Ctx.Tagged() && err != nil && exception.IsTypeError(err) {
		return nil, notAdded(c)
	}
	if err != nil {
		return nil, err
	}
	if r := ofSets(c, a, b, (*pySet).union); r != nil {
		return r, nil
	}
	r, err := distinct(append(append([]value.Value{}, a...), b...), getter{})
	return &value.List{V: r}, err
}

// both returns the elements of two arguments to be joined. Dialect classic adds them up, unless each could be in a set.
func both(c *python.Call) (a, b []value.Value, err error) {
	if !c.Ctx.Tagged() && !(canHash(c.Args[0]) && canHash(c.Args[1])) {
		if _, err := python.Add(c.Args[0], c.Args[1]); err != nil {
			return nil, nil, err
		}
	}
	return plugin.Two(c)
}

// canHash says whether Python's class of a value has a hash.
func canHash(v value.Value) bool {
	switch v.(type) {
	case *value.List, *value.Dict, *value.Set, *value.View, *value.Undef:
		return false
	}
	return true
}

// notAdded is dialect tagged's failure of a union of what cannot be iterated: Ansible tries it with sets first, then adds. Its
// lists do not say whom they cannot be added to.
func notAdded(c *python.Call) error {
	_, err := python.Add(c.Args[0], c.Args[1])
	if _, isList := c.Args[0].(*value.List); !isList {
		err = exception.TypeError("'NotImplementedType' object is not iterable")
	}
	return exception.While(err)
}

// keepMembers keeps of a what b has, or what it lacks.
func keepMembers(a, b []value.Value, keep bool) ([]value.Value, error) {
	m := NewMembers(b)
	r := []value.Value{}
	for _, v := range a {
		in, err := m.Has(v)
		if err != nil {
			return nil, err
		}
		if in == keep {
			r = append(r, v)
		}
	}
	return distinct(r, getter{})
}

func setFilter(keep bool, op func(a, b *pySet) *pySet) python.Func {
	return func(c *python.Call) (value.Value, error) {
		a, b, err := plugin.Two(c)
		if err != nil {
			if len(a) > 0 && exception.IsTypeError(err) {
				err = exception.TypeError("argument of type '%s' is not iterable", value.TypeName(c.Args[1]))
			}
			if c.Ctx.Tagged() {
				err = exception.While(err)
			}
			return nil, err
		}
		if r := ofSets(c, a, b, op); r != nil {
			return r, nil
		}
		r, err := keepMembers(a, b, keep)
		return &value.List{V: r}, err
	}
}

func symmetricFilter(c *python.Call) (value.Value, error) {
	a, b, err := plugin.Two(c) // what both have is looked for first
	if err == nil {
		a, b, err = both(c)
	}
	if err != nil {
		return nil, err
	}
	if r := ofSets(c, a, b, (*pySet).symmetricDifference); r != nil {
		return r, nil
	}
	common, err := keepMembers(a, b, true)
	if err != nil {
		return nil, err
	}
	r, err := keepMembers(append(append([]value.Value{}, a...), b...), common, false)
	return &value.List{V: r}, err
}

// flattenBy flattens by a level that is no number, which shows only when there is something to flatten.
func flattenBy(it []value.Value, level value.Value) (value.Value, error) {
	for _, e := range it {
		if _, ok := plugin.Sequence(e); ok {
			_, err := python.Order(">=", level, int64(1))
			return nil, err
		}
	}
	r, err := plugin.Flatten(it, 0, true)
	return &value.List{V: r}, err
}

func flattenFilter(c *python.Call) (value.Value, error) {
	it, err := python.Iter(c.Args[0])
	if err != nil {
		return nil, err
	}
	levels := int64(-1)
	if v := c.Opt(1, nil); v != nil && python.Num(v).Kind == 0 {
		return flattenBy(it, v)
	} else if v != nil {
		if levels, err = python.AsInt(v); err != nil {
			return nil, err
		}
		levels = max(levels, 0)
	}
	skip, err := c.OptFlag(2, true)
	if err != nil {
		return nil, err
	}
	r, err := plugin.Flatten(it, levels, skip)
	return &value.List{V: r}, err
}

// columns are the input and the further iterables of zip and product.
func columns(c *python.Call) ([][]value.Value, error) {
	var r [][]value.Value
	for _, v := range append([]value.Value{c.Args[0]}, c.Rest()...) {
		it, err := python.Iter(v)
		if err != nil {
			return nil, err
		}
		r = append(r, it)
	}
	return r, nil
}

func zipFilter(c *python.Call) (value.Value, error) {
	cols, err := columns(c)
	if err != nil {
		return nil, err
	}
	strict, err := c.OptFlag(1, false)
	if err != nil {
		return nil, err
	}
	n := len(cols[0])
	for i, col := range cols {
		if strict && len(col) != n {
			return nil, exception.ValueError("zip() argument %d is %s than argument 1", i+1, map[bool]string{true: "shorter", false: "longer"}[len(col) < n])
		}
		n = min(n, len(col))
	}
	return ZipTo(cols, n, nil), nil
}

// ZipTo makes n tuples of columns; what a column lacks is fill.
func ZipTo(cols [][]value.Value, n int, fill value.Value) *value.List {
	r := make([]value.Value, n)
	for i := range r {
		t := make(value.Tuple, len(cols))
		for j, col := range cols {
			t[j] = fill
			if i < len(col) {
				t[j] = col[i]
			}
		}
		r[i] = t
	}
	return &value.List{V: r}
}

func zipLongestFilter(c *python.Call) (value.Value, error) {
	cols, err := columns(c)
	if err != nil {
		return nil, err
	}
	n := 0
	for _, col := range cols {
		n = max(n, len(col))
	}
	return ZipTo(cols, n, c.Opt(1, nil)), nil
}

func productFilter(c *python.Call) (value.Value, error) {
	cols, err := columns(c)
	if err != nil {
		return nil, err
	}
	n, err := c.OptInt(1, 1)
	if err != nil {
		return nil, err
	}
	var all [][]value.Value
	for range min(n, 64) {
		all = append(all, cols...)
	}
	r, err := Product(all)
	return &value.List{V: r}, err
}

// Product is the Cartesian product, as tuples.
func Product(cols [][]value.Value) ([]value.Value, error) {
	r := []value.Value{value.Tuple{}}
	for _, col := range cols {
		if len(col) > 0 && len(r) > bound.Elems/len(col) {
			return nil, bound.TooLarge()
		}
		next := make([]value.Value, 0, len(r)*len(col))
		for _, t := range r {
			for _, e := range col {
				next = append(next, append(append(make(value.Tuple, 0, len(cols)), t.(value.Tuple)...), e))
			}
		}
		r = next
	}
	return r, nil
}

// arrange is itertools.permutations and combinations.
func arrange(permute bool) python.Func {
	return func(c *python.Call) (value.Value, error) {
		it, err := python.Iter(c.Args[0])
		if err != nil {
			return nil, err
		}
		n := int64(len(it))
		if v := c.Opt(1, nil); v != nil {
			if permute && python.Num(v).Kind != 'i' && (python.Use(v) == nil || !c.Ctx.Tagged()) {
				return nil, exception.TypeError("Expected int as r")
			}
			if n, err = c.Int(v); err != nil {
				return nil, err
			}
		}
		if n < 0 {
			return nil, exception.ValueError("r must be non-negative")
		}
		a := &arrangement{items: it, size: int(min(n, bound.Elems)), permute: permute, used: make([]bool, len(it))}
		a.extend(nil, 0)
		if len(a.out) > maxArranged {
			return nil, bound.TooLarge()
		}
		return &value.List{V: a.out}, nil
	}
}

const maxArranged = 1 << 20

type arrangement struct {
	items   []value.Value
	size    int
	permute bool
	used    []bool
	out     []value.Value
}

func (a *arrangement) extend(cur value.Tuple, from int) {
	if len(a.out) > maxArranged || a.size > len(a.items) {
		return
	}
	if len(cur) == a.size {
		a.out = append(a.out, append(value.Tuple{}, cur...))
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

func subelementsFilter(c *python.Call) (value.Value, error) {
	var it []value.Value
	switch x := c.Args[0].(type) {
	case *value.Dict:
		it = x.V
	case *value.List:
		it = x.V
	case *value.Undef:
		return nil, x.Fail()
	default:
		return nil, exception.FilterError("obj must be a list of dicts or a nested dict")
	}
	var path []value.Value
	switch x := c.Args[1].(type) {
	case *value.List:
		path = x.V
	case string, *value.Str:
		for _, p := range strings.Split(python.Str(x), ".") {
			path = append(path, p)
		}
	default:
		return nil, exception.FilterTypeError("subelements must be a list or a string")
	}
	skip, err := c.OptFlag(2, false)
	if err != nil {
		return nil, err
	}
	r := []value.Value{}
	for _, e := range it {
		sub, err := subelementsOf(c, e, path, skip)
		if err != nil {
			return nil, err
		}
		for _, s := range sub {
			r = append(r, value.Tuple{e, s})
		}
	}
	return &value.List{V: r}, nil
}

// writtenType is what dialect tagged calls the class of a value of a playbook.
func writtenType(v value.Value) string {
	name := value.TypeName(v)
	switch v.(type) {
	case nil, bool:
		return name
	}
	return "_AnsibleTagged" + strings.ToUpper(name[:1]) + name[1:]
}

func subelementsOf(c *python.Call, e value.Value, path []value.Value, skip bool) ([]value.Value, error) {
	v := e
	for _, k := range path {
		d, ok := v.(*value.Dict)
		if !ok {
			s, _ := value.ToStr(v)
			err := exception.FilterTypeError("the key %s should point to a dictionary, got '%s'", python.Str(k), s)
			return nil, c.Because(err, exception.TypeError("'%s' object is not subscriptable", writtenType(v)))
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
			return nil, exception.While(exception.FilterError("could not find %s key in iterated item %s", kr, vr))
		}
		v = x
	}
	l, ok := v.(*value.List)
	if !ok {
		kr, _ := value.Repr(path[len(path)-1])
		vr, _ := value.Repr(v)
		return nil, exception.FilterTypeError("the key %s should point to a list, got %s", kr, vr)
	}
	return l.V, nil
}
