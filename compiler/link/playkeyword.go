package link

import (
	"errors"

	"pbc/compiler/diag"
	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/failure"
	"pbc/ir/keyword"
	"pbc/ir/value"
	"pbc/runtime/exception"
)

// early are the keywords of a play that Ansible renders and converts when it starts the play, in its order.
func (l *Linker) early(number int) []keywordValue {
	p := l.prog.Plays[number]
	gather := value.NewDict()
	if len(p.Tasks) > 0 { // the first is the one that gathers facts
		gather, _ = p.Tasks[0].Args.V.(*value.Dict)
	}
	of := func(name string) ir.Val {
		v, _ := gather.GetStr(name)
		return ir.Val{V: v}
	}
	return []keywordValue{
		{"name", p.Name}, {"hosts", p.Hosts}, {"gather_facts", p.GatherFacts}, {"gather_subset", of("gather_subset")},
		{"gather_timeout", of("gather_timeout")}, {"force_handlers", p.ForceHandlers}, {"max_fail_percentage", p.MaxFailPercentage},
		{"serial", p.Serial}, {"strategy", p.Strategy}, {"order", p.Order},
	}
}

type keywordValue struct {
	name  string
	value ir.Val
}

// Validate is the fault of a play that Ansible finds when it starts or lists the play, nil mostly. Its hosts are looked for, which may warn.
func (l *Linker) Validate(number int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.opt.Front.Fault(number); err != nil {
		return err
	}
	return l.validate(number)
}

// Headline are the patterns of a play's hosts and its name, as lists of plays show them.
func (l *Linker) Headline(number int) (patterns []string, name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var p Play
	_ = l.playKeywords(number, &p) // what is wrong has been told
	patterns, _ = l.patterns(number)
	return patterns, p.Name
}

// validate looks at a play as Ansible does before it lists it or runs it: for the hosts, of whose patterns it warns, at the files of vars_files, at the
// keywords. The first of them that has no value of its type ends the run, as a file does that cannot be read. Constants have been looked at before.
func (l *Linker) validate(number int) error {
	l.opt.Inventory.Beside(l.playDir(l.prog.Plays[number]))
	if hosts := newNames(); hosts.none(l.prog.Plays[number].Hosts.V) {
		_, _ = l.hostsOf(number, false)
	}
	l.warn(l.passedOver(number))
	var bad badVarsFile
	if _, err := l.playVars(number, ""); errors.As(err, &bad) { // others may only be met with a host
		return bad
	}
	for _, k := range l.early(number) {
		v, err := l.playValue(number, k.value)
		if err == nil && v != nil {
			_, err = keyword.Lookup(k.name, keyword.Play).Convert(v)
		}
		var undef *value.UndefError
		classic := l.opt.Dialect == expr.Classic
		if err == nil || classic && k.name == "name" && errors.As(err, &undef) {
			continue
		}
		if classic {
			return l.classicFault(number, k, err)
		}
		at := value.OriginOf(k.value.V)
		if k.name == "hosts" { // a list is written somewhere, too
			at = originOf(l.prog.Plays[number].HostsAt)
		}
		cause := exception.Failure(err)
		var wrong *keyword.TypeError
		if errors.As(err, &wrong) {
			cause = wrong.Tagged(at)
		}
		chain := failure.Failure{Msg: "Error processing keyword " + value.StrRepr(k.name) + ".", At: at}.Because(cause)
		return &diag.Diagnostic{Exit: 4, Msg: chain.Brief(), Tagged: chain}
	}
	return nil
}

func (l *Linker) warn(of []*failure.Failure) {
	for _, w := range of {
		l.opt.Warn(w)
	}
}

// none says whether a value reads no variable.
func (n *names) none(v value.Value) bool {
	n.value(v)
	return len(n.set) == 0 && !n.all
}

// classicFault is the fault of a keyword as dialect classic tells it. Errors that it does not expect there are told as they are.
func (l *Linker) classicFault(number int, k keywordValue, err error) error {
	var undef *value.UndefError
	var wrong *keyword.TypeError
	msg := ""
	switch {
	case errors.As(err, &undef):
		msg = "The field '" + k.name + "' has an invalid value, which includes an undefined variable. The error was: " + err.Error()
	case errors.As(err, &wrong):
		wrong.Value = k.value.V // as it is written
		msg = wrong.Error()
	default:
		return err
	}
	return &diag.Diagnostic{Exit: 4, Msg: msg + l.opt.Front.Excerpt(l.prog.Plays[number].Pos)}
}
