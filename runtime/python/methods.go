package python

import (
	"math/big"
	"sort"

	"pbc/ir/value"
	"pbc/runtime/bound"
	"pbc/runtime/exception"
)

// Method is a method of Python's: o is the object.
type Method func(o value.Value, c *Call) (value.Value, error)

// Methoder is implemented by objects that have methods of their own.
type Methoder interface {
	Method(name string) Method
}

// MethodOf returns a method of a value, nil when it has none of that name.
func MethodOf(o value.Value, name string) Method {
	switch x := o.(type) {
	case string, *value.Str:
		return strMethods[name]
	case *value.Dict:
		return DictMethods[name]
	case *value.List:
		return listMethods[name]
	case *value.Set:
		return setMethods[name]
	case []byte:
		return bytesMethods[name]
	case int64, bool, *big.Int:
		return intMethods[name]
	case float64:
		return floatMethods[name]
	case *value.Date:
		return dateMethods[name]
	case *value.Delta:
		return deltaMethods[name]
	case Methoder:
		return x.Method(name)
	}
	if _, ok := AsTuple(o); ok && (name == "count" || name == "index") {
		return listMethods[name]
	}
	return nil
}

// need returns positional argument i, which must be there.
func need(c *Call, i int, what string) (value.Value, error) {
	if i < len(c.Args) {
		return c.Args[i], nil
	}
	return nil, exception.TypeError("%s expected at least %d argument, got %d", what, i+1, len(c.Args))
}

// DictMethods are the methods of dict.
var DictMethods = map[string]Method{
	"get": func(o value.Value, c *Call) (value.Value, error) {
		k, err := need(c, 0, "get")
		if err != nil {
			return nil, err
		}
		v, ok, err := o.(*value.Dict).Get(k)
		if err != nil || ok {
			return v, err
		}
		return c.Get(1, "default", nil), nil
	},
	"keys": func(o value.Value, _ *Call) (value.Value, error) {
		return &value.View{D: o.(*value.Dict), Kind: 'k'}, nil
	},
	"values": func(o value.Value, _ *Call) (value.Value, error) {
		return &value.View{D: o.(*value.Dict), Kind: 'v'}, nil
	},
	"items": func(o value.Value, _ *Call) (value.Value, error) {
		return &value.View{D: o.(*value.Dict), Kind: 'i'}, nil
	},
	"copy":       func(o value.Value, _ *Call) (value.Value, error) { return o.(*value.Dict).Copy(), nil },
	"clear":      func(o value.Value, _ *Call) (value.Value, error) { *o.(*value.Dict) = value.Dict{}; return nil, nil },
	"update":     func(o value.Value, c *Call) (value.Value, error) { return nil, UpdateDict(o.(*value.Dict), c) },
	"pop":        dictPop,
	"popitem":    dictPopItem,
	"setdefault": dictSetDefault,
	"fromkeys": func(_ value.Value, c *Call) (value.Value, error) {
		it, err := Iter(c.Get(0, "iterable", nil))
		if err != nil {
			return nil, err
		}
		d := value.NewDict()
		for _, k := range it {
			if err := d.Set(k, c.Get(1, "value", nil)); err != nil {
				return nil, err
			}
		}
		return d, nil
	},
}

func dictPop(o value.Value, c *Call) (value.Value, error) {
	k, err := need(c, 0, "pop")
	if err != nil {
		return nil, err
	}
	d := o.(*value.Dict)
	v, ok, err := d.Get(k)
	if err != nil {
		return nil, err
	}
	if !ok {
		if len(c.Args) > 1 {
			return c.Args[1], nil
		}
		r, err := value.Repr(k)
		if err != nil {
			return nil, err
		}
		return nil, exception.Raise("KeyError", "%s", r)
	}
	d.Del(k)
	return v, nil
}

func dictPopItem(o value.Value, _ *Call) (value.Value, error) {
	d := o.(*value.Dict)
	n := d.Len() - 1
	if n < 0 {
		return nil, exception.Raise("KeyError", "'popitem(): dictionary is empty'")
	}
	t := value.Tuple{d.K[n], d.V[n]}
	d.Del(d.K[n])
	return t, nil
}

