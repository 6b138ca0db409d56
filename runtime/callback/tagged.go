package callback

import (
	"strings"

	"pbc/ir/failure"
	"pbc/ir/value"
)

// Notice is a message with its kind as dialect tagged prints it: never wrapped, with an empty line after more than one.
func Notice(kind, text string) string {
	text = strings.TrimSpace(text)
	if strings.Contains(text, "\n") {
		text += "\n"
	}
	return "[" + kind + "]: " + text + "\n"
}

func (s *Screen) warnTagged(text string) {
	text = Notice("WARNING", text)
	if !s.warned[text] {
		s.warned[text] = true
		s.Message(Message{Text: text, Color: ColorWarn, Stderr: true, Level: "WARNING"})
	}
}

func (s *Screen) failTagged(text string, stderr bool) {
	text = Notice("ERROR", text)
	if s.failed[text] {
		return
	}
	s.failed[text] = true
	s.Message(Message{Text: text, Color: ColorError, Stderr: stderr, Level: "ERROR"})
}

// deprecateTagged prints a deprecation warning, and before the first one how to be rid of them.
func (s *Screen) deprecateTagged(d Deprecation) {
	s.warnTagged("Deprecation warnings can be disabled by setting `deprecation_warnings=False` in ansible.cfg.")
	text := Notice("DEPRECATION WARNING", d.taggedSentence())
	s.once(s.deprecated, text, text, ColorDeprecate)
}

// taggedSentence is the deprecation with when the feature goes.
func (d Deprecation) taggedSentence() string {
	text := strings.TrimSpace(d.Text)
	if d.Whole {
		return text
	}
	if text != "" && !strings.ContainsAny(text[len(text)-1:], "!?.") {
		text += "."
	}
	from, when := "", "in the future"
	if d.Collection != "" {
		from, when = "from ", "in a future release"
		if d.Plugin != "" {
			from += d.Plugin + " in "
		}
		if d.Collection == "ansible.builtin" {
			from += "ansible-core "
		} else {
			from += "collection " + value.StrRepr(d.Collection) + " "
		}
		switch {
		case d.Date != "":
			when = "in a release after " + d.Date
		case d.Version != "":
			when = "version " + d.Version
		}
	}
	text += " This feature will be removed " + from + when + "."
	if d.Help != "" {
		text += " " + d.Help
	}
	return text
}

// problems shows what came with a result besides its values: warnings, deprecations, the error; and takes it out of the
// result. In dialect classic it does nothing: there each callback has an order of its own.
func (p *printer) problems(v view) {
	if !p.screen.Tagged {
		return
	}
	told, _ := v.res.GetStr("_ansible_warnings")
	if list, ok := told.(*value.List); ok && truthyKey(v.res, "warnings") {
		for _, w := range list.V {
			if f := failure.FromValue(w); f != nil {
				p.screen.Warn(Warning{Chain: f})
			}
		}
		v.res.Del("warnings")
	}
	gone, _ := v.res.GetStr("_ansible_deprecations")
	if list, ok := gone.(*value.List); ok && truthyKey(v.res, "deprecations") && p.screen.Deprecations {
		own := &value.List{} // what the module has told: without a chain
		all := elements(v.res, "deprecations")
		for i, d := range list.V {
			if f := failure.FromValue(d); f != nil {
				p.screen.deprecateTagged(Deprecation{Text: f.Text(p.screen.Source), Whole: true})
			} else if i < len(all) {
				own.V = append(own.V, all[i])
			}
		}
		if len(own.V) > 0 {
			v.res.SetStr("deprecations", own)
		} else {
			v.res.Del("deprecations")
		}
	}
	p.warn(v.res)
	if debugActions[v.task.Action] && !has(v.res, "msg") {
		for _, k := range []string{"ansible_loop_var", "ansible_index_var", "ansible_loop"} {
			v.res.Del(k)
		}
	}
	e, ok := v.res.GetStr("exception")
	if !ok || !truthy(e) {
		return
	}
	v.res.Del("exception")
	chain, _ := v.res.GetStr("_ansible_error")
	if f := failure.FromValue(chain); f != nil {
		p.screen.failTagged(f.Text(p.screen.Source), p.opt.DisplayFailedStderr)
	}
}

// chainOf is the error that a result of dialect tagged has, nil for none.
func chainOf(res *value.Dict) *failure.Failure {
	v, _ := res.GetStr("_ansible_error")
	return failure.FromValue(v)
}

// tracesOf is what stands for the tracebacks of an error, which nobody keeps, the innermost first.
//
// Observed: ansible-core 2.19, junit.
func tracesOf(chain *failure.Failure) string {
	const missing = "(traceback missing)\n"
	text := missing
	for f := chain; f.Cause != nil; f = f.Cause {
		text = missing + "\n" + linkOf(f) + "\n\n" + text
	}
	return text
}

// linkOf says how an error came of its cause.
func linkOf(f *failure.Failure) string {
	switch {
	case f.Cause.Handling:
		return "During handling of the above exception, another exception occurred:"
	case f.Msg == "Action failed.":
		return "The above action exception was the direct cause of the following controller exception:"
	case f.Msg == "Module failed.":
		return "The above target exception was the direct cause of the following controller exception:"
	}
	return "The above exception was the direct cause of the following exception:"
}
