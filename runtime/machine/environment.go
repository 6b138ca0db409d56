package machine

import (
	"strings"

	"pbc/ir/failure"
	"pbc/ir/value"
)

// environment merges the environment keywords around the task, the innermost last.
func (x *taskRun) environment() (map[string]string, error) {
	env := map[string]string{}
	for _, e := range x.t.Environment {
		list, ok := e.V.(*value.List)
		if !ok {
			list = value.NewList(e.V)
		}
		for _, one := range list.V {
			if err := x.addEnvironment(env, one); err != nil {
				return nil, err
			}
		}
	}
	return env, nil
}

// addEnvironment renders one item of the keyword. A variable whose text needs facts of the environment that nobody has
// gathered yet is left out.
func (x *taskRun) addEnvironment(env map[string]string, item value.Value) error {
	d, ok := item.(*value.Dict)
	if !ok {
		v, err := x.eval().Value(item)
		if err != nil {
			return x.environmentFault(item, err)
		}
		switch v := v.(type) {
		case *value.Dict:
			d = v
		case *value.List:
			for _, one := range v.V {
				if err := x.addEnvironment(env, one); err != nil {
					return err
				}
			}
			return nil
		default:
			x.warnOf("could not parse environment value, skipping: " + x.rawEnvironment())
			return nil
		}
	}
	for i, k := range d.K {
		v, err := x.eval().Value(d.V[i])
		if err != nil && x.needsEnvironmentFacts(err) {
			continue
		}
		if err != nil {
			return x.environmentFault(d.V[i], err)
		}
		if x.omitted(v) {
			continue
		}
		name, _ := value.ToStr(k)
		env[name], _ = value.ToStr(v)
	}
	return nil
}

// environmentFault is the error of rendering what the keyword holds: in dialect tagged one of all that is inherited, which stands
// at no place.
func (x *taskRun) environmentFault(v value.Value, err error) error {
	if !x.tagged() {
		return x.fieldFault("environment", v, err)
	}
	f := failure.Failure{Msg: "Error processing keyword 'environment'.", Shown: x.rawEnvironment()}
	return &taggedFault{chain: f.Because(chainOf(err))}
}

func (x *taskRun) needsEnvironmentFacts(err error) bool {
	gathers := x.t.Module == "ansible.builtin.setup" || x.t.Module == "ansible.builtin.gather_facts"
	return strings.Contains(err.Error(), "ansible_env") || gathers && strings.Contains(err.Error(), "ansible_facts.env")
}

// rawEnvironment shows the environment keywords as they are written.
func (x *taskRun) rawEnvironment() string {
	list := &value.List{}
	for _, e := range x.t.Environment {
		v := e.V
		if t, ok := v.(*value.Tmpl); ok {
			v = t.Src
		}
		list.V = append(list.V, v)
	}
	s, _ := value.Repr(list)
	return s
}
