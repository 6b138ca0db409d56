package test

import (
	"errors"
	"math"
	"os"
	"slices"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/exception"
	"pbc/runtime/plugin"
	"pbc/runtime/pyre"
	"pbc/runtime/python"
	"pbc/runtime/urllib"
)

// kindTest is a test of what a value is.
func kindTest(f func(v value.Value) bool) python.Func {
	return func(c *python.Call) (value.Value, error) { return f(c.Args[0]), nil }
}

// definedOnly is a kindTest that uses its value.
func definedOnly(f func(v value.Value) bool) python.Func {
	return func(c *python.Call) (value.Value, error) { return f(c.Args[0]), python.Use(c.Args[0]) }
}

// textTest is a test of text: str() of what is tested.
func textTest(f func(s string) bool) python.Func {
	return plugin.Text(func(s string, _ *python.Call) (value.Value, error) { return f(s), nil })
}

func compareTest(op string) python.Func {
	f := python.Comparison(op)
	return func(c *python.Call) (value.Value, error) { r, err := f(c.Args[0], c.Args[1]); return r, err }
}

var valueTests = []*plugin.Row{
	{Name: "defined", Python: "test_defined", Doc: "Is it defined?", Markers: true, Fn: kindTest(func(v value.Value) bool { _, u := v.(*value.Undef); return !u })},
	{Name: "undefined", Python: "test_undefined", Doc: "Is it undefined?", Markers: true, Fn: kindTest(func(v value.Value) bool { _, u := v.(*value.Undef); return u })},
	{Name: "none", Doc: "Is it none?", Fn: kindTest(func(v value.Value) bool { return v == nil })},
	{Name: "boolean", Doc: "Is it a boolean?", Fn: kindTest(func(v value.Value) bool { _, ok := v.(bool); return ok })},
	{Name: "true", Doc: "Is it true itself?", Fn: kindTest(func(v value.Value) bool { return v == true })},
	{Name: "false", Doc: "Is it false itself?", Fn: kindTest(func(v value.Value) bool { return v == false })},
	{Name: "integer", Doc: "Is it an integer?", Fn: kindTest(python.IsInteger)},
	{Name: "float", Doc: "Is it a float?", Fn: kindTest(func(v value.Value) bool { _, ok := v.(float64); return ok })},
	{Name: "number", Doc: "Is it a number?", Fn: kindTest(func(v value.Value) bool { return python.Num(v).Kind != 0 })},
	{Name: "string", Doc: "Is it text?", Fn: kindTest(python.IsString)},
	{Name: "mapping", Doc: "Is it a dictionary?", Fn: kindTest(isMapping)},
	{Name: "sequence", Doc: "Has it a length and items?", Fn: sequenceTest},
	{Name: "iterable", Doc: "Can it be iterated over?", Fn: iterableTest},
	{Name: "callable", Doc: "Can it be called?", Fn: kindTest(isCallable)},
	{Name: "escaped", Doc: "Is it marked safe for HTML?", Fn: kindTest(func(v value.Value) bool { s, ok := v.(*value.Str); return ok && s.Markup })},
	{Name: "lower", Doc: "Is it in lower case?", Fn: textTest(func(s string) bool { return s == python.Lower(s) && s != python.Upper(s) })},
	{Name: "upper", Doc: "Is it in upper case?", Fn: textTest(func(s string) bool { return s == python.Upper(s) && s != python.Lower(s) })},
	{Name: "odd", Doc: "Is it odd?", Fn: remainder(2, 1)},
	{Name: "even", Doc: "Is it even?", Fn: remainder(2, 0)},
	{Name: "divisibleby", Params: "num", Doc: "Is it divisible by a number?", Python: "test_divisibleby", Fn: divisibleTest},
	{Name: "eq", Aliases: []string{"equalto", "=="}, Params: "b", Operator: true, Doc: "Is it equal?", Fn: compareTest("==")},
	{Name: "ne", Aliases: []string{"!="}, Params: "b", Operator: true, Doc: "Is it not equal?", Fn: compareTest("!=")},
	{Name: "lt", Aliases: []string{"lessthan", "<"}, Params: "b", Operator: true, Doc: "Is it less?", Fn: compareTest("<")},
	{Name: "le", Aliases: []string{"<="}, Params: "b", Operator: true, Doc: "Is it less or equal?", Fn: compareTest("<=")},
	{Name: "gt", Aliases: []string{"greaterthan", ">"}, Params: "b", Operator: true, Doc: "Is it greater?", Fn: compareTest(">")},
	{Name: "ge", Aliases: []string{">="}, Params: "b", Operator: true, Doc: "Is it greater or equal?", Fn: compareTest(">=")},
	{Name: "in", Params: "seq", Doc: "Is it in a sequence?", Python: "test_in", Fn: compareTest("in")},
	{Name: "contains", Params: "value", Doc: "Does it contain a value?", Fn: func(c *python.Call) (value.Value, error) {
		r, err := python.Contains(c.Args[1], c.Args[0])
		return r, err
	}},
	{Name: "sameas", Params: "other", Doc: "Is it the same object?", Python: "test_sameas", Fn: sameTest},
	{Name: "filter", Doc: "Is there a filter of that name?", Fn: pluginTest(false)},
	{Name: "test", Doc: "Is there a test of that name?", Fn: pluginTest(true)},
	{Name: "all", Doc: "Are all items true?", Fn: quantifier(true)},
	{Name: "any", Doc: "Is any item true?", Fn: quantifier(false)},
	{Name: "subset", Aliases: []string{"issubset"}, Params: "b", Doc: "Is it a subset?", Python: "issubset", Fn: subsetTest(false)},
	{Name: "superset", Aliases: []string{"issuperset"}, Params: "b", Doc: "Is it a superset?", Python: "issuperset", Fn: subsetTest(true)},
	{Name: "nan", Aliases: []string{"isnan"}, Doc: "Is it not a number?", Python: "isnotanumber", Fn: definedOnly(func(v value.Value) bool { f, ok := v.(float64); return ok && math.IsNaN(f) })},
	{Name: "truthy", Params: "convert_bool=false", Doc: "Is it true to Python?", Fn: truthyTest(true)},
	{Name: "falsy", Params: "convert_bool=false", Doc: "Is it false to Python?", Fn: truthyTest(false)},
	{Name: "vault_encrypted", Doc: "Is it vaulted?", Fn: definedOnly(func(v value.Value) bool { _, ok := v.(*value.Vault); return ok })},
	{Name: "match", Params: "pattern='', ignorecase=false, multiline=false", Doc: "Does a regular expression match at the start?", Fn: regexTest("match")},
	{Name: "search", Params: "pattern='', ignorecase=false, multiline=false", Doc: "Does a regular expression match anywhere?", Fn: regexTest("search")},
	{Name: "regex", Params: "pattern='', ignorecase=false, multiline=false, match_type='search'", Doc: "Does a regular expression match?", Fn: regexTest("")},
}

