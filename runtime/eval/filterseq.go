package eval

import (
	"strconv"
	"strings"

	"pbc/ir/value"
)

func init() {
	register(filters,
		&Plugin{Name: "list", Params: "", Doc: "Make a list of a sequence.", python: "do_list", fn: listFilter},
		&Plugin{Name: "first", Params: "", Doc: "Return the first item of a sequence.", python: "do_first", fn: firstFilter},
		&Plugin{Name: "last", Params: "", Doc: "Return the last item of a sequence.", python: "do_last", fn: lastFilter},
		&Plugin{Name: "length", Aliases: []string{"count"}, Params: "", Doc: "Return the number of items.", python: "len", fn: lengthFilter},
		&Plugin{Name: "join", Params: "d='', attribute=none", Doc: "Join the items as text.", python: "do_join", fn: joinFilter},
		&Plugin{Name: "sort", Params: "reverse=false, case_sensitive=false, attribute=none", Doc: "Sort a sequence.", python: "do_sort", fn: sortFilter},
		&Plugin{Name: "reverse", Params: "", Doc: "Reverse a sequence or text.", python: "do_reverse", fn: reverseFilter},
		&Plugin{Name: "min", Params: "case_sensitive=false, attribute=none", Doc: "Return the smallest item.", python: "do_min", fn: extreme("<")},
		&Plugin{Name: "max", Params: "case_sensitive=false, attribute=none", Doc: "Return the largest item.", python: "do_max", fn: extreme(">")},
		&Plugin{Name: "sum", Params: "attribute=none, start=0", Doc: "Add up the items.", python: "do_sum", fn: sumFilter},
		&Plugin{Name: "batch", Params: "linecount, fill_with=none", Doc: "Cut a sequence into lists of a length.", python: "do_batch", fn: batchFilter},
		&Plugin{Name: "slice", Params: "slices, fill_with=none", Doc: "Cut a sequence into a number of lists.", python: "do_slice", fn: sliceFilter},
		&Plugin{Name: "groupby", Params: "attribute, default=none, case_sensitive=false", Doc: "Group items by an attribute.", python: "do_groupby", fn: groupbyFilter},
		&Plugin{Name: "map", Params: "*args, **kwargs", Doc: "Apply a filter to each item, or take an attribute of it.", python: "do_map", fn: mapFilter},
		&Plugin{Name: "select", Params: "*args, **kwargs", Doc: "Keep the items that pass a test.", python: "do_select", fn: selector(false, true)},
		&Plugin{Name: "reject", Params: "*args, **kwargs", Doc: "Drop the items that pass a test.", python: "do_reject", fn: selector(false, false)},
		&Plugin{Name: "selectattr", Params: "*args, **kwargs", Doc: "Keep the items whose attribute passes a test.", python: "do_selectattr", fn: selector(true, true)},
		&Plugin{Name: "rejectattr", Params: "*args, **kwargs", Doc: "Drop the items whose attribute passes a test.", python: "do_rejectattr", fn: selector(true, false)},
	)
}

// getter finds an attribute path in a value.
type getter func(v val) (val, error)

// attrGetter is how Jinja reads the attribute argument of its filters: a dotted path, whose
// numbers are indexes. dflt replaces what is undefined, when hasDflt.
func newGetter(attribute val, dflt val, hasDflt bool) getter {
	var parts []val
	switch x := attribute.(type) {
	case nil:
	case int64:
		parts = []val{x}
	default:
		for _, p := range strings.Split(str(x), ".") {
			if n, err := strconv.ParseInt(p, 10, 64); err == nil && isDigit(p[0]) {
				parts = append(parts, n)
			} else {
				parts = append(parts, p)
			}
		}
	}
	return func(v val) (val, error) {
		for _, p := range parts {
			x, err := getItem(v, p)
			if err != nil {
				return nil, err
			}
			if _, isUndef := x.(*undef); isUndef && hasDflt {
				x = dflt
			}
			v = x
		}
		return v, nil
	}
}

func foldCase(v val) val {
	if s, ok := value.Text(v); ok {
		return lower(s)
	}
	return v
}

// keyed is a getter that ignores case unless told not to.
func keyed(attribute val, caseSensitive bool) getter {
	get := newGetter(attribute, nil, false)
	if caseSensitive {
		return get
	}
	return func(v val) (val, error) {
		v, err := get(v)
		return foldCase(v), err
	}
}

func listFilter(c *call) (val, error) {
	it, err := iter(c.args[0])
	if err != nil {
		return nil, err
	}
	return &list{V: append([]val{}, it...)}, nil
}

func firstFilter(c *call) (val, error) {
	it, err := iter(c.args[0])
	if err != nil {
		return nil, err
	}
	if len(it) == 0 {
		return &undef{Hint: "No first item, sequence was empty."}, nil
	}
	return it[0], nil
}

