package machine

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"pbc/ir/event"
	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/argspec"
)

var pauseSpec = &argspec.Spec{
	Args: []argspec.Arg{
		{Name: "echo", Type: argspec.Bool, Default: true},
		{Name: "minutes", Type: argspec.Raw},
		{Name: "seconds", Type: argspec.Raw},
		{Name: "prompt"},
	},
	Exclusive: [][]string{{"minutes", "seconds"}},
}

// pausing is one task of pause. The terminal is the controller's: the host says what is to be shown, and asks
// for what was typed.
type pausing struct {
	x      *taskRun
	ctx    context.Context
	unit   string      // of the time in the result
	length value.Value // seconds to wait, nil until somebody presses enter
	prompt string
	custom bool // the prompt is the task's
	echo   bool
}

func (x *taskRun) pause(ctx context.Context, args *value.Dict) (*value.Dict, error) {
	p := &pausing{x: x, ctx: ctx, unit: "minutes"}
	if err := p.read(args); err != nil {
		return nil, x.actionFail(err.Error())
	}
	start := time.Now()
	typed, err := p.wait()
	if err != nil {
		return nil, err
	}
	stop := time.Now()
	d := stop.Sub(start).Seconds()
	spent := d
	if p.unit == "minutes" {
		spent /= 60
	}
	took, _ := value.ToStr(math.Round(spent*100) / 100)
	return value.DictOf("changed", false, "rc", int64(0), "stderr", "", "stdout", "Paused for "+took+" "+p.unit, "start", now(start),
		"stop", now(stop), "delta", int64(d), "echo", p.echo, "user_input", typed), nil
}

func now(t time.Time) string { return t.Format("2006-01-02 15:04:05.000000") }

// read checks the arguments. How long to wait may be a fraction: what is beyond whole numbers is cut off.
func (p *pausing) read(args *value.Dict) error {
	checked, err := pauseSpec.For(p.x.m.dialect, p.x.m.newer).CheckAction(p.x.t.Action, args, environ{})
	if err != nil {
		return err
	}
	get := func(name string) value.Value { v, _ := checked.Params.GetStr(name); return v }
	for _, unit := range []string{"minutes", "seconds"} {
		v := get(unit)
		if v == nil {
			continue
		}
		if p.length, err = pythonInt(v, p.x.className(unit, v)); err != nil {
			return fmt.Errorf("argument '%s' is of type %s and we were unable to convert to int: %w", unit, p.x.classOf(v), err)
		}
		p.unit = unit
	}
	if n, ok := p.length.(int64); ok {
		if p.unit == "minutes" {
			n *= 60
		}
		p.length = max(n, 1)
	}
	p.echo, _ = get("echo").(bool)
	text, _ := value.Text(get("prompt"))
	if p.custom = text != ""; !p.custom {
		text = "Press enter to continue, Ctrl+C to interrupt"
	}
	p.prompt = "[" + strings.TrimSpace(p.x.fullName(p.x.name())) + "]\n" + text + p.hidden() + ":"
	return nil
}

// pythonInt is Python's int(v), with its error, which names v's class.
func pythonInt(v value.Value, class string) (value.Value, error) {
	if n, ok := toInt(v); ok {
		return n, nil
	}
	if s, ok := value.Text(v); ok {
		r, _ := value.Repr(s)
		return nil, errors.New("invalid literal for int() with base 10: " + r)
	}
	return nil, errors.New("int() argument must be a string, a bytes-like object or a real number, not '" + class + "'")
}

func (p *pausing) hidden() string {
	if p.echo {
		return ""
	}
	return " (output is hidden)"
}

// wait shows what is to be shown and waits. It returns what was typed.
func (p *pausing) wait() (string, error) {
	shown, err := p.lines()
	if err != nil {
		return "", err
	}
	for _, l := range shown {
		if err := p.x.m.up.Emit(&event.Event{Kind: event.Message, Level: "display", Addr: p.x.addr, Task: p.x.number, Name: l}); err != nil {
			return "", err
		}
	}
	a, err := p.ask(value.DictOf("seconds", p.length, "echo", p.echo))
	if err != nil {
		return "", err
	}
	if !a.Found && p.length == nil {
		p.x.warnOf("Not waiting for response to prompt as stdin is not interactive")
	}
	typed, _ := value.Text(a.Value.V)
	return typed, nil
}

// lines are what is shown before the wait. Since ansible-core 2.15 a prompt is shown to a person only.
func (p *pausing) lines() ([]string, error) {
	var out []string
	n, timed := p.length.(int64)
	const keys = "(ctrl+C then 'C' = continue early, ctrl+C then 'A' = abort)\r"
	if timed {
		s, _ := value.ToStr(n)
		out = append(out, "Pausing for "+s+" seconds"+p.hidden())
	}
	if p.x.m.dialect == expr.Classic {
		if timed {
			out = append(out, keys)
		}
		if !timed || p.custom {
			out = append(out, p.prompt)
		}
		return out, nil
	}
	if timed && p.custom {
		out = append(out, keys)
	}
	a, err := p.ask(value.NewDict())
	if err == nil && a.Found && (!timed || p.custom) {
		out = append(out, p.prompt)
	}
	return out, err
}

// ask asks the controller to wait. Found says that somebody sits there; without arguments that is all.
func (p *pausing) ask(args *value.Dict) (*event.Answer, error) {
	a, err := p.x.m.up.Ask(p.ctx, need(event.Pause, p.x, args))
	if err != nil {
		return nil, err
	}
	if a.Error != "" {
		return nil, faultf("%s", a.Error)
	}
	return a, nil
}
