// Package fact tells what a host is: its distribution, processors, disks, addresses, users. It turns
// the files and tools of a machine into the facts that Ansible's setup module returns, name by name
// and value by value, without Python.
//
// A collector gathers the facts of one subject (platform, network, hardware ...); each has a file of
// its own, and collectors in collectors.go is the table of all of them. A subset is what
// gather_subset names: a collector, or one of the facts that stand for it. A probe is what a
// collector sees while it runs: the System, the options, and the facts of the collectors it needs.
//
// Collectors run side by side; one that fails loses its own facts only, as in Ansible. Everything is
// read through a System, so that a folder may stand in for a machine. The package knows nothing of
// plays, the fact cache or the namespace in which facts are kept.
package fact

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"pbc/ir/expr"
	"pbc/ir/failure"
	"pbc/ir/value"
)

// DefaultPath is where setup looks for local facts.
const DefaultPath = "/etc/ansible/facts.d"

// Options say what to gather.
type Options struct {
	// Subset is gather_subset; empty means all.
	Subset []string
	// Filter keeps only the facts whose names match one of these patterns; empty keeps all.
	Filter []string
	// Timeout bounds the query of one mount; zero means 10 seconds.
	Timeout time.Duration
	// Path is the folder of local facts; empty means that there are none.
	Path string
	// Only, when not nil, are the collectors whose facts are of use, by name: others are left out though the
	// subset names them, but for local facts, whose programs may do more than tell facts.
	Only []string
	// Dialect is the generation of ansible-core whose facts are wanted.
	Dialect expr.Dialect
}

// SubsetError reports a gather_subset that names nothing. Its text is Ansible's.
type SubsetError struct {
	Name  string
	among []*collector
}

func (e *SubsetError) Error() string {
	return fmt.Sprintf("Bad subset '%s' given to Ansible. gather_subset options allowed: all, %s",
		e.Name, strings.Join(subsetNames(e.among), ", "))
}

// Gathered is what Gather returns.
type Gathered struct {
	// Facts are the facts, named as setup names them: with their prefix, dashes made underscores.
	Facts *value.Dict
	// Warnings are those of the collectors, in the collectors' order.
	Warnings []string
}

// Gather collects the facts of sys. Its error is a *SubsetError, or a *StartError beside the warnings
// so far; a collector that fails otherwise costs its own facts. When ctx ends, the tools that
// collectors started are killed.
func Gather(ctx context.Context, sys *System, o Options) (*Gathered, error) {
	if len(o.Subset) == 0 {
		o.Subset = []string{"all"}
	}
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	g := &gathering{sys: sys, jobs: map[string]*job{}, ctx: ctx}
	chosen, err := selectCollectors(collectorsOf(o.Dialect, g.kernel().System), o.Subset)
	if err != nil {
		return nil, err
	}
	chosen = useful(chosen, o.Only)
	g.opts = o
	for _, c := range chosen {
		g.jobs[c.name] = &job{collector: c, done: make(chan struct{})}
	}
	for _, j := range g.jobs {
		go g.run(j)
	}
	return g.merge(chosen)
}

// gathering is one run of Gather.
type gathering struct {
	ctx  context.Context
	sys  *System
	opts Options
	jobs map[string]*job

	lsb    once[output]
	python once[*python]
	uname  once[uname]
}

// once is a value that several collectors share and the first to ask for makes.
type once[T any] struct {
	o sync.Once
	v T
}

func (o *once[T]) get(f func() T) T {
	o.o.Do(func() { o.v = f() })
	return o.v
}

// job is one collector of a gathering. facts, warnings and err are ready when done is closed.
type job struct {
	*collector
	facts    *value.Dict
	warnings []string
	err      error
	done     chan struct{}
}

func (g *gathering) run(j *job) {
	defer close(j.done)
	for _, n := range j.needs {
		<-g.jobs[n].done
	}
	p := &probe{gathering: g, job: j}
	defer func() {
		if r := recover(); r != nil {
			j.facts, j.err = nil, errors.New("fact collector "+j.name+": "+failure.Crash(r))
			p.warn(j.err.Error())
		}
	}()
	j.facts, j.err = j.collect(p)
}

// merge waits for all collectors and puts their facts together.
func (g *gathering) merge(chosen []*collector) (*Gathered, error) {
	r := &Gathered{Facts: value.NewDict()}
	for _, c := range chosen {
		j := g.jobs[c.name]
		<-j.done
		r.Warnings = append(r.Warnings, j.warnings...)
		var start *StartError
		if errors.As(j.err, &start) {
			return r, start
		}
		if j.err != nil || j.facts == nil {
			continue
		}
		named := value.NewDict()
		for i, k := range j.facts.K {
			s, _ := value.Text(k)
			named.SetStr(c.factPrefix()+strings.ReplaceAll(s, "-", "_"), j.facts.V[i])
		}
		r.Facts.Update(keep(named, g.opts.Filter))
	}
	meta := value.DictOf("gather_subset", textList(g.opts.Subset), "module_setup", true)
	r.Facts.Update(keep(meta, g.opts.Filter))
	return r, nil
}

// tagged says whether the facts of dialect tagged are wanted.
func (g *gathering) tagged() bool { return g.opts.Dialect == expr.Tagged }

// probe is a collector's view of the host.
type probe struct {
	*gathering
	job *job
}

func (p *probe) warn(msg string) { p.job.warnings = append(p.job.warnings, msg) }

// fact returns a fact, without prefix, of a collector that this one needs, or "".
func (p *probe) fact(collector, name string) string {
	j := p.jobs[collector]
	if j == nil || j.facts == nil || j.err != nil {
		return ""
	}
	v, _ := j.facts.GetStr(name)
	s, _ := value.Text(v)
	return s
}

func textList(s []string) *value.List {
	l := &value.List{V: make([]value.Value, len(s))}
	for i, e := range s {
		l.V[i] = e
	}
	return l
}
