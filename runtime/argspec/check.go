package argspec

import (
	"fmt"
	"sort"
	"strings"

	"pbc/ir/expr"
	"pbc/ir/value"
)

// Environ is what conversions need to know of the process a module runs as.
type Environ interface {
	// Lookup returns an environment variable.
	Lookup(name string) (string, bool)
	// ExpandPath expands variables and a leading ~ as Python's os.path does.
	ExpandPath(s string) string
}

// Deprecation is the use of something that goes away, in the words Ansible shows.
type Deprecation struct{ Msg, Version, Date, From string }

// Checked is what Check makes of arguments.
type Checked struct {
	// Params are the parameters: as far as they were converted, when there is an error.
	Params       *value.Dict
	Secrets      Secrets
	Warnings     []string
	Deprecations []Deprecation
	// Faults are all that is wrong, in the order found. A module's message is the first, which is Check's error.
	Faults []error
}

// Check checks a module's arguments against its spec. The name is used in messages only. The error is
// Ansible's message; Checked is never nil.
func (s *Spec) Check(name string, args *value.Dict, env Environ) (*Checked, error) {
	return newChecker(s, args, env).check(s, name)
}

// CheckAction is Check where an action checks the arguments on the controller, before they have become a module's: messages name
// other types then.
func (s *Spec) CheckAction(name string, args *value.Dict, env Environ) (*Checked, error) {
	c := newChecker(s, args, env)
	c.playbook = s.dialect == expr.Classic
	return c.check(s, name)
}

func (c *checker) check(s *Spec, name string) (*Checked, error) {
	c.top(s)
	c.out.Faults = c.errs
	if len(c.errs) > 0 {
		if c.unsupportedOnly {
			return c.out, fmt.Errorf("Unsupported parameters for (%s) module: %w", name, c.errs[0])
		}
		return c.out, c.errs[0]
	}
	return c.out, nil
}

// deepCopy copies lists and dictionaries, so that filling in defaults changes no variable.
func deepCopy(v value.Value) value.Value {
	switch x := v.(type) {
	case *value.Dict:
		d := value.NewDict()
		for i, k := range x.K {
			_ = d.Set(k, deepCopy(x.V[i]))
		}
		return d
	case *value.List:
		l := &value.List{V: make([]value.Value, len(x.V))}
		for i, e := range x.V {
			l.V[i] = deepCopy(e)
		}
		return l
	}
	return v
}

type checker struct {
	converter
	out  *Checked
	errs []error
	// context are the names of the options around the ones looked at.
	context []string
	// unknown are the options that no spec knows; known describes the spec of the last of them.
	unknown         []string
	known           string
	unsupportedOnly bool
}

func newChecker(s *Spec, args *value.Dict, env Environ) *checker {
	return &checker{converter: converter{env: env, tagged: s.dialect == expr.Tagged, newer: s.newer}, out: &Checked{Params: deepCopy(args).(*value.Dict), Secrets: Secrets{}}}
}

func (c *checker) fail(format string, a ...any) { c.errs = append(c.errs, fmt.Errorf(format, a...)) }

// failIn adds an error that names the options around it.
func (c *checker) failIn(format string, a ...any) {
	msg := fmt.Sprintf(format, a...)
	if len(c.context) > 0 {
		msg += " found in " + strings.Join(c.context, " -> ")
	}
	c.errs = append(c.errs, fmt.Errorf("%s", msg))
}

func (c *checker) top(s *Spec) {
	c.level(s, c.out.Params, "")
	c.nested(s, c.out.Params, "")
	if len(c.unknown) > 0 {
		sort.Strings(c.unknown)
		c.unsupportedOnly = len(c.errs) == 0
		c.fail("%s. Supported parameters include: %s.", strings.Join(c.unknown, ", "), c.known)
	}
}

// level checks one dictionary against one spec, without the specs inside.
func (c *checker) level(s *Spec, p *value.Dict, prefix string) {
	args := s.all()
	c.fallbacks(args, p)
	c.aliases(args, p, prefix)
	if err := c.secrets(args, p); err != nil {
		c.errs = append(c.errs, err)
	}
	if prefix == "" {
		c.deprecated(args, p, "")
	}
	c.unsupported(args, p)
	c.exclusive(s, p)
	c.defaults(args, p, false)
	c.required(args, p)
	for i := range args {
		c.convert(&args[i], p)
	}
	for i := range args {
		c.choices(&args[i], p)
	}
	c.relations(s, p)
	c.defaults(args, p, true)
}

