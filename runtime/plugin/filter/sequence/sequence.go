package sequence

import (
	"strconv"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/bound"
	"pbc/runtime/exception"
	"pbc/runtime/plugin"
	"pbc/runtime/python"
)

var sequences = []*plugin.Row{
	{Name: "list", Params: "", Doc: "Make a list of a sequence.", Python: "sync_do_list", Fn: listFilter},
	{Name: "first", Params: "", Hidden: 1, Doc: "Return the first item of a sequence.", Python: "sync_do_first", Fn: firstFilter},
	{Name: "last", Params: "", Hidden: 1, Doc: "Return the last item of a sequence.", Python: "do_last", Fn: lastFilter},
	{Name: "length", Aliases: []string{"count"}, Params: "", Doc: "Return the number of items.", Python: "len", InC: true, Fn: lengthFilter},
	{Name: "join", Params: "d='', attribute=none", Hidden: 1, Doc: "Join the items as text.", Python: "sync_do_join", Fn: joinFilter},
	{Name: "sort", Params: "reverse=false, case_sensitive=false, attribute=none", Hidden: 1, Doc: "Sort a sequence.", Python: "do_sort", Fn: sortFilter},
	{Name: "reverse", Params: "", Doc: "Reverse a sequence or text.", Python: "do_reverse", Fn: reverseFilter},
	{Name: "min", Params: "case_sensitive=false, attribute=none", Hidden: 1, Doc: "Return the smallest item.", Python: "do_min", Fn: extreme("<")},
	{Name: "max", Params: "case_sensitive=false, attribute=none", Hidden: 1, Doc: "Return the largest item.", Python: "do_max", Fn: extreme(">")},
	{Name: "sum", Params: "attribute=none, start=0", Hidden: 1, Doc: "Add up the items.", Python: "sync_do_sum", Fn: sumFilter},
	{Name: "batch", Params: "linecount, fill_with=none", Doc: "Cut a sequence into lists of a length.", Python: "do_batch", Fn: batchFilter},
	{Name: "slice", Params: "slices, fill_with=none", Doc: "Cut a sequence into a number of lists.", Python: "sync_do_slice", Fn: sliceFilter},
	{Name: "groupby", Params: "attribute, default=none, case_sensitive=false", Hidden: 1, Doc: "Group items by an attribute.", Python: "sync_do_groupby", Fn: groupbyFilter},
	{Name: "map", Params: "*args, **kwargs", Fresh: true, Doc: "Apply a filter to each item, or take an attribute of it.", Python: "sync_do_map", Fn: mapFilter},
	{Name: "select", Params: "*args, **kwargs", Fresh: true, Doc: "Keep the items that pass a test.", Python: "sync_do_select", Fn: selector(false, true)},
	{Name: "reject", Params: "*args, **kwargs", Fresh: true, Doc: "Drop the items that pass a test.", Python: "sync_do_reject", Fn: selector(false, false)},
	{Name: "selectattr", Params: "*args, **kwargs", Fresh: true, Doc: "Keep the items whose attribute passes a test.", Python: "sync_do_selectattr", Fn: selector(true, true)},
	{Name: "rejectattr", Params: "*args, **kwargs", Fresh: true, Doc: "Drop the items whose attribute passes a test.", Python: "sync_do_rejectattr", Fn: selector(true, false)},
}

// getter is how Jinja reads the attribute argument of its filters: a dotted path, whose numbers are
// indexes. The zero getter returns what it is given.
type getter struct {
	path []value.Value
	dflt value.Value // replaces what is undefined, unless nil
	fold bool        // texts in lower case
}

func newGetter(attribute value.Value) getter { return getter{path: attributePath(attribute)} }

// of finds the attribute of a value.
func (g getter) of(v value.Value) (value.Value, error) {
	for _, p := range g.path {
		if err := python.Use(p); err != nil {
			return nil, err
		}
		x, err := python.GetItem(v, p)
		if err != nil {
			return nil, err
		}
		if g.dflt != nil {
			if _, isUndef := x.(*value.Undef); isUndef {
				x = g.dflt
			}
		}
		v = x
	}
	if g.fold {
		v = FoldCase(v)
	}
	return v, nil
}

