package system

import (
	"context"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/module"
)

var getentSpec = &argspec.Spec{
	Args: []argspec.Arg{
		{Name: "database", Required: true},
		{Name: "key", LogOK: true},
		{Name: "service"},
		{Name: "split"},
		{Name: "fail_key", Type: argspec.Bool, Default: true},
	},
	CheckMode: true,
}

// Getent is ansible.builtin.getent.
func Getent() module.Module {
	return module.New("ansible.builtin.getent", "getent", module.Open, getentSpec, getent)
}

// colons are the databases whose records are split at colons by default.
var colons = map[string]bool{"passwd": true, "shadow": true, "group": true, "gshadow": true}

func getent(ctx context.Context, t *module.Task) (*value.Dict, error) {
	bin, err := t.NeedBin("getent")
	if err != nil {
		return nil, err
	}
	db, key := t.Str("database"), t.Str("key")
	argv := []string{bin, db}
	if t.Has("key") {
		argv = append(argv, key)
	}
	if t.Has("service") {
		argv = append(argv, "-s", t.Str("service"))
	}
	for i := range argv {
		argv[i] = t.Environ.ExpandPath(argv[i])
	}
	out, err := t.Exec(ctx, argv, "")
	if err != nil {
		return nil, err
	}
	tree := value.NewDict()
	facts := value.DictOf("getent_"+db, tree)
	switch out.RC {
	case 0:
		records(t, db, out.Out, tree)
		return value.DictOf("ansible_facts", facts), nil
	case 1:
		return nil, module.Fail("Missing arguments, or database unknown.")
	case 2:
		msg := "One or more supplied key could not be found in the database."
		if t.Bool("fail_key") {
			return nil, module.Fail("%s", msg)
		}
		_ = tree.Set(t.Get("key"), nil)
		return value.DictOf("ansible_facts", facts, "msg", msg), nil
	case 3:
		return nil, module.Fail("Enumeration not supported on this database.")
	}
	return nil, module.Fail("Unexpected failure!")
}

// records turns lines into lists by their first field; keys that come again make a list of lists.
func records(t *module.Task, db, text string, tree *value.Dict) {
	split := t.Str("split")
	if !t.Has("split") && colons[db] {
		split = ":"
	}
	seen := map[string]int{}
	for _, l := range module.SplitLines(text).V {
		line, _ := value.Text(l)
		var f []string
		if split == "" {
			f = strings.Fields(line)
		} else {
			f = strings.Split(line, split)
		}
		if len(f) == 0 {
			continue
		}
		rest := value.NewList()
		for _, e := range f[1:] {
			rest.V = append(rest.V, e)
		}
		old, _ := tree.GetStr(f[0])
		switch seen[f[0]]++; seen[f[0]] {
		case 1:
			tree.SetStr(f[0], rest)
		case 2:
			tree.SetStr(f[0], value.NewList(old, rest))
		default:
			l := old.(*value.List)
			l.V = append(l.V, rest)
		}
	}
}
