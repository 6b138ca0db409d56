package python

import (
	"pbc/ir/value"
	"pbc/runtime/exception"
)

// Arg is a keyword argument.
type Arg struct {
	Name string
	V    value.Value
}

// Call is the arguments of a filter, test, method or function.
type Call struct {
	Ctx   context
	Name  string
	Args  []value.Value
	KW    []Arg
	Named int // how many of args are bound to named parameters
}

// context is what a function may ask of the evaluation that calls it.
type context interface {
	// Tagged says whether the dialect is tagged.
	Tagged() bool
	// Volatile says that the result may be another one the next time.
	Volatile()
	// Plugin finds a filter or test by name. The error is Jinja's where there is none.
	Plugin(test bool, name string) (Applier, error)
	// Every finds a filter or test that is applied to many values at once, nil when that of this name is not.
	Every(test bool, name string) Every
	// ReadYAML reads a YAML document, or all of a stream as a list.
	ReadYAML(text string, all bool) (value.Value, error)
	// Tell tells the user something, where somebody listens.
	Tell(n Notice)
}

// Applier applies a filter or test to a value.
type Applier func(v value.Value, args []value.Value, kw []Arg) (value.Value, error)

// Every applies a filter or test to each of many values.
type Every func(items, args []value.Value, kw []Arg) ([]value.Value, error)

// Func is a function of the evaluator's.
type Func func(c *Call) (value.Value, error)

// Param returns parameter i or name, and whether it was given.
func (c *Call) Param(i int, name string) (value.Value, bool) {
	if i >= 0 && i < len(c.Args) {
		return c.Args[i], true
	}
	for _, a := range c.KW {
		if a.Name == name {
			return a.V, true
		}
	}
	return nil, false
}

// Get returns parameter i or name, or its default.
func (c *Call) Get(i int, name string, dflt value.Value) value.Value {
	if v, ok := c.Param(i, name); ok {
		return v
	}
	return dflt
}

// Integer reads an argument that must be an int.
func (c *Call) Integer(i int, name string, dflt int64) (int64, error) {
	v, ok := c.Param(i, name)
	if !ok {
		return dflt, nil
	}
	return c.Int(v)
}

// Because gives err, an *exception.Error, its cause, which only dialect tagged tells after it.
func (c *Call) Because(err, cause error) error {
	if !c.Ctx.Tagged() {
		return err
	}
	return exception.Because(err, cause)
}

// lazy is where dialect tagged has its classes of containers.
const lazy = "ansible._internal._templating._lazy_containers."

// TypeName is the name of the class of an argument: dialect tagged gives plugins containers of its own.
func (c *Call) TypeName(v value.Value) string {
	name := value.TypeName(v)
	switch v.(type) {
	case *value.List:
		if c.Ctx.Tagged() {
			return "_AnsibleLazyTemplateList"
		}
	case *value.Dict:
		if c.Ctx.Tagged() {
			return "_AnsibleLazyTemplateDict"
		}
	}
	return name
}

// Type is str(type(v)) of an argument.
func (c *Call) Type(v value.Value) string {
	if name := c.TypeName(v); name != value.TypeName(v) {
		return "<class '" + lazy + name + "'>"
	}
	return PythonType(v)
}

// AsInt reads a value where Python takes an integer only.
func AsInt(v value.Value) (int64, error) {
	switch n := Num(v); n.Kind {
	case 'i':
		return n.I, nil
	case 'b':
		return 0, exception.Raise("OverflowError", "Python int too large to convert to C ssize_t")
	}
	if err := Use(v); err != nil {
		return 0, err
	}
	return 0, exception.TypeError("'%s' object cannot be interpreted as an integer", value.ClassName(v))
}

// Int is AsInt for an argument: dialect classic gives plugins undefined values, which are no integers.
func (c *Call) Int(v value.Value) (int64, error) {
	if u, ok := v.(*value.Undef); ok && !c.Ctx.Tagged() {
		return 0, exception.TypeError("'%s' object cannot be interpreted as an integer", value.ClassName(u))
	}
	return AsInt(v)
}

