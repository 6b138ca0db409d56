package machine

import (
	"errors"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/eval"
	"pbc/runtime/module"
	"pbc/runtime/python"
)

// This file makes the results of dialect tagged: whatever fails becomes a chain of messages with places, which goes with
// the result under _ansible_error, and what a task tells the user goes with it, too.
//
// Observed: ansible-core 2.19's task executor.

// traceless is what a playbook sees in place of a traceback.
const traceless = "(traceback unavailable)"

func (x *taskRun) tagged() bool { return x.m.dialect == eval.Tagged }

func originOf(p ir.Pos) *value.Origin {
	if p.File == "" {
		return nil
	}
	return &value.Origin{File: p.File, Line: p.Line, Col: p.Col}
}

// taggedFault is an error of a task with its chain.
type taggedFault struct {
	chain *failure.Failure
	// result, when not nil, is what the task returns beside the error: then the error does not give the message.
	result *value.Dict
}

func (f *taggedFault) Error() string { return f.chain.Brief() }

// chainOf is the chain of any error.
func chainOf(err error) *failure.Failure {
	var t *taggedFault
	var f *fault
	switch {
	case errors.As(err, &t):
		return t.chain
	case errors.As(err, &f) && f.chain != nil:
		return f.chain
	case errors.As(err, &f):
		return failure.New(f.msg)
	}
	return eval.Failure(err)
}

// because is a fault with a message of its own about a place, caused by err.
func because(msg string, at *value.Origin, err error) error {
	return &taggedFault{chain: failure.Failure{Msg: msg, At: at}.Because(chainOf(err))}
}

// keywordFault is the error of a keyword that cannot be rendered, or has no value of its type.
func (x *taskRun) keywordFault(name string, v value.Value, err error) error {
	return because("Error processing keyword "+value.StrRepr(name)+".", x.keywordOrigin(name, v), err)
}

// keywordOrigin is where the value of a keyword is written.
func (x *taskRun) keywordOrigin(name string, v value.Value) *value.Origin {
	if at := value.OriginOf(v); at != nil {
		return at
	}
	if p, ok := x.t.Places[name]; ok {
		return &value.Origin{File: x.t.Pos.File, Line: p[0], Col: p[1]}
	}
	return nil
}

// converted is the fault of a keyword's value that is none of its type.
func (x *taskRun) notConverted(name string, written, v value.Value, kind string) error {
	shown, _ := value.Repr(v)
	at := x.keywordOrigin(name, written)
	return x.keywordFault(name, written, &taggedFault{chain: &failure.Failure{Msg: "The value " + shown + " could not be converted to '" + kind + "'.", At: at, Handling: true}})
}

// settle makes the result of one execution in dialect tagged, which never fails: an error becomes a result.
func (x *taskRun) settle(res *value.Dict, err error) *value.Dict {
	switch {
	case err != nil:
		res = x.taskFailed(err)
	case truthy(res, "unreachable"):
		msg, _ := value.ToStr(get(res, "msg"))
		chain := x.about().Because(failure.New(msg))
		res.Update(value.DictOf("msg", chain.Brief(), "exception", traceless, "_ansible_error", chain.Value()))
	case truthy(res, "failed"):
		x.captured(res)
	}
	if !has(res, "changed") {
		res.SetStr("changed", false)
	}
	return x.withWarnings(res)
}

// about is the failure of the task as a whole: about the place where it is written, or about itself where it is written nowhere.
// The gathering of facts that a play begins with is about nothing.
func (x *taskRun) about() failure.Failure {
	f := failure.Failure{Msg: "Task failed.", At: originOf(x.t.Pos)}
	switch {
	case x.t.Implicit && x.t.Module == "ansible.builtin.gather_facts":
		f.At = nil
	case f.At != nil && f.At.Line == 0:
		f.At = nil
		f.Shown, _ = value.Repr(value.DictOf("action", x.t.Module, "args", x.t.Args.V))
	}
	return f
}

// taskFailed is the result of an error that ended the task.
func (x *taskRun) taskFailed(err error) *value.Dict {
	cause := chainOf(err)
	res := value.NewDict()
	var t *taggedFault
	var f *fault
	switch {
	case errors.As(err, &t) && t.result != nil:
		res = t.result.Copy()
	case errors.As(err, &f) && f.result != nil:
		res = f.result.Copy()
	}
	if truthy(res, "skipped") {
		return res
	}
	x.failed(res, x.about().Because(cause))
	if truthy(res, "unreachable") {
		res.Del("failed")
	}
	return res
}

// failed completes the result of a failure.
func (x *taskRun) failed(res *value.Dict, chain *failure.Failure) *value.Dict {
	res.SetStr("failed", true)
	res.SetStr("exception", traceless)
	res.SetStr("_ansible_error", chain.Value())
	if !has(res, "msg") {
		res.SetStr("msg", chain.Brief())
	}
	return res
}

// toldOf is what the result of a module or action tells of its failure.
func toldOf(res *value.Dict) string {
	v, ok := res.GetStr("msg")
	if !ok {
		return "Unknown error."
	}
	msg, _ := value.ToStr(v)
	return msg
}

// captured gives a result in which a module or action told of its failure the chain of it.
func (x *taskRun) captured(res *value.Dict) {
	msg := toldOf(res)
	what, by := "Action failed.", get(res, module.FailedBy)
	if x.moduleFailed && by == nil {
		what = "Module failed."
	}
	own := failure.FromValue(get(res, "_ansible_error"))
	if own == nil {
		own = failure.New(msg)
	}
	top := x.about()
	switch by {
	case module.ByRaise:
		x.failed(res, top.Because(own))
	case module.ByHandler:
		x.failed(res, top.Because(&failure.Failure{Msg: own.Msg, Handling: true}))
	default:
		x.failed(res, top.Because(failure.Failure{Msg: what}.Because(own)))
	}
}

