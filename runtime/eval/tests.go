package eval

import (
	"math"
	"math/big"
	"os"
	"strings"

	"pbc/ir/value"
)

// kindTest is a test of what a value is.
func kindTest(f func(v val) bool) fn {
	return func(c *call) (val, error) { return f(c.args[0]), nil }
}

// textTest is a test of text: str() of what is tested.
func textTest(f func(s string) bool) fn {
	return textFilter(func(s string, _ *call) (val, error) { return f(s), nil })
}

func compareTest(op string) fn {
	f := comparison(op)
	return func(c *call) (val, error) { r, err := f(c.args[0], c.args[1]); return r, err }
}

func init() {
	register(tests,
		&Plugin{Name: "defined", Doc: "Is it defined?", markers: true, fn: kindTest(func(v val) bool { _, u := v.(*undef); return !u })},
		&Plugin{Name: "undefined", Doc: "Is it undefined?", markers: true, fn: kindTest(func(v val) bool { _, u := v.(*undef); return u })},
		&Plugin{Name: "none", Doc: "Is it none?", fn: kindTest(func(v val) bool { return v == nil })},
		&Plugin{Name: "boolean", Doc: "Is it a boolean?", fn: kindTest(func(v val) bool { _, ok := v.(bool); return ok })},
		&Plugin{Name: "true", Doc: "Is it true itself?", fn: kindTest(func(v val) bool { return v == true })},
		&Plugin{Name: "false", Doc: "Is it false itself?", fn: kindTest(func(v val) bool { return v == false })},
		&Plugin{Name: "integer", Doc: "Is it an integer?", fn: kindTest(isInteger)},
		&Plugin{Name: "float", Doc: "Is it a float?", fn: kindTest(func(v val) bool { _, ok := v.(float64); return ok })},
		&Plugin{Name: "number", Doc: "Is it a number?", fn: kindTest(func(v val) bool { return num(v).kind != 0 })},
		&Plugin{Name: "string", Doc: "Is it text?", fn: kindTest(isString)},
		&Plugin{Name: "mapping", Doc: "Is it a dictionary?", fn: kindTest(isMapping)},
		&Plugin{Name: "sequence", Doc: "Has it a length and items?", fn: sequenceTest},
		&Plugin{Name: "iterable", Doc: "Can it be iterated over?", fn: iterableTest},
		&Plugin{Name: "callable", Doc: "Can it be called?", fn: kindTest(isCallable)},
		&Plugin{Name: "escaped", Doc: "Is it marked safe for HTML? Nothing is.", fn: kindTest(func(val) bool { return false })},
		&Plugin{Name: "lower", Doc: "Is it in lower case?", fn: textTest(func(s string) bool { return s == lower(s) && s != upper(s) })},
		&Plugin{Name: "upper", Doc: "Is it in upper case?", fn: textTest(func(s string) bool { return s == upper(s) && s != lower(s) })},
		&Plugin{Name: "odd", Doc: "Is it odd?", fn: remainder(2, 1)},
		&Plugin{Name: "even", Doc: "Is it even?", fn: remainder(2, 0)},
		&Plugin{Name: "divisibleby", Params: "num", Doc: "Is it divisible by a number?", python: "test_divisibleby", fn: divisibleTest},
		&Plugin{Name: "eq", Aliases: []string{"equalto", "=="}, Params: "b", Doc: "Is it equal?", fn: compareTest("==")},
		&Plugin{Name: "ne", Aliases: []string{"!="}, Params: "b", Doc: "Is it not equal?", fn: compareTest("!=")},
		&Plugin{Name: "lt", Aliases: []string{"lessthan", "<"}, Params: "b", Doc: "Is it less?", fn: compareTest("<")},
		&Plugin{Name: "le", Aliases: []string{"<="}, Params: "b", Doc: "Is it less or equal?", fn: compareTest("<=")},
		&Plugin{Name: "gt", Aliases: []string{"greaterthan", ">"}, Params: "b", Doc: "Is it greater?", fn: compareTest(">")},
		&Plugin{Name: "ge", Aliases: []string{">="}, Params: "b", Doc: "Is it greater or equal?", fn: compareTest(">=")},
		&Plugin{Name: "in", Params: "seq", Doc: "Is it in a sequence?", python: "test_in", fn: compareTest("in")},
		&Plugin{Name: "contains", Params: "value", Doc: "Does it contain a value?", fn: func(c *call) (val, error) { r, err := contains(c.args[1], c.args[0]); return r, err }},
		&Plugin{Name: "sameas", Params: "other", Doc: "Is it the same object?", python: "test_sameas", fn: sameTest},
		&Plugin{Name: "filter", Doc: "Is there a filter of that name?", fn: pluginTest(false)},
		&Plugin{Name: "test", Doc: "Is there a test of that name?", fn: pluginTest(true)},
		&Plugin{Name: "all", Doc: "Are all items true?", fn: quantifier(true)},
		&Plugin{Name: "any", Doc: "Is any item true?", fn: quantifier(false)},
		&Plugin{Name: "subset", Aliases: []string{"issubset"}, Params: "b", Doc: "Is it a subset?", python: "issubset", fn: subsetTest(false)},
		&Plugin{Name: "superset", Aliases: []string{"issuperset"}, Params: "b", Doc: "Is it a superset?", python: "issuperset", fn: subsetTest(true)},
		&Plugin{Name: "nan", Aliases: []string{"isnan"}, Doc: "Is it not a number?", python: "isnotanumber", fn: kindTest(func(v val) bool { f, ok := v.(float64); return ok && math.IsNaN(f) })},
		&Plugin{Name: "truthy", Params: "convert_bool=false", Doc: "Is it true to Python?", fn: truthyTest(true)},
		&Plugin{Name: "falsy", Params: "convert_bool=false", Doc: "Is it false to Python?", fn: truthyTest(false)},
		&Plugin{Name: "vault_encrypted", Doc: "Is it vaulted?", fn: kindTest(func(v val) bool { _, ok := v.(*value.Vault); return ok })},
		&Plugin{Name: "match", Params: "pattern='', ignorecase=false, multiline=false", Doc: "Does a regular expression match at the start?", fn: regexTest("match")},
		&Plugin{Name: "search", Params: "pattern='', ignorecase=false, multiline=false", Doc: "Does a regular expression match anywhere?", fn: regexTest("search")},
		&Plugin{Name: "regex", Params: "pattern='', ignorecase=false, multiline=false, match_type='search'", Doc: "Does a regular expression match?", fn: regexTest("")},
	)
	registerResultTests()
	registerPathTests()
}