// attributePath is the keys that the attribute argument of a filter names, one inside the other.
func attributePath(attribute value.Value) []value.Value {
	switch x := attribute.(type) {
	case nil:
		return nil
	case *value.Undef:
		return []value.Value{x}
	case int64:
		return []value.Value{x}
	case string:
		if x != "" && !python.IsDigit(x[0]) && !strings.Contains(x, ".") {
			return []value.Value{attribute}
		}
	}
	var parts []value.Value
	for _, p := range strings.Split(python.Str(attribute), ".") {
		if n, err := strconv.ParseInt(p, 10, 64); err == nil && python.IsDigit(p[0]) {
			parts = append(parts, n)
		} else {
			parts = append(parts, p)
		}
	}
	return parts
}

// FoldCase is text in lower case, and any other value itself.
func FoldCase(v value.Value) value.Value {
	if s, ok := value.Text(v); ok {
		return python.Lower(s)
	}
	return v
}

// keyed is a getter that ignores case unless told not to.
func keyed(attribute value.Value, caseSensitive bool) getter {
	g := newGetter(attribute)
	g.fold = !caseSensitive
	return g
}

func listFilter(c *python.Call) (value.Value, error) {
	it, err := python.Iter(c.Args[0])
	if err != nil {
		return nil, err
	}
	return &value.List{V: append([]value.Value{}, it...)}, nil
}

func firstFilter(c *python.Call) (value.Value, error) {
	it, err := python.Iter(c.Args[0])
	if err != nil {
		return nil, err
	}
	if len(it) == 0 {
		return &value.Undef{Hint: "No first item, sequence was empty."}, nil
	}
	return it[0], nil
}

func lastFilter(c *python.Call) (value.Value, error) {
	if _, isText := value.Text(c.Args[0]); !isText && python.Use(c.Args[0]) == nil {
		if _, ok := python.Elems(c.Args[0]); !ok {
			if _, isRange := c.Args[0].(*value.Range); !isRange {
				return nil, exception.TypeError("'%s' object is not reversible", value.TypeName(c.Args[0]))
			}
		}
	}
	it, err := python.Iter(c.Args[0])
	if err != nil {
		return nil, err
	}
	if len(it) == 0 {
		return &value.Undef{Hint: "No last item, sequence was empty."}, nil
	}
	return it[len(it)-1], nil
}

func lengthFilter(c *python.Call) (value.Value, error) {
	n, err := python.Length(c.Args[0])
	return int64(n), err
}

func joinFilter(c *python.Call) (value.Value, error) {
	it, err := python.Iter(c.Args[0])
	if err != nil {
		return nil, err
	}
	sep, err := c.OptText(1, "")
	if err != nil {
		return nil, err
	}
	get := newGetter(c.Opt(2, nil))
	var b strings.Builder
	for i, v := range it {
		if v, err = get.of(v); err != nil {
			return nil, err
		}
		s, err := value.ToStr(v)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteString(sep)
		}
		if b.Len()+len(s) > bound.Text {
			return nil, bound.TooLarge()
		}
		b.WriteString(s)
	}
	return b.String(), nil
}

func sortFilter(c *python.Call) (value.Value, error) {
	it, err := python.Iter(c.Args[0])
	if err != nil {
		return nil, err
	}
	rev, err := c.OptFlag(1, false)
	if err != nil {
		return nil, err
	}
	cs, err := c.OptFlag(2, false)
	if err != nil {
		return nil, err
	}
	attrs := []value.Value{c.Opt(3, nil)}
	if s, ok := value.Text(attrs[0]); ok {
		attrs = nil
		for _, p := range strings.Split(s, ",") {
			attrs = append(attrs, p)
		}
	}
	keys := make([]getter, len(attrs))
	for i, a := range attrs {
		keys[i] = keyed(a, cs)
	}
	r, err := python.SortBy(it, func(v value.Value) (value.Value, error) {
		t := make(value.Tuple, len(keys))
		for i, k := range keys {
			x, err := k.of(v)
			if err != nil {
				return nil, err
			}
			t[i] = x
		}
		return t, nil
	}, rev)
	return &value.List{V: r}, err
}

func reverseFilter(c *python.Call) (value.Value, error) {
	s, isText := value.Text(c.Args[0])
	it, err := python.Iter(c.Args[0])
	if err != nil {
		if exception.IsTypeError(err) {
			err = c.Because(exception.Raise("jinja2.exceptions.FilterArgumentError", "argument must be iterable"), exception.While(err))
		}
		return nil, err
	}
	r := append([]value.Value{}, it...)
	python.Reverse(r)
	if !isText {
		return &value.List{V: r}, nil
	}
	var b strings.Builder
	b.Grow(len(s))
	for _, x := range r {
		b.WriteString(x.(string))
	}
	return b.String(), nil
}

