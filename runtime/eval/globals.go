package eval

import (
	"strings"
	"time"

	"pbc/ir/value"
)

// globals are the names every template has. init fills it: lookup leads back here.
var globals map[string]val

func init() {
	globals = map[string]val{
		"range":     &function{repr: "<class 'range'>", f: newRange},
		"dict":      &function{repr: "<class 'dict'>", f: newDictOf},
		"namespace": &function{repr: "<class 'jinja2.utils.Namespace'>", f: newNamespace},
		"cycler":    &function{repr: "<class 'jinja2.utils.Cycler'>", f: newCycler},
		"joiner":    &function{repr: "<class 'jinja2.utils.Joiner'>", f: newJoiner},
		"lipsum":    &function{repr: "<function generate_lorem_ipsum>", f: lipsum},
		"undef":     &function{repr: "<bound method Templar._make_undefined>", f: makeUndef},
		"now":       &function{repr: "<bound method Templar._now_datetime>", f: now},
		"lookup":    &function{repr: "<bound method Templar._lookup>", f: func(c *call) (val, error) { return lookup(c, false) }},
		"query":     &function{repr: "<bound method Templar._query_lookup>", f: func(c *call) (val, error) { return lookup(c, true) }},
	}
	globals["q"] = globals["query"]
}

func newRange(c *call) (val, error) {
	n := len(c.args)
	if n == 0 {
		return nil, typeErr("range expected at least 1 argument, got 0")
	}
	if n > 3 {
		return nil, typeErr("range expected at most 3 arguments, got %d", n)
	}
	var a [3]int64
	for i, v := range c.args {
		x, err := asInt(v)
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
		return nil, valueErr("range() arg 3 must not be zero")
	}
	return r, nil
}

func newDictOf(c *call) (val, error) {
	d := value.NewDict()
	return d, updateDict(d, c)
}

func newNamespace(c *call) (val, error) {
	d := value.NewDict()
	return &namespace{d: d}, updateDict(d, c)
}

func newCycler(c *call) (val, error) {
	if len(c.args) == 0 {
		return nil, raise("RuntimeError", "at least one item has to be provided")
	}
	return &cycler{items: c.args}, nil
}

func newJoiner(c *call) (val, error) {
	sep := c.get(0, "sep", ", ")
	used := false
	return &function{repr: "<jinja2.utils.Joiner object>", f: func(*call) (val, error) {
		if used {
			return sep, nil
		}
		used = true
		return "", nil
	}}, nil
}

const lorem = "Lorem ipsum dolor sit amet, consectetur adipisici elit, sed eiusmod tempor incidunt ut labore et dolore magna aliqua."

// lipsum gives filler text: Jinja's is random, so any text of its shape will do.
func lipsum(c *call) (val, error) {
	c.ctx.Volatile()
	n, err := c.integer(0, "n", 5)
	if err != nil {
		return nil, err
	}
	html, err := c.flag(1, "html", true)
	if err != nil {
		return nil, err
	}
	if n > 1000 {
		return nil, tooLarge()
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

func makeUndef(c *call) (val, error) {
	hint := c.get(0, "hint", nil)
	if _, isUndef := hint.(*undef); isUndef || hint == nil || hint == "" {
		return &undef{Hint: "Mandatory variable has not been overridden"}, nil
	}
	return &undef{Hint: str(hint)}, nil
}

// clock is what now() reads; tests set it.
var clock = time.Now

func now(c *call) (val, error) {
	c.ctx.Volatile()
	utc, err := c.flag(0, "utc", false)
	if err != nil {
		return nil, err
	}
	t := clock()
	if utc {
		t = t.UTC()
	}
	if f, ok := c.param(1, "fmt"); ok && f != nil && f != "" {
		return strftime(t, str(f)), nil
	}
	wall := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond()/1000*1000, time.UTC)
	return &value.Date{T: wall, HasTime: true}, nil
}