// failedOnHost says whether it is the module that says that the result is a failure.
func (x *taskRun) failedOnHost(res *value.Dict) bool {
	return x.moduleFailed && truthy(res, "failed") && !has(res, module.FailedBy)
}

// suppress takes the error from a result that failed_when says has not failed. That of an action that returned a failure
// has none yet.
func (x *taskRun) suppress(res *value.Dict) {
	if truthy(res, "exception") || x.failedOnHost(res) {
		res.Del("exception")
		res.Del("_ansible_error")
		res.SetStr("failed_when_suppressed_exception", traceless)
	}
}

// tell has the task say something with its result.
func (x *taskRun) tell(f *failure.Failure) {
	for _, t := range x.notices {
		if t.Brief() == f.Brief() {
			return
		}
	}
	x.notices = append(x.notices, f)
}

// deprecate has the task tell of a deprecation with its result.
func (x *taskRun) deprecate(n python.Notice) {
	for _, seen := range x.deprecations {
		if seen.Msg == n.Msg && value.SameOrigin(seen.At, n.At) && seen.Shown == n.Shown {
			return
		}
	}
	x.deprecations = append(x.deprecations, n)
}

// withDeprecations puts them into the result, in front of those of the module.
func (x *taskRun) withDeprecations(res *value.Dict) {
	if len(x.deprecations) == 0 {
		return
	}
	shown, chains := &value.List{}, &value.List{}
	for _, n := range x.deprecations {
		from, release, collection := "from ansible-core version "+n.Version, value.DictOf("version", n.Version), "ansible.builtin"
		if n.Collection != "" {
			from, release, collection = "from collection "+value.StrRepr(n.Collection)+" in a release after "+n.Date, value.DictOf("date", n.Date), n.Collection
		}
		told := value.DictOf("msg", n.Msg, "collection_name", collection)
		told.Update(release)
		told.SetStr("deprecator", value.DictOf("resolved_name", collection, "type", nil))
		shown.V = append(shown.V, told)
		f := *n.Failure
		f.Msg += " This feature will be removed " + from + "."
		chains.V = append(chains.V, f.Value())
	}
	x.deprecations = nil
	if own, ok := get(res, "deprecations").(*value.List); ok {
		shown.V = append(shown.V, own.V...)
		chains.V = append(chains.V, make([]value.Value, len(own.V))...) // these have none
	}
	res.SetStr("deprecations", shown)
	res.SetStr("_ansible_deprecations", chains)
}

// withWarnings puts what the task has told in front of the user into its result.
func (x *taskRun) withWarnings(res *value.Dict) *value.Dict {
	texts, chains := &value.List{}, &value.List{}
	add := func(f *failure.Failure) {
		texts.V = append(texts.V, f.Brief())
		chains.V = append(chains.V, f.Value())
	}
	for _, f := range x.notices {
		add(f)
	}
	if own, ok := get(res, "warnings").(*value.List); ok {
		for _, w := range own.V {
			s, _ := value.ToStr(w)
			add(failure.New(s))
		}
	}
	x.notices = nil
	x.withDeprecations(res)
	if len(texts.V) > 0 {
		res.SetStr("warnings", texts)
		res.SetStr("_ansible_warnings", chains)
	}
	return res
}

// emitTold tells the user something at once, not with a result.
func (x *taskRun) emitTold(level string, f *failure.Failure) {
	_ = x.m.up.Emit(&event.Event{Kind: event.Message, Level: level, Addr: x.addr, Task: x.number, Name: f.Brief(), Result: ir.Val{V: f.Value()}})
}

// argumentValues renders the arguments of the task.
func (x *taskRun) argumentValues() (value.Value, error) {
	args, ok := x.t.Args.V.(*value.Dict)
	if !x.tagged() || !ok {
		v, err := x.eval().Value(x.t.Args.V)
		if err != nil {
			return nil, x.argumentFault(err)
		}
		return v, nil
	}
	out := value.NewDict()
	for i, k := range args.K {
		name, _ := value.ToStr(k)
		at := x.keywordOrigin("args."+name, args.V[i])
		v, err := x.eval().ValueAt(args.V[i], at)
		if err != nil {
			err = because("Error while resolving value for "+value.StrRepr(name)+".", at, err)
			return nil, because("Finalization of task args for '"+x.t.Module+"' failed.", originOf(x.t.ActionPos), err)
		}
		if err := out.Set(k, v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// isVariableName says whether a name may be a variable's: more words are Jinja's own than in dialect classic.
func isVariableName(name string) bool {
	switch name {
	case "true", "false", "none", "True", "False", "None", "not":
		return false
	}
	if name == "" {
		return false
	}
	for i, c := range name {
		if c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// badName is the error of what is no name for a variable, and was written as the key at a place.
func (x *taskRun) badName(key value.Value, place string, written value.Value) error {
	name, _ := value.ToStr(key)
	source, _ := value.ToStr(written)
	kind := ""
	if _, isText := value.Text(key); !isText {
		kind = " of type " + value.StrRepr(value.TypeName(key))
	}
	f := &failure.Failure{Msg: "Invalid variable name " + value.StrRepr(name) + kind + ".",
		Help: "Variable names must be strings starting with a letter or underscore character, and contain only letters, numbers and underscores."}
	if p, ok := x.t.Places["key."+place+source]; ok {
		f.At = &value.Origin{File: x.t.Pos.File, Line: p[0], Col: p[1]}
	} else {
		f.Shown = name
	}
	return &taggedFault{chain: f}
}
