package plugin

import (
	"sort"
	"strings"

	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/exception"
	"pbc/runtime/python"
)

// Row is a filter or test: a row of the table that the compiler checks against, the evaluator
// calls, and the documentation is made from.
type Row struct {
	Name    string
	Aliases []string
	// Params is the signature after the input, as Python writes it: "default_value='', boolean=False",
	// "*args, **kwargs".
	Params string
	// Signature is what documentation shows in place of Params where the function binds its arguments itself.
	Signature string
	Doc       string // one sentence
	// Only restricts the plugin to one dialect; nil is both.
	Only *expr.Dialect

	Python string // Python's name of the function, in its TypeErrors
	// Tagged is Python's name of the function in dialect tagged, where that is another one.
	Tagged string
	Hidden int // arguments that Jinja puts before the input, which Python counts, too
	// Operator says that the function is one of Python\'s operators, which count all their arguments.
	Operator bool
	InC      bool // the function is written in C: its TypeErrors read otherwise
	Fn       python.Func
	Markers  bool // tagged: takes markers as arguments
	// Redirected is the name of the plugin that this one leads to, of which errors speak.
	Redirected string
	Fresh      bool // the result is a list that nobody else has
	Native     bool // classic: the result is text that is never read back as a literal
	params     *params
	twin       *Row // in dialect tagged, nil when that is the same
	// Every calls a plugin in Python for all of a list at once; nil for those of the tables.
	Every func(c *python.Call, items []value.Value) ([]value.Value, error)
}

// In says whether a dialect has the plugin.
func (p *Row) In(d expr.Dialect) bool { return p.Only == nil || *p.Only == d }

// params is a parsed signature. The first is the input.
type params struct {
	names    []string
	required int
	rest     bool // *args
	kwargs   bool // **kwargs
	kwOnly   int  // index of the first that must be named, len(names) when none
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

// Invoke binds the arguments and calls the function: named arguments move to their places, what
// was not given is missing{}, and what does not fit is Python's TypeError.
func (p *Row) Invoke(c *python.Call) (value.Value, error) {
	if p.params == nil {
		return p.Fn(c)
	}
	named := p
	if p.twin != nil && c.Ctx != nil && c.Ctx.Tagged() {
		named = p.twin
	}
	if err := named.bind(c); err != nil {
		return nil, err
	}
	return p.Fn(c)
}

func (p *Row) bind(c *python.Call) error {
	s := p.params
	if len(c.Args) > s.kwOnly && !s.rest {
		return p.tooMany(len(c.Args))
	}
	given := min(len(c.Args), s.kwOnly)
	var rest []value.Value
	if len(c.Args) > given && given < len(s.names) { // *args, which stand behind parameters that must be named
		rest = append(rest, c.Args[given:]...)
		c.Args = c.Args[:given]
	}
	for len(c.Args) < len(s.names) {
		c.Args = append(c.Args, python.Missing{})
	}
	var extra []python.Arg
	for _, a := range c.KW {
		i := s.index(a.Name)
		switch {
		case i < 0 && !s.kwargs:
			return exception.TypeError("%s() got an unexpected keyword argument '%s'", p.Python, a.Name)
		case i < 0:
			extra = append(extra, a)
		case i < given:
			return exception.TypeError("%s() got multiple values for argument '%s'", p.Python, a.Name)
		default:
			c.Args[i] = a.V
		}
	}
	for i := given; i < s.required; i++ {
		if c.Args[i] == (python.Missing{}) {
			return p.lacking(c.Args)
		}
	}
	c.KW, c.Named = extra, len(s.names)
	c.Args = append(c.Args, rest...)
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

func (p *Row) tooMany(n int) error {
	switch most := p.params.kwOnly; {
	case p.Operator:
		return exception.TypeError("%s expected %d arguments, got %d", p.Python, most, n)
	case p.InC && most == 1:
		return exception.TypeError("%s() takes exactly one argument (%d given)", p.Python, n)
	case p.InC:
		return exception.TypeError("%s() takes at most %d arguments (%d given)", p.Python, most, n)
	}
	want := p.params.kwOnly + p.Hidden
	n += p.Hidden
	if p.params.required+p.Hidden == want {
		plural := "s"
		if want == 1 {
			plural = ""
		}
		return exception.TypeError("%s() takes %d positional argument%s but %d were given", p.Python, want, plural, n)
	}
	return exception.TypeError("%s() takes from %d to %d positional arguments but %d were given", p.Python, p.params.required+p.Hidden, want, n)
}

func (p *Row) lacking(args []value.Value) error {
	var names []string
	for i := 0; i < p.params.required; i++ {
		if args[i] == (python.Missing{}) {
			names = append(names, "'"+p.params.names[i]+"'")
		}
	}
	if p.Operator {
		return exception.TypeError("%s expected %d arguments, got 1", p.Python, p.params.required)
	}
	if p.InC {
		return exception.TypeError("%s() missing required argument %s (pos %d)", p.Python, names[0], p.params.required)
	}
	what, plural := names[0], ""
	if n := len(names); n > 1 {
		plural = "s"
		what = strings.Join(names[:n-1], ", ") + " and " + names[n-1]
		if n > 2 {
			what = strings.Join(names[:n-1], ", ") + ", and " + names[n-1]
		}
	}
	return exception.TypeError("%s() missing %d required positional argument%s: %s", p.Python, len(names), plural, what)
}

// Table has every plugin under each of its names.
type Table map[string]*Row

// NewTable makes a table of rows.
func NewTable(rows []*Row) Table {
	table := Table{}
	for _, p := range rows {
		if p.params == nil && p.Params != "-" {
			p.params = parseParams(p.Params)
		}
		if p.Python == "" {
			p.Python = p.Name
		}
		if p.Tagged != "" {
			twin := *p
			twin.Python, twin.InC, twin.twin = p.Tagged, false, nil
			p.twin = &twin
		}
		for _, n := range append([]string{p.Name}, p.Aliases...) {
			table[n] = p
		}
	}
	return table
}

// Rows returns the rows of the table, sorted by name.
func (t Table) Rows() []*Row {
	var r []*Row
	for n, p := range t {
		if n == p.Name {
			r = append(r, p)
		}
	}
	sort.Slice(r, func(i, j int) bool { return r[i].Name < r[j].Name })
	return r
}

// Names is a set of names.
func Names(list string) map[string]bool {
	r := map[string]bool{}
	for _, n := range strings.Fields(list) {
		r[n] = true
	}
	return r
}
