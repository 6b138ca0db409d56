package link

import (
	"context"

	"pbc/ir/value"
	"pbc/runtime/eval"
)

// LookupPlugin runs a lookup plugin on the controller.
type LookupPlugin func(ctx context.Context, c LookupCall) (value.Value, error)

// LookupCall is one use of a lookup plugin.
type LookupCall struct {
	Name    string
	Terms   []value.Value
	Options *value.Dict
	// Vars are the variables that the plugin sees, raw; Eval evaluates with them.
	Vars eval.Vars
	Eval *eval.Eval
	// Search are the folders in which the plugin looks for files, Basedir that of the playbook.
	Search  []string
	Basedir string
	Subdir  string // where first_found looks below each; "" for files
}

// lookup runs a plugin for a task, or for a keyword of a play. It must not be called with the lock
// held when the plugin itself evaluates.
func (l *Linker) lookup(ctx context.Context, s Site, c LookupCall, local *value.Dict) (value.Value, error) {
	if l.opt.Lookup == nil {
		return nil, &eval.Error{Class: eval.AnsibleError, Msg: "lookup plugin (" + c.Name + ") not found"}
	}
	c.Basedir = l.prog.Basedir
	if s.Play >= 0 {
		vars, err := l.taskLayers(s, local)
		if err != nil {
			return nil, err
		}
		c.Vars = vars
		lex := l.scope(s)
		c.Search, c.Basedir = lex.Search, lex.Basedir
		if c.Basedir == "" {
			c.Basedir = l.playDir(l.prog.Plays[s.Play])
		}
	} else {
		c.Vars = layers{l.opt.Magic, l.opt.Extra}
	}
	c.Eval = l.evaluator(s.Play, s.Host, c.Vars)
	return l.opt.Lookup(ctx, c)
}
