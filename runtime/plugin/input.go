package plugin

import (
	"pbc/ir/value"
	"pbc/runtime/bound"
	"pbc/runtime/exception"
	"pbc/runtime/pyre"
	"pbc/runtime/python"
)

// Path makes a filter or test of a function of a file name, which must be text.
func Path(f func(s string) value.Value) python.Func {
	return func(c *python.Call) (value.Value, error) {
		if s, ok := value.Text(c.Args[0]); ok {
			return f(s), nil
		}
		return nil, NotText(c, "expected str, bytes or os.PathLike object, not %s")
	}
}

// NotText is the error of an input that a function in C takes for text: a TypeError whose format has a place for the
// name of a type. To such a function an undefined value is one type more, where it is no marker.
func NotText(c *python.Call, format string) error {
	if err := python.Use(c.Args[0]); err != nil && c.Ctx.Tagged() {
		return err
	}
	return exception.TypeError(format, c.TypeName(c.Args[0]))
}

// Pattern compiles a parameter as a pattern.
func Pattern(v value.Value, ignorecase, multiline bool) (*pyre.Regexp, error) {
	s, ok := value.Text(v)
	if !ok {
		if err := python.Use(v); err != nil {
			return nil, err
		}
		return nil, exception.TypeError("first argument must be string or compiled pattern")
	}
	var flags pyre.Flags
	if ignorecase {
		flags |= pyre.IgnoreCase
	}
	if multiline {
		flags |= pyre.Multiline
	}
	return pyre.Compile(s, flags)
}

// Regex compiles parameter pattern with the flags that two others give.
func Regex(c *python.Call, pattern, ignorecase, multiline int) (*pyre.Regexp, error) {
	i, err := c.OptFlag(ignorecase, false)
	if err != nil {
		return nil, err
	}
	m, err := c.OptFlag(multiline, false)
	if err != nil {
		return nil, err
	}
	return Pattern(c.Opt(pattern, ""), i, m)
}

// Two returns the elements of the first two arguments.
func Two(c *python.Call) (a, b []value.Value, err error) {
	if a, err = python.Iter(c.Args[0]); err == nil {
		b, err = python.Iter(c.Args[1])
	}
	return a, b, err
}

// Sequence returns the elements of what Ansible takes for a sequence: no text, no mapping.
func Sequence(v value.Value) ([]value.Value, bool) {
	switch x := v.(type) {
	case *value.List:
		return x.V, true
	case *value.Range:
		it, err := python.Iter(x)
		return it, err == nil
	}
	return python.AsTuple(v)
}

func isNull(v value.Value) bool {
	if v == nil {
		return true
	}
	s, ok := value.Text(v)
	return ok && (s == "None" || s == "null")
}

// Flatten flattens levels deep, everything when levels is negative.
func Flatten(it []value.Value, levels int64, skipNulls bool) ([]value.Value, error) {
	f := flattening{skipNulls: skipNulls, out: []value.Value{}}
	err := f.add(it, levels)
	return f.out, err
}

type flattening struct {
	skipNulls bool
	walk      bound.Walk
	out       []value.Value
}

func (f *flattening) add(it []value.Value, levels int64) error {
	if err := f.walk.In(); err != nil {
		return err
	}
	defer f.walk.Out()
	for _, e := range it {
		s, ok := Sequence(e)
		switch {
		case f.skipNulls && isNull(e):
		case !ok || levels == 0:
			f.out = append(f.out, e)
		default:
			if err := f.add(s, levels-1); err != nil {
				return err
			}
		}
	}
	if len(f.out) > bound.Elems {
		return bound.TooLarge()
	}
	return nil
}

// Text makes a filter of a function of text: the input is str() of whatever it is.
func Text(f func(s string, c *python.Call) (value.Value, error)) python.Func {
	return func(c *python.Call) (value.Value, error) {
		s, err := value.ToStr(c.Args[0])
		if err != nil {
			return nil, err
		}
		return f(s, c)
	}
}

// Plain makes a filter of a function of text that has no arguments.
func Plain(f func(string) string) python.Func {
	return Text(func(s string, _ *python.Call) (value.Value, error) { return f(s), nil })
}

// IntOr reads parameter i as an integer; none and 0 are the default.
func IntOr(c *python.Call, i int, dflt int64) (int64, error) {
	if v := c.Opt(i, nil); v == nil {
		return dflt, nil
	}
	n, err := python.AsInt(c.Args[i])
	if n == 0 {
		n = dflt
	}
	return n, err
}
