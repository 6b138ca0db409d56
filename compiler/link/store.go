package link

import (
	"crypto/md5"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/eval"
	"pbc/runtime/module/posix"
)

// storeFile writes a piece of a file that fetch brings. A host may be hostile: where the file goes is worked
// out here, from the task's own arguments. Of what the host says count the values of the task's loop, names
// that nothing here defines, and what its home folder is.
func (l *Linker) storeFile(s Site, n *event.Need) *event.Answer {
	t, _ := l.task(s.Play, s.Task)
	args, ok := n.Args.V.(*value.Dict)
	if t == nil || t.Module != "ansible.builtin.fetch" || !ok {
		return &event.Answer{Error: "malformed fetch"}
	}
	source, _ := text(args, "source")
	local, _ := args.GetStr("vars")
	vars, _ := local.(*value.Dict)
	dest, err := l.fetchDest(s, t, source, vars)
	if err != nil {
		return failedStore(err)
	}
	if data, ok := bytesOf(args, "data"); ok {
		v, _ := args.GetStr("offset")
		offset, _ := v.(int64)
		if err := l.writePiece(dest, data, offset); err != nil {
			return failedStore(err)
		}
		return &event.Answer{Value: ir.Val{V: value.NewDict()}}
	}
	res := value.DictOf("dest", dest, "checksum", nil, "md5sum", nil)
	if fi, err := os.Stat(dest); err == nil && !fi.IsDir() {
		res.SetStr("checksum", fileSum(dest, sha1.New()))
		res.SetStr("md5sum", fileSum(dest, md5.New()))
	}
	return &event.Answer{Value: ir.Val{V: res}}
}

// errRefused is a destination that fetch itself refuses.
type errRefused struct{ error }

func failedStore(err error) *event.Answer {
	a := &event.Answer{Error: err.Error()}
	if errors.As(err, &errRefused{}) {
		a.Kind = "fail"
	}
	return a
}

func text(d *value.Dict, name string) (string, bool) {
	v, _ := d.GetStr(name)
	return value.Text(v)
}

func bytesOf(d *value.Dict, name string) ([]byte, bool) {
	v, _ := d.GetStr(name)
	b, ok := v.([]byte)
	return b, ok
}

// fetchDest is where a fetched file goes.
//
// Ansible docs: "ansible.builtin.fetch module".
func (l *Linker) fetchDest(s Site, t *ir.Task, source string, vars *value.Dict) (string, error) {
	args, err := l.fetchArgs(s, t, vars)
	if err != nil {
		return "", err
	}
	if err := l.mayStore(s, t, args); err != nil {
		return "", err
	}
	src, _ := text(args, "src")
	dest, _ := text(args, "dest")
	if !strings.HasPrefix(src, "~") {
		source = src
	} else if !filepath.IsAbs(source) || slices.Contains(strings.Split(source, "/"), "..") {
		return "", errors.New("'" + source + "' returned an invalid relative home directory path containing '..'")
	}
	v, _ := args.GetStr("flat")
	if flat, _ := eval.Boolean(v); !flat {
		return filepath.Clean(l.besidePlaybook(s.Play, dest) + "/" + s.Host + "/" + source), nil
	}
	if fi, err := os.Stat(dest); err == nil && fi.IsDir() && !strings.HasSuffix(dest, "/") {
		return "", errRefused{errors.New("dest is an existing directory, use a trailing slash if you want to fetch src into that directory")}
	}
	within := strings.HasSuffix(dest, "/")
	if within {
		dest += source[strings.LastIndex(source, "/")+1:]
	}
	if !strings.HasPrefix(dest, "/") {
		dest = l.besidePlaybook(s.Play, dest)
	}
	dest = filepath.Clean(dest)
	if fi, err := os.Stat(dest); within && err == nil && fi.IsDir() && ir.Newer(l.opt.Settings.CoreVersion) {
		return "", errRefused{errors.New("calculated dest '" + dest + "' is an existing directory, use another path that does not point to an existing directory")}
	}
	return dest, nil
}

// mayStore says why a host may not have a file stored with arguments that its items have made, nil when it may: the items are those that the loop
// of the task has, as far as the host has no part in them.
func (l *Linker) mayStore(s Site, t *ir.Task, args *value.Dict) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := asker{l: l, play: s.Play, host: s.Host, sets: l.granted(s.Play, s.Host), task: t}
	for _, name := range []string{"src", "dest"} {
		if v, _ := args.GetStr(name); v != nil && !a.argument(v, name) {
			said, _ := value.ToStr(v)
			return refusal("it wants to store %s", said)
		}
	}
	return nil
}

// besidePlaybook is a path relative to the playbook's folder, or to a home.
func (l *Linker) besidePlaybook(play int, p string) string {
	switch {
	case filepath.IsAbs(p):
		return filepath.Clean(p)
	case p == "~" || strings.HasPrefix(p, "~/"):
		home, _ := os.UserHomeDir()
		return filepath.Clean(home + p[1:])
	}
	return filepath.Join(l.playDir(l.prog.Plays[play]), p)
}

// fetchArgs renders a task's arguments here. What the host says of the task's loop counts first, of anything
// else last.
func (l *Linker) fetchArgs(s Site, t *ir.Task, said *value.Dict) (*value.Dict, error) {
	own, err := l.taskLayers(s, taskVars{})
	if err != nil {
		return nil, err
	}
	loop := value.NewDict()
	if t.Loop != nil {
		names := []string{"item", "ansible_loop", "ansible_loop_var", "ansible_index_var"}
		for _, v := range []ir.Val{t.Loop.Var, t.Loop.IndexVar} {
			if name, ok := value.Text(v.V); ok {
				names = append(names, name)
			}
		}
		for _, name := range names {
			if v, ok := said.GetStr(name); ok {
				loop.SetStr(name, v)
			}
		}
	}
	ev := l.evaluator(s.Play, s.Host, append(append(layers{loop}, own...), said))
	all := value.NewDict()
	for _, v := range append(slices.Clone(t.Defaults), t.Args) {
		d, err := ev.Value(v.V)
		if err != nil {
			return nil, err
		}
		one, ok := d.(*value.Dict)
		if !ok {
			continue
		}
		if params, ok := one.GetStr("_variable_params"); ok {
			if more, ok := params.(*value.Dict); ok {
				all.Update(more)
			}
		}
		all.Update(one)
	}
	return all, nil
}

// writePiece writes bytes of a fetched file. The first piece makes the file, and the folders above it.
func (l *Linker) writePiece(dest string, data []byte, offset int64) error {
	mode := os.O_WRONLY
	if dir := filepath.Dir(dest); offset == 0 {
		mode |= os.O_CREATE | os.O_TRUNC
		if err := os.MkdirAll(dir, 0o777); err != nil && !posix.Exists(dir) {
			return errors.New("Unable to create local directories(" + dir + "): " + posix.PyError(err, []byte(dir)))
		}
	}
	f, err := os.OpenFile(dest, mode, 0o666)
	if err != nil {
		lost := "failed to transfer file to " + dest
		if l.opt.Dialect == expr.Tagged {
			lost = "Failed to transfer file to " + value.StrRepr(dest)
		}
		return errors.New(lost + ": " + posix.PyError(err, []byte(dest)))
	}
	_, err = f.WriteAt(data, offset)
	return errors.Join(err, f.Close())
}

func fileSum(path string, h hash.Hash) value.Value {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }()
	if _, err := io.Copy(h, f); err != nil {
		return nil
	}
	return hex.EncodeToString(h.Sum(nil))
}