// text reads an argument that must be a str.
func (c *Call) text(i int, name, what string) (string, error) {
	v, ok := c.Param(i, name)
	if !ok {
		return "", exception.TypeError("%s expected at least %d argument, got %d", what, i+1, len(c.Args))
	}
	return needText(v, what)
}

func needText(v value.Value, what string) (string, error) {
	if s, ok := value.Text(v); ok {
		return s, nil
	}
	if err := Use(v); err != nil {
		return "", err
	}
	return "", exception.TypeError("%s must be str, not %s", what, value.ClassName(v))
}

// Flag reads an argument as a truth value.
func (c *Call) Flag(i int, name string, dflt bool) (bool, error) {
	v, ok := c.Param(i, name)
	if !ok {
		return dflt, nil
	}
	return Truth(v)
}

// Function is a callable value: a global, a method bound to its object, a helper of a template.
type Function struct {
	Shown string
	Func  Func
}

// TypeName is Python's name of the class.
func (*Function) TypeName() string { return "function" }

// Repr shows the function as its maker said.
func (x *Function) Repr() (string, error) { return x.Shown, nil }

func boundMethod(o value.Value, name string, m Method) *Function {
	return &Function{
		Shown: "<built-in method " + name + " of " + value.TypeName(o) + " object>",
		Func:  func(c *Call) (value.Value, error) { return m(o, c) },
	}
}

// Callable is implemented by objects that can be called.
type Callable interface {
	Call(c *Call) (value.Value, error)
}

// Call calls the function.
func (x *Function) Call(c *Call) (value.Value, error) { return x.Func(c) }

// CallValue calls a value, which must be a Callable.
func CallValue(v value.Value, c *Call) (value.Value, error) {
	switch x := v.(type) {
	case Callable:
		return x.Call(c)
	case *value.Undef:
		return nil, x.Fail()
	}
	return nil, exception.TypeError("'%s' object is not callable", value.ClassName(v))
}

// Missing marks a parameter that was not given.
type Missing struct{}

// Given says whether parameter i was given.
func (c *Call) Given(i int) bool {
	return i < len(c.Args) && c.Args[i] != (Missing{})
}

// Opt returns parameter i of a bound call, or its default.
func (c *Call) Opt(i int, dflt value.Value) value.Value {
	if c.Given(i) {
		return c.Args[i]
	}
	return dflt
}

// OptInt returns parameter i as an integer, or its default.
func (c *Call) OptInt(i int, dflt int64) (int64, error) {
	if !c.Given(i) {
		return dflt, nil
	}
	return c.Int(c.Args[i])
}

// OptFlag returns the truth of parameter i, or its default.
func (c *Call) OptFlag(i int, dflt bool) (bool, error) {
	if !c.Given(i) {
		return dflt, nil
	}
	return Truth(c.Args[i])
}

// OptText returns parameter i as str() of it.
func (c *Call) OptText(i int, dflt string) (string, error) {
	if !c.Given(i) {
		return dflt, nil
	}
	return value.ToStr(c.Args[i])
}

// Word returns parameter i, which must be a str: what says where Python would complain.
func (c *Call) Word(i int, dflt, what string) (string, error) {
	v := c.Opt(i, dflt)
	if s, ok := value.Text(v); ok {
		return s, nil
	}
	class := value.ClassName(v)
	if v == nil {
		class = "None"
	}
	return "", exception.TypeError("%s must be str, not %s", what, class)
}

// Rest returns the arguments behind the named parameters.
func (c *Call) Rest() []value.Value { return c.Args[c.Named:] }

// Kwarg returns a named argument that has no parameter of its own.
func (c *Call) Kwarg(name string) (value.Value, bool) {
	for _, a := range c.KW {
		if a.Name == name {
			return a.V, true
		}
	}
	return nil, false
}

// KwFlag returns the truth of a named argument without parameter, or its default.
func (c *Call) KwFlag(name string, dflt bool) (bool, error) {
	if v, ok := c.Kwarg(name); ok {
		return Truth(v)
	}
	return dflt, nil
}
