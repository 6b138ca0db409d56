package machine

import (
	"context"

	"pbc/ir/value"
	"pbc/runtime/eval"
	"pbc/runtime/exception"
	"pbc/runtime/module"
)

// place copies a file of the controller to the host, among the temporary files of the task's user, and
// returns its path there. Lost is the result of a host where that did not go. The file stays until remove.
func (x *taskRun) place(ctx context.Context, src *module.Source, name string) (path string, lost *value.Dict, err error) {
	c := &module.Call{Name: module.PlaceFile, Args: value.DictOf("name", name), NoLog: x.flags.NoLog, Blobs: &blobs{x: x, ctx: ctx}, Source: src, Dialect: x.m.dialect}
	res, err := x.call(ctx, c, x.ready.become)
	if err == nil {
		res, err = raised(res)
	}
	if err != nil || isFailed(res) || truthy(res, "unreachable") {
		return "", res, err
	}
	path, _ = value.Text(get(res, "path"))
	return path, nil, nil
}

// remove takes away what place has made.
func (x *taskRun) remove(ctx context.Context, path string) {
	c := &module.Call{Name: module.PlaceFile, Args: value.DictOf("name", path, "state", "absent"), Dialect: x.m.dialect}
	_, _ = x.call(ctx, c, x.ready.become)
}

// expandUser is a path of the host with the user's home for a leading tilde.
func (x *taskRun) expandUser(ctx context.Context, path string) (full string, lost *value.Dict, err error) {
	if path == "" || path[0] != '~' {
		return path, nil, nil
	}
	res, err := x.submodule(ctx, module.ReadPiece, value.DictOf("src", path, "expand", true))
	if err != nil || isFailed(res) || truthy(res, "unreachable") {
		return "", res, err
	}
	full, _ = value.Text(get(res, "path"))
	return full, nil, nil
}

// remoteStat looks at a file of the host, and where links lead with follow. A file that cannot be looked at
// is the lost result.
func (x *taskRun) remoteStat(ctx context.Context, path string, follow bool) (st, lost *value.Dict, err error) {
	res, err := x.submodule(ctx, "ansible.builtin.stat", value.DictOf("path", path, "follow", follow, "get_checksum", true, "checksum_algorithm", "sha1",
		"get_mime", false, "get_attributes", false))
	if err != nil || truthy(res, "unreachable") {
		return nil, res, err
	}
	if isFailed(res) {
		msg, _ := value.Text(get(res, "msg"))
		return nil, module.ActionFail("Failed to get information on remote file ("+path+"): "+msg, ""), nil
	}
	return asDict(get(res, "stat")), nil, nil
}

// unarchive is the controller's half of unarchive: it brings the archive, the module unpacks it.
func (x *taskRun) unarchive(ctx context.Context, args *value.Dict) (*value.Dict, error) {
	if err := x.hashable(args, "copy", "remote_src", "decrypt"); err != nil {
		return nil, err
	}
	remote := loose(args, "remote_src", false)
	if v, ok := args.GetStr("copy"); ok {
		if has(args, "remote_src") {
			return module.ActionFail("parameters are mutually exclusive: ('copy', 'remote_src')", ""), nil
		}
		copied, _ := eval.Boolean(v)
		remote = !copied
		args.Del("copy")
		args.SetStr("remote_src", remote)
	}
	if get(args, "src") == nil || get(args, "dest") == nil {
		return module.ActionFail("src (or content) and dest are required", ""), nil
	}
	u := &unpacking{x: x, ctx: ctx, args: args}
	if res, err := u.ready(); res != nil || err != nil {
		return res, err
	}
	var src *module.Source
	if !remote {
		var res *value.Dict
		var err error
		if src, res, err = u.source(); res != nil || err != nil {
			return res, err
		}
	}
	if res, err := u.dest(); res != nil || err != nil {
		return res, err
	}
	return u.run(src)
}

// unpacking is one task of unarchive.
type unpacking struct {
	x    *taskRun
	ctx  context.Context
	args *value.Dict
}

func (u *unpacking) text(name string) string {
	s, _ := value.ToStr(get(u.args, name))
	return s
}

// ready looks whether what creates names is there.
func (u *unpacking) ready() (*value.Dict, error) {
	if !truthy(u.args, "creates") {
		return nil, nil
	}
	path, lost, err := u.x.expandUser(u.ctx, u.text("creates"))
	if lost != nil || err != nil {
		return lost, err
	}
	st, lost, err := u.x.remoteStat(u.ctx, path, true)
	if err != nil || lost != nil && truthy(lost, "unreachable") {
		return lost, err
	}
	if truthy(st, "exists") {
		return value.DictOf("skipped", true, "msg", "skipped, since "+path+" exists"), nil
	}
	return nil, nil
}

// source finds the archive on the controller.
func (u *unpacking) source() (*module.Source, *value.Dict, error) {
	if err := u.pathLike("src"); err != nil {
		return nil, nil, err
	}
	f, err := u.x.findFile(u.ctx, "files", u.text("src"), u.args)
	if err != nil {
		return nil, nil, err
	}
	if f.Fault != "" {
		return nil, module.SourceFail(u.x.m.dialect, f.Fault), nil
	}
	w := view{follow: true, decrypt: unset(u.args, "decrypt"), tagged: u.x.tagged()}
	if why := w.closed(&f.Tree); why != "" && !w.tagged {
		return nil, module.SourceFail(u.x.m.dialect, why), nil
	}
	src, err := w.source(&f.Tree)
	return src, nil, err
}

// pathLike fails as the action does that looks for the user's home in what is no path.
func (u *unpacking) pathLike(name string) error {
	v := get(u.args, name)
	_, list := v.(*value.List)
	switch {
	case isText(v):
		return nil
	case u.x.tagged() && !list: // it looks for "://" first
		return exception.TypeError("argument of type '%s' is not iterable", u.x.className(name, v))
	}
	return exception.TypeError("expected str, bytes or os.PathLike object, not %s", u.x.className(name, v))
}

// dest checks the folder that the archive goes to.
func (u *unpacking) dest() (*value.Dict, error) {
	if err := u.x.method(u.args, "dest", "startswith"); err != nil {
		return nil, err
	}
	dest, lost, err := u.x.expandUser(u.ctx, u.text("dest"))
	if lost != nil || err != nil {
		return lost, err
	}
	st, lost, err := u.x.remoteStat(u.ctx, dest, true)
	if lost != nil || err != nil {
		return lost, err
	}
	if !truthy(st, "isdir") {
		return module.ActionFail("dest '"+dest+"' must be an existing dir", ""), nil
	}
	return nil, nil
}

// run unpacks, after the archive was brought when it is the controller's.
func (u *unpacking) run(src *module.Source) (*value.Dict, error) {
	u.args.Del("decrypt")
	if src == nil {
		return u.x.submodule(u.ctx, "ansible.builtin.unarchive", u.args)
	}
	path, lost, err := u.x.place(u.ctx, src, "source")
	if lost != nil || err != nil {
		return lost, err
	}
	defer u.x.remove(u.ctx, path)
	u.args.SetStr("src", path)
	return u.x.submodule(u.ctx, "ansible.builtin.unarchive", u.args)
}
