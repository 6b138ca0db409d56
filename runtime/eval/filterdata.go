package eval

import (
	"errors"

	"pbc/ir/value"
)

var dataTable = []*Plugin{
	{Name: "default", Aliases: []string{"d"}, Params: "default_value='', boolean=false", Doc: "Replace an undefined value.", python: "do_default", fn: defaultFilter, markers: true},
	{Name: "mandatory", Params: "msg=none", Doc: "Fail when a variable is undefined.", fn: mandatoryFilter, markers: true},
	{Name: "ternary", Params: "true_val, false_val, none_val=none", Doc: "Choose by truth.", fn: ternaryFilter, markers: true},
	{Name: "bool", Params: "", Doc: "Read a value as a boolean.", python: "to_bool", fn: boolFilter},
	{Name: "type_debug", Params: "", Doc: "Name the Python type of a value.", python: "<lambda>", fn: typeDebugFilter, markers: true},
	{Name: "combine", Params: "-", Doc: "Merge dictionaries.", fn: combineFilter},
	{Name: "dict2items", Params: "key_name='key', value_name='value'", Doc: "Turn a dictionary into a list of items.", python: "dict_to_list_of_dict_key_value_elements", fn: dict2items},
	{Name: "items2dict", Params: "key_name='key', value_name='value'", Doc: "Turn a list of items into a dictionary.", python: "list_of_dict_key_value_elements_to_dict", fn: items2dict},
	{Name: "dictsort", Params: "case_sensitive=false, by='key', reverse=false", Doc: "Sort a dictionary into pairs.", python: "do_dictsort", fn: dictsortFilter},
	{Name: "items", Params: "", Doc: "Return the pairs of a dictionary.", python: "do_items", fn: itemsFilter},
	{Name: "extract", Params: "container, morekeys=none", Doc: "Look a key up in a container.", fn: extractFilter},
	{Name: "attr", Params: "name", Doc: "Return an attribute, never an item.", python: "do_attr", fn: attrFilter},
	{Name: "rekey_on_member", Params: "key, duplicates='error'", Doc: "Key dictionaries by one of their members.", fn: rekeyFilter},
}

func defaultFilter(c *call) (val, error) {
	v := c.args[0]
	u, isUndef := v.(*undef)
	if isUndef && u.Err != nil && !isUndefErr(u.Err) {
		return v, nil // a captured error is not undefined
	}
	if isUndef && u.Lenient && c.ctx.Tagged() {
		return v, nil
	}
	if !isUndef && c.given(2) {
		always, err := truth(c.args[2])
		if err != nil {
			return nil, err
		}
		if always {
			t, err := truth(v)
			if err != nil {
				return nil, err
			}
			isUndef = !t
		}
	}
	if isUndef {
		return c.opt(1, ""), nil
	}
	return v, nil
}

func mandatoryFilter(c *call) (val, error) {
	u, isUndef := c.args[0].(*undef)
	if !isUndef {
		return c.args[0], nil
	}
	if msg := c.opt(1, nil); msg != nil {
		return nil, filterErr("%s", str(msg))
	}
	name := ""
	if u.Name != "" {
		name = "'" + u.Name + "' "
	}
	return nil, filterErr("Mandatory variable %s not defined.", name)
}

func ternaryFilter(c *call) (val, error) {
	if c.args[0] == nil {
		if v := c.opt(3, nil); v != nil {
			return v, nil
		}
	}
	ok, err := truth(c.args[0])
	if err != nil {
		return nil, err
	}
	if ok {
		return c.args[1], nil
	}
	return c.args[2], nil
}

func boolFilter(c *call) (val, error) {
	v := c.args[0]
	switch v.(type) {
	case nil:
		if c.ctx != nil && c.ctx.Tagged() {
			return false, nil
		}
		return v, nil
	case bool:
		return v, nil
	}
	if s, ok := value.Text(v); ok {
		switch lower(s) {
		case "yes", "on", "1", "true":
			return true, nil
		}
		return false, nil
	}
	return equal(v, int64(1))
}

func typeDebugFilter(c *call) (val, error) {
	return shownType(c.args[0]), nil
}

// checkDefined fails for the first undefined value in lists and dictionaries, as combine does.
func checkDefined(v val) error {
	switch x := v.(type) {
	case *dict:
		for _, e := range x.V {
			if err := checkDefined(e); err != nil {
				return err
			}
		}
	case *list:
		for _, e := range x.V {
			if err := checkDefined(e); err != nil {
				return err
			}
		}
	case *undef:
		return x.Fail()
	}
	return nil
}