func isMapping(v value.Value) bool {
	switch v.(type) {
	case *value.Dict, python.Mapping:
		return true
	}
	return false
}

func isCallable(v value.Value) bool {
	switch v.(type) {
	case python.Callable, *value.Undef:
		return true
	}
	return false
}

func sequenceTest(c *python.Call) (value.Value, error) {
	switch x := c.Args[0].(type) {
	case string, *value.Str, *value.List, *value.Dict, *value.Range, []byte, python.Mapping:
		return true, nil
	case *value.Undef:
		return x.Lenient, nil
	}
	_, ok := python.AsTuple(c.Args[0])
	return ok, nil
}

func iterableTest(c *python.Call) (value.Value, error) {
	if u, ok := c.Args[0].(*value.Undef); ok && !u.Lenient {
		return nil, u.Fail()
	}
	switch c.Args[0].(type) {
	case *value.Range:
		return true, nil
	}
	_, err := python.Iter(c.Args[0])
	return err == nil, nil
}

func remainder(n, want int64) python.Func {
	return func(c *python.Call) (value.Value, error) {
		r, err := python.Mod(c.Args[0], n)
		if err != nil {
			return nil, err
		}
		return python.Equal(r, want)
	}
}

func divisibleTest(c *python.Call) (value.Value, error) {
	r, err := python.Mod(c.Args[0], c.Args[1])
	if err != nil {
		return nil, err
	}
	return python.Equal(r, int64(0))
}

func sameTest(c *python.Call) (value.Value, error) {
	a, b := c.Args[0], c.Args[1]
	switch a.(type) {
	case value.Tuple, []byte:
		return false, nil
	case float64, string, *value.Str, int64, bool, nil:
		if value.TypeName(a) != value.TypeName(b) {
			return false, nil
		}
		return python.Equal(a, b)
	}
	switch b.(type) {
	case value.Tuple, []byte:
		return false, nil
	}
	return a == b, nil
}

// pluginTest asks for a filter or test. Classic fails where there is none, as at a misspelt one.
func pluginTest(test bool) python.Func {
	return func(c *python.Call) (value.Value, error) {
		name := python.Str(c.Args[0])
		_, err := c.Ctx.Plugin(test, name)
		if err != nil && !c.Ctx.Tagged() {
			return nil, err
		}
		return err == nil, nil
	}
}

