package python

import (
	"pbc/ir/value"
	"pbc/runtime/exception"
)

// arity is how many arguments a method of Python's takes by place, and how its TypeError says so.
type arity struct {
	least, most int
	style       byte
}

// The words of CPython for a number of arguments that does not fit, which follow from how a function is written there.
const (
	parsed   = 'p' // find() takes at least 1 argument (0 given)
	unpacked = 'u' // get expected at least 1 argument, got 0
	single   = 's' // str.join() takes exactly one argument (0 given)
	none     = 'n' // dict.keys() takes no arguments (1 given)
)

// Observed: Python 3.11.
var strArity = map[string]arity{
	"startswith": {1, 3, parsed}, "endswith": {1, 3, parsed}, "find": {1, 3, parsed}, "rfind": {1, 3, parsed}, "index": {1, 3, parsed},
	"rindex": {1, 3, parsed}, "count": {1, 3, parsed}, "replace": {2, 3, unpacked}, "split": {0, 2, parsed}, "rsplit": {0, 2, parsed},
	"splitlines": {0, 1, parsed}, "expandtabs": {0, 1, parsed}, "encode": {0, 2, parsed}, "strip": {0, 1, unpacked}, "lstrip": {0, 1, unpacked},
	"rstrip": {0, 1, unpacked}, "ljust": {1, 2, unpacked}, "rjust": {1, 2, unpacked}, "center": {1, 2, unpacked}, "partition": {1, 1, single},
	"rpartition": {1, 1, single}, "join": {1, 1, single}, "removeprefix": {1, 1, single}, "removesuffix": {1, 1, single}, "translate": {1, 1, single},
	"zfill": {1, 1, single}, "format_map": {1, 1, single}, "maketrans": {1, 3, unpacked},
}

var listArity = map[string]arity{
	"append": {1, 1, single}, "extend": {1, 1, single}, "remove": {1, 1, single}, "count": {1, 1, single}, "index": {1, 3, unpacked},
	"insert": {2, 2, unpacked}, "pop": {0, 1, unpacked}, "clear": {0, 0, none}, "copy": {0, 0, none}, "reverse": {0, 0, none},
}

var dictArity = map[string]arity{
	"get": {1, 2, unpacked}, "pop": {1, 2, unpacked}, "setdefault": {1, 2, unpacked}, "keys": {0, 0, none}, "values": {0, 0, none},
	"items": {0, 0, none}, "clear": {0, 0, none}, "copy": {0, 0, none}, "popitem": {0, 0, none}, "fromkeys": {1, 2, unpacked},
}

// checkArities puts the methods of the tables behind checks. It is called once these are filled.
func checkArities() {
	for class, table := range map[string]struct {
		methods map[string]Method
		arities map[string]arity
	}{"str": {strMethods, strArity}, "list": {listMethods, listArity}, "dict": {DictMethods, dictArity}} {
		for name, a := range table.arities {
			table.methods[name] = a.checked(class, name, table.methods[name])
		}
	}
}

// checked is m behind a look at the number of its arguments.
func (a arity) checked(class, name string, m Method) Method {
	return func(o value.Value, c *Call) (value.Value, error) {
		if n := len(c.Args); n > a.most || n+len(c.KW) < a.least {
			if c.Ctx != nil {
				class = c.TypeName(o)
			}
			return nil, a.fault(class, name, n)
		}
		return m(o, c)
	}
}

func (a arity) fault(class, name string, n int) error {
	bound, how := a.least, "at least"
	if n > a.most {
		bound, how = a.most, "at most"
	}
	plural := "s"
	if bound == 1 {
		plural = ""
	}
	switch {
	case a.style == none:
		return exception.TypeError("%s.%s() takes no arguments (%d given)", class, name, n)
	case a.style == single:
		return exception.TypeError("%s.%s() takes exactly one argument (%d given)", class, name, n)
	case a.style == parsed:
		return exception.TypeError("%s() takes %s %d argument%s (%d given)", name, how, bound, plural, n)
	case a.least == a.most:
		return exception.TypeError("%s expected %d argument%s, got %d", name, bound, plural, n)
	}
	return exception.TypeError("%s expected %s %d argument%s, got %d", name, how, bound, plural, n)
}
