package inventory

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pbc/compiler/vault"
	"pbc/compiler/yaml"
	record "pbc/internal/recorded"
	"pbc/ir/value"
)

// recorded is an inventory and what Ansible made of it, as testdata/record.py writes it.
type recorded struct {
	Name  string
	Files map[string]string
	Modes map[string]os.FileMode
	Src   []string
	Pat   []string
	Limit string
	PB    string
	// Enabled are the plugins, in order; none is the default.
	Enabled []string
	Want    []string
}

func readRecorded(t testing.TB) []recorded {
	t.Helper()
	return record.Cases[recorded](t, 95)
}

// lay writes the files of a case and returns their folder.
func (c recorded) lay(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range c.Files {
		mode := c.Modes[name]
		if mode == 0 {
			mode = 0o644
		}
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// plain makes of a value what Python's json.dumps makes of it in record.py.
func plain(v value.Value) value.Value {
	switch x := v.(type) {
	case *value.Set:
		l := &value.List{}
		for _, e := range x.D.K {
			s, _ := value.ToStr(e)
			l.V = append(l.V, s)
		}
		sort.Slice(l.V, func(i, j int) bool { return l.V[i].(string) < l.V[j].(string) })
		return l
	case *value.Dict:
		d := value.NewDict()
		for i, k := range x.K {
			_ = d.Set(k, plain(x.V[i]))
		}
		return d
	case *value.Vault:
		return x.Cipher
	case *value.Str:
		return x.S
	}
	return v
}

func dumps(v value.Value) string {
	s, err := value.JSON(plain(v), value.JSONOptions{ASCII: true})
	if err != nil {
		return err.Error()
	}
	return s
}

func dumpNames(names []string) string {
	l := &value.List{}
	for _, n := range names {
		l.V = append(l.V, n)
	}
	return dumps(l)
}

func dumpHosts(hosts []*Host) string {
	names := []string{}
	for _, h := range hosts {
		names = append(names, h.Name)
	}
	return dumpNames(names)
}

func dumpHost(h *Host) (string, error) {
	vars, err := h.Vars()
	if err != nil {
		return "", err
	}
	var names []string
	for _, g := range h.Groups() {
		names = append(names, g.Name)
	}
	sort.Strings(names)
	keys := slices.Clone(vars.K)
	sort.Slice(keys, func(i, j int) bool { return keys[i].(string) < keys[j].(string) })
	sorted := value.NewDict()
	for _, k := range keys {
		v, _, _ := vars.Get(k)
		_ = sorted.Set(k, v)
	}
	return fmt.Sprintf("host %s in %s: %s", h.Name, dumpNames(names), dumps(sorted)), nil
}

func describe(inv *Inventory, c recorded, dir string) (lines []string, err error) {
	for _, g := range inv.Groups() {
		lines = append(lines, fmt.Sprintf("group %s depth %d priority %d: %s", g.Name, g.Depth, g.Priority, dumpHosts(g.Hosts())))
	}
	if err := inv.SetLimit(strings.ReplaceAll(c.Limit, "@D", "@"+dir)); err != nil {
		return lines, err
	}
	for _, h := range inv.Hosts() {
		line, err := dumpHost(h)
		if err != nil {
			return lines, err
		}
		lines = append(lines, line)
	}
	for _, p := range c.Pat {
		hosts, err := inv.Match(p)
		text := dumpHosts(hosts)
		if err != nil {
			text = "error: " + err.Error()
		}
		lines = append(lines, "pattern "+p+": "+text)
	}
	return lines, nil
}

func (c recorded) run(dir string) []string {
	var said []string
	o := Options{Vault: &vault.Keyring{Secrets: []vault.Secret{{ID: "default", Password: []byte("secret1")}}}}
	for _, s := range c.Src {
		if !strings.Contains(s, ",") {
			s = filepath.Join(dir, s)
		}
		o.Sources = append(o.Sources, s)
	}
	if len(c.Enabled) > 0 {
		o.Enabled = c.Enabled
	}
	if c.PB != "" {
		o.PlaybookDir = filepath.Join(dir, c.PB)
	}
	o.Warn = func(m string) {
		if !slices.Contains(said, "warning: "+m) {
			said = append(said, "warning: "+m)
		}
	}
	o.Error = func(m string) { said = append(said, "error: "+m) }
	inv, err := Load(o)
	var lines []string
	if err == nil {
		lines, err = describe(inv, c, dir)
	}
	if err != nil {
		lines = append(lines, "error: "+err.Error())
	}
	lines = append(lines, said...)
	for i := range lines {
		lines[i] = strings.ReplaceAll(lines[i], dir, "$DIR")
	}
	return lines
}

func TestAgainstAnsible(t *testing.T) {
	for _, c := range readRecorded(t) {
		t.Run(c.Name, func(t *testing.T) {
			if d := cmp.Diff(c.Want, c.run(c.lay(t))); d != "" {
				t.Errorf("-ansible +pbc\n%s", d)
			}
		})
	}
}

func TestMk(t *testing.T) {
	file := filepath.Join(t.TempDir(), "hosts")
	text := "a x={{b}} y=\"['{{ c }}', 1]\"\n[all:vars]\nz={{ d }}\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	var got []string
	mk := func(s string, n *yaml.Node) value.Value {
		got = append(got, fmt.Sprintf("%s:%d", s, n.Pos.Line))
		return s
	}
	if _, err := Load(Options{Sources: []string{file}, Mk: mk}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"{{b}}:1", "{{ c }}:1", "{{ d }}:3"}, got); d != "" {
		t.Error(d)
	}
}

func load(t *testing.T, sources ...string) (*Inventory, *[]string) {
	t.Helper()
	said := &[]string{}
	inv, err := Load(Options{Sources: sources, Warn: func(m string) { *said = append(*said, m) }})
	if err != nil {
		t.Fatal(err)
	}
	return inv, said
}

func TestCheck(t *testing.T) {
	none := "No inventory was parsed, only implicit localhost is available"
	empty := "provided hosts list is empty, only localhost is available. Note that the implicit localhost does not match 'all'"
	tests := []struct {
		name, source, limit string
		said                []string
		err                 error
	}{
		{"hosts", "a,b", "", []string{}, nil},
		{"limited", "a,b", "a", []string{}, nil},
		{"limited away", "a,b", "c", []string{"Could not match supplied host pattern, ignoring: c"}, ErrNoHosts},
		{"none", "", "", []string{none, empty}, nil},
		{"none, limited", "", "localhost", []string{none, empty}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inv, said := load(t, tt.source)
			if err := inv.Check(tt.limit); err != tt.err {
				t.Errorf("got %v, want %v", err, tt.err)
			}
			if d := cmp.Diff(tt.said, *said); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestAddHostAndGroup(t *testing.T) {
	inv, _ := load(t, "a,b")
	vars := value.DictOf("x", int64(1))
	for _, want := range []bool{true, false} {
		if got, err := inv.AddHost("n", []string{"g"}, vars); got != want || err != nil {
			t.Fatalf("AddHost: got %v, %v, want %v", got, err, want)
		}
	}
	for _, want := range []bool{true, false} {
		if got, err := inv.AddToGroup(inv.Host("a"), "k", []string{"p"}); got != want || err != nil {
			t.Fatalf("AddToGroup: got %v, %v, want %v", got, err, want)
		}
	}
	got := dumps(inv.GroupsDict())
	if want := `{"all": ["n", "b", "a"], "ungrouped": ["b"], "g": ["n"], "k": ["a"], "p": ["a"]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	line, err := dumpHost(inv.Host("n"))
	want := `host n in ["all", "g"]: {"group_names": ["g"], "inventory_dir": null, "inventory_file": null, ` +
		`"inventory_hostname": "n", "inventory_hostname_short": "n", "x": 1}`
	if line != want || err != nil {
		t.Errorf("got %s, %v, want %s", line, err, want)
	}
}

func TestImplicitLocalhost(t *testing.T) {
	inv, _ := load(t, "a,")
	hosts, err := inv.Match("localhost")
	if err != nil || len(hosts) != 1 || !hosts[0].Implicit {
		t.Fatalf("got %v, %v", hosts, err)
	}
	line, _ := dumpHost(hosts[0])
	want := `host localhost in []: {"ansible_connection": "local", "ansible_python_interpreter": "/usr/bin/python3", ` +
		`"group_names": [], "inventory_hostname": "localhost", "inventory_hostname_short": "localhost"}`
	if line != want {
		t.Errorf("got %s, want %s", line, want)
	}
	if all, _ := inv.Match("all"); len(all) != 1 {
		t.Errorf("all has %d hosts, want 1", len(all))
	}
}

func TestOrder(t *testing.T) {
	inv, _ := load(t, "b,c,a")
	tests := []struct{ order, want string }{
		{"", `["b", "c", "a"]`},
		{"inventory", `["b", "c", "a"]`},
		{"sorted", `["a", "b", "c"]`},
		{"reverse_sorted", `["c", "b", "a"]`},
		{"reverse_inventory", `["a", "c", "b"]`},
	}
	for _, tt := range tests {
		t.Run("order "+tt.order, func(t *testing.T) {
			hosts, err := Order(inv.Hosts(), tt.order)
			if got := dumpHosts(hosts); got != tt.want || err != nil {
				t.Errorf("got %s, %v, want %s", got, err, tt.want)
			}
		})
	}
	if _, err := Order(nil, "x"); err == nil {
		t.Error("an unknown order was accepted")
	}
}

func TestMergeHashes(t *testing.T) {
	a := value.DictOf("d", value.DictOf("x", int64(1), "y", int64(1)), "l", value.NewList(int64(1)))
	b := value.DictOf("d", value.DictOf("y", int64(2)), "l", value.NewList(int64(2)))
	if got, want := dumps(Combine(a, b, true)), `{"d": {"x": 1, "y": 2}, "l": [2]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := dumps(Combine(a, b, false)), `{"d": {"y": 2}, "l": [2]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// FuzzINI holds that no text makes the reader panic or grow without bound.
func FuzzINI(f *testing.F) {
	for _, c := range readRecorded(f) {
		if text, ok := c.Files["hosts"]; ok {
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		inv := newInventory(Options{})
		inv.files.content = map[string]fileContent{"/f": {data: []byte(text)}}
		_ = inv.parseINI("/f")
		inv.reconcile()
		for _, h := range inv.Hosts() {
			if inv.Host(h.Name) != h {
				t.Errorf("host %q is not found", h.Name)
			}
		}
	})
}

// FuzzPattern holds that no pattern makes Match panic.
func FuzzPattern(f *testing.F) {
	for _, c := range readRecorded(f) {
		for _, p := range c.Pat {
			f.Add(p)
		}
	}
	f.Fuzz(func(t *testing.T, pattern string) {
		inv, err := Load(Options{Sources: []string{"a,b.c,d1,d2"}})
		if err != nil {
			t.Fatal(err)
		}
		hosts, err := inv.Match(pattern)
		if err == nil && len(hosts) > 5 {
			t.Errorf("%d hosts", len(hosts))
		}
	})
}