func dictSetDefault(o value.Value, c *Call) (value.Value, error) {
	k, err := need(c, 0, "setdefault")
	if err != nil {
		return nil, err
	}
	d := o.(*value.Dict)
	if v, ok, err := d.Get(k); ok || err != nil {
		return v, err
	}
	v := c.Get(1, "default", nil)
	return v, d.Set(k, v)
}

// UpdateDict is dict.update(...), which is dict(...) too.
func UpdateDict(d *value.Dict, c *Call) error {
	if len(c.Args) > 0 {
		if x, ok := c.Args[0].(*value.Dict); ok {
			d.Update(x)
		} else if err := updatePairs(d, c.Args[0]); err != nil {
			return err
		}
	}
	for _, a := range c.KW {
		d.SetStr(a.Name, a.V)
	}
	return nil
}

func updatePairs(d *value.Dict, v value.Value) error {
	it, err := Iter(v)
	if err != nil {
		return err
	}
	for i, e := range it {
		p, err := Iter(e)
		if err != nil {
			return exception.TypeError("cannot convert dictionary update sequence element #%d to a sequence", i)
		}
		if len(p) != 2 {
			return exception.ValueError("dictionary update sequence element #%d has length %d; 2 is required", i, len(p))
		}
		if err := d.Set(p[0], p[1]); err != nil {
			return err
		}
	}
	return nil
}

var listMethods = map[string]Method{
	"append": func(o value.Value, c *Call) (value.Value, error) {
		v, err := need(c, 0, "append()")
		if err != nil {
			return nil, err
		}
		l := o.(*value.List)
		l.V = append(l.V, v)
		return nil, nil
	},
	"extend": func(o value.Value, c *Call) (value.Value, error) {
		it, err := Iter(c.Get(0, "iterable", nil))
		if err != nil {
			return nil, err
		}
		l := o.(*value.List)
		if len(l.V)+len(it) > bound.Elems {
			return nil, bound.TooLarge()
		}
		l.V = append(l.V, it...)
		return nil, nil
	},
	"insert": listInsert,
	"pop":    listPop,
	"remove": listRemove,
	"clear":  func(o value.Value, _ *Call) (value.Value, error) { o.(*value.List).V = nil; return nil, nil },
	"copy": func(o value.Value, _ *Call) (value.Value, error) {
		return value.NewList(append([]value.Value(nil), o.(*value.List).V...)...), nil
	},
	"reverse": func(o value.Value, _ *Call) (value.Value, error) { Reverse(o.(*value.List).V); return nil, nil },
	"sort": func(o value.Value, c *Call) (value.Value, error) {
		rev, err := c.Flag(-1, "reverse", false)
		if err != nil {
			return nil, err
		}
		l := o.(*value.List)
		l.V, err = SortBy(l.V, func(v value.Value) (value.Value, error) { return v, nil }, rev)
		return nil, err
	},
	"count": listCount,
	"index": listIndex,
}

// Reverse reverses v in place.
func Reverse(v []value.Value) {
	for i, j := 0, len(v)-1; i < j; i, j = i+1, j-1 {
		v[i], v[j] = v[j], v[i]
	}
}

func listInsert(o value.Value, c *Call) (value.Value, error) {
	l := o.(*value.List)
	at, err := c.Integer(0, "index", 0)
	if err != nil {
		return nil, err
	}
	v, err := need(c, 1, "insert")
	if err != nil {
		return nil, err
	}
	n := int64(len(l.V))
	if at < 0 {
		at = max(0, at+n)
	}
	at = min(at, n)
	l.V = append(l.V[:at:at], append([]value.Value{v}, l.V[at:]...)...)
	return nil, nil
}

func listPop(o value.Value, c *Call) (value.Value, error) {
	l := o.(*value.List)
	i, err := c.Integer(0, "index", -1)
	if err != nil {
		return nil, err
	}
	n := int64(len(l.V))
	if n == 0 {
		return nil, exception.Raise("IndexError", "pop from empty list")
	}
	if i < 0 {
		i += n
	}
	if i < 0 || i >= n {
		return nil, exception.Raise("IndexError", "pop index out of range")
	}
	v := l.V[i]
	l.V = append(l.V[:i:i], l.V[i+1:]...)
	return v, nil
}

