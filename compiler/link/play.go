package link

import (
	"fmt"
	"strconv"
	"strings"

	"pbc/compiler/diag"
	"pbc/compiler/effect"
	"pbc/compiler/inventory"
	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/eval"
	"pbc/runtime/exception"
)

// Play is a play whose keywords have been evaluated.
type Play struct {
	Name, Path, Strategy string
	Hosts                []string // the patterns
	Batches              [][]string
	AnyErrorsFatal       bool
	CheckMode            bool    // as callbacks are told
	MaxFail              float64 // negative when not given
	Order                effect.Order
}

// Prompts are the entries of a play's vars_prompt, which are asked for before Play is called.
func (l *Linker) Prompts(number int) ([]*value.Dict, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []*value.Dict
	for _, q := range l.prog.Plays[number].VarsPrompt {
		v, err := l.playValue(number, q.Values)
		if err != nil && l.opt.Dialect == expr.Tagged {
			chain := exception.Failure(err)
			return nil, &diag.Diagnostic{Exit: 1, Msg: chain.Brief(), Tagged: chain}
		}
		if err != nil {
			return nil, err
		}
		if d, ok := v.(*value.Dict); ok {
			out = append(out, d)
		}
	}
	return out, nil
}

// Play evaluates the keywords of a play.
func (l *Linker) Play(number int) (*Play, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.opt.Front.Fault(number); err != nil {
		return nil, err
	}
	p := l.prog.Plays[number]
	clear(l.gate.hosts) // they may have other variables now
	if err := l.validate(number); err != nil {
		return nil, err
	}
	out := &Play{Path: p.Pos.File + ":" + strconv.Itoa(p.Pos.Line), MaxFail: -1}
	if err := l.playKeywords(number, out); err != nil {
		return nil, err
	}
	delete(l.hosts, number)
	hosts, err := l.hostsOf(number, true)
	if err != nil {
		return nil, err
	}
	if out.Hosts, err = l.patterns(number); err != nil {
		return nil, err
	}
	serial, err := l.playValue(number, p.Serial)
	if err != nil {
		return nil, err
	}
	if out.Order, err = l.orderOf(number); err != nil {
		return nil, err
	}
	if out.Batches, err = batches(hosts, serial); err == nil && len(out.Batches) > 0 {
		l.warn(l.reserved(number))
	}
	return out, err
}

func (l *Linker) playKeywords(number int, out *Play) error {
	p := l.prog.Plays[number]
	text := func(v ir.Val) (string, error) {
		if !v.IsSet() {
			return "", nil
		}
		r, err := l.playValue(number, v)
		if err != nil || r == nil {
			return "", err
		}
		if list, ok := r.(*value.List); ok {
			return joined(list), nil
		}
		return value.ToStr(r)
	}
	var err error
	if out.Name, err = text(p.Name); err != nil {
		out.Name, _ = value.ToStr(p.Name.V)
	}
	if out.Name == "" {
		if out.Name, err = text(p.Hosts); err != nil {
			return err
		}
	}
	if out.Strategy, err = l.strategy(number); err != nil {
		return err
	}
	out.AnyErrorsFatal = l.opt.Settings.AnyErrorsFatal
	// The tasks fail that inherit what cannot be rendered or is no boolean. In dialect classic a text is true where it is not rendered.
	if p.AnyErrorsFatal.IsSet() {
		v, err := l.playValue(number, p.AnyErrorsFatal)
		known := false
		if v != nil {
			out.AnyErrorsFatal, known = eval.Boolean(v)
		}
		if err != nil || v != nil && !known {
			out.AnyErrorsFatal = l.opt.Dialect == expr.Classic
		}
	}
	if out.CheckMode = l.opt.Settings.Check; p.CheckMode.IsSet() {
		if v, err := l.playValue(number, p.CheckMode); err == nil && v != nil {
			out.CheckMode, _ = eval.Boolean(v)
		}
	}
	if p.MaxFailPercentage.IsSet() {
		s, err := text(p.MaxFailPercentage)
		if err != nil || s == "" {
			return err
		}
		if s == "" {
			return nil
		}
		out.MaxFail, err = strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64)
		if err != nil {
			return fmt.Errorf("the field 'max_fail_percentage' has an invalid value (%s), and could not be converted to an percent."+
				"The error was: could not convert string to float: %s", s, value.StrRepr(s))
		}
	}
	return nil
}

