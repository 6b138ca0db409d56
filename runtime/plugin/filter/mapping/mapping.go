package mapping

import (
	"errors"

	"pbc/ir/value"
	"pbc/runtime/bound"
	"pbc/runtime/exception"
	"pbc/runtime/plugin"
	"pbc/runtime/plugin/filter/sequence"
	"pbc/runtime/python"
)

// Filters are the rows of this family.
var Filters = []*plugin.Row{
	{Name: "default", Aliases: []string{"d"}, Params: "default_value='', boolean=false", Doc: "Replace an undefined value.", Python: "do_default", Tagged: "ansible_default", Fn: defaultFilter, Markers: true},
	{Name: "mandatory", Params: "msg=none", Doc: "Fail when a variable is undefined.", Fn: mandatoryFilter, Markers: true},
	{Name: "ternary", Params: "true_val, false_val, none_val=none", Doc: "Choose by truth.", Fn: ternaryFilter, Markers: true},
	{Name: "bool", Params: "", Doc: "Read a value as a boolean.", Python: "to_bool", Fn: BoolFilter},
	{Name: "type_debug", Params: "", Doc: "Name the Python type of a value.", Python: "<lambda>", Fn: typeDebugFilter, Markers: true},
	{Name: "combine", Params: "-", Doc: "Merge dictionaries.", Fn: combineFilter},
	{Name: "dict2items", Params: "key_name='key', value_name='value'", Doc: "Turn a dictionary into a list of items.", Python: "dict_to_list_of_dict_key_value_elements", Fn: dict2items},
	{Name: "items2dict", Params: "key_name='key', value_name='value'", Doc: "Turn a list of items into a dictionary.", Python: "list_of_dict_key_value_elements_to_dict", Fn: items2dict},
	{Name: "dictsort", Params: "case_sensitive=false, by='key', reverse=false", Doc: "Sort a dictionary into pairs.", Python: "do_dictsort", Fn: dictsortFilter},
	{Name: "items", Params: "", Doc: "Return the pairs of a dictionary.", Python: "do_items", Fn: itemsFilter},
	{Name: "extract", Params: "container, morekeys=none", Hidden: 1, Doc: "Look a key up in a container.", Fn: extractFilter},
	{Name: "attr", Params: "name", Hidden: 1, Doc: "Return an attribute, never an item.", Python: "do_attr", Fn: attrFilter},
	{Name: "rekey_on_member", Params: "key, duplicates='error'", Doc: "Key dictionaries by one of their members.", Fn: rekeyFilter},
}

func defaultFilter(c *python.Call) (value.Value, error) {
	v := c.Args[0]
	u, isUndef := v.(*value.Undef)
	if isUndef && u.Err != nil && !exception.NilOrUndefined(u.Err) {
		return v, nil // a captured error is not undefined
	}
	if isUndef && u.Lenient && c.Ctx.Tagged() {
		return v, nil
	}
	if !isUndef && c.Given(2) {
		always, err := python.Truth(c.Args[2])
		if err != nil {
			return nil, err
		}
		if always {
			t, err := python.Truth(v)
			if err != nil {
				return nil, err
			}
			isUndef = !t
		}
	}
	if isUndef {
		return c.Opt(1, ""), nil
	}
	return v, nil
}

func mandatoryFilter(c *python.Call) (value.Value, error) {
	u, isUndef := c.Args[0].(*value.Undef)
	if !isUndef {
		return c.Args[0], nil
	}
	if msg := c.Opt(1, nil); msg != nil {
		return nil, exception.FilterError("%s", python.Str(msg))
	}
	name := ""
	if u.Name != "" {
		name = "'" + u.Name + "' "
	}
	if c.Ctx.Tagged() {
		return nil, exception.FilterError("Mandatory variable %snot defined.", name)
	}
	return nil, exception.FilterError("Mandatory variable %s not defined.", name)
}

func ternaryFilter(c *python.Call) (value.Value, error) {
	if c.Args[0] == nil {
		if v := c.Opt(3, nil); v != nil {
			return v, nil
		}
	}
	ok, err := python.Truth(c.Args[0])
	if err != nil {
		return nil, err
	}
	if ok {
		return c.Args[1], nil
	}
	return c.Args[2], nil
}

