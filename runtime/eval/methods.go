package eval

import (
	"math"
	"math/big"
	"sort"

	"pbc/ir/value"
)

// methodFn is a method of Python's: o is the object.
type methodFn func(o val, c *call) (val, error)

// methods is implemented by objects that have methods of their own.
type methods interface {
	Method(name string) methodFn
}

// method returns a method of a value, nil when it has none of that name.
func method(o val, name string) methodFn {
	switch x := o.(type) {
	case string, *value.Str:
		return strMethods[name]
	case *dict:
		return dictMethods[name]
	case *list:
		return listMethods[name]
	case *value.Set:
		return setMethods[name]
	case []byte:
		if name == "decode" {
			return func(o val, _ *call) (val, error) { return string(o.([]byte)), nil }
		}
	case int64, bool, *big.Int:
		return intMethods[name]
	case float64:
		return floatMethods[name]
	case *value.Date:
		return dateMethods[name]
	case *value.Delta:
		if name == "total_seconds" {
			return func(o val, _ *call) (val, error) { return o.(*value.Delta).D.Seconds(), nil }
		}
	case methods:
		return x.Method(name)
	}
	if _, ok := asTuple(o); ok && (name == "count" || name == "index") {
		return listMethods[name]
	}
	return nil
}

var intMethods = map[string]methodFn{
	"bit_length": func(o val, _ *call) (val, error) { return int64(num(o).big().BitLen()), nil },
	"conjugate":  func(o val, _ *call) (val, error) { return positive(o) },
}

var floatMethods = map[string]methodFn{
	"is_integer": func(o val, _ *call) (val, error) { f := o.(float64); return f == math.Trunc(f), nil },
	"conjugate":  func(o val, _ *call) (val, error) { return o, nil },
}

// need returns positional argument i, which must be there.
func need(c *call, i int, what string) (val, error) {
	if i < len(c.args) {
		return c.args[i], nil
	}
	return nil, typeErr("%s expected at least %d argument, got %d", what, i+1, len(c.args))
}

var dictMethods = map[string]methodFn{
	"get": func(o val, c *call) (val, error) {
		k, err := need(c, 0, "get")
		if err != nil {
			return nil, err
		}
		v, ok, err := o.(*dict).Get(k)
		if err != nil || ok {
			return v, err
		}
		return c.get(1, "default", nil), nil
	},
	"keys":       func(o val, _ *call) (val, error) { return &value.View{D: o.(*dict), Kind: 'k'}, nil },
	"values":     func(o val, _ *call) (val, error) { return &value.View{D: o.(*dict), Kind: 'v'}, nil },
	"items":      func(o val, _ *call) (val, error) { return &value.View{D: o.(*dict), Kind: 'i'}, nil },
	"copy":       func(o val, _ *call) (val, error) { return o.(*dict).Copy(), nil },
	"clear":      func(o val, _ *call) (val, error) { *o.(*dict) = dict{}; return nil, nil },
	"update":     func(o val, c *call) (val, error) { return nil, updateDict(o.(*dict), c) },
	"pop":        dictPop,
	"popitem":    dictPopItem,
	"setdefault": dictSetDefault,
	"fromkeys": func(_ val, c *call) (val, error) {
		it, err := iter(c.get(0, "iterable", nil))
		if err != nil {
			return nil, err
		}
		d := value.NewDict()
		for _, k := range it {
			if err := d.Set(k, c.get(1, "value", nil)); err != nil {
				return nil, err
			}
		}
		return d, nil
	},
}

func dictPop(o val, c *call) (val, error) {
	k, err := need(c, 0, "pop")
	if err != nil {
		return nil, err
	}
	d := o.(*dict)
	v, ok, err := d.Get(k)
	if err != nil {
		return nil, err
	}
	if !ok {
		if len(c.args) > 1 {
			return c.args[1], nil
		}
		r, err := value.Repr(k)
		if err != nil {
			return nil, err
		}
		return nil, raise("KeyError", "%s", r)
	}
	d.Del(k)
	return v, nil
}

func dictPopItem(o val, _ *call) (val, error) {
	d := o.(*dict)
	n := d.Len() - 1
	if n < 0 {
		return nil, raise("KeyError", "'popitem(): dictionary is empty'")
	}
	t := tuple{d.K[n], d.V[n]}
	d.Del(d.K[n])
	return t, nil
}

func dictSetDefault(o val, c *call) (val, error) {
	k, err := need(c, 0, "setdefault")
	if err != nil {
		return nil, err
	}
	d := o.(*dict)
	if v, ok, err := d.Get(k); ok || err != nil {
		return v, err
	}
	v := c.get(1, "default", nil)
	return v, d.Set(k, v)
}

// updateDict is dict.update(...), which is dict(...) too.
func updateDict(d *dict, c *call) error {
	if len(c.args) > 0 {
		if x, ok := c.args[0].(*dict); ok {
			d.Update(x)
		} else if err := updatePairs(d, c.args[0]); err != nil {
			return err
		}
	}
	for _, a := range c.kw {
		d.SetStr(a.name, a.v)
	}
	return nil
}

func updatePairs(d *dict, v val) error {
	it, err := iter(v)
	if err != nil {
		return err
	}
	for i, e := range it {
		p, err := iter(e)
		if err != nil {
			return typeErr("cannot convert dictionary update sequence element #%d to a sequence", i)
		}
		if len(p) != 2 {
			return valueErr("dictionary update sequence element #%d has length %d; 2 is required", i, len(p))
		}
		if err := d.Set(p[0], p[1]); err != nil {
			return err
		}
	}
	return nil
}

