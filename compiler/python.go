package compiler

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"pbc/compiler/link"
	"pbc/compiler/payload"
	"pbc/compiler/playbook"
	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/eval"
)

// Payload implements link.Front: it gathers what a host needs to run a module that is not native. Name is the
// module's, "" for that of the task.
func (u *Unit) Payload(play, task int, name string) (*ir.Payload, error) {
	if err := u.replay(); err != nil {
		return nil, err
	}
	t := u.Tables(play).Tasks[task]
	file := t.ModuleFile
	if name == "" || name == t.Action { // found where the task stands, with its collections
		name = t.Action
		if file == "" {
			file = u.coreModule(t.Module)
		}
	} else {
		_, m, err := u.loader.Resolve(name, nil)
		if err != nil {
			return nil, err
		}
		if file = m.Path; file == "" {
			file = u.coreModule(m.FQCN)
		}
	}
	b, err := u.payload(name, file)
	if err != nil {
		return nil, err
	}
	u.opt.Store.AddBlobs(b.Blobs)
	out := b.Payload
	out.Internal = ir.Val{V: u.internals()}
	return &out, nil
}

// internals are the version of ansible-core, and of the arguments that not every one of them knows those that it does.
func (u *Unit) internals() *value.Dict {
	d := value.DictOf("_ansible_version", u.opt.CoreVersion)
	src, _ := u.source.ReadFile(path.Join(u.opt.Core, "module_utils/common/parameters.py"))
	for _, name := range link.VersionedInternals {
		if strings.Contains(string(src), "'"+strings.TrimPrefix(name, "_ansible_")+"'") {
			d.SetStr(name, nil)
		}
	}
	return d
}

// coreModule is the file of a module of ansible-core, "" when there is none.
func (u *Unit) coreModule(name string) string {
	short, ok := strings.CutPrefix(name, "ansible.builtin.")
	if !ok || u.opt.Core == "" {
		return ""
	}
	return path.Join(u.opt.Core, "modules", short+".py")
}

// payload builds the payload of a module, once.
func (u *Unit) payload(name, file string) (*payload.Built, error) {
	if file == "" && u.opt.Core == "" {
		return nil, fmt.Errorf("the module %s runs in Python: %w", name, eval.ErrNoAnsible)
	}
	if file == "" && u.opt.Dialect == expr.Tagged {
		return nil, link.Unresolved(name)
	}
	if file == "" {
		return nil, errors.New("The module " + name + " was not found in configured module paths")
	}
	key := name + "\x00" + file
	if b := u.payloads[key]; b != nil {
		return b, nil
	}
	l := payload.Library{Disk: pythonDisk{u.source}, Core: u.opt.Core, Version: u.opt.CoreVersion, Utils: u.loader.UtilsDirs(), Collection: u.loader.CollectionDir, Tagged: u.opt.Dialect == expr.Tagged,
		Route: func(coll, util string) payload.Route {
			to, removed := u.loader.UtilsRoute(u.opt.Core, coll, util)
			return payload.Route{Redirect: to, Removed: removed}
		}}
	b, err := l.Build(name, file)
	if err == nil {
		u.payloads[key] = b
	}
	return b, err
}

// pythonDisk reads Python code from where playbooks are read from.
type pythonDisk struct{ src playbook.Source }

// ReadFile implements payload.Disk.
func (d pythonDisk) ReadFile(p string) ([]byte, error) { return d.src.ReadFile(p) }

// IsFile implements payload.Disk.
func (d pythonDisk) IsFile(p string) bool { return d.src.Stat(p) == playbook.File }

// IsDir implements payload.Disk.
func (d pythonDisk) IsDir(p string) bool { return d.src.Stat(p) == playbook.Dir }
