package pyplugin

import (
	"context"
	"errors"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pbc/internal/live"
	"pbc/ir/value"
	"pbc/runtime/eval"
)

func host(t *testing.T) *Host {
	t.Helper()
	dir, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "ANSIBLE_HOME="+t.TempDir())
	h := New(Options{Python: live.Ansible(t).Python, Dirs: []string{dir}, Basedir: dir, Env: env})
	t.Cleanup(h.Close)
	return h
}

// world has two hosts.
type world struct{}

func (world) Vars() *value.Dict {
	return value.DictOf("plain", "p", "lazy", &value.Tmpl{Src: "{{ plain }}!"}, "unsafe", &value.Str{S: "{{ plain }}", Unsafe: true})
}

func (world) HostVars(host string) *value.Dict {
	if host != "other" {
		return nil
	}
	return value.DictOf("x", &value.Tmpl{Src: "{{ y }}"}, "y", "of other")
}

func (world) Hosts() []string { return []string{"one", "other"} }

func (w world) TaskVars(host string) *value.Dict { return w.HostVars(host) }

func TestFilters(t *testing.T) {
	h := host(t)
	for _, tt := range []struct {
		name   string
		filter string
		args   []value.Value
		kw     *value.Dict
		want   value.Value
	}{
		{"tuple", "made", []value.Value{"tuple"}, nil, value.Tuple{int64(1), "a"}},
		{"set", "made", []value.Value{"set"}, nil, &value.Set{D: value.DictOf(int64(7), nil)}},
		{"bytes", "made", []value.Value{"bytes"}, nil, []byte{0xff, 0}},
		{"date", "made", []value.Value{"date"}, nil, &value.Date{T: time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)}},
		{"datetime", "made", []value.Value{"datetime"}, nil, &value.Date{T: time.Date(2024, 2, 29, 1, 2, 3, 4000, time.UTC), HasTime: true}},
		{"delta", "made", []value.Value{"delta"}, nil, &value.Delta{D: 5*time.Second - 24*time.Hour}},
		{"generator", "made", []value.Value{"generator"}, nil, value.NewList(int64(0), int64(1), int64(4))},
		{"None", "made", []value.Value{"none"}, nil, nil},
		{"float", "made", []value.Value{"float"}, nil, 0.1},
		{"big", "made", []value.Value{"big"}, nil, new(big.Int).Lsh(big.NewInt(1), 70)},
		{"keys", "made", []value.Value{"keys"}, nil, value.DictOf(int64(1), "a", value.Tuple{int64(1), int64(2)}, "b", "!", "c")},
		{"anything else is its text", "made", []value.Value{"decimal"}, nil, "1.50"},
		{"byte that is no UTF-8", "made", []value.Value{"surrogate"}, nil, "a\xffb"},
		{"arguments", "same", []value.Value{"v", int64(1)}, value.DictOf("k", true), value.NewList("v", value.NewList(int64(1)), value.DictOf("k", true))},
		{"template-like key", "same", []value.Value{value.DictOf("!", "x")}, nil, value.DictOf("!", "x")},
		{"unsafe text", "same", []value.Value{&value.Str{S: "{{ x }}", Unsafe: true}}, nil, &value.Str{S: "{{ x }}", Unsafe: true}},
		{"omit", "same", []value.Value{value.Omit}, nil, omitText},
		{"undefined", "same", []value.Value{&value.Undef{Name: "gone"}}, nil, &value.Undef{Name: "gone", Hint: "'gone' is undefined"}},
		{"kind of a tuple", "kind", []value.Value{value.Tuple{}}, nil, "tuple"},
		{"kind of a set", "kind", []value.Value{&value.Set{D: value.NewDict()}}, nil, "set"},
		{"kind of bytes", "kind", []value.Value{[]byte("x")}, nil, "bytes"},
		{"kind of a delta", "kind", []value.Value{&value.Delta{D: time.Second}}, nil, "timedelta"},
		{"kind of a date", "kind", []value.Value{&value.Date{T: time.Unix(0, 0).UTC(), HasTime: true}}, nil, "datetime"},
		{"kind of a vault", "kind", []value.Value{&value.Vault{Cipher: "$ANSIBLE_VAULT;1.1;AES256\n00"}}, nil, "AnsibleVaultEncryptedUnicode"},
		{"context", "reads", []value.Value{"lazy"}, nil, "p!"},
		{"context, hostvars", "reads", []value.Value{"plain"}, nil, "p"},
		{"evaluation context", "volatile", []value.Value{int64(1)}, nil, value.NewList(false, int64(1))},
		{"environment", "knows", []value.Value{"made"}, nil, true},
		{"shadows a filter of Ansible", "to_json", []value.Value{int64(1)}, nil, &value.Str{S: "shadowed", Native: true}},
		{"its full name does not", "ansible.builtin.to_json", []value.Value{int64(1)}, nil, "1"},
		{"of Ansible", "ansible.builtin.split", []value.Value{"a b"}, nil, value.NewList("a", "b")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := h.Call(t.Context(), Filter, Call{Name: tt.filter, Args: tt.args, KW: tt.kw, World: world{}})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got, cmp.Comparer(func(a, b *big.Int) bool { return a.Cmp(b) == 0 }), dictComparer); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if got, err := h.Call(t.Context(), Filter, Call{Name: "made", Args: []value.Value{"nan"}}); err != nil || !math.IsNaN(got.(float64)) {
		t.Errorf("nan: got %v, %v", got, err)
	}
}

