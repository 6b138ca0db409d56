package machine

import (
	"context"
	"strings"

	"pbc/ir/event"
	"pbc/ir/value"
	"pbc/runtime/eval"
	"pbc/runtime/module"
)

// fetching is one task of fetch: a file of the host, read piece by piece, goes to the controller, which
// decides by itself where it is written.
type fetching struct {
	x      *taskRun
	ctx    context.Context
	source string // the file's path on the host
	sum    string // its SHA-1
	// missingFails is fail_on_missing.
	missingFails bool
}

func (x *taskRun) fetch(ctx context.Context, args *value.Dict) (*value.Dict, error) {
	if x.flags.Check {
		return value.DictOf("skipped", true, "msg", "check mode not (yet) supported for this module"), nil
	}
	if err := x.hashable(args, "flat", "fail_on_missing", "validate_checksum"); err != nil {
		return nil, err
	}
	src, srcOK := value.Text(get(args, "src"))
	_, destOK := value.Text(get(args, "dest"))
	msg := ""
	switch {
	case get(args, "src") == nil || get(args, "dest") == nil:
		msg = "src and dest are required"
	case !destOK:
		msg = "Invalid type supplied for dest option, it must be a string"
	case !srcOK:
		msg = "Invalid type supplied for source option, it must be a string"
	}
	if msg != "" {
		return nil, x.actionFail(msg)
	}
	f := &fetching{x: x, ctx: ctx, source: src, missingFails: loose(args, "fail_on_missing", true)}
	if res, err := f.find(); res != nil || err != nil {
		return res, err
	}
	return f.transfer(loose(args, "validate_checksum", true))
}

// loose is an argument as a bool: what is none is false.
func loose(args *value.Dict, name string, absent bool) bool {
	v, ok := args.GetStr(name)
	if !ok {
		return absent
	}
	b, _ := eval.Boolean(v)
	return b
}

// find settles the file's path and checksum. It returns the task's result when there is nothing to be
// transferred.
func (f *fetching) find() (*value.Dict, error) {
	if strings.HasPrefix(f.source, "~") {
		res, err := f.x.submodule(f.ctx, module.ReadPiece, value.DictOf("src", f.source, "expand", true))
		if err != nil || isFailed(res) || truthy(res, "unreachable") {
			return res, err
		}
		f.source, _ = value.Text(get(res, "path"))
	}
	if f.x.ready.become == (Become{}) {
		if res, err := f.stat(); res != nil || err != nil {
			return res, err
		}
	}
	if f.sum != "" {
		return nil, nil
	}
	res, err := f.x.submodule(f.ctx, module.ReadPiece, value.DictOf("src", f.source, "checksum", true))
	if err != nil || truthy(res, "unreachable") {
		return res, err
	}
	if isFailed(res) {
		return f.unreadable(res), nil
	}
	f.sum, _ = value.Text(get(res, "checksum"))
	return nil, nil
}

// stat looks at the file first: a folder is told as such.
func (f *fetching) stat() (*value.Dict, error) {
	res, err := f.x.submodule(f.ctx, "ansible.builtin.stat", value.DictOf("path", f.source, "follow", true, "get_checksum", true, "checksum_algorithm", "sha1",
		"get_mime", false, "get_attributes", false))
	if err != nil || truthy(res, "unreachable") {
		return res, err
	}
	if isFailed(res) {
		msg, _ := value.Text(get(res, "msg"))
		msg = "Failed to get information on remote file (" + f.source + "): " + msg
		if !f.missingFails {
			return value.DictOf("changed", false, "file", f.source, "msg", msg+", ignored"), nil
		}
		return value.DictOf("changed", false, "file", f.source, "failed", true, "msg", msg, module.FailedBy, module.ByAction), nil
	}
	st := asDict(get(res, "stat"))
	f.sum, _ = value.Text(get(st, "checksum"))
	if !truthy(st, "isdir") {
		return nil, nil
	}
	const isDir = "remote file is a directory, fetch cannot work on directories"
	if !f.missingFails {
		return value.DictOf("msg", isDir+", not transferring, ignored"), nil
	}
	return value.DictOf("failed", true, "changed", false, "msg", isDir), nil
}

// unreadable is the result when the file cannot be read.
func (f *fetching) unreadable(read *value.Dict) *value.Dict {
	msg, _ := value.Text(get(read, "msg"))
	res := read
	if !f.missingFails {
		res = value.DictOf("file", f.source, "changed", false)
	}
	switch {
	case strings.Contains(msg, "not found"):
		res.SetStr("msg", "the remote file does not exist, not transferring, ignored")
	case strings.HasPrefix(strings.ToLower(msg), "source is a directory"):
		res.SetStr("msg", "remote file is a directory, fetch cannot work on directories")
	}
	return res
}

// transfer sends the file up unless the controller has the same.
func (f *fetching) transfer(validate bool) (*value.Dict, error) {
	at, err := f.store(value.DictOf("source", f.source))
	if err != nil {
		return nil, err
	}
	dest := get(at, "dest")
	if sum, _ := value.Text(get(at, "checksum")); sum == f.sum {
		return value.DictOf("changed", false, "md5sum", get(at, "md5sum"), "file", f.source, "dest", dest, "checksum", sum), nil
	}
	res, err := f.pieces()
	if res != nil || err != nil {
		return res, err
	}
	at, err = f.store(value.DictOf("source", f.source, "done", true))
	if err != nil {
		return nil, err
	}
	sum, _ := value.Text(get(at, "checksum"))
	res = value.DictOf("md5sum", get(at, "md5sum"), "dest", dest, "remote_md5sum", nil, "checksum", sum, "remote_checksum", f.sum)
	if validate && sum != f.sum {
		res.Update(value.DictOf("failed", true, "msg", "checksum mismatch", "file", f.source))
		return res, nil
	}
	res.SetStr("changed", true)
	return res, nil
}

// pieces sends the file's bytes. It returns a result when they cannot be read.
func (f *fetching) pieces() (*value.Dict, error) {
	for offset := int64(0); ; {
		res, err := f.x.submodule(f.ctx, module.ReadPiece, value.DictOf("src", f.source, "offset", offset))
		if err != nil || isFailed(res) || truthy(res, "unreachable") {
			return res, err
		}
		data, _ := get(res, "data").([]byte)
		if len(data) == 0 && offset > 0 {
			return nil, nil
		}
		if _, err := f.store(value.DictOf("source", f.source, "data", data, "offset", offset)); err != nil {
			return nil, err
		}
		if offset += int64(len(data)); len(data) == 0 {
			return nil, nil
		}
	}
}

// store tells the controller of the file. The variables that only this task has go with it, since the
// controller works out itself where the file belongs.
func (f *fetching) store(args *value.Dict) (*value.Dict, error) {
	args.SetStr("vars", f.x.loopVars())
	a, err := f.x.m.up.Ask(f.ctx, need(event.StoreFile, f.x, args))
	if err != nil {
		return nil, err
	}
	if a.Kind == "fail" {
		return nil, &fault{msg: a.Error, result: module.ActionFail(a.Error, "")}
	}
	if a.Error != "" {
		return nil, faultf("%s", a.Error)
	}
	return asDict(a.Value.V), nil
}