func isInteger(v val) bool {
	switch v.(type) {
	case int64, *big.Int:
		return true
	}
	return false
}

func isMapping(v val) bool {
	switch v.(type) {
	case *dict, *hostVars, *hostVarsOf, *varsView:
		return true
	}
	return false
}

func isCallable(v val) bool {
	switch v.(type) {
	case callable, *undef:
		return true
	}
	return false
}

func sequenceTest(c *call) (val, error) {
	switch x := c.args[0].(type) {
	case string, *value.Str, *list, *dict, *value.Range, []byte, *hostVars, *hostVarsOf, *varsView:
		return true, nil
	case *undef:
		return false, x.Fail()
	}
	_, ok := asTuple(c.args[0])
	return ok, nil
}

func iterableTest(c *call) (val, error) {
	if u, ok := c.args[0].(*undef); ok && !u.Lenient {
		return nil, u.Fail()
	}
	switch c.args[0].(type) {
	case *value.Range:
		return true, nil
	}
	_, err := iter(c.args[0])
	return err == nil, nil
}

func remainder(n, want int64) fn {
	return func(c *call) (val, error) {
		r, err := mod(c.args[0], n)
		if err != nil {
			return nil, err
		}
		return equal(r, want)
	}
}

func divisibleTest(c *call) (val, error) {
	r, err := mod(c.args[0], c.args[1])
	if err != nil {
		return nil, err
	}
	return equal(r, int64(0))
}

func sameTest(c *call) (val, error) {
	a, b := c.args[0], c.args[1]
	switch a.(type) {
	case tuple, []byte, float64:
		return false, nil
	case string, *value.Str, int64, bool, nil:
		if value.TypeName(a) != value.TypeName(b) {
			return false, nil
		}
		return equal(a, b)
	}
	switch b.(type) {
	case tuple, []byte:
		return false, nil
	}
	return a == b, nil
}

