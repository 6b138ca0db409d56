package eval

import (
	"slices"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/exception"
	"pbc/runtime/plugin"
	"pbc/runtime/plugin/filter/mapping"
	"pbc/runtime/python"
)

// subelementsLookup pairs each dictionary of a list (or of a dictionary's values) with each element of a list in it.
func subelementsLookup(f *frame, terms []val, _ *dict) ([]val, error) {
	if len(terms) == 0 {
		return nil, exception.Raise("IndexError", "list index out of range")
	}
	first := terms[0]
	if !f.run.e.tagged() {
		first = listified(first)
	}
	if len(terms) < 2 || len(terms) > 3 {
		return nil, subelementsMisused("")
	}
	key, ok := value.Text(terms[1])
	if !ok {
		return nil, subelementsMisused("first a dict or a list, second a string pointing to the subkey")
	}
	var items []val
	switch x := first.(type) {
	case *dict:
		if skippedResult(x) {
			return []val{}, nil
		}
		items = x.V
	case *list:
		items = x.V
	default:
		return nil, subelementsMisused("first a dict or a list, second a string pointing to the subkey")
	}
	skip := false
	if len(terms) == 3 {
		var err error
		if skip, err = skipMissing(terms[2]); err != nil {
			return nil, err
		}
	}
	return subelementPairs(items, strings.Split(key, "."), skip)
}

// subelementsMisused is the failure for terms that are not what the plugin takes.
func subelementsMisused(which string) error {
	return exception.AnsibleError("subelements lookup expects a list of two or three items, %s", which)
}

// listified is a term as plugins take it that want a list: what is not iterable, and text, becomes a list of one.
func listified(v val) val {
	if s, ok := value.Text(v); ok {
		return value.NewList(strings.TrimSpace(s))
	}
	if _, ok := plugin.Sequence(v); ok {
		return v
	}
	if _, ok := python.AsDict(v); ok {
		return v
	}
	return value.NewList(v)
}

// skippedResult says whether a dictionary is the result of a task or item that was skipped.
func skippedResult(d *dict) bool {
	s, ok := d.GetStr("skipped")
	return ok && s != val(false)
}

// skipMissing reads the third term: flags. A list of their names passes the plugin's check and then has none to give.
func skipMissing(flags val) (bool, error) {
	d, ok := flags.(*dict)
	if !ok {
		names, err := python.Iter(flags)
		if err != nil {
			return false, err
		}
		if !slices.ContainsFunc(names, func(v val) bool { s, ok := value.Text(v); return !ok || s != "skip_missing" }) {
			return false, exception.Raise("AttributeError", "'%s' object has no attribute 'get'", value.TypeName(flags))
		}
		return false, subelementsMisused("the optional third item must be a dict with flags skip_missing")
	}
	v, ok := d.GetStr("skip_missing")
	if !ok {
		return false, nil
	}
	b, err := mapping.BoolFilter(&python.Call{Args: []val{v}})
	return b == true, err
}

func subelementPairs(items []val, path []string, skip bool) ([]val, error) {
	r := []val{}
	for _, e := range items {
		d, ok := e.(*dict)
		if !ok {
			return nil, exception.AnsibleError("subelements lookup expects a dictionary, got '%s'", python.Str(e))
		}
		if skippedResult(d) {
			continue
		}
		rest, sub, err := subelementsAt(d, path, skip)
		if err != nil {
			return nil, err
		}
		for _, x := range sub {
			r = append(r, tuple{rest, x})
		}
	}
	return r, nil
}

// subelementsAt returns the list that path leads to, and d without it. With skip a key that is missing is passed over, so that the next
// is looked for in the same dictionary.
func subelementsAt(d *dict, path []string, skip bool) (*dict, []val, error) {
	rest := d.Copy()
	at := rest
	var sub []val
	for i, k := range path {
		v, ok := at.GetStr(k)
		next, isDict := v.(*dict)
		l, isList := v.(*list)
		last := slices.Contains(path[:i+1], path[len(path)-1])
		switch {
		case !ok && skip, !last && !isDict && skip:
		case !ok:
			s, err := value.Repr(at)
			if err != nil {
				return nil, nil, err
			}
			return nil, nil, exception.AnsibleError("could not find '%s' key in iterated item '%s'", k, s)
		case last && !isList:
			return nil, nil, exception.AnsibleError("the key %s should point to a list, got '%s'", k, python.Str(v))
		case last:
			sub = l.V
			at.Del(k)
		case !isDict:
			return nil, nil, exception.AnsibleError("the key %s should point to a dictionary, got '%s'", k, python.Str(v))
		default:
			next = next.Copy()
			at.SetStr(k, next)
			at = next
		}
	}
	return rest, sub, nil
}
