package eval

import (
	"sort"
	"strings"

	"pbc/ir/expr"
	"pbc/ir/value"
)

// Plugin is a filter or test: a row of the table that the compiler checks against, the evaluator
// calls, and the documentation is made from.
type Plugin struct {
	Name    string
	Aliases []string
	// Params is the signature after the input, as Python writes it: "default_value='', boolean=False",
	// "*args, **kwargs".
	Params string
	Doc    string // one sentence
	// Only restricts the plugin to one dialect; nil is both.
	Only *expr.Dialect

	python  string // Python's name of the function, in its TypeErrors
	fn      fn
	markers bool // tagged: takes markers as arguments
	native  bool // classic: the result is text that is never read back as a literal
	params  *params
	// each calls a plugin in Python for all of a list at once; nil for those of this package.
	each func(c *call, items []val) ([]val, error)
}

func (p *Plugin) in(d expr.Dialect) bool { return p.Only == nil || *p.Only == d }

// params is a parsed signature. The first is the input.
type params struct {
	names    []string
	required int
	rest     bool // *args
	kwargs   bool // **kwargs
	kwOnly   int  // index of the first that must be named, len(names) when none
}

func (p *params) len() int {
	if p == nil {
		return 0
	}
	return len(p.names)
}

func parseParams(s string) *params {
	p := &params{names: []string{"value"}, required: 1, kwOnly: -1}
	if s != "" {
		for _, f := range splitParams(s) {
			name, _, dflt := strings.Cut(f, "=")
			switch {
			case strings.HasPrefix(name, "**"):
				p.kwargs = true
			case name == "*":
				p.kwOnly = len(p.names)
			case strings.HasPrefix(name, "*"):
				p.rest = true
				p.kwOnly = len(p.names)
			default:
				p.names = append(p.names, name)
				if !dflt && p.kwOnly < 0 {
					p.required = len(p.names)
				}
			}
		}
	}
	if p.kwOnly < 0 {
		p.kwOnly = len(p.names)
	}
	return p
}

// splitParams splits at the commas outside quotes and brackets.
func splitParams(s string) []string {
	var r []string
	depth, from, quote := 0, 0, byte(0)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '(' || c == '[' || c == '{':
			depth++
		case c == ')' || c == ']' || c == '}':
			depth--
		case c == ',' && depth == 0:
			r = append(r, strings.TrimSpace(s[from:i]))
			from = i + 1
		}
	}
	return append(r, strings.TrimSpace(s[from:]))
}

// missing marks a parameter that was not given.
type missing struct{}

// invoke binds the arguments and calls the function: named arguments move to their places, what
// was not given is missing{}, and what does not fit is Python's TypeError.
func (p *Plugin) invoke(c *call) (val, error) {
	if p.params == nil {
		return p.fn(c)
	}
	if err := p.bind(c); err != nil {
		return nil, err
	}
	return p.fn(c)
}

func (p *Plugin) bind(c *call) error {
	s := p.params
	if len(c.args) > s.kwOnly && !s.rest {
		return p.tooMany(len(c.args))
	}
	var rest []val
	if len(c.args) > s.kwOnly {
		rest = append(rest, c.args[s.kwOnly:]...)
		c.args = c.args[:s.kwOnly]
	}
	given := len(c.args)
	for len(c.args) < len(s.names) {
		c.args = append(c.args, missing{})
	}
	var extra []arg
	for _, a := range c.kw {
		i := s.index(a.name)
		switch {
		case i < 0 && !s.kwargs:
			return typeErr("%s() got an unexpected keyword argument '%s'", p.python, a.name)
		case i < 0:
			extra = append(extra, a)
		case i < given:
			return typeErr("%s() got multiple values for argument '%s'", p.python, a.name)
		default:
			c.args[i] = a.v
		}
	}
	for i := given; i < s.required; i++ {
		if c.args[i] == (missing{}) {
			return p.lacking(c.args)
		}
	}
	c.kw, c.spec = extra, s
	c.args = append(c.args, rest...)
	return nil
}

func (s *params) index(name string) int {
	for i, n := range s.names[1:] {
		if n == name {
			return i + 1
		}
	}
	return -1
}

func (p *Plugin) tooMany(n int) error {
	want := p.params.kwOnly
	if p.params.required == want {
		plural := "s"
		if want == 1 {
			plural = ""
		}
		return typeErr("%s() takes %d positional argument%s but %d were given", p.python, want, plural, n)
	}
	return typeErr("%s() takes from %d to %d positional arguments but %d were given", p.python, p.params.required, want, n)
}

func (p *Plugin) lacking(args []val) error {
	var names []string
	for i := 0; i < p.params.required; i++ {
		if args[i] == (missing{}) {
			names = append(names, "'"+p.params.names[i]+"'")
		}
	}
	what, plural := names[0], ""
	if n := len(names); n > 1 {
		plural = "s"
		what = strings.Join(names[:n-1], ", ") + " and " + names[n-1]
		if n > 2 {
			what = strings.Join(names[:n-1], ", ") + ", and " + names[n-1]
		}
	}
	return typeErr("%s() missing %d required positional argument%s: %s", p.python, len(names), plural, what)
}

// given says whether parameter i was given.
func (c *call) given(i int) bool {
	return i < len(c.args) && c.args[i] != (missing{})
}

// opt returns parameter i of a bound call, or its default.
func (c *call) opt(i int, dflt val) val {
	if c.given(i) {
		return c.args[i]
	}
	return dflt
}

func (c *call) optInt(i int, dflt int64) (int64, error) {
	if !c.given(i) {
		return dflt, nil
	}
	return asInt(c.args[i])
}

func (c *call) optFlag(i int, dflt bool) (bool, error) {
	if !c.given(i) {
		return dflt, nil
	}
	return truth(c.args[i])
}

// optText returns parameter i as str() of it.
func (c *call) optText(i int, dflt string) (string, error) {
	if !c.given(i) {
		return dflt, nil
	}
	return value.ToStr(c.args[i])
}

// rest returns the arguments behind the named parameters.
func (c *call) rest() []val { return c.args[len(c.spec.names):] }

// kwarg returns a named argument that has no parameter of its own.
func (c *call) kwarg(name string) (val, bool) {
	for _, a := range c.kw {
		if a.name == name {
			return a.v, true
		}
	}
	return nil, false
}

func (c *call) kwFlag(name string, dflt bool) (bool, error) {
	if v, ok := c.kwarg(name); ok {
		return truth(v)
	}
	return dflt, nil
}

// filters and tests have every plugin under each of its names. init fills them.
var filters, tests = map[string]*Plugin{}, map[string]*Plugin{}

func register(table map[string]*Plugin, rows ...*Plugin) {
	for _, p := range rows {
		if p.params == nil && p.Params != "-" {
			p.params = parseParams(p.Params)
		}
		if p.python == "" {
			p.python = p.Name
		}
		for _, n := range append([]string{p.Name}, p.Aliases...) {
			table[n] = p
		}
	}
}

// Filters returns the table of filters, sorted by name.
func Filters() []*Plugin { return sorted(filters) }

// Tests returns the table of tests, sorted by name.
func Tests() []*Plugin { return sorted(tests) }

func sorted(table map[string]*Plugin) []*Plugin {
	var r []*Plugin
	for n, p := range table {
		if n == p.Name {
			r = append(r, p)
		}
	}
	sort.Slice(r, func(i, j int) bool { return r[i].Name < r[j].Name })
	return r
}