// pluginTest asks for a filter or test. Classic fails where there is none, as at a misspelt one.
func pluginTest(test bool) fn {
	return func(c *call) (val, error) {
		name := str(c.args[0])
		if c.f.run.e.plugin(test, name) != nil {
			return true, nil
		}
		if c.f.run.e.tagged() {
			return false, nil
		}
		return nil, c.notLoaded(test, name)
	}
}

func quantifier(want bool) fn {
	return func(c *call) (val, error) {
		it, err := iter(c.args[0])
		if err != nil {
			return nil, err
		}
		for _, v := range it {
			b, err := truth(v)
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

func subsetTest(reverse bool) fn {
	return func(c *call) (val, error) {
		a, b, err := two(c)
		if err != nil {
			return nil, err
		}
		if reverse {
			a, b = b, a
		}
		x, err := combineSets(a, b, func(inA, inB bool) bool { return inA && !inB })
		if err != nil {
			return nil, err
		}
		return x.D.Len() == 0, nil
	}
}

// booleanWords are the texts that Ansible takes for booleans.
var booleanWords = map[string]bool{
	"y": true, "yes": true, "on": true, "1": true, "true": true, "t": true,
	"n": false, "no": false, "off": false, "0": false, "false": false, "f": false,
}

func truthyTest(want bool) fn {
	return func(c *call) (val, error) {
		v := c.args[0]
		convert, err := c.optFlag(1, false)
		if err != nil {
			return nil, err
		}
		if s, ok := value.Text(v); ok && convert {
			if b, known := booleanWords[lower(strings.TrimSpace(s))]; known {
				v = b
			}
		}
		b, err := truth(v)
		return b == want, err
	}
}

func regexTest(kind string) fn {
	return func(c *call) (val, error) {
		s, err := value.ToStr(c.args[0])
		if err != nil {
			return nil, err
		}
		r, err := c.regexAt(1, 2, 3)
		if err != nil {
			return nil, err
		}
		how := kind
		if how == "" {
			how = str(c.opt(4, "search"))
		}
		m, err := r.search(s)
		if err != nil || m == nil || how == "search" {
			return m != nil, err
		}
		return r.anchored(s, how)
	}
}

func registerResultTests() {
	register(tests,
		&Plugin{Name: "failed", Aliases: []string{"failure"}, Doc: "Did the task fail?", fn: resultTest("failed", "failed", true)},
		&Plugin{Name: "success", Aliases: []string{"succeeded", "successful"}, Doc: "Did the task succeed?", fn: resultTest("failed", "failed", false)},
		&Plugin{Name: "skipped", Aliases: []string{"skip"}, Doc: "Was the task skipped?", fn: resultTest("skipped", "skipped", true)},
		&Plugin{Name: "unreachable", Doc: "Was the host unreachable?", fn: resultTest("unreachable", "unreachable", true)},
		&Plugin{Name: "reachable", Doc: "Was the host reachable?", fn: resultTest("unreachable", "unreachable", false)},
		&Plugin{Name: "changed", Aliases: []string{"change"}, Doc: "Did the task change anything?", fn: changedTest},
		&Plugin{Name: "started", Doc: "Has the asynchronous task started?", fn: asyncTest("started")},
		&Plugin{Name: "finished", Doc: "Has the asynchronous task finished?", fn: asyncTest("finished")},
		&Plugin{Name: "version", Aliases: []string{"version_compare"}, Params: "version, operator='eq', strict=none, version_type=none", Doc: "How does a version compare?", python: "version_compare", fn: versionTest},
	)
}

func result(c *call, test string) (*dict, error) {
	d, ok := c.args[0].(*dict)
	if !ok {
		return nil, filterErr("The '%s' test expects a dictionary", test)
	}
	return d, nil
}

func resultTest(key, test string, want bool) fn {
	return func(c *call) (val, error) {
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
		b, err := truth(v)
		return !b, err
	}
}

func changedTest(c *call) (val, error) {
	d, err := result(c, "changed")
	if err != nil {
		return nil, err
	}
	if v, ok := d.GetStr("changed"); ok {
		return v, nil
	}
	v, _ := d.GetStr("results")
	l, ok := v.(*list)
	if !ok || len(l.V) == 0 {
		return false, nil
	}
	for _, e := range l.V {
		x, ok := e.(*dict)
		if !ok {
			return false, nil
		}
		if ch, ok := x.GetStr("changed"); ok {
			if b, err := truth(ch); err != nil || b {
				return b, err
			}
		}
	}
	return false, nil
}

func asyncTest(key string) fn {
	return func(c *call) (val, error) {
		d, err := result(c, key)
		if err != nil {
			return nil, err
		}
		v, ok := d.GetStr(key)
		if !ok {
			return true, nil
		}
		return equal(v, int64(1))
	}
}

func registerPathTests() {
	stat := func(f func(os.FileInfo) bool) fn {
		return fileTest(func(p string) bool { st, err := os.Stat(p); return err == nil && f(st) })
	}
	register(tests,
		&Plugin{Name: "abs", Aliases: []string{"is_abs"}, Doc: "Is the path absolute?", python: "isabs", fn: pathFilter(func(s string) val { return strings.HasPrefix(s, "/") })},
		&Plugin{Name: "directory", Aliases: []string{"is_dir"}, Doc: "Is it a directory?", python: "isdir", fn: stat(os.FileInfo.IsDir)},
		&Plugin{Name: "file", Aliases: []string{"is_file"}, Doc: "Is it a file?", python: "isfile", fn: stat(func(st os.FileInfo) bool { return st.Mode().IsRegular() })},
		&Plugin{Name: "exists", Doc: "Does the path exist?", fn: stat(func(os.FileInfo) bool { return true })},
		&Plugin{Name: "link_exists", Doc: "Does the path exist, links not followed?", python: "lexists", fn: fileTest(func(p string) bool { _, err := os.Lstat(p); return err == nil })},
		&Plugin{Name: "link", Aliases: []string{"is_link"}, Doc: "Is it a symbolic link?", python: "islink", fn: fileTest(func(p string) bool {
			st, err := os.Lstat(p)
			return err == nil && st.Mode()&os.ModeSymlink != 0
		})},
		&Plugin{Name: "same_file", Aliases: []string{"is_same_file"}, Params: "f2", Doc: "Are the two paths one file?", python: "samefile", fn: sameFileTest},
		&Plugin{Name: "mount", Aliases: []string{"is_mount"}, Doc: "Is it a mount point?", python: "ismount", fn: fileTest(isMount)},
		&Plugin{Name: "uri", Params: "schemes=none", Doc: "Is it a URI?", python: "is_uri", fn: uriTest(false)},
		&Plugin{Name: "url", Params: "schemes=none", Doc: "Is it a URL?", python: "is_url", fn: uriTest(true)},
		&Plugin{Name: "urn", Doc: "Is it a URN?", python: "is_urn", fn: kindTest(func(v val) bool { s, ok := value.Text(v); return ok && urlScheme(s) == "urn" })},
	)
}

// fileTest looks at the disk, whose answer may change.
func fileTest(f func(p string) bool) fn {
	return func(c *call) (val, error) {
		c.f.run.e.volatile = true
		return pathFilter(func(s string) val { return f(s) })(c)
	}
}

func sameFileTest(c *call) (val, error) {
	c.f.run.e.volatile = true
	a, err := os.Stat(str(c.args[0]))
	if err != nil {
		return nil, raise("FileNotFoundError", "[Errno 2] No such file or directory: %s", value.StrRepr(str(c.args[0])))
	}
	b, err := os.Stat(str(c.args[1]))
	if err != nil {
		return nil, raise("FileNotFoundError", "[Errno 2] No such file or directory: %s", value.StrRepr(str(c.args[1])))
	}
	return os.SameFile(a, b), nil
}

func uriTest(net bool) fn {
	return func(c *call) (val, error) {
		s, ok := value.Text(c.args[0])
		if !ok {
			return false, nil
		}
		u, err := splitURL(s)
		if err != nil {
			return false, nil
		}
		if schemes := c.opt(1, nil); schemes != nil {
			any, err := truth(schemes)
			if err != nil {
				return nil, err
			}
			if in, err := contains(u.scheme, schemes); any && (err != nil || !in) {
				return false, err
			}
		}
		return !net || u.netloc != "" || u.scheme == "file", nil
	}
}

// isString says whether a value is a str of Python; vaulted text is none.
func isString(v val) bool {
	if _, vault := v.(*value.Vault); vault {
		return false
	}
	_, ok := value.Text(v)
	return ok
}