// taggedBool is the filter bool of dialect tagged, which tells of what it does not know.
func taggedBool(c *python.Call) (value.Value, error) {
	v := c.Args[0]
	word, isText := value.Text(v)
	if n := python.Num(v); n.Kind == 'i' && !isText {
		word = python.Str(v)
	}
	switch python.Lower(word) {
	case "yes", "on", "1", "true":
		return true, nil
	case "no", "off", "0", "false":
		return false, nil
	}
	if err := python.Use(v); err != nil {
		return nil, err
	}
	b := v == value.Value(1.0)
	shown, err := value.Repr(v)
	if err != nil {
		return nil, err
	}
	c.Ctx.Tell(python.Deprecation("The `bool` filter coerced invalid value "+shown+" ("+value.TypeName(v)+") to "+python.Str(b)+".", "2.23"))
	return b, nil
}

// BoolFilter is the filter bool.
func BoolFilter(c *python.Call) (value.Value, error) {
	v := c.Args[0]
	if c.Ctx != nil && c.Ctx.Tagged() {
		return taggedBool(c)
	}
	switch v.(type) {
	case nil, bool:
		return v, nil
	}
	if s, ok := value.Text(v); ok {
		switch python.Lower(s) {
		case "yes", "on", "1", "true":
			return true, nil
		}
		return false, nil
	}
	return python.Equal(v, int64(1))
}

func typeDebugFilter(c *python.Call) (value.Value, error) {
	if _, isUndef := c.Args[0].(*value.Undef); isUndef && c.Ctx.Tagged() {
		return "UndefinedMarker", nil
	}
	return python.ShownType(c.Args[0]), nil
}

// checkDefined fails for the first undefined value in lists and dictionaries, as combine does.
func checkDefined(v value.Value, w *bound.Walk) error {
	if err := w.In(); err != nil {
		return err
	}
	defer w.Out()
	switch x := v.(type) {
	case *value.Dict:
		for _, e := range x.V {
			if err := checkDefined(e, w); err != nil {
				return err
			}
		}
	case *value.List:
		for _, e := range x.V {
			if err := checkDefined(e, w); err != nil {
				return err
			}
		}
	case *value.Undef:
		return x.Fail()
	}
	return nil
}

func combineFilter(c *python.Call) (value.Value, error) {
	recursive, err := c.Flag(-1, "recursive", false)
	if err != nil {
		return nil, err
	}
	mode, err := value.ToStr(c.Get(-1, "list_merge", "replace"))
	if err != nil {
		return nil, err
	}
	for _, a := range c.KW {
		if a.Name != "recursive" && a.Name != "list_merge" {
			return nil, exception.FilterError("'recursive' and 'list_merge' are the only valid keyword arguments")
		}
	}
	terms, err := plugin.Flatten(c.Args, 1, true)
	if err != nil {
		return nil, err
	}
	if err := checkDefined(&value.List{V: terms}, &bound.Walk{}); err != nil {
		return nil, err
	}
	if len(terms) == 0 {
		return value.NewDict(), nil
	}
	acc := terms[len(terms)-1]
	for i := len(terms) - 2; i >= 0; i-- {
		if acc, err = mergeTerms(c, terms[i], acc, recursive, mode); err != nil {
			return nil, err
		}
	}
	return acc, nil
}

// mergeTerms merges two arguments of combine.
func mergeTerms(c *python.Call, x, y value.Value, recursive bool, mode string) (value.Value, error) {
	r, err := merge(x, y, recursive, mode, &bound.Walk{})
	if errors.As(err, new(*notDicts)) && c.Ctx.Tagged() {
		return nil, exception.AnsibleError("failed to combine variables, expected dicts but got a '%s' and a '%s'.", c.TypeName(x), c.TypeName(y))
	}
	return r, err
}

// notDicts is the error of merging what is no dictionary.
type notDicts struct{ error }

// Unwrap returns the error in dialect classic.
func (e *notDicts) Unwrap() error { return e.error }