func quantifier(want bool) python.Func {
	return func(c *python.Call) (value.Value, error) {
		it, err := python.Iter(c.Args[0])
		if err != nil {
			return nil, err
		}
		for _, v := range it {
			b, err := python.Truth(v)
			if err != nil {
				return nil, err
			}
			if b != want {
				return !want, nil
			}
		}
		return want, nil
	}
}

func subsetTest(reverse bool) python.Func {
	return func(c *python.Call) (value.Value, error) {
		a, b, err := plugin.Two(c)
		if err != nil {
			return nil, err
		}
		if reverse {
			a, b = b, a
		}
		x, err := python.CombineSets(a, b, func(inA, inB bool) bool { return inA && !inB })
		if err != nil {
			return nil, unhashable(c, slices.Concat(a, b), err)
		}
		return x.D.Len() == 0, nil
	}
}

// unhashable is the error of a set that one of the items cannot be in, with the class that a plugin sees.
func unhashable(c *python.Call, items []value.Value, err error) error {
	for _, v := range items {
		if _, lost := value.HashKey(v); errors.Is(lost, value.ErrUnhashable) {
			return exception.TypeError("unhashable type: '%s'", c.TypeName(v))
		}
	}
	return err
}

// booleanWords are the texts that Ansible takes for booleans.
var booleanWords = map[string]bool{
	"y": true, "yes": true, "on": true, "1": true, "true": true, "t": true,
	"n": false, "no": false, "off": false, "0": false, "false": false, "f": false,
}

func truthyTest(want bool) python.Func {
	return func(c *python.Call) (value.Value, error) {
		v := c.Args[0]
		convert, err := c.OptFlag(1, false)
		if err != nil {
			return nil, err
		}
		if s, ok := value.Text(v); ok && convert {
			if b, known := booleanWords[python.Lower(strings.TrimSpace(s))]; known {
				v = b
			}
		}
		b, err := python.Truth(v)
		return b == want, err
	}
}

func regexTest(kind string) python.Func {
	return func(c *python.Call) (value.Value, error) {
		s, err := value.ToStr(c.Args[0])
		if err != nil {
			return nil, err
		}
		r, err := plugin.Regex(c, 1, 2, 3)
		if err != nil {
			return nil, err
		}
		how := kind
		if how == "" {
			how = python.Str(c.Opt(4, "search"))
		}
		search := map[string]func(string) (*pyre.Match, error){"search": r.Search, "match": r.Match, "fullmatch": r.FullMatch}[how]
		if search == nil {
			return nil, exception.TypeError("'str' object is not callable")
		}
		m, err := search(s)
		return m != nil, err
	}
}

var resultTests = []*plugin.Row{
	{Name: "failed", Aliases: []string{"failure"}, Doc: "Did the task fail?", Fn: resultTest("failed", "failed", true)},
	{Name: "success", Aliases: []string{"succeeded", "successful"}, Doc: "Did the task succeed?", Fn: resultTest("failed", "failed", false)},
	{Name: "skipped", Aliases: []string{"skip"}, Doc: "Was the task skipped?", Fn: resultTest("skipped", "skipped", true)},
	{Name: "unreachable", Doc: "Was the host unreachable?", Fn: resultTest("unreachable", "unreachable", true)},
	{Name: "reachable", Doc: "Was the host reachable?", Fn: resultTest("unreachable", "unreachable", false)},
	{Name: "changed", Aliases: []string{"change"}, Doc: "Did the task change anything?", Fn: changedTest},
	{Name: "started", Doc: "Has the asynchronous task started?", Fn: asyncTest("started")},
	{Name: "finished", Doc: "Has the asynchronous task finished?", Fn: asyncTest("finished")},
	{Name: "version", Aliases: []string{"version_compare"}, Params: "version, operator='eq', strict=none, version_type=none", Doc: "How does a version compare?", Python: "version_compare", Fn: versionTest},
}

func result(c *python.Call, test string) (*value.Dict, error) {
	d, ok := c.Args[0].(*value.Dict)
	if !ok {
		return nil, exception.FilterError("The '%s' test expects a dictionary", test)
	}
	return d, nil
}

func resultTest(key, test string, want bool) python.Func {
	return func(c *python.Call) (value.Value, error) {
		d, err := result(c, test)
		if err != nil {
			return nil, err
		}
		v, ok := d.GetStr(key)
		if !ok {
			v = false
		}
		if want {
			return v, nil
		}
		b, err := python.Truth(v)
		return !b, err
	}
}

func changedTest(c *python.Call) (value.Value, error) {
	d, err := result(c, "changed")
	if err != nil {
		return nil, err
	}
	if v, ok := d.GetStr("changed"); ok {
		return v, nil
	}
	v, _ := d.GetStr("results")
	l, ok := v.(*value.List)
	if !ok || len(l.V) == 0 {
		return false, nil
	}
	for _, e := range l.V {
		x, ok := e.(*value.Dict)
		if !ok {
			return false, nil
		}
		if ch, ok := x.GetStr("changed"); ok {
			if b, err := python.Truth(ch); err != nil || b {
				return b, err
			}
		}
	}
	return false, nil
}

