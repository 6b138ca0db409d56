package machine

import (
	"pbc/ir"
	"pbc/ir/value"
)

// omitted says whether v is what the variable omit holds.
func (x *taskRun) omitted(v value.Value) bool { return x.m.code.Settings.IsOmit(v) }

// given are the parameters that are not omit, those of dictionaries within them and of lists of such too. Elements of lists
// stay, whatever they are: dialect tagged has dropped them before.
func (x *taskRun) given(args *value.Dict) *value.Dict {
	out := value.NewDict()
	for i, k := range args.K {
		switch v := args.V[i].(type) {
		case *value.Dict:
			_ = out.Set(k, x.given(v))
		case *value.List:
			_ = out.Set(k, x.givenOf(v))
		default:
			if !x.omitted(v) {
				_ = out.Set(k, v)
			}
		}
	}
	return out
}

func (x *taskRun) givenOf(list *value.List) *value.List {
	out := &value.List{V: make([]value.Value, len(list.V))}
	for i, e := range list.V {
		out.V[i] = e
		if d, ok := e.(*value.Dict); ok {
			out.V[i] = x.given(d)
		}
	}
	return out
}

// rendered evaluates a keyword of the task. One that is omit holds what it holds around the task; set is false when nobody
// gives it.
//
// Observed: scenarios/vars/omit.txtar.
func (x *taskRun) rendered(name string, own ir.Val) (v value.Value, set bool, err error) {
	for _, k := range []ir.Val{own, x.t.Around[name]} {
		if !k.IsSet() {
			break
		}
		if v, err = x.eval().Value(k.V); err != nil || !x.omitted(v) {
			return v, true, err
		}
	}
	return nil, false, nil
}