func lastFilter(c *call) (val, error) {
	if _, isText := value.Text(c.args[0]); !isText && use(c.args[0]) == nil {
		if _, ok := elems(c.args[0]); !ok {
			if _, isRange := c.args[0].(*value.Range); !isRange {
				return nil, typeErr("'%s' object is not reversible", value.TypeName(c.args[0]))
			}
		}
	}
	it, err := iter(c.args[0])
	if err != nil {
		return nil, err
	}
	if len(it) == 0 {
		return &undef{Hint: "No last item, sequence was empty."}, nil
	}
	return it[len(it)-1], nil
}

func lengthFilter(c *call) (val, error) {
	n, err := length(c.args[0])
	return int64(n), err
}

func joinFilter(c *call) (val, error) {
	it, err := iter(c.args[0])
	if err != nil {
		return nil, err
	}
	sep, err := c.optText(1, "")
	if err != nil {
		return nil, err
	}
	get := newGetter(c.opt(2, nil), nil, false)
	var b strings.Builder
	for i, v := range it {
		if v, err = get(v); err != nil {
			return nil, err
		}
		s, err := value.ToStr(v)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteString(sep)
		}
		if b.Len()+len(s) > maxText {
			return nil, tooLarge()
		}
		b.WriteString(s)
	}
	return b.String(), nil
}

func sortFilter(c *call) (val, error) {
	it, err := iter(c.args[0])
	if err != nil {
		return nil, err
	}
	rev, err := c.optFlag(1, false)
	if err != nil {
		return nil, err
	}
	cs, err := c.optFlag(2, false)
	if err != nil {
		return nil, err
	}
	attrs := []val{c.opt(3, nil)}
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
	r, err := sortBy(it, func(v val) (val, error) {
		t := make(tuple, len(keys))
		for i, k := range keys {
			x, err := k(v)
			if err != nil {
				return nil, err
			}
			t[i] = x
		}
		return t, nil
	}, rev)
	return &list{V: r}, err
}

func reverseFilter(c *call) (val, error) {
	s, isText := value.Text(c.args[0])
	it, err := iter(c.args[0])
	if err != nil {
		return nil, err
	}
	r := append([]val{}, it...)
	reverse(r)
	if !isText {
		return &list{V: r}, nil
	}
	var b strings.Builder
	b.Grow(len(s))
	for _, x := range r {
		b.WriteString(x.(string))
	}
	return b.String(), nil
}

