package machine

import "pbc/ir/value"

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
