package machine

import (
	"errors"
	"fmt"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/eval"
)

// This file has what the machine's own actions do otherwise in dialect tagged: they check their arguments as modules do, and
// debug shows undefined values instead of failing.

var (
	debugSpec = &argspec.Spec{Exclusive: [][]string{{"msg", "var"}}, Args: []argspec.Arg{
		{Name: "msg", Type: argspec.Raw, Default: "Hello world!"}, {Name: "var", Type: argspec.Raw}, {Name: "verbosity", Type: argspec.Int, Default: int64(0)}}}
	assertSpec = &argspec.Spec{Args: []argspec.Arg{
		{Name: "fail_msg", Type: argspec.Texts, Aliases: []string{"msg"}, Default: "Assertion failed"},
		{Name: "quiet", Type: argspec.Bool, Default: false}, {Name: "success_msg", Type: argspec.Texts, Default: "All assertions passed"},
		{Name: "that", Type: argspec.Raw, Required: true}}}
)

// checkedArgs checks the arguments of an action, and gives them with their defaults.
func (x *taskRun) checkedArgs(spec *argspec.Spec, args *value.Dict) (*value.Dict, error) {
	short := x.t.Action[strings.LastIndexByte(x.t.Action, '.')+1:]
	checked, err := spec.For(x.m.dialect, x.m.newer).Check(short, args, environ{})
	if err != nil {
		return nil, x.actionFail(err.Error())
	}
	return checked.Params, nil
}

// unconverted is the error of an argument that has not the type that a function of the action asks for.
func (x *taskRun) unconverted(name string, v value.Value, function, why string) error {
	return x.actionFail(fmt.Sprintf("argument '%s' is of type %s and we were unable to convert to %s: %s", name, value.TypeName(v), function, why))
}

func (x *taskRun) taggedDebug(args *value.Dict) (*value.Dict, error) {
	p, err := x.checkedArgs(debugSpec, args)
	if err != nil {
		return nil, err
	}
	name := get(p, "var")
	src, ok := value.Text(name)
	if name != nil && !ok {
		shown, _ := value.Repr(name)
		if _, isText := name.(string); !isText {
			s, _ := value.ToStr(name)
			shown = value.StrRepr(s)
		}
		return nil, x.unconverted("var", name, "_check_type_str_no_conversion", shown+" is not a string and conversion is not allowed")
	}
	if n, _ := get(p, "verbosity").(int64); n > int64(x.m.code.Settings.Verbosity) {
		return value.DictOf("skipped_reason", "Verbosity threshold not met.", "skipped", true, "failed", false), nil
	}
	res := value.NewDict()
	if src == "" {
		res.SetStr("msg", get(p, "msg"))
	} else {
		v, err := x.debugExpression(src)
		if err != nil {
			return nil, because("Error while resolving `var` expression.", x.keywordOrigin("args.var", nil), err)
		}
		res.SetStr(src, v)
	}
	res.SetStr("_ansible_verbose_always", true)
	res.SetStr("failed", false)
	return res, nil
}

// debugExpression evaluates debug's var, and warns of what is undefined in it.
func (x *taskRun) debugExpression(src string) (value.Value, error) {
	parsed, err := x.outside().Parse(eval.ParseCondition, src)
	if err != nil {
		return nil, err
	}
	c, ok := parsed.(*value.Cond)
	if !ok {
		return nil, errors.New("the expression did not parse")
	}
	at := x.keywordOrigin("args.var", nil)
	if c.At != nil {
		at = c.At
	}
	v, found, err := x.eval().Replacing(&value.Cond{Src: c.Src, Root: c.Root, Tmpl: nil, Fault: c.Fault, Line: c.Line, At: at})
	for _, f := range found {
		x.tell(f)
	}
	return v, err
}

// taggedAssert checks the arguments of assert.
func (x *taskRun) taggedAssert(args *value.Dict) error {
	_, err := x.checkedArgs(assertSpec, args)
	return err
}

// replacedName is the name of the task with what is undefined in it shown as such. The user is told once.
func (x *taskRun) replacedName() string {
	v, found, err := x.eval().Replacing(x.t.Name.V)
	if err != nil || v == nil {
		return x.writtenName()
	}
	for _, f := range found {
		if x.first(f.Brief()) {
			x.emitTold("warning", f)
		}
	}
	s, err := value.ToStr(v)
	if err != nil {
		return x.writtenName()
	}
	return s
}

// className is what Ansible's own code calls the class of an option's value: what a playbook says has classes of its own, which are
// lost in most of what is computed.
func (x *taskRun) className(option string, v value.Value) string {
	name := value.TypeName(v)
	_, isText := value.Text(v)
	switch {
	case !x.tagged() && isText:
		return "AnsibleUnicode"
	case !x.tagged() || v == nil || name == "bool":
		return name
	}
	written := get(asDict(x.t.Args.V), option)
	if _, computed := written.(*value.Tmpl); computed {
		return name
	}
	return "_AnsibleTagged" + strings.ToUpper(name[:1]) + name[1:]
}