func (c *checker) fallbacks(args []Arg, p *value.Dict) {
	for _, a := range args {
		if _, ok := p.GetStr(a.Name); ok {
			continue
		}
		for _, name := range a.EnvFallback {
			v, ok := c.env.Lookup(name)
			if !ok {
				continue
			}
			if a.NoLog {
				c.out.Secrets.Add(v)
			}
			p.SetStr(a.Name, v)
			break
		}
	}
}

func (c *checker) aliases(args []Arg, p *value.Dict, prefix string) {
	for _, a := range args {
		for _, o := range a.OldAliases {
			if _, ok := p.GetStr(o.Name); ok {
				c.out.Deprecations = append(c.out.Deprecations, Deprecation{
					fmt.Sprintf("Alias '%s' is deprecated. See the module docs for more information", prefix+o.Name),
					o.Version, o.Date, o.From})
			}
		}
		for _, alias := range a.Aliases {
			v, ok := p.GetStr(alias)
			if !ok {
				continue
			}
			if _, both := p.GetStr(a.Name); both {
				c.out.Warnings = append(c.out.Warnings, fmt.Sprintf("Both option %s and its alias %s are set.", prefix+a.Name, prefix+alias))
			}
			p.SetStr(a.Name, v)
		}
	}
}

// secrets finds the values that may not be shown, also in dictionaries within, before anything is known to be right: text must be what
// a dictionary can be made of. The first error ends the search.
func (c *checker) secrets(args []Arg, p *value.Dict) error {
	for _, a := range args {
		v, ok := p.GetStr(a.Name)
		if !ok {
			continue
		}
		if a.NoLog {
			c.out.Secrets.Add(v)
		}
		if v == nil || a.Sub == nil || a.Type != Map && (a.Type != List || a.Elements != Map) {
			continue
		}
		for _, e := range elements(v) {
			d, err := c.subParameters(&a, e)
			if err == nil {
				err = c.secrets(a.Sub.all(), d)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// subParameters is a dictionary of suboptions, which may still be text.
func (c *checker) subParameters(a *Arg, v value.Value) (*value.Dict, error) {
	if _, ok := value.Text(v); ok {
		var err error
		if v, err = c.toMap(v); err != nil {
			return nil, err
		}
	}
	d, ok := v.(*value.Dict)
	if !ok {
		s, _ := value.ToStr(v)
		return nil, fmt.Errorf("Value '%s' in the sub parameter field '%s' must be a %s, not '%s'", s, a.Name, a.Type, value.TypeName(v))
	}
	return d, nil
}

func (c *checker) deprecated(args []Arg, p *value.Dict, prefix string) {
	for _, a := range args {
		v, ok := p.GetStr(a.Name)
		if !ok {
			continue
		}
		name := a.Name
		if prefix != "" {
			name = fmt.Sprintf(`%s["%s"]`, prefix, a.Name)
		}
		if a.RemovedAt != "" || a.RemovedIn != "" {
			c.out.Deprecations = append(c.out.Deprecations, Deprecation{
				fmt.Sprintf("Param '%s' is deprecated. See the module docs for more information", name), a.RemovedIn, a.RemovedAt, a.From})
		}
		if a.Sub == nil {
			continue
		}
		for _, e := range elements(v) {
			if d, ok := e.(*value.Dict); ok {
				c.deprecated(a.Sub.all(), d, name)
			}
		}
	}
}

// elements returns the items of a list, or a value that is none as the only item.
func elements(v value.Value) []value.Value {
	switch x := v.(type) {
	case *value.List:
		return x.V
	case value.Tuple:
		return x
	}
	return []value.Value{v}
}

func (c *checker) unsupported(args []Arg, p *value.Dict) {
	legal := map[string]bool{}
	var names, aliases []string
	for _, a := range args {
		names = append(names, a.Name)
		legal[a.Name] = true
		for _, alias := range a.Aliases {
			legal[alias] = true
			aliases = append(aliases, alias)
		}
	}
	for _, k := range p.K {
		name, _ := value.ToStr(k)
		if legal[name] {
			continue
		}
		sort.Strings(names)
		sort.Strings(aliases)
		c.known = strings.Join(names, ", ")
		if len(aliases) > 0 {
			c.known += " (" + strings.Join(aliases, ", ") + ")"
		}
		c.unknown = append(c.unknown, strings.Join(append(append([]string(nil), c.context...), name), "."))
	}
}

func (c *checker) defaults(args []Arg, p *value.Dict, final bool) {
	for _, a := range args {
		if _, ok := p.GetStr(a.Name); ok || a.Default == nil && !final {
			continue
		}
		if a.NoLog {
			c.out.Secrets.Add(a.Default)
		}
		p.SetStr(a.Name, deepCopy(a.Default))
	}
}

func (c *checker) required(args []Arg, p *value.Dict) {
	var missing []string
	for _, a := range args {
		if _, ok := p.GetStr(a.Name); a.Required && !ok {
			missing = append(missing, a.Name)
		}
	}
	if len(missing) > 0 {
		sort.Strings(missing)
		c.failIn("missing required arguments: %s", strings.Join(missing, ", "))
	}
}

func (c *checker) convert(a *Arg, p *value.Dict) {
	v, ok := p.GetStr(a.Name)
	if !ok || v == nil && !(c.newer && (a.Required || a.Default != nil)) {
		return
	}
	t := a.Type
	if t == "" {
		t = Str
	}
	r, err := c.to(t, v)
	if err != nil {
		in := ""
		if len(c.context) > 0 {
			in = fmt.Sprintf(" found in '%s'.", strings.Join(c.context, " -> "))
		}
		c.fail("argument '%s' is of type %s%s and we were unable to convert to %s: %w", a.Name, c.class(v), in, t, c.sentence(err))
		return
	}
	if l, ok := r.(*value.List); ok && a.Elements != "" {
		r = c.convertElements(a, l)
	}
	p.SetStr(a.Name, r)
}

func (c *checker) convertElements(a *Arg, l *value.List) *value.List {
	r := value.NewList()
	for _, e := range l.V {
		v, err := c.to(a.Elements, e)
		if err != nil {
			in := ""
			if len(c.context) > 0 {
				in = fmt.Sprintf(" found in '%s'", strings.Join(c.context, " -> "))
			}
			c.fail("Elements value for option '%s'%s is of type %s and we were unable to convert to %s: %w", a.Name, in, c.class(e), a.Elements, c.sentence(err))
			continue
		}
		r.V = append(r.V, v)
	}
	return r
}

// nested checks the dictionaries inside the parameters.
func (c *checker) nested(s *Spec, p *value.Dict, prefix string) {
	args := s.all()
	for i := range args {
		a := &args[i]
		if a.Sub == nil || a.Type != Map && (a.Type != List || a.Elements != Map) {
			continue
		}
		v, _ := p.GetStr(a.Name)
		if v == nil && a.SubDefaults {
			v = value.NewDict()
			p.SetStr(a.Name, v)
		}
		if v == nil {
			continue
		}
		c.context = append(c.context, a.Name)
		for n, e := range elements(v) {
			c.element(a, e, n, prefix)
		}
		c.context = c.context[:len(c.context)-1]
	}
}

func (c *checker) element(a *Arg, e value.Value, n int, prefix string) {
	d, ok := e.(*value.Dict)
	if !ok {
		c.fail("value of '%s' must be of type dict or list of dicts", a.Name)
		return
	}
	prefix += a.Name
	if a.Type == List {
		prefix += fmt.Sprintf("[%d]", n)
	}
	prefix += "."
	c.level(a.Sub, d, prefix)
	c.nested(a.Sub, d, prefix)
}

// CheckAll checks arguments against the spec and returns all that is wrong with them, in Ansible's words:
// how roles with an argument spec are checked.
func (s *Spec) CheckAll(args *value.Dict, env Environ) []string {
	c := newChecker(s, args, env)
	c.playbook = s.dialect == expr.Classic
	c.top(s)
	var out []string
	for _, err := range c.errs {
		out = append(out, err.Error())
	}
	return out
}