func extreme(op string) python.Func {
	return func(c *python.Call) (value.Value, error) {
		it, err := python.Iter(c.Args[0])
		if err != nil {
			return nil, err
		}
		if len(it) == 0 {
			return &value.Undef{Hint: "No aggregated item, sequence was empty."}, nil
		}
		cs, err := c.OptFlag(1, false)
		if err != nil {
			return nil, err
		}
		key := keyed(c.Opt(2, nil), cs)
		best := it[0]
		bestKey, err := key.of(best)
		if err != nil {
			return nil, err
		}
		for _, v := range it[1:] {
			k, err := key.of(v)
			if err != nil {
				return nil, err
			}
			better, err := python.Order(op, k, bestKey)
			if err != nil {
				return nil, err
			}
			if better {
				best, bestKey = v, k
			}
		}
		return best, nil
	}
}

func sumFilter(c *python.Call) (value.Value, error) {
	it, err := python.Iter(c.Args[0])
	if err != nil {
		return nil, err
	}
	get := newGetter(c.Opt(1, nil))
	acc := c.Opt(2, int64(0))
	if _, isText := value.Text(acc); isText {
		return nil, exception.TypeError("sum() can't sum strings [use ''.join(seq) instead]")
	}
	for _, v := range it {
		if v, err = get.of(v); err != nil {
			return nil, err
		}
		if acc, err = python.Add(acc, v); err != nil {
			return nil, err
		}
	}
	return acc, nil
}

func batchFilter(c *python.Call) (value.Value, error) {
	it, err := python.Iter(c.Args[0])
	if err != nil {
		return nil, err
	}
	if python.Num(c.Args[1]).Kind == 0 && python.Use(c.Args[1]) == nil {
		return value.NewList(&value.List{V: it}), nil // no length is equal to it, so nothing is cut
	}
	size, err := python.AsInt(c.Args[1])
	if err != nil {
		return nil, err
	}
	if size < 1 {
		return nil, exception.ValueError("linecount must be at least 1")
	}
	fill := c.Opt(2, nil)
	if size > bound.Elems && fill != nil {
		return nil, bound.TooLarge()
	}
	n := int(min(size, bound.Elems))
	r := []value.Value{}
	for i := 0; i < len(it); i += n {
		b := append([]value.Value{}, it[i:min(i+n, len(it))]...)
		for fill != nil && len(b) < n {
			b = append(b, fill)
		}
		r = append(r, &value.List{V: b})
	}
	return &value.List{V: r}, nil
}

func sliceFilter(c *python.Call) (value.Value, error) {
	it, err := python.Iter(c.Args[0])
	if err != nil {
		return nil, err
	}
	slices, err := python.AsInt(c.Args[1])
	if err != nil {
		return nil, err
	}
	if slices == 0 {
		return nil, python.DivZero("integer division or modulo by zero")
	}
	if slices > bound.Elems {
		return nil, bound.TooLarge()
	}
	n := int(max(slices, 0))
	fill := c.Opt(2, nil)
	r := []value.Value{}
	off := 0
	for i := range n {
		size := len(it) / n
		if i < len(it)%n {
			size++
		}
		b := append([]value.Value{}, it[off:off+size]...)
		off += size
		if fill != nil && i >= len(it)%n {
			b = append(b, fill)
		}
		r = append(r, &value.List{V: b})
	}
	return &value.List{V: r}, nil
}

func groupbyFilter(c *python.Call) (value.Value, error) {
	it, err := python.Iter(c.Args[0])
	if err != nil {
		return nil, err
	}
	cs, err := c.OptFlag(3, false)
	if err != nil {
		return nil, err
	}
	get := newGetter(c.Args[1])
	get.dflt = c.Opt(2, nil)
	key := func(v value.Value) (value.Value, error) {
		k, err := get.of(v)
		if err == nil && !cs {
			k = FoldCase(k)
		}
		return k, err
	}
	sorted, err := python.SortBy(it, key, false)
	if err != nil {
		return nil, err
	}
	r := []value.Value{}
	var last value.Value
	for i, v := range sorted {
		k, err := key(v)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			same, err := python.Equal(k, last)
			if err != nil {
				return nil, err
			}
			if same {
				g := r[len(r)-1].(*group)
				g.l.V = append(g.l.V, v)
				continue
			}
		}
		orig, err := get.of(v)
		if err != nil {
			return nil, err
		}
		r = append(r, &group{orig, value.NewList(v)})
		last = k
	}
	return &value.List{V: r}, nil
}

