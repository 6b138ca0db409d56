package pymodule

import (
	"strings"

	"pbc/ir/failure"
	"pbc/ir/value"
)

// From ansible-core 2.19 on, a module's output has objects where JSON has no type: a dictionary that names its type under
// "__ansible_type", among them what a module warns of and how it failed.
//
// Observed: ansible-core 2.19.

const typeKey = "__ansible_type"

// typeOf is the type that an object names, "" when it is none.
func typeOf(v value.Value) string {
	d, ok := v.(*value.Dict)
	if !ok {
		return ""
	}
	name, _ := value.Text(get(d, typeKey))
	return name
}

// plain gives a value without the objects that stand for plain values.
func plain(v value.Value) value.Value {
	switch x := v.(type) {
	case *value.List:
		for i, e := range x.V {
			x.V[i] = plain(e)
		}
	case *value.Dict:
		for i, e := range x.V {
			x.V[i] = plain(e)
		}
		switch t := typeOf(x); {
		case strings.HasPrefix(t, "_AnsibleTagged"):
			return get(x, "value")
		case t == "_datetime" || t == "_date" || t == "_time":
			return get(x, "iso8601")
		}
	}
	return v
}

// summaries turns what a module warns of, and how it failed, into what the rest of the program knows.
func summaries(d *value.Dict) {
	for i, v := range d.V {
		d.V[i] = plain(v)
	}
	if l, ok := get(d, "warnings").(*value.List); ok {
		for i, w := range l.V {
			if f := eventOf(w); f != nil {
				l.V[i] = f.Brief()
			}
		}
	}
	if l, ok := get(d, "deprecations").(*value.List); ok {
		helps := &value.List{} // for the screen alone
		for i, w := range l.V {
			help := ""
			if f := eventOf(w); f != nil {
				l.V[i], help = deprecation(w.(*value.Dict), f), f.Help
			}
			helps.V = append(helps.V, help)
		}
		d.SetStr("_ansible_helps", helps)
	}
	if f := eventOf(get(d, "exception")); f != nil {
		d.Del("exception")
		d.SetStr("_ansible_error", f.Value())
	}
}

// eventOf is the chain of messages of a summary, nil when v is none.
func eventOf(v value.Value) *failure.Failure {
	if !strings.HasSuffix(typeOf(v), "Summary") {
		return nil
	}
	return chainOf(get(v.(*value.Dict), "event"), maxChain)
}

// maxChain bounds a chain of causes.
const maxChain = 100

func chainOf(v value.Value, left int) *failure.Failure {
	d, ok := v.(*value.Dict)
	if !ok || left == 0 {
		return nil
	}
	f := failure.Failure{}
	f.Msg, _ = value.Text(get(d, "msg"))
	f.Help, _ = value.Text(get(d, "help_text"))
	if cause, ok := get(d, "chain").(*value.Dict); ok && get(cause, "follow") != false {
		return f.Because(chainOf(get(cause, "event"), left-1))
	}
	return &f
}

// deprecation is a deprecation as playbooks see it.
func deprecation(d *value.Dict, f *failure.Failure) *value.Dict {
	out := value.DictOf("msg", f.Brief())
	by, _ := get(d, "deprecator").(*value.Dict)
	out.SetStr("collection_name", nil)
	if by != nil {
		if name, _ := value.Text(get(by, "resolved_name")); name != "" {
			parts := strings.SplitN(name, ".", 3)
			out.SetStr("collection_name", strings.Join(parts[:min(2, len(parts))], "."))
		}
		by.Del(typeKey)
		if kind, ok := get(by, "type").(*value.Dict); ok {
			by.SetStr("type", get(kind, "value"))
		}
		out.SetStr("deprecator", by)
	}
	if date := get(d, "date"); date != nil {
		out.SetStr("date", date)
	} else {
		out.SetStr("version", get(d, "version"))
	}
	return out
}