func combineFilter(c *call) (val, error) {
	recursive, err := c.flag(-1, "recursive", false)
	if err != nil {
		return nil, err
	}
	mode := str(c.get(-1, "list_merge", "replace"))
	for _, a := range c.kw {
		if a.name != "recursive" && a.name != "list_merge" {
			return nil, filterErr("'recursive' and 'list_merge' are the only valid keyword arguments")
		}
	}
	terms := flatten(c.args, 1, true)
	if err := checkDefined(&list{V: terms}); err != nil {
		return nil, err
	}
	if len(terms) == 0 {
		return value.NewDict(), nil
	}
	acc := terms[len(terms)-1]
	for i := len(terms) - 2; i >= 0; i-- {
		if acc, err = merge(terms[i], acc, recursive, mode); err != nil {
			return nil, err
		}
	}
	return acc, nil
}

// merge is Ansible's merge_hash: y over x.
func merge(x, y val, recursive bool, mode string) (val, error) {
	switch mode {
	case "replace", "keep", "append", "prepend", "append_rp", "prepend_rp":
	default:
		return nil, ansibleErr("merge_hash: 'list_merge' argument can only be equal to 'replace', 'keep', 'append', 'prepend', 'append_rp' or 'prepend_rp'")
	}
	a, ok1 := x.(*dict)
	b, ok2 := y.(*dict)
	if !ok1 || !ok2 {
		return nil, ansibleErr("failed to combine variables, expected dicts but got a '%s' and a '%s': \n%s\n%s",
			value.TypeName(x), value.TypeName(y), mergeShow(x), mergeShow(y))
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
			if v, err = mergeValue(old, v, recursive, mode); err != nil {
				return nil, err
			}
		}
		if err := r.Set(k, v); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func mergeShow(v val) string {
	s, err := value.JSON(v, value.JSONOptions{ASCII: true})
	if err != nil {
		s, _ = value.ToStr(v)
	}
	return s
}

func mergeValue(old, v val, recursive bool, mode string) (val, error) {
	_, oldDict := old.(*dict)
	_, newDict := v.(*dict)
	if oldDict && newDict {
		if recursive {
			return merge(old, v, recursive, mode)
		}
		return v, nil
	}
	a, ok1 := old.(*list)
	b, ok2 := v.(*list)
	if !ok1 || !ok2 {
		return v, nil
	}
	switch mode {
	case "keep":
		return old, nil
	case "append":
		return value.NewList(append(append([]val{}, a.V...), b.V...)...), nil
	case "prepend":
		return value.NewList(append(append([]val{}, b.V...), a.V...)...), nil
	case "append_rp", "prepend_rp":
		m := newMembers(b.V)
		var kept []val
		for _, e := range a.V {
			in, err := m.has(e)
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
		return value.NewList(append(append([]val{}, b.V...), kept...)...), nil
	}
	return v, nil
}

// pythonType is str(type(v)).
func pythonType(v val) string {
	name := value.TypeName(v)
	switch x := v.(type) {
	case *value.Str:
		if x.Unsafe {
			name = "ansible.utils.unsafe_proxy.AnsibleUnsafeText"
		}
	case *undef:
		name = "ansible.template.AnsibleUndefined"
	case *value.Date:
		name = "datetime." + name
	}
	return "<class '" + name + "'>"
}

func asDict(v val) (*dict, bool) {
	switch x := v.(type) {
	case *dict:
		return x, true
	case mapping:
		d, err := x.Dict()
		return d, err == nil
	}
	return nil, false
}

func dict2items(c *call) (val, error) {
	d, ok := asDict(c.args[0])
	if !ok {
		return nil, filterTypeErr("dict2items requires a dictionary, got %s instead.", pythonType(c.args[0]))
	}
	kn, vn := c.opt(1, "key"), c.opt(2, "value")
	r := make([]val, d.Len())
	for i, k := range d.K {
		item := value.NewDict()
		if err := errors.Join(item.Set(kn, k), item.Set(vn, d.V[i])); err != nil {
			return nil, err
		}
		r[i] = item
	}
	return &list{V: r}, nil
}

func items2dict(c *call) (val, error) {
	it, ok := sequence(c.args[0])
	if !ok {
		return nil, filterTypeErr("items2dict requires a list, got %s instead.", pythonType(c.args[0]))
	}
	kn, vn := c.opt(1, "key"), c.opt(2, "value")
	d := value.NewDict()
	for _, e := range it {
		x, ok := e.(*dict)
		if !ok {
			return nil, filterTypeErr("items2dict requires a list of dictionaries, got %s instead.", str(c.args[0]))
		}
		k, ok1, err1 := x.Get(kn)
		v, ok2, err2 := x.Get(vn)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		if !ok1 || !ok2 {
			return nil, filterTypeErr("items2dict requires each dictionary in the list to contain the keys '%s' and '%s', got %s instead.", str(kn), str(vn), str(c.args[0]))
		}
		if err := d.Set(k, v); err != nil {
			return nil, filterTypeErr("items2dict requires a list of dictionaries, got %s instead.", str(c.args[0]))
		}
	}
	return d, nil
}

func pairs(v val) ([]val, error) {
	d, ok := asDict(v)
	if !ok {
		if err := use(v); err != nil {
			return nil, err
		}
		return nil, raise("AttributeError", "'%s' object has no attribute 'items'", value.TypeName(v))
	}
	return (&value.View{D: d, Kind: 'i'}).Items(), nil
}

func dictsortFilter(c *call) (val, error) {
	it, err := pairs(c.args[0])
	if err != nil {
		return nil, err
	}
	cs, err := c.optFlag(1, false)
	if err != nil {
		return nil, err
	}
	at := 0
	switch by := str(c.opt(2, "key")); by {
	case "key":
	case "value":
		at = 1
	default:
		return nil, raise("jinja2.exceptions.FilterArgumentError", `You can only sort by either "key" or "value"`)
	}
	rev, err := c.optFlag(3, false)
	if err != nil {
		return nil, err
	}
	r, err := sortBy(it, func(v val) (val, error) {
		k := v.(tuple)[at]
		if !cs {
			k = foldCase(k)
		}
		return k, nil
	}, rev)
	return &list{V: r}, err
}

func itemsFilter(c *call) (val, error) {
	if _, isUndef := c.args[0].(*undef); isUndef {
		return value.NewList(), nil
	}
	if _, ok := asDict(c.args[0]); !ok {
		return nil, typeErr("Can only get item pairs from a mapping.")
	}
	it, err := pairs(c.args[0])
	return &list{V: it}, err
}

func extractFilter(c *call) (val, error) {
	keys := []val{c.args[0]}
	switch x := c.opt(2, nil).(type) {
	case nil:
	case *list:
		keys = append(keys, x.V...)
	default:
		keys = append(keys, x)
	}
	v := c.args[1]
	for _, k := range keys {
		x, err := getItem(v, k)
		if err != nil {
			return nil, err
		}
		v = x
	}
	return v, nil
}

func attrFilter(c *call) (val, error) {
	name, err := c.optText(1, "")
	if err != nil {
		return nil, err
	}
	if u, ok := c.args[0].(*undef); ok {
		return u, nil
	}
	return attrOrUndef(c.args[0], name), nil
}

func rekeyFilter(c *call) (val, error) {
	dup := str(c.opt(2, "error"))
	if dup != "error" && dup != "overwrite" {
		return nil, filterErr("duplicates parameter to rekey_on_member has unknown value: %s", dup)
	}
	if err := use2(c.args[0], c.args[1]); err != nil {
		return nil, err
	}
	var it []val
	switch x := c.args[0].(type) {
	case *dict:
		it = x.V
	default:
		_, isText := value.Text(x)
		var err error
		if it, err = iter(x); err != nil || isText {
			return nil, filterTypeErr("Type is not a valid list, set, or dict")
		}
	}
	d := value.NewDict()
	for _, e := range it {
		x, ok := e.(*dict)
		if !ok {
			return nil, filterTypeErr("List item is not a valid dict")
		}
		k, ok, err := x.Get(c.args[1])
		if err != nil {
			return nil, filterTypeErr("%s", err)
		}
		if !ok {
			return nil, filterErr("Key %s was not found", str(c.args[1]))
		}
		if _, had, _ := d.Get(k); had && dup == "error" {
			return nil, filterErr("Key %s is not unique, cannot correctly turn into dict", str(k))
		}
		if err := d.Set(k, e); err != nil {
			return nil, filterTypeErr("%s", err)
		}
	}
	return d, nil
}