// merge is Ansible's merge_hash: y over x.
func merge(x, y value.Value, recursive bool, mode string, w *bound.Walk) (value.Value, error) {
	switch mode {
	case "replace", "keep", "append", "prepend", "append_rp", "prepend_rp":
	default:
		return nil, exception.AnsibleError("merge_hash: 'list_merge' argument can only be equal to 'replace', 'keep', 'append', 'prepend', 'append_rp' or 'prepend_rp'")
	}
	a, ok1 := x.(*value.Dict)
	b, ok2 := y.(*value.Dict)
	if !ok1 || !ok2 {
		return nil, &notDicts{exception.AnsibleError("failed to combine variables, expected dicts but got a '%s' and a '%s': \n%s\n%s",
			value.TypeName(x), value.TypeName(y), mergeShow(x), mergeShow(y))}
	}
	if a.Len() == 0 {
		return b.Copy(), nil
	}
	r := a.Copy()
	for i, k := range b.K {
		v := b.V[i]
		old, had, err := r.Get(k)
		if err != nil {
			return nil, err
		}
		if had {
			if v, err = mergeValue(old, v, recursive, mode, w); err != nil {
				return nil, err
			}
		}
		if err := r.Set(k, v); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func mergeShow(v value.Value) string {
	s, err := value.JSON(v, value.JSONOptions{ASCII: true})
	if err != nil {
		s, _ = value.ToStr(v)
	}
	return s
}

func mergeValue(old, v value.Value, recursive bool, mode string, w *bound.Walk) (value.Value, error) {
	_, oldDict := old.(*value.Dict)
	_, newDict := v.(*value.Dict)
	if oldDict && newDict {
		if recursive {
			if err := w.In(); err != nil {
				return nil, err
			}
			defer w.Out()
			return merge(old, v, recursive, mode, w)
		}
		return v, nil
	}
	a, ok1 := old.(*value.List)
	b, ok2 := v.(*value.List)
	if !ok1 || !ok2 {
		return v, nil
	}
	switch mode {
	case "keep":
		return old, nil
	case "append":
		return value.NewList(append(append([]value.Value{}, a.V...), b.V...)...), nil
	case "prepend":
		return value.NewList(append(append([]value.Value{}, b.V...), a.V...)...), nil
	case "append_rp", "prepend_rp":
		m := sequence.NewMembers(b.V)
		var kept []value.Value
		for _, e := range a.V {
			in, err := m.Has(e)
			if err != nil {
				return nil, err
			}
			if !in {
				kept = append(kept, e)
			}
		}
		if mode == "append_rp" {
			return value.NewList(append(kept, b.V...)...), nil
		}
		return value.NewList(append(append([]value.Value{}, b.V...), kept...)...), nil
	}
	return v, nil
}

func dict2items(c *python.Call) (value.Value, error) {
	d, ok := python.AsDict(c.Args[0])
	if !ok {
		return nil, exception.FilterTypeError("dict2items requires a dictionary, got %s instead.", c.Type(c.Args[0]))
	}
	kn, vn := c.Opt(1, "key"), c.Opt(2, "value")
	r := make([]value.Value, d.Len())
	for i, k := range d.K {
		item := value.NewDict()
		if err := errors.Join(item.Set(kn, k), item.Set(vn, d.V[i])); err != nil {
			return nil, err
		}
		r[i] = item
	}
	return &value.List{V: r}, nil
}

func items2dict(c *python.Call) (value.Value, error) {
	it, ok := plugin.Sequence(c.Args[0])
	if err := python.Use(c.Args[0]); err != nil {
		return nil, err
	}
	if !ok {
		return nil, exception.FilterTypeError("items2dict requires a list, got %s instead.", c.Type(c.Args[0]))
	}
	kn, vn := c.Opt(1, "key"), c.Opt(2, "value")
	if err := python.Use2(kn, vn); err != nil {
		return nil, err
	}
	d := value.NewDict()
	for _, e := range it {
		x, ok := e.(*value.Dict)
		if !ok {
			return nil, exception.While(exception.FilterTypeError("items2dict requires a list of dictionaries, got %s instead.", python.Str(c.Args[0])))
		}
		k, ok1, err1 := x.Get(kn)
		v, ok2, err2 := x.Get(vn)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		if !ok1 || !ok2 {
			return nil, exception.While(exception.FilterTypeError("items2dict requires each dictionary in the list to contain the keys '%s' and '%s', got %s instead.",
				python.Str(kn), python.Str(vn), python.Str(c.Args[0])))
		}
		if err := d.Set(k, v); err != nil {
			return nil, exception.While(exception.FilterTypeError("items2dict requires a list of dictionaries, got %s instead.", python.Str(c.Args[0])))
		}
	}
	return d, nil
}

func dictsortFilter(c *python.Call) (value.Value, error) {
	it, err := python.Pairs(c.Args[0])
	if err != nil {
		return nil, err
	}
	cs, err := c.OptFlag(1, false)
	if err != nil {
		return nil, err
	}
	at := 0
	by, err := c.OptText(2, "key")
	if err != nil {
		return nil, err
	}
	switch by {
	case "key":
	case "value":
		at = 1
	default:
		return nil, exception.Raise("jinja2.exceptions.FilterArgumentError", `You can only sort by either "key" or "value"`)
	}
	rev, err := c.OptFlag(3, false)
	if err != nil {
		return nil, err
	}
	r, err := python.SortBy(it, func(v value.Value) (value.Value, error) {
		k := v.(value.Tuple)[at]
		if !cs {
			k = sequence.FoldCase(k)
		}
		return k, nil
	}, rev)
	return &value.List{V: r}, err
}

func itemsFilter(c *python.Call) (value.Value, error) {
	if _, isUndef := c.Args[0].(*value.Undef); isUndef {
		return value.NewList(), nil
	}
	if _, ok := python.AsDict(c.Args[0]); !ok {
		return nil, exception.TypeError("Can only get item pairs from a mapping.")
	}
	it, err := python.Pairs(c.Args[0])
	return &value.List{V: it}, err
}

func extractFilter(c *python.Call) (value.Value, error) {
	keys := []value.Value{c.Args[0]}
	switch x := c.Opt(2, nil).(type) {
	case nil:
	case *value.List:
		keys = append(keys, x.V...)
	default:
		keys = append(keys, x)
	}
	v := c.Args[1]
	for _, k := range keys {
		x, err := python.GetItem(v, k)
		if err != nil {
			return nil, err
		}
		v = x
	}
	return v, nil
}

func attrFilter(c *python.Call) (value.Value, error) {
	name, err := c.OptText(1, "")
	if err != nil {
		return nil, err
	}
	if u, ok := c.Args[0].(*value.Undef); ok {
		return u, nil
	}
	return python.AttrOrUndef(c.Args[0], name), nil
}

func rekeyFilter(c *python.Call) (value.Value, error) {
	dup, err := c.OptText(2, "error")
	if err != nil {
		return nil, err
	}
	if dup != "error" && dup != "overwrite" {
		if c.Ctx.Tagged() {
			return nil, exception.AnsibleError("duplicates parameter to rekey_on_member has unknown value %s", value.StrRepr(dup))
		}
		return nil, exception.FilterError("duplicates parameter to rekey_on_member has unknown value: %s", dup)
	}
	if err := python.Use2(c.Args[0], c.Args[1]); err != nil {
		return nil, err
	}
	var it []value.Value
	switch x := c.Args[0].(type) {
	case *value.Dict:
		it = x.V
	default:
		_, isText := value.Text(x)
		var err error
		if it, err = python.Iter(x); err != nil || isText {
			return nil, exception.FilterTypeError("Type is not a valid list, set, or dict")
		}
	}
	d := value.NewDict()
	for _, e := range it {
		x, ok := e.(*value.Dict)
		if !ok {
			return nil, exception.FilterTypeError("List item is not a valid dict")
		}
		k, ok, err := x.Get(c.Args[1])
		if err != nil {
			return nil, exception.FilterTypeError("%s", err)
		}
		if !ok {
			if key, err := value.Repr(c.Args[1]); err == nil && c.Ctx.Tagged() {
				shown, _ := value.Repr(x) // what cannot be shown is not
				return nil, &exception.Error{Class: exception.Ansible, Msg: "Key " + key + " was not found.", Shown: shown}
			}
			return nil, exception.FilterError("Key %s was not found", python.Str(c.Args[1]))
		}
		if _, had, _ := d.Get(k); had && dup == "error" {
			if key, err := value.Repr(k); err == nil && c.Ctx.Tagged() {
				return nil, exception.AnsibleError("Key %s is not unique, cannot convert to dict.", key)
			}
			return nil, exception.FilterError("Key %s is not unique, cannot correctly turn into dict", python.Str(k))
		}
		if err := d.Set(k, e); err != nil {
			return nil, exception.FilterTypeError("%s", err)
		}
	}
	return d, nil
}