var listMethods = map[string]methodFn{
	"append": func(o val, c *call) (val, error) {
		v, err := need(c, 0, "append()")
		if err != nil {
			return nil, err
		}
		l := o.(*list)
		l.V = append(l.V, v)
		return nil, nil
	},
	"extend": func(o val, c *call) (val, error) {
		it, err := iter(c.get(0, "iterable", nil))
		if err != nil {
			return nil, err
		}
		l := o.(*list)
		l.V = append(l.V, it...)
		return nil, nil
	},
	"insert":  listInsert,
	"pop":     listPop,
	"remove":  listRemove,
	"clear":   func(o val, _ *call) (val, error) { o.(*list).V = nil; return nil, nil },
	"copy":    func(o val, _ *call) (val, error) { return value.NewList(append([]val(nil), o.(*list).V...)...), nil },
	"reverse": func(o val, _ *call) (val, error) { reverse(o.(*list).V); return nil, nil },
	"sort": func(o val, c *call) (val, error) {
		rev, err := c.flag(-1, "reverse", false)
		if err != nil {
			return nil, err
		}
		l := o.(*list)
		l.V, err = sortBy(l.V, func(v val) (val, error) { return v, nil }, rev)
		return nil, err
	},
	"count": listCount,
	"index": listIndex,
}

func reverse(v []val) {
	for i, j := 0, len(v)-1; i < j; i, j = i+1, j-1 {
		v[i], v[j] = v[j], v[i]
	}
}

func listInsert(o val, c *call) (val, error) {
	l := o.(*list)
	at, err := c.integer(0, "index", 0)
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
	l.V = append(l.V[:at:at], append([]val{v}, l.V[at:]...)...)
	return nil, nil
}

func listPop(o val, c *call) (val, error) {
	l := o.(*list)
	i, err := c.integer(0, "index", -1)
	if err != nil {
		return nil, err
	}
	n := int64(len(l.V))
	if n == 0 {
		return nil, raise("IndexError", "pop from empty list")
	}
	if i < 0 {
		i += n
	}
	if i < 0 || i >= n {
		return nil, raise("IndexError", "pop index out of range")
	}
	v := l.V[i]
	l.V = append(l.V[:i:i], l.V[i+1:]...)
	return v, nil
}

// find returns where v is in the list, -1 when it is not.
func find(l []val, v val) (int, error) {
	for i, e := range l {
		if r, err := equal(e, v); err != nil || r {
			return i, err
		}
	}
	return -1, nil
}

func listRemove(o val, c *call) (val, error) {
	l := o.(*list)
	i, err := find(l.V, c.get(0, "value", nil))
	if err != nil {
		return nil, err
	}
	if i < 0 {
		return nil, valueErr("list.remove(x): x not in list")
	}
	l.V = append(l.V[:i:i], l.V[i+1:]...)
	return nil, nil
}

func listCount(o val, c *call) (val, error) {
	it, err := iter(o)
	if err != nil {
		return nil, err
	}
	n := int64(0)
	for _, e := range it {
		r, err := equal(e, c.get(0, "value", nil))
		if err != nil {
			return nil, err
		}
		if r {
			n++
		}
	}
	return n, nil
}

func listIndex(o val, c *call) (val, error) {
	it, err := iter(o)
	if err != nil {
		return nil, err
	}
	v := c.get(0, "value", nil)
	i, err := find(it, v)
	if err != nil {
		return nil, err
	}
	if i < 0 {
		if _, isTuple := asTuple(o); isTuple {
			return nil, valueErr("tuple.index(x): x not in tuple")
		}
		r, _ := value.Repr(v)
		return nil, valueErr("%s is not in list", r)
	}
	return int64(i), nil
}

// sortBy sorts stably by a key; the first failed comparison is the error.
func sortBy(items []val, key func(val) (val, error), rev bool) ([]val, error) {
	type pair struct{ k, v val }
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
		r, err := less(a, b)
		if err != nil {
			failed = err
		}
		return r
	})
	out := make([]val, len(ps))
	for i := range ps {
		out[i] = ps[i].v
	}
	return out, failed
}

// setMethods are the methods of a set that do not change it, and add.
var setMethods = map[string]methodFn{
	"union":        setMethod(func(a, b bool) bool { return a || b }),
	"intersection": setMethod(func(a, b bool) bool { return a && b }),
	"difference":   setMethod(func(a, b bool) bool { return a && !b }),
	"add": func(o val, c *call) (val, error) {
		return nil, o.(*value.Set).D.Set(c.get(0, "elem", nil), nil)
	},
	"copy": func(o val, _ *call) (val, error) { return &value.Set{D: o.(*value.Set).D.Copy()}, nil },
}

func setMethod(keep func(a, b bool) bool) methodFn {
	return func(o val, c *call) (val, error) {
		it, err := iter(c.get(0, "other", &list{}))
		if err != nil {
			return nil, err
		}
		return combineSets(o.(*value.Set).D.K, it, keep)
	}
}

func combineSets(a, b []val, keep func(a, b bool) bool) (*value.Set, error) {
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
	for _, k := range append(append([]val{}, x.K...), y.K...) {
		_, inA, _ := x.Get(k)
		_, inB, _ := y.Get(k)
		if keep(inA, inB) {
			_ = r.D.Set(k, nil)
		}
	}
	return r, nil
}
