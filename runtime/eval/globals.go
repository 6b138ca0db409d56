package eval

import (
	"strings"
	"time"

	"pbc/ir/value"
	"pbc/runtime/bound"
	"pbc/runtime/exception"
	"pbc/runtime/python"
)

// globals are the names every template has. init fills it: lookup leads back here.
var globals map[string]val

func init() {
	globals = map[string]val{
		"range":     &python.Function{Shown: "<class 'range'>", Func: newRange},
		"dict":      &python.Function{Shown: "<class 'dict'>", Func: newDictOf},
		"namespace": &python.Function{Shown: "<class 'jinja2.utils.Namespace'>", Func: newNamespace},
		"cycler":    &python.Function{Shown: "<class 'jinja2.utils.Cycler'>", Func: newCycler},
		"joiner":    &python.Function{Shown: "<class 'jinja2.utils.Joiner'>", Func: newJoiner},
		"lipsum":    &python.Function{Shown: "<function generate_lorem_ipsum>", Func: lipsum},
		"undef":     &python.Function{Shown: "<bound method Templar._make_undefined>", Func: makeUndef},
		"now":       &python.Function{Shown: "<bound method Templar._now_datetime>", Func: now},
		"lookup":    &python.Function{Shown: "<bound method Templar._lookup>", Func: func(c *python.Call) (val, error) { return lookup(c, false) }},
		"query":     &python.Function{Shown: "<bound method Templar._query_lookup>", Func: func(c *python.Call) (val, error) { return lookup(c, true) }},
	}
	globals["q"] = globals["query"]
}

func newRange(c *python.Call) (val, error) {
	n := len(c.Args)
	if n == 0 {
		return nil, exception.TypeError("range expected at least 1 argument, got 0")
	}
	if n > 3 {
		return nil, exception.TypeError("range expected at most 3 arguments, got %d", n)
	}
	var a [3]int64
	for i, v := range c.Args {
		x, err := c.Int(v)
		if err != nil {
			return nil, err
		}
		a[i] = x
	}
	r := &value.Range{Start: a[0], Stop: a[1], Step: 1}
	switch n {
	case 1:
		r.Start, r.Stop = 0, a[0]
	case 3:
		r.Step = a[2]
	}
	if r.Step == 0 {
		return nil, exception.ValueError("range() arg 3 must not be zero")
	}
	return r, nil
}

func newDictOf(c *python.Call) (val, error) {
	d := value.NewDict()
	return d, python.UpdateDict(d, c)
}

func newNamespace(c *python.Call) (val, error) {
	d := value.NewDict()
	return &namespace{d: d}, python.UpdateDict(d, c)
}

func newCycler(c *python.Call) (val, error) {
	if len(c.Args) == 0 {
		return nil, exception.Raise("RuntimeError", "at least one item has to be provided")
	}
	return &cycler{items: c.Args}, nil
}

func newJoiner(c *python.Call) (val, error) {
	sep := c.Get(0, "sep", ", ")
	used := false
	return &python.Function{Shown: "<jinja2.utils.Joiner object>", Func: func(*python.Call) (val, error) {
		if used {
			return sep, nil
		}
		used = true
		return "", nil
	}}, nil
}

const lorem = "Lorem ipsum dolor sit amet, consectetur adipisici elit, sed eiusmod tempor incidunt ut labore et dolore magna aliqua."

// lipsum gives filler text: Jinja's is random, so any text of its shape will do.
func lipsum(c *python.Call) (val, error) {
	c.Ctx.Volatile()
	n, err := c.Integer(0, "n", 5)
	if err != nil {
		return nil, err
	}
	html, err := c.Flag(1, "html", true)
	if err != nil {
		return nil, err
	}
	if n > 1000 {
		return nil, bound.TooLarge()
	}
	ps := make([]string, max(n, 0))
	for i := range ps {
		ps[i] = lorem
		if html {
			ps[i] = "<p>" + lorem + "</p>"
		}
	}
	if html {
		return strings.Join(ps, "\n"), nil
	}
	return strings.Join(ps, "\n\n"), nil
}

func makeUndef(c *python.Call) (val, error) {
	hint := c.Get(0, "hint", nil)
	if _, isUndef := hint.(*undef); isUndef || hint == nil || hint == "" {
		return &undef{Hint: "Mandatory variable has not been overridden"}, nil
	}
	return &undef{Hint: python.Str(hint)}, nil
}

func now(c *python.Call) (val, error) {
	c.Ctx.Volatile()
	utc, err := c.Flag(0, "utc", false)
	if err != nil {
		return nil, err
	}
	t := python.Clock()
	if utc {
		t = t.UTC()
	}
	if f, ok := c.Param(1, "fmt"); ok && f != nil && f != "" {
		return python.Strftime(t, python.Str(f)), nil
	}
	wall := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond()/1000*1000, time.UTC)
	return &value.Date{T: wall, HasTime: true}, nil
}