// strategy is the name of a play's strategy, "" for linear when nobody names it.
func (l *Linker) strategy(number int) (string, error) {
	v, err := l.playValue(number, l.prog.Plays[number].Strategy)
	if v == nil || err != nil {
		return l.opt.Strategy, err
	}
	return value.ToStr(v)
}

// Free says whether the hosts of a play with this strategy do not wait for each other.
func Free(strategy string) bool {
	return strings.HasSuffix(strategy, "free") || strings.HasSuffix(strategy, "host_pinned")
}

func joined(list *value.List) string {
	var parts []string
	for _, e := range list.V {
		s, _ := value.ToStr(e)
		parts = append(parts, s)
	}
	return strings.Join(parts, ",")
}

// playHosts are the hosts of a play as they were found at some generation of the inventory.
type playHosts struct {
	names      []string
	generation int
}

// playHosts are the names of a play's hosts, in the order of the inventory as it is now.
func (l *Linker) playHosts(number int) ([]string, error) {
	now := l.opt.Inventory.Generation()
	if p, ok := l.hosts[number]; ok && p.generation == now {
		return p.names, nil
	}
	names, err := l.hostsOf(number, false)
	if err == nil {
		l.hosts[number] = playHosts{names, now}
	}
	return names, err
}

// patterns are those of the keyword hosts.
func (l *Linker) patterns(number int) ([]string, error) {
	v, err := l.playValue(number, l.prog.Plays[number].Hosts)
	if err != nil {
		return nil, err
	}
	list, ok := v.(*value.List)
	if !ok {
		list = &value.List{V: []value.Value{v}}
	}
	var patterns []string
	for _, e := range list.V {
		s, err := value.ToStr(e)
		if err != nil {
			return nil, err
		}
		patterns = append(patterns, s)
	}
	return patterns, nil
}

// hostsOf are the names of a play's hosts, in its order if they are to be ordered, else in that of the inventory.
func (l *Linker) hostsOf(number int, ordered bool) ([]string, error) {
	p := l.prog.Plays[number]
	patterns, err := l.patterns(number)
	if err != nil {
		return nil, err
	}
	hosts, err := l.opt.Inventory.Match(patterns...)
	if err != nil {
		return nil, err
	}
	order, err := l.playValue(number, p.Order)
	if err != nil {
		return nil, err
	}
	if s, ok := value.Text(order); ok && s != "" && ordered {
		if hosts, err = inventory.Order(hosts, s); err != nil {
			return nil, err
		}
	}
	out := make([]string, len(hosts))
	for i, h := range hosts {
		out[i] = h.Name
	}
	return out, nil
}

// batches cuts the hosts as serial says: a number, a percentage, or a list of them of which the last
// repeats.
func batches(hosts []string, serial value.Value) ([][]string, error) {
	if len(hosts) == 0 {
		return nil, nil
	}
	steps, ok := serial.(*value.List)
	if !ok {
		steps = value.NewList(serial)
	}
	if serial == nil || len(steps.V) == 0 {
		return [][]string{hosts}, nil
	}
	var out [][]string
	total := len(hosts)
	for i := 0; len(hosts) > 0; i++ {
		n, err := batchSize(steps.V[min(i, len(steps.V)-1)], total)
		if err != nil {
			return nil, err
		}
		if n <= 0 || n > len(hosts) {
			n = len(hosts)
		}
		out = append(out, hosts[:n])
		hosts = hosts[n:]
	}
	return out, nil
}

// Unexpected is an error at which Ansible dies of an exception that it does not expect: the exception's words.
type Unexpected string

// Error implements error.
func (e Unexpected) Error() string { return string(e) }

// batchSize reads one entry of serial.
func batchSize(v value.Value, total int) (int, error) {
	s, err := value.ToStr(v)
	if err != nil {
		return 0, err
	}
	pct, ok := strings.CutSuffix(s, "%")
	n, err := strconv.Atoi(strings.TrimSpace(pct))
	if err != nil {
		return 0, Unexpected("invalid literal for int() with base 10: " + value.StrRepr(pct))
	}
	if !ok {
		return n, nil
	}
	if n = int(float64(n) / 100 * float64(total)); n == 0 {
		n = 1
	}
	return n, nil
}

// SetPrompted keeps the answers to a play's vars_prompt.
func (l *Linker) SetPrompted(number int, vars *value.Dict) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.prompted[number] = vars
	delete(l.shared, number)
	delete(l.orders, number)
}

// HasExtra says whether -e gives a variable: then its prompt is not shown.
func (l *Linker) HasExtra(name string) bool {
	_, ok := l.opt.Extra.GetStr(name)
	return ok
}
