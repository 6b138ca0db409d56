package link

import (
	"errors"
	"fmt"
	"io/fs"
	"pbc/compiler/diag"
	"pbc/compiler/files"
	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/exception"
	"strings"
)

// varsFile reads the first file of the alternatives that exists.
func (l *Linker) varsFile(play int, host string, f ir.Val, at ir.Pos, vars layers) ([]*value.Dict, error) {
	list, ok := f.V.(*value.List)
	if !ok {
		list = value.NewList(f.V)
	}
	for _, alternative := range list.V {
		v, err := l.evaluator(play, host, vars).Value(alternative)
		if err != nil {
			return nil, err
		}
		name, ok := value.Text(v)
		if !ok {
			return nil, badVarsFile{l.noVarsFile(v, at)}
		}
		file := l.opt.Store.Find(nil, l.playDir(l.prog.Plays[play]), "vars", name)
		if msg, unread := l.unreadable(file.Fault); unread {
			return nil, badVarsFile{&diag.Diagnostic{Msg: msg}}
		}
		if file.Fault != "" {
			continue
		}
		found, err := l.opt.Front.LoadVarsFile(file.Tree.Path)
		for _, d := range found {
			l.learn(d)
		}
		return found, l.varsFileFault(file.Tree.Path, err)
	}
	if len(list.V) == 0 || l.opt.Dialect == expr.Tagged {
		return nil, nil // dialect tagged takes no notice
	}
	written, err := value.ToStr(f.V)
	if err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("vars file %s was not found\nCould not find file on the Ansible Controller.\n"+
		"If you are using a module and expect the file to exist on the remote, see the remote_src option", written)
}

// noVarsFile is the fault of what should be the name of a file.
func (l *Linker) noVarsFile(v value.Value, at ir.Pos) *diag.Diagnostic {
	chain := &failure.Failure{Msg: "Invalid `vars_files` value of type " + value.StrRepr(value.TypeName(v)) + ".",
		Help: "A `vars_files` value should either be a string or list of strings."}
	switch v.(type) {
	case nil, bool: // nothing tells where these come from
	default:
		chain.At = originOf(at)
	}
	d := &diag.Diagnostic{Exit: 1, Tagged: chain, TaggedExit: 4}
	if _, isList := v.(*value.List); isList {
		d.Exit, d.Msg = 250, "Unexpected Exception, this is probably a bug: 'list' object has no attribute 'startswith'"
		return d
	}
	shown, _ := value.Repr(v) // it is written in the playbook
	d.Msg = "Invalid vars_files entry found: " + shown + "\nvars_files entries should be either a string type or a list of string types after template expansion"
	return d
}

// UnreadableVars is a file of variables that is no YAML: what a task says of it, and what ends a run whose play names the file.
type UnreadableVars struct {
	Text  string
	Fault *diag.Diagnostic
}

// Error implements error.
func (e *UnreadableVars) Error() string { return e.Text }

// Unwrap is the fault.
func (e *UnreadableVars) Unwrap() error { return e.Fault }

// badVarsFile is a fault of a file that is there: the run ends before the play is shown.
type badVarsFile struct{ error }

// Unwrap is the fault itself.
func (b badVarsFile) Unwrap() error { return b.error }

// varsFileFault is the error of a file of vars_files that cannot be read; err may be nil.
func (l *Linker) varsFileFault(file string, err error) error {
	if err == nil {
		return nil
	}
	var unreadable *UnreadableVars
	var told *diag.Diagnostic
	var unread *fs.PathError
	switch {
	case errors.As(err, &unread):
		msg, _ := l.unreadable(files.ReadFault(file, err))
		err = &diag.Diagnostic{Msg: msg}
	case errors.As(err, &unreadable):
	case errors.As(err, &told) && told.TaggedExit != 0: // the parser's
	case l.opt.Dialect == expr.Tagged && errors.As(err, &told):
		chain := failure.Failure{Msg: "Invalid vars_files file " + value.StrRepr(file) + "."}.Because(diag.Chain(told))
		err = &diag.Diagnostic{Kind: diag.Invalid, Exit: 1, Msg: chain.Brief(), Tagged: chain}
	}
	return badVarsFile{err}
}

func (l *Linker) varsFileUndefined(play, entry int, err error) error {
	p := l.prog.Plays[play]
	s, _ := value.ToStr(p.VarsFiles[entry].V)
	msg := "an undefined variable was found when attempting to template the vars_files item '" + s + "'"
	if l.opt.Dialect == expr.Classic {
		return errors.New(msg + l.opt.Front.Excerpt(p.VarsFilesAt[entry]))
	}
	chain := failure.Failure{Msg: msg, At: originOf(p.VarsFilesAt[entry])}.Because(exception.Failure(err))
	return &diag.Diagnostic{Exit: 1, Msg: chain.Brief(), Tagged: chain}
}

func originOf(p ir.Pos) *value.Origin { return &value.Origin{File: p.File, Line: p.Line, Col: p.Col} }

// passedOver are the warnings of dialect tagged for entries of vars_files that no file is named by before there is a host.
func (l *Linker) passedOver(play int) []*failure.Failure {
	if l.opt.Dialect != expr.Tagged {
		return nil
	}
	var out []*failure.Failure
	p := l.prog.Plays[play]
	for i, f := range p.VarsFiles {
		var undef *value.UndefError
		if _, err := l.playValue(play, f); errors.As(err, &undef) {
			out = append(out, &failure.Failure{Msg: "skipping vars_files item due to an undefined variable", At: originOf(p.VarsFilesAt[i])})
		}
	}
	return out
}

// livePlay says whether the files of vars_files may be others for each task: when facts name them, or what nothing defines yet.
func (l *Linker) livePlay(play int) bool {
	n := newNames()
	p := l.prog.Plays[play]
	for _, f := range p.VarsFiles {
		n.value(f.V)
	}
	known := l.playLayers(play)
	n.close(known)
	if n.all {
		return true
	}
	hosts, _ := l.playHosts(play)
	for name := range n.set {
		if strings.HasPrefix(name, "ansible_") {
			return true
		}
		_, defined := known.Lookup(name)
		for _, host := range hosts {
			if !defined {
				_, defined = l.hostLayers(host).Lookup(name)
			}
		}
		if !defined {
			return true
		}
	}
	return false
}

// hostLayers are the variables of a host without a play's: what hostvars shows of it now.
func (l *Linker) hostLayers(host string) layers {
	if l.opt.Inventory.Host(host) == nil {
		return nil
	}
	v, _ := l.opt.Known.Vars(host, nil)
	return l.layersOf(host, v)
}
