// Package failure is what dialect tagged tells of an error: a chain of messages, each with the place in the playbook
// that it is about and the message that caused it. Evaluator, machine and compiler build chains, results carry them to
// the controller, and callbacks print them with the lines of the source.
//
// The package does not read files: whoever prints a chain gives it a way to.
package failure

import (
	"fmt"
	"strings"

	"pbc/ir/value"
)

// Failure is one message of a chain. It is not changed once made.
type Failure struct {
	Msg  string
	Help string // advice, shown apart from the message; may be empty
	// At is the place that the message is about. A nil At has none.
	At *value.Origin
	// Shown is the value that the message is about, shown where At names no file. May be empty.
	Shown string
	// Handling says that Msg was raised while another error was handled, one that is not told: such a
	// message stands in a paragraph of its own.
	Handling bool
	// Parts are failures that this one sums up, each shown in full below it; mostly none.
	Parts []*Failure
	Cause *Failure // nil for the last
}

// New returns a chain of one message.
func New(msg string) *Failure { return &Failure{Msg: msg} }

// Because returns f with cause as its cause.
func (f Failure) Because(cause *Failure) *Failure {
	f.Cause = cause
	return &f
}

// Brief is the chain as one message, without places and advice.
func (f *Failure) Brief() string {
	var parts []string
	for ; f != nil; f = f.Cause {
		parts = append(parts, f.Msg)
	}
	return join(parts)
}

// join puts messages behind each other, the cause last. One that ends with its cause already stands for both.
func join(parts []string) string {
	msg := parts[len(parts)-1]
	for i := len(parts) - 2; i >= 0; i-- {
		if strings.HasSuffix(parts[i], msg) {
			msg = parts[i]
		} else {
			msg = strings.TrimRight(parts[i], ". ") + ": " + msg
		}
	}
	return msg
}

// Text is the chain in full: messages about the same place in one paragraph, each with the lines of its source and its
// advice. More than one paragraph are preceded by the brief message.
func (f *Failure) Text(read ReadFile) string {
	var paragraphs []string
	for at := f; at != nil; {
		own, help := at.context(read), at.Help
		parts := []string{at.Msg}
		next := at.Cause
		for ; next != nil; next = next.Cause {
			place := next.context(read)
			if (place != "" || next.Help != "") && (place != own || next.Help != help) || next.Handling || len(next.Parts) > 0 {
				break
			}
			parts = append(parts, next.Msg)
		}
		paragraphs = append(paragraphs, paragraph(join(parts), own, help)+framed(at.Parts, read))
		at = next
	}
	text := strings.Join(paragraphs, "\n<<< caused by >>>\n\n")
	if len(paragraphs) > 1 {
		text = f.Brief() + "\n\n" + text
	}
	return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
}

// framed are the parts of a failure, with a frame around them.
func framed(parts []*Failure, read ReadFile) string {
	var b strings.Builder
	for i, p := range parts {
		fmt.Fprintf(&b, "\n+--[ Sub-Event %d of %d ]---\n| \n", i+1, len(parts))
		for line := range strings.SplitSeq(p.Text(read), "\n") {
			b.WriteString("| " + line + "\n")
		}
		b.WriteString("| ")
	}
	if len(parts) > 0 {
		b.WriteString("\n+--[ End Sub-Event ]---\n")
	}
	return b.String()
}

func paragraph(msg, place, help string) string {
	switch {
	case help != "" && place == "" && !strings.Contains(msg+help, "\n"):
		return msg + " " + help + "\n"
	case place != "" && help != "":
		return msg + "\n" + place + "\n\n" + help + "\n"
	case place != "":
		return msg + "\n" + place + "\n"
	case help != "":
		return msg + "\n\n" + help + "\n"
	}
	return msg + "\n"
}

// Value is the chain as a value, for results. FromValue reads it back.
func (f *Failure) Value() value.Value {
	out := &value.List{}
	for ; f != nil; f = f.Cause {
		d := value.DictOf("msg", f.Msg)
		if f.Help != "" {
			d.SetStr("help", f.Help)
		}
		if f.At != nil {
			d.SetStr("at", value.NewList(f.At.File, int64(f.At.Line), int64(f.At.Col)))
		}
		if f.Shown != "" {
			d.SetStr("shown", f.Shown)
		}
		if f.Handling {
			d.SetStr("handling", true)
		}
		if len(f.Parts) > 0 {
			parts := &value.List{}
			for _, p := range f.Parts {
				parts.V = append(parts.V, p.Value())
			}
			d.SetStr("parts", parts)
		}
		out.V = append(out.V, d)
	}
	return out
}

// FromValue reads what Value made; nil when v is nothing of the kind. It may come from a hostile host: whatever it holds is text to show.
func FromValue(v value.Value) *Failure {
	list, ok := v.(*value.List)
	if !ok {
		return nil
	}
	var top *Failure
	for i := len(list.V) - 1; i >= 0; i-- {
		d, ok := list.V[i].(*value.Dict)
		if !ok {
			return nil
		}
		handling, _ := d.GetStr("handling")
		top = &Failure{Msg: text(d, "msg"), Help: text(d, "help"), Shown: text(d, "shown"), At: origin(d), Handling: handling == true, Parts: readParts(d), Cause: top}
	}
	return top
}

func readParts(d *value.Dict) []*Failure {
	v, _ := d.GetStr("parts")
	list, ok := v.(*value.List)
	if !ok {
		return nil
	}
	var parts []*Failure
	for _, v := range list.V {
		if p := FromValue(v); p != nil {
			parts = append(parts, p)
		}
	}
	return parts
}

func text(d *value.Dict, key string) string {
	v, _ := d.GetStr(key)
	s, _ := value.Text(v)
	return s
}

func origin(d *value.Dict) *value.Origin {
	v, _ := d.GetStr("at")
	l, ok := v.(*value.List)
	if !ok || len(l.V) != 3 {
		return nil
	}
	file, _ := value.Text(l.V[0])
	line, ok1 := l.V[1].(int64)
	col, ok2 := l.V[2].(int64)
	if !ok1 || !ok2 {
		return nil
	}
	return &value.Origin{File: file, Line: int(line), Col: int(col)}
}