// considered returns the elements that map and select go through: of whatever is false they do not ask for any.
func considered(v value.Value) ([]value.Value, error) {
	if some, err := python.Truth(v); err != nil || !some {
		return nil, err
	}
	return python.Iter(v)
}

func mapFilter(c *python.Call) (value.Value, error) {
	it, err := considered(c.Args[0])
	if err != nil || it == nil {
		return &value.List{V: []value.Value{}}, err
	}
	if rest := c.Rest(); len(rest) > 0 {
		if every := c.Ctx.Every(false, python.Str(rest[0])); every != nil {
			r, err := every(it, rest[1:], c.KW)
			return &value.List{V: r}, err
		}
	}
	apply, err := mappingOf(c)
	if err != nil {
		return nil, err
	}
	r := make([]value.Value, 0, len(it))
	for _, v := range it {
		x, err := apply(v)
		if err != nil {
			return nil, err
		}
		r = append(r, x)
	}
	return &value.List{V: r}, nil
}

// mapping is what map does to each item.
func mappingOf(c *python.Call) (func(v value.Value) (value.Value, error), error) {
	rest := c.Rest()
	if attribute, ok := c.Kwarg("attribute"); ok && len(rest) == 0 {
		for _, a := range c.KW {
			if a.Name != "attribute" && a.Name != "default" {
				return nil, exception.Raise("jinja2.exceptions.FilterArgumentError", "Unexpected keyword argument %s", value.StrRepr(a.Name))
			}
		}
		get := newGetter(attribute)
		get.dflt, _ = c.Kwarg("default")
		return get.of, nil
	}
	if len(rest) == 0 {
		return nil, exception.Raise("jinja2.exceptions.FilterArgumentError", "map requires a filter argument")
	}
	f, err := c.Ctx.Plugin(false, python.Str(rest[0]))
	if err != nil {
		return nil, err
	}
	return func(v value.Value) (value.Value, error) { return f(v, rest[1:], c.KW) }, nil
}

// asked is a test that is asked once for many values.
type asked struct {
	every python.Every
	args  []value.Value
	kw    []python.Arg
}

// selectEvery is select by a test that is asked once for all items.
func selectEvery(items []value.Value, get getter, want bool, test asked) (value.Value, error) {
	tested := make([]value.Value, len(items))
	for i, v := range items {
		x, err := get.of(v)
		if err != nil {
			return nil, err
		}
		tested[i] = x
	}
	answers, err := test.every(tested, test.args, test.kw)
	if err != nil {
		return nil, err
	}
	r := []value.Value{}
	for i, a := range answers {
		ok, err := python.Truth(a)
		if err != nil {
			return nil, err
		}
		if ok == want {
			r = append(r, items[i])
		}
	}
	return &value.List{V: r}, nil
}

func selector(byAttr, want bool) python.Func {
	return func(c *python.Call) (value.Value, error) {
		it, err := considered(c.Args[0])
		if err != nil || it == nil {
			return &value.List{V: []value.Value{}}, err
		}
		rest := c.Rest()
		var get getter
		if byAttr {
			if len(rest) == 0 {
				return nil, exception.Raise("jinja2.exceptions.FilterArgumentError", "Missing parameter for attribute name")
			}
			get = newGetter(rest[0])
			rest = rest[1:]
		}
		test := python.Applier(func(v value.Value, _ []value.Value, _ []python.Arg) (value.Value, error) { return v, nil })
		if len(rest) > 0 {
			name := python.Str(rest[0])
			rest = rest[1:]
			if every := c.Ctx.Every(true, name); every != nil {
				return selectEvery(it, get, want, asked{every, rest, c.KW})
			}
			if test, err = c.Ctx.Plugin(true, name); err != nil {
				return nil, err
			}
		}
		r := make([]value.Value, 0, min(len(it), 16))
		for _, v := range it {
			x, err := get.of(v)
			if err != nil {
				return nil, err
			}
			if x, err = test(x, rest, c.KW); err != nil {
				return nil, err
			}
			ok, err := python.Truth(x)
			if err != nil {
				return nil, err
			}
			if ok == want {
				r = append(r, v)
			}
		}
		return &value.List{V: r}, nil
	}
}