func asyncTest(key string) python.Func {
	return func(c *python.Call) (value.Value, error) {
		d, err := result(c, key)
		if err != nil {
			return nil, err
		}
		v, ok := d.GetStr(key)
		if !ok {
			return true, nil
		}
		return python.Equal(v, int64(1))
	}
}

// statTest is a test of what a path leads to.
func statTest(f func(os.FileInfo) bool) python.Func {
	return fileTest(notForStat, func(p string) bool { st, err := os.Stat(p); return err == nil && f(st) })
}

var pathTests = []*plugin.Row{
	{Name: "abs", Aliases: []string{"is_abs"}, Doc: "Is the path absolute?", Python: "isabs", Fn: plugin.Path(func(s string) value.Value { return strings.HasPrefix(s, "/") })},
	{Name: "directory", Aliases: []string{"is_dir"}, Doc: "Is it a directory?", Python: "isdir", Fn: statTest(os.FileInfo.IsDir)},
	{Name: "file", Aliases: []string{"is_file"}, Doc: "Is it a file?", Python: "isfile", Fn: statTest(func(st os.FileInfo) bool { return st.Mode().IsRegular() })},
	{Name: "exists", Doc: "Does the path exist?", Fn: statTest(func(os.FileInfo) bool { return true })},
	{Name: "link_exists", Doc: "Does the path exist, links not followed?", Python: "lexists", Fn: fileTest(notForLstat, func(p string) bool { _, err := os.Lstat(p); return err == nil })},
	{Name: "link", Aliases: []string{"is_link"}, Doc: "Is it a symbolic link?", Python: "islink", Fn: fileTest(notForLstat, func(p string) bool {
		st, err := os.Lstat(p)
		return err == nil && st.Mode()&os.ModeSymlink != 0
	})},
	{Name: "same_file", Aliases: []string{"is_same_file"}, Params: "f2", Doc: "Are the two paths one file?", Python: "samefile", Fn: sameFileTest},
	{Name: "mount", Aliases: []string{"is_mount"}, Doc: "Is it a mount point?", Python: "ismount", Fn: fileTest(notForLstat, isMount)},
	{Name: "uri", Params: "schemes=none", Doc: "Is it a URI?", Python: "is_uri", Fn: uriTest(false)},
	{Name: "url", Params: "schemes=none", Doc: "Is it a URL?", Python: "is_url", Fn: uriTest(true)},
	{Name: "urn", Doc: "Is it a URN?", Python: "is_urn", Fn: kindTest(func(v value.Value) bool { s, ok := value.Text(v); return ok && urllib.Scheme(s) == "urn" })},
}

// fileTest looks at the disk, whose answer may change. what is Python's complaint of an input that is no path.
func fileTest(what string, f func(p string) bool) python.Func {
	return func(c *python.Call) (value.Value, error) {
		s, ok := value.Text(c.Args[0])
		if !ok {
			return nil, plugin.NotText(c, what)
		}
		c.Ctx.Volatile()
		return f(s), nil
	}
}

// What Python says of values that are no paths.
const (
	notForStat  = "stat: path should be string, bytes, os.PathLike or integer, not %s"
	notForLstat = "lstat: path should be string, bytes or os.PathLike, not %s"
)

func sameFileTest(c *python.Call) (value.Value, error) {
	c.Ctx.Volatile()
	a, err := os.Stat(python.Str(c.Args[0]))
	if err != nil {
		return nil, exception.Raise("FileNotFoundError", "[Errno 2] No such file or directory: %s", value.StrRepr(python.Str(c.Args[0])))
	}
	b, err := os.Stat(python.Str(c.Args[1]))
	if err != nil {
		return nil, exception.Raise("FileNotFoundError", "[Errno 2] No such file or directory: %s", value.StrRepr(python.Str(c.Args[1])))
	}
	return os.SameFile(a, b), nil
}

func uriTest(net bool) python.Func {
	return func(c *python.Call) (value.Value, error) {
		s, ok := value.Text(c.Args[0])
		if !ok {
			return false, nil
		}
		u, err := urllib.Split(s)
		if err != nil {
			return false, nil
		}
		if schemes := c.Opt(1, nil); schemes != nil {
			any, err := python.Truth(schemes)
			if err != nil {
				return nil, err
			}
			if in, err := python.Contains(u.Scheme, schemes); any && (err != nil || !in) {
				return false, err
			}
		}
		return !net || u.Netloc != "" || u.Scheme == "file", nil
	}
}
