package playbook

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"pbc/compiler/yaml"
	"pbc/ir/keyword"
	"pbc/ir/value"
)

// The tree as testdata/tree.py dumps Ansible's.

type object = map[string]any

func plainValue(v value.Value) any {
	switch x := v.(type) {
	case *value.List:
		out := []any{}
		for _, e := range x.V {
			out = append(out, plainValue(e))
		}
		return out
	case *value.Dict:
		out := object{}
		for i, k := range x.K {
			s, _ := value.ToStr(k)
			out[s] = plainValue(x.V[i])
		}
		return out
	case int64:
		return float64(x)
	case *value.Str:
		return x.S
	}
	return v
}

func plainNode(n *yaml.Node) any {
	if n == nil {
		return nil
	}
	return plainValue(n.ToValue(nil))
}

func plainMap(m Map) object {
	out := object{}
	for _, e := range m.Entries {
		out[e.Name] = plainNode(e.Value)
	}
	return out
}

func plainNodes(list []*yaml.Node) []any {
	out := []any{}
	for _, n := range list {
		out = append(out, plainNode(n))
	}
	return out
}

func sortedTags(list []*yaml.Node) []any {
	var names []string
	for _, n := range list {
		names = append(names, show(n))
	}
	sort.Strings(names)
	out := []any{}
	for i, s := range names {
		if i == 0 || s != names[i-1] {
			out = append(out, s)
		}
	}
	return out
}

// joined is a joined keyword as a flat list: what Ansible's attributes give.
func joined(s Step, name string) []any {
	var list []*yaml.Node
	for _, n := range Joined(s, name, keyword.Lookup(name, keyword.Task).Inherit == keyword.Prepend) {
		list = append(list, listItems(n)...)
	}
	return plainNodes(unrepeated(list))
}

var nearest = []string{"become", "become_user", "connection", "port", "remote_user", "no_log", "run_once", "ignore_errors", "check_mode",
	"any_errors_fatal", "throttle", "timeout", "delegate_to", "notify", "debugger"}

func roleNames(roles []*Role) []any {
	out := []any{}
	for _, r := range roles {
		out = append(out, r.FullName())
	}
	return out
}

func dumpTask(t *Task) any {
	fqcn := t.FQCN
	if builtinTasks.has(t.Action) {
		fqcn = "" // Ansible does not resolve these
	}
	d := object{"name": t.DisplayName(), "action": t.Action, "fqcn": fqcn, "args": plainMap(t.Args), "tags": sortedTags(Tags(t)),
		"when": plainNodes(Conditions(t)), "vars": plainMap(EnclosingVars(t)), "params": plainMap(IncludeParams(t))}
	if !t.Implicit {
		search := []any{}
		for _, dir := range SearchPath(t) {
			search = append(search, dir)
		}
		d["search"] = search
	}
	for _, k := range nearest {
		if n := Inherited(t, k); n != nil {
			d[k] = plainNode(n)
		}
	}
	for _, k := range []string{"environment", "module_defaults"} {
		if l := joined(t, k); len(l) > 0 {
			d[k] = l
		}
	}
	if t.Loop != nil {
		d["loop"], d["loop_with"] = plainNode(t.Loop), t.LoopWith
	}
	if t.Role != nil {
		chain := DepChain(t)
		d["role"], d["chain"] = t.Role.FullName(), roleNames(chain)
		d["role_vars"] = plainMap(Combined(t.Role.VarsAlong(chain)))
		d["role_params"] = plainMap(Combined(t.Role.ParamsAlong(chain)))
		d["role_defaults"] = plainMap(Combined(t.Role.Defaults(chain)))
	}
	if len(t.Listen) > 0 {
		d["listen"] = plainNodes(t.Listen)
	}
	return d
}

func dumpSteps(list []Step) []any {
	out := []any{}
	for _, s := range list {
		if b, ok := s.(*Block); ok {
			out = append(out, dumpBlock(b))
		} else {
			out = append(out, dumpTask(s.(*Task)))
		}
	}
	return out
}

func dumpBlock(b *Block) any {
	d := object{"block": dumpSteps(b.Body)}
	if len(b.Rescue) > 0 {
		d["rescue"] = dumpSteps(b.Rescue)
	}
	if len(b.Always) > 0 {
		d["always"] = dumpSteps(b.Always)
	}
	if b.Name != "" {
		d["name"] = b.Name
	}
	return d
}

func dumpBlocks(list []*Block) []any {
	out := []any{}
	for _, b := range list {
		out = append(out, dumpBlock(b))
	}
	return out
}

func dumpPlay(p *Play) any {
	duplicates := []any{}
	for _, r := range p.Roles {
		duplicates = append(duplicates, r.AllowDuplicates)
	}
	return object{"name": p.Name, "vars": plainMap(p.Vars), "tags": sortedTags(listItems(p.Keywords.Get("tags"))), "roles": roleNames(p.Roles),
		"duplicates": duplicates, "included": plainNodes(p.Included), "path": p.IncludedPath,
		"blocks": dumpBlocks(p.Compile(false)), "handlers": dumpBlocks(p.AllHandlers())}
}

// once drops the repetitions of a list of conditions. Ansible counts a role twice where it is the last of the chain
// that led to its task; the repeated conditions cannot change the outcome of the first.
func once(list []any) []any {
	var out []any
	for _, e := range list {
		if !slices.ContainsFunc(out, func(o any) bool { return cmp.Equal(o, e) }) {
			out = append(out, e)
		}
	}
	return out
}

// sameConditions compares "when" without repetitions.
var sameConditions = cmp.FilterPath(func(p cmp.Path) bool {
	k, ok := p.Last().(cmp.MapIndex)
	return ok && k.Key().String() == "when"
}, cmp.Comparer(func(a, b any) bool {
	x, ok1 := a.([]any)
	y, ok2 := b.([]any)
	return ok1 && ok2 && cmp.Equal(once(x), once(y))
}))

func TestTreesAreAnsibles(t *testing.T) {
	files, err := filepath.Glob("testdata/trees/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		cases, want := map[string]memory{}, map[string]string{}
		for _, f := range ar.Files {
			name, rest, _ := strings.Cut(f.Name, "/")
			if cases[name] == nil {
				cases[name] = memory{}
			}
			if rest == "tree" {
				want[name] = string(f.Data)
			} else {
				cases[name]["/case/"+rest] = string(f.Data)
			}
		}
		for name, m := range cases {
			t.Run(name, func(t *testing.T) {
				var ansible []any
				if err := json.Unmarshal([]byte(want[name]), &ansible); err != nil {
					t.Fatal(err)
				}
				pb, diags := memoryLoader(m).Load("site.yml")
				for _, d := range diags.Items {
					t.Log(d)
				}
				if diags.Stops() {
					t.Fatal("does not load")
				}
				got := []any{}
				for _, p := range pb.Plays {
					got = append(got, dumpPlay(p))
				}
				if d := cmp.Diff(ansible, got, sameConditions); d != "" {
					t.Errorf("-ansible +pbc\n%s", d)
				}
			})
		}
	}
}
