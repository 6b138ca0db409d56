package eval

import (
	"errors"

	"pbc/ir/value"
	"pbc/runtime/exception"
)

// templateClasses are the errors that dialect tagged passes on as they are; others it wraps in one of these, which says
// what was being rendered.
var templateClasses = map[string]bool{
	exception.AnsibleTemplate: true, exception.AnsibleTemplateSyntax: true, exception.AnsibleTemplatePlugin: true, exception.AnsibleBrokenConditional: true,
	exception.AnsibleUndefined: true, exception.AnsibleFilter: true, exception.AnsibleLookup: true,
}

// renderFault is what an error becomes that ended a template or expression, which stands at the place given.
func renderFault(err error, at *value.Origin, kind string) error {
	if u, ok := exception.AsUndefined(err); ok {
		captured, ok := u.U.Err.(*exception.Error)
		switch {
		case ok && captured.At == nil && templateClasses[captured.Class] && kind == "expression":
			placed := *captured
			placed.At, u.U.Err = at, &placed
			return err
		case !ok || templateClasses[captured.Class] || exception.IsUndefined(captured):
			placeMarker(u.U, at)
			return err
		}
		err = captured // it ends the template only now
	}
	x, ok := err.(*exception.Error)
	if ok && templateClasses[x.Class] {
		if x.At != nil || at == nil {
			return err
		}
		placed := *x
		placed.At = at
		return &placed
	}
	out := &exception.Error{Class: exception.AnsibleTemplate, Msg: "Error rendering " + kind + ".", At: at, Cause: err}
	switch {
	case errors.Is(err, errRecursion):
		out.Cause = exception.While(err)
		out.Msg = "Recursive loop detected in " + kind + "."
	case ok && x.Class == "jinja2.exceptions.TemplateSyntaxError":
		out.Class, out.Msg = exception.AnsibleTemplateSyntax, "Syntax error in "+kind+"."
	}
	return out
}

// syntaxFault is the error of a template or expression that does not parse.
func syntaxFault(fault string, at *value.Origin, kind string) error {
	return renderFault(exception.Raise("jinja2.exceptions.TemplateSyntaxError", "%s", fault), at, kind)
}

// placeMarker notes the innermost template in which a marker was made, and words it.
func placeMarker(u *undef, at *value.Origin) {
	if u.At != nil || u.Err != nil {
		return
	}
	u.At = at
	switch lacking := "object of type " + value.StrRepr(value.TypeName(u.Obj)) + " has no attribute "; {
	case u.Element:
		u.Hint, u.Element = lacking+u.Name, false
	case u.HasObj && u.Hint == "":
		u.Hint = lacking + value.StrRepr(u.Name)
	}
}

// pluginFault is what dialect tagged tells of a filter, test or lookup that failed.
func pluginFault(kind, name string, err error) error {
	if exception.IsUndefined(err) {
		return err
	}
	if x, ok := err.(*exception.Error); ok {
		if x.Captured {
			return err
		}
		if u, ok := exception.AsUndefined(x.Cause); ok {
			placeMarker(u.U, nil)
		}
	}
	return &exception.Error{Class: exception.AnsibleTemplatePlugin, Msg: "The " + kind + " plugin " + value.StrRepr(name) + " failed.", Cause: err}
}

const brokenHelp = "Broken conditionals can be temporarily allowed with the `ALLOW_BROKEN_CONDITIONALS` configuration option."

// broken is the error of a condition that gives no truth.
func broken(at *value.Origin, msg string) error {
	return &exception.Error{Class: exception.AnsibleBrokenConditional, Msg: msg, At: at, Help: brokenHelp}
}