func extreme(op string) fn {
	return func(c *call) (val, error) {
		it, err := iter(c.args[0])
		if err != nil {
			return nil, err
		}
		if len(it) == 0 {
			return &undef{Hint: "No aggregated item, sequence was empty."}, nil
		}
		cs, err := c.optFlag(1, false)
		if err != nil {
			return nil, err
		}
		key := keyed(c.opt(2, nil), cs)
		best := it[0]
		bestKey, err := key(best)
		if err != nil {
			return nil, err
		}
		for _, v := range it[1:] {
			k, err := key(v)
			if err != nil {
				return nil, err
			}
			better, err := order(op, k, bestKey)
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

func sumFilter(c *call) (val, error) {
	it, err := iter(c.args[0])
	if err != nil {
		return nil, err
	}
	get := newGetter(c.opt(1, nil), nil, false)
	acc := c.opt(2, int64(0))
	if _, isText := value.Text(acc); isText {
		return nil, typeErr("sum() can't sum strings [use ''.join(seq) instead]")
	}
	for _, v := range it {
		if v, err = get(v); err != nil {
			return nil, err
		}
		if acc, err = add(acc, v); err != nil {
			return nil, err
		}
	}
	return acc, nil
}

func batchFilter(c *call) (val, error) {
	it, err := iter(c.args[0])
	if err != nil {
		return nil, err
	}
	size, err := asInt(c.args[1])
	if err != nil {
		return nil, err
	}
	if size < 1 {
		return nil, valueErr("linecount must be at least 1")
	}
	fill := c.opt(2, nil)
	n := int(min(size, maxElems))
	r := []val{}
	for i := 0; i < len(it); i += n {
		b := append([]val{}, it[i:min(i+n, len(it))]...)
		for fill != nil && len(b) < n {
			b = append(b, fill)
		}
		r = append(r, &list{V: b})
	}
	return &list{V: r}, nil
}

func sliceFilter(c *call) (val, error) {
	it, err := iter(c.args[0])
	if err != nil {
		return nil, err
	}
	slices, err := asInt(c.args[1])
	if err != nil {
		return nil, err
	}
	if slices == 0 {
		return nil, divZero("integer division or modulo by zero")
	}
	n := int(min(max(slices, 0), maxElems))
	fill := c.opt(2, nil)
	r := []val{}
	off := 0
	for i := range n {
		size := len(it) / n
		if i < len(it)%n {
			size++
		}
		b := append([]val{}, it[off:off+size]...)
		off += size
		if fill != nil && i >= len(it)%n {
			b = append(b, fill)
		}
		r = append(r, &list{V: b})
	}
	return &list{V: r}, nil
}

func groupbyFilter(c *call) (val, error) {
	it, err := iter(c.args[0])
	if err != nil {
		return nil, err
	}
	cs, err := c.optFlag(3, false)
	if err != nil {
		return nil, err
	}
	dflt := c.opt(2, nil)
	get := newGetter(c.args[1], dflt, dflt != nil)
	key := func(v val) (val, error) {
		k, err := get(v)
		if err == nil && !cs {
			k = foldCase(k)
		}
		return k, err
	}
	sorted, err := sortBy(it, key, false)
	if err != nil {
		return nil, err
	}
	r := []val{}
	var last val
	for i, v := range sorted {
		k, err := key(v)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			same, err := equal(k, last)
			if err != nil {
				return nil, err
			}
			if same {
				g := r[len(r)-1].(*group)
				g.l.V = append(g.l.V, v)
				continue
			}
		}
		orig, err := get(v)
		if err != nil {
			return nil, err
		}
		r = append(r, &group{orig, newList(v)})
		last = k
	}
	return &list{V: r}, nil
}

// invokePlugin calls a filter or test by name on one value.
func (c *call) invokePlugin(test bool, name string) (func(v val, args []val, kw []arg) (val, error), error) {
	p := c.f.run.e.plugin(test, name)
	if p == nil {
		return nil, c.notLoaded(test, name)
	}
	tagged := c.f.run.e.tagged()
	named := plugged{p, pluginKind(test), name}
	return func(v val, args []val, kw []arg) (val, error) {
		k := call{f: c.f, name: p.Name, kw: kw, args: append(append(make([]val, 0, 1+len(args)), v), args...)}
		if tagged {
			return named.deferred(&k)
		}
		return p.invoke(&k)
	}, nil
}

// notLoaded is the error of a filter or test that another names.
func (c *call) notLoaded(test bool, name string) error {
	msg := c.f.run.e.notLoaded(test, name)
	if !c.f.run.e.tagged() {
		msg += "\n  line 0"
	}
	return raise("jinja2.exceptions.TemplateSyntaxError", "%s", msg)
}

func mapFilter(c *call) (val, error) {
	it, err := iter(c.args[0])
	if err != nil {
		return nil, err
	}
	apply, err := c.mapping()
	if err != nil {
		return nil, err
	}
	r := make([]val, 0, len(it))
	for _, v := range it {
		x, err := apply(v)
		if err != nil {
			return nil, err
		}
		r = append(r, x)
	}
	return &list{V: r}, nil
}

// mapping is what map does to each item.
func (c *call) mapping() (getter, error) {
	rest := c.rest()
	if attribute, ok := c.kwarg("attribute"); ok && len(rest) == 0 {
		dflt, hasDflt := c.kwarg("default")
		for _, a := range c.kw {
			if a.name != "attribute" && a.name != "default" {
				return nil, raise("jinja2.exceptions.FilterArgumentError", "Unexpected keyword argument %s", value.StrRepr(a.name))
			}
		}
		return newGetter(attribute, dflt, hasDflt && dflt != nil), nil
	}
	if len(rest) == 0 {
		return nil, raise("jinja2.exceptions.FilterArgumentError", "map requires a filter argument")
	}
	f, err := c.invokePlugin(false, str(rest[0]))
	if err != nil {
		return nil, err
	}
	return func(v val) (val, error) { return f(v, rest[1:], c.kw) }, nil
}

func selector(byAttr, want bool) fn {
	return func(c *call) (val, error) {
		it, err := iter(c.args[0])
		if err != nil {
			return nil, err
		}
		rest := c.rest()
		get := newGetter(nil, nil, false)
		if byAttr {
			if len(rest) == 0 {
				return nil, raise("jinja2.exceptions.FilterArgumentError", "Missing parameter for attribute name")
			}
			get = newGetter(rest[0], nil, false)
			rest = rest[1:]
		}
		test := func(v val, _ []val, _ []arg) (val, error) { return v, nil }
		if len(rest) > 0 {
			if test, err = c.invokePlugin(true, str(rest[0])); err != nil {
				return nil, err
			}
			rest = rest[1:]
		}
		r := []val{}
		for _, v := range it {
			x, err := get(v)
			if err != nil {
				return nil, err
			}
			if x, err = test(x, rest, c.kw); err != nil {
				return nil, err
			}
			ok, err := truth(x)
			if err != nil {
				return nil, err
			}
			if ok == want {
				r = append(r, v)
			}
		}
		return &list{V: r}, nil
	}
}