// Find returns where v is in the list, -1 when it is not.
func Find(l []value.Value, v value.Value) (int, error) {
	for i, e := range l {
		if r, err := Equal(e, v); err != nil || r {
			return i, err
		}
	}
	return -1, nil
}

func listRemove(o value.Value, c *Call) (value.Value, error) {
	l := o.(*value.List)
	i, err := Find(l.V, c.Get(0, "value", nil))
	if err != nil {
		return nil, err
	}
	if i < 0 {
		return nil, exception.ValueError("list.remove(x): x not in list")
	}
	l.V = append(l.V[:i:i], l.V[i+1:]...)
	return nil, nil
}

func listCount(o value.Value, c *Call) (value.Value, error) {
	it, err := Iter(o)
	if err != nil {
		return nil, err
	}
	n := int64(0)
	for _, e := range it {
		r, err := Equal(e, c.Get(0, "value", nil))
		if err != nil {
			return nil, err
		}
		if r {
			n++
		}
	}
	return n, nil
}

func listIndex(o value.Value, c *Call) (value.Value, error) {
	it, err := Iter(o)
	if err != nil {
		return nil, err
	}
	v := c.Get(0, "value", nil)
	part := &Slice{Start: c.Get(1, "", nil), Stop: c.Get(2, "", nil)}
	from, to, _, err := part.bounds(len(it))
	if err != nil {
		return nil, err
	}
	i, err := Find(it[from:max(from, to)], v)
	if err != nil {
		return nil, err
	}
	if i < 0 {
		if _, isTuple := AsTuple(o); isTuple {
			return nil, exception.ValueError("tuple.index(x): x not in tuple")
		}
		r, _ := value.Repr(v)
		return nil, exception.ValueError("%s is not in list", r)
	}
	return int64(from + i), nil
}

// SortBy sorts stably by a key; the first failed comparison is the error.
func SortBy(items []value.Value, key func(value.Value) (value.Value, error), rev bool) ([]value.Value, error) {
	type pair struct{ k, v value.Value }
	ps := make([]pair, len(items))
	for i, e := range items {
		k, err := key(e)
		if err != nil {
			return nil, err
		}
		ps[i] = pair{k, e}
	}
	var failed error
	sort.SliceStable(ps, func(i, j int) bool {
		if failed != nil {
			return false
		}
		a, b := ps[i].k, ps[j].k
		if rev {
			a, b = b, a
		}
		r, err := Less(a, b)
		if err != nil {
			failed = err
		}
		return r
	})
	out := make([]value.Value, len(ps))
	for i := range ps {
		out[i] = ps[i].v
	}
	return out, failed
}

// setMethods are the methods of a set that do not change it, and add.
var setMethods = map[string]Method{
	"union":        setMethod(func(a, b bool) bool { return a || b }),
	"intersection": setMethod(func(a, b bool) bool { return a && b }),
	"difference":   setMethod(func(a, b bool) bool { return a && !b }),
	"add": func(o value.Value, c *Call) (value.Value, error) {
		return nil, o.(*value.Set).D.Set(c.Get(0, "elem", nil), nil)
	},
	"copy": func(o value.Value, _ *Call) (value.Value, error) { return &value.Set{D: o.(*value.Set).D.Copy()}, nil },
}

func setMethod(keep func(a, b bool) bool) Method {
	return func(o value.Value, c *Call) (value.Value, error) {
		it, err := Iter(c.Get(0, "other", &value.List{}))
		if err != nil {
			return nil, err
		}
		return CombineSets(o.(*value.Set).D.K, it, keep)
	}
}

// CombineSets makes a set of those elements of a and b for which keep, told where an element is, says so.
func CombineSets(a, b []value.Value, keep func(a, b bool) bool) (*value.Set, error) {
	x, y := value.NewDict(), value.NewDict()
	for _, k := range a {
		if err := x.Set(k, nil); err != nil {
			return nil, err
		}
	}
	for _, k := range b {
		if err := y.Set(k, nil); err != nil {
			return nil, err
		}
	}
	r := &value.Set{D: value.NewDict()}
	for _, k := range append(append([]value.Value{}, x.K...), y.K...) {
		_, inA, _ := x.Get(k)
		_, inB, _ := y.Get(k)
		if keep(inA, inB) {
			_ = r.D.Set(k, nil)
		}
	}
	return r, nil
}