var dictComparer = cmp.Comparer(func(a, b *value.Dict) bool { return a.Equal(b) && cmp.Equal(a.K, b.K) })

func TestFailures(t *testing.T) {
	h := host(t)
	for _, tt := range []struct {
		name, filter, how string
		class, msg        string
	}{
		{"Ansible's own", "fails", "filter", "ansible.errors.AnsibleFilterError", "no x here"},
		{"Python's", "fails", "attribute", "AttributeError", "'str' object has no attribute 'nothing'"},
		{"exit", "fails", "exit", "SystemExit", "3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := h.Call(t.Context(), Filter, Call{Name: tt.filter, Args: []value.Value{"x", tt.how}})
			var e *eval.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want an error of the plugin", err)
			}
			if diff := cmp.Diff([]string{tt.class, tt.msg}, []string{e.Class, e.Msg}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if _, err := h.Call(t.Context(), Filter, Call{Name: "reads", Args: []value.Value{"lazy"}}); err == nil || !strings.Contains(err.Error(), "no variables here") {
		t.Errorf("without a world: got %v", err)
	}
}

func TestFind(t *testing.T) {
	h := host(t)
	for _, tt := range []struct {
		name string
		kind Kind
		find string
		want Found
	}{
		{"plain", Filter, "made", Found{}},
		{"with context", Filter, "reads", Found{Context: true}},
		{"test", Test, "odd_one", Found{}},
		{"a filter is no test", Test, "made", Found{Missing: `Could not load "made": 'made'`}},
		{"nowhere", Filter, "nowhere", Found{Missing: `Could not load "nowhere": 'nowhere'`}},
		{"no such collection", Filter, "a.b.c", Found{Missing: `Could not load "a.b.c": 'Invalid plugin FQCN (a.b.c): unable to locate collection a.b'`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := h.Find(t.Context(), tt.kind, tt.find)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestNames(t *testing.T) {
	got, err := host(t).Names(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := Names{Filters: []string{"fails", "kind", "knows", "made", "reads", "same", "to_json", "volatile"}, Tests: []string{"odd_one"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTest(t *testing.T) {
	got, err := host(t).Call(t.Context(), Test, Call{Name: "odd_one", Args: []value.Value{value.NewList(int64(1), int64(2))}, Each: true})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(value.Value(value.NewList(true, false)), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLookups(t *testing.T) {
	h := host(t)
	for _, tt := range []struct {
		name string
		call Call
		want value.Value
	}{
		{"terms, options, name, variables", Call{Args: []value.Value{"a", int64(2)}, KW: value.DictOf("k", "v"), Locals: value.DictOf("item", "i")}, value.NewList(value.NewList("a", int64(2)), value.DictOf("k", "v"), "shows",
			value.NewList("hostvars", "item", "lazy", "plain", "unsafe", "vars"))},
		{"templar", Call{Args: []value.Value{"lazy", "unsafe"}, KW: value.DictOf("template", true)}, value.NewList("p!", &value.Str{S: "{{ plain }}", Unsafe: true})},
		{"another host's variables", Call{Args: []value.Value{"x"}, KW: value.DictOf("host", "other")}, value.NewList("of other")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.call.Name, tt.call.World = "shows", world{}
			got, err := h.Lookup(t.Context(), tt.call)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got, dictComparer); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	if _, err := h.Lookup(t.Context(), Call{Name: "nowhere", World: world{}}); !errors.Is(err, eval.ErrNoLookup) {
		t.Errorf("a lookup that there is not: got %v", err)
	}
}

func TestNoAnsible(t *testing.T) {
	if _, err := New(Options{}).Names(t.Context()); !errors.Is(err, eval.ErrNoAnsible) {
		t.Errorf("without Python: got %v", err)
	}
	h := New(Options{Python: "/bin/false"})
	defer h.Close()
	if _, err := h.Names(t.Context()); err == nil || !strings.Contains(err.Error(), "ended before") {
		t.Errorf("an interpreter that is none: got %v", err)
	}
}

func TestCancel(t *testing.T) {
	h := host(t)
	if _, err := h.Names(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Call(ctx, Filter, Call{Name: "made", Args: []value.Value{"none"}}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}
