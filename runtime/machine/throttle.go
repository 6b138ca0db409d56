package machine

import (
	"errors"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/failure"
	"pbc/ir/value"
)

// throttled ends the run for a throttle that is no number: it is looked at before the task's conditions are.
//
// Observed: ansible-core 2.14 and 2.19.
func (x *taskRun) throttled() error {
	if !x.t.Throttle.IsSet() {
		return nil
	}
	const msg = "Failed to convert the throttle value to an integer."
	v, given, err := x.rendered("throttle", x.t.Throttle)
	if err == nil {
		if _, ok := toInt(v); ok || !given {
			return nil
		}
		err = noInt(v)
	}
	if !x.tagged() {
		return x.m.abort(x, msg+x.excerpt())
	}
	return x.m.abortFor(x, failure.Failure{Msg: msg, At: x.keywordOrigin("throttle", x.t.Throttle.V)}.Because(chainOf(err)))
}

// noInt is what Python's int() says of a value that is none.
func noInt(v value.Value) error {
	if s, ok := value.Text(v); ok {
		return errors.New("invalid literal for int() with base 10: " + value.StrRepr(s))
	}
	return errors.New("int() argument must be a string, a bytes-like object or a real number, not '" + value.TypeName(v) + "'")
}

// abortFor ends the whole run with an error of dialect tagged.
func (m *Machine) abortFor(x *taskRun, chain *failure.Failure) error {
	err := m.up.Emit(&event.Event{Kind: event.Message, Level: "error", Addr: x.addr, Task: x.number, Name: chain.Brief(), Result: ir.Val{V: chain.Value()}})
	if err == nil {
		err = errEnded
	}
	return err
}
