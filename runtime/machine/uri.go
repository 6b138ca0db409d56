package machine

import (
	"context"
	"path"

	"pbc/ir/value"
	"pbc/runtime/module"
)

// uri is the controller's half of uri: it brings the files that a request sends.
func (x *taskRun) uri(ctx context.Context, args *value.Dict) (*value.Dict, error) {
	if x.flags.Check && x.m.newer {
		return value.DictOf("skipped", true, "msg", "This action ("+x.t.Action+") does not support check mode."), nil
	}
	if loose(args, "remote_src", false) {
		return x.lastModule(ctx, *x.ready, "ansible.builtin.uri", args)
	}
	b := &bringing{x: x, ctx: ctx}
	defer b.clean()
	format, _ := value.Text(get(args, "body_format"))
	switch {
	case truthy(args, "src"):
		name, err := value.ToStr(get(args, "src"))
		if err != nil {
			return nil, err
		}
		at, res, err := b.file(name, args)
		if res != nil || err != nil {
			return res, err
		}
		args.SetStr("src", at)
	case format == "form-multipart":
		body, ok := get(args, "body").(*value.Dict)
		if !ok {
			return module.ActionFail("body must be mapping, cannot be type "+x.className("body", get(args, "body")), ""), nil
		}
		if res, err := b.parts(body, args); res != nil || err != nil {
			return res, err
		}
	}
	return x.lastModule(ctx, *x.ready, "ansible.builtin.uri", args)
}

// bringing copies files of the controller to the host, for one task.
type bringing struct {
	x      *taskRun
	ctx    context.Context
	placed []string
}

// clean takes the copies away, unless a job that runs on reads them.
func (b *bringing) clean() {
	if b.x.ready.async != nil {
		return
	}
	for _, p := range b.placed {
		b.x.remove(b.ctx, p)
	}
}

// file copies a file and returns its path on the host.
func (b *bringing) file(name string, args *value.Dict) (string, *value.Dict, error) {
	f, err := b.x.findFile(b.ctx, "files", name, args)
	if err != nil {
		return "", nil, err
	}
	if f.Fault != "" {
		return "", module.SourceFail(b.x.m.dialect, f.Fault), nil
	}
	src, err := view{follow: true}.source(&f.Tree)
	if err != nil {
		return "", nil, err
	}
	at, lost, err := b.x.place(b.ctx, src, path.Base(src.Path))
	if at != "" {
		b.placed = append(b.placed, at)
	}
	return at, lost, err
}

// parts copies the files that the parts of a form name.
func (b *bringing) parts(body, args *value.Dict) (*value.Dict, error) {
	for i := range body.V {
		part, ok := body.V[i].(*value.Dict)
		if !ok || !truthy(part, "filename") || truthy(part, "content") {
			continue
		}
		name, err := value.ToStr(get(part, "filename"))
		if err != nil {
			return nil, err
		}
		at, res, err := b.file(name, args)
		if res != nil || err != nil {
			return res, err
		}
		part = part.Copy()
		part.SetStr("filename", at)
		body.V[i] = part
	}
	return nil, nil
}
