package files

import (
	"context"
	"fmt"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/module"
	"pbc/runtime/module/posix"
)

// templateOnly are the options of template that copy does not know.
var templateOnly = []string{"newline_sequence", "block_start_string", "block_end_string", "variable_start_string",
	"variable_end_string", "comment_start_string", "comment_end_string", "trim_blocks", "lstrip_blocks", "output_encoding"}

// Template is ansible.builtin.template: copy of a text that has been rendered.
func Template() module.Module {
	return module.Module{Name: "ansible.builtin.template", Short: "template", Effect: module.Local, Spec: templateSpec(), Run: template}
}

// templateSpec is copy's with the options of rendering, as documentation: the action itself checks them loosely.
func templateSpec() *argspec.Spec {
	s := *copySpec
	s.Args = append([]argspec.Arg(nil), s.Args...)
	for _, name := range templateOnly {
		s.Args = append(s.Args, argspec.Arg{Name: name, Type: argspec.Str})
	}
	return &s
}

func template(ctx context.Context, c *module.Call) *value.Dict {
	failed := func(msg string) *value.Dict {
		if c.Tagged() {
			msg = strings.TrimSpace(msg)
		}
		// The action formats the traceback of no exception.
		return value.DictOf("failed", true, "changed", false, "msg", msg, "exception", "NoneType: None\n", module.FailedBy, module.ByRaise)
	}
	p := &copying{ctx: ctx, c: c, args: c.Args.Copy()}
	newline := p.text("newline_sequence")
	_, wanted := p.args.GetStr("newline_sequence")
	switch {
	case p.arg("state") != nil:
		return failed("'state' cannot be specified on a template")
	case p.arg("src") == nil || p.arg("dest") == nil:
		return failed("src and dest are required")
	case wanted && newline != "\n" && newline != "\r" && newline != "\r\n" &&
		newline != `\n` && newline != `\r` && newline != `\r\n`:
		return failed("newline_sequence needs to be one of: \n, \r or \r\n")
	case c.SourceError != "":
		return notFound(c.SourceError)
	}
	for _, k := range templateOnly {
		p.args.Del(k)
	}
	name := posix.Basename(p.text("src"))
	mode := p.arg("mode")
	if c.Source != nil {
		name = posix.Basename(c.Source.Path)
		if m, _ := value.Text(mode); m == "preserve" {
			mode = posix.FormatMode(c.Source.Mode)
		}
	}
	follow := p.loose("follow", false)
	p.rendered = c.Content
	if p.rendered == nil {
		p.rendered = []byte{}
	}
	p.shown = fmt.Sprintf("%s/tmp%s/%s", p.localTmp(), posix.RandomName(), name)
	p.args.SetStr("mode", mode)
	p.args.SetStr("src", p.shown)
	p.args.SetStr("follow", follow)
	return p.run()
}
