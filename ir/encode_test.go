package ir_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"pbc/compiler/jinja"
	"pbc/ir"
	"pbc/ir/value"
)

// sample is a program with something in every table and every kind of instruction.
func sample() *ir.Program {
	content := []byte("hello\n")
	sum := sha256.Sum256(content)
	digest := hex.EncodeToString(sum[:])
	dict := func(kv ...value.Value) ir.Val { return ir.Val{V: value.DictOf(kv...)} }
	play := &ir.Play{
		Pos: ir.Pos{File: "/p/site.yml", Line: 1, Col: 3}, Path: "/p/site.yml", Hosts: ir.Val{V: "all"}, Vars: 0, RoleDefaults: []int{1},
		Code: []ir.Instr{
			{Op: ir.OpBlock, A: 3, B: 5, C: 7},
			{Op: ir.OpTask, Task: 0},
			{Op: ir.OpBody},
			{Op: ir.OpInclude, Task: 1},
			{Op: ir.OpRescued},
			{Op: ir.OpFlush},
			{Op: ir.OpAlways},
			{Op: ir.OpMeta, Task: 2},
			{Op: ir.OpRoleDone, Task: 0},
		},
		Handlers: []ir.Handler{{Task: 2}},
		Tables: ir.Tables{
			Tasks: []*ir.Task{
				{Role: 0, Action: "copy", Module: "ansible.builtin.copy", Args: dict("src", "x", "dest", jinja.Value("{{ a }}/x")), Register: "out",
					When:  []ir.Val{{V: jinja.Condition("a is defined and b|length > 1")}},
					Exprs: ir.Vals{"b": {V: int64(1)}, "a": {V: jinja.Value("{{ x }}")}},
					Files: []ir.File{{Kind: "files", Name: "x", Tree: ir.FileTree{Path: "/p/files/x", IsDir: true,
						Children: []ir.FileTree{{Path: "y", Digest: digest, Size: 6}}}}}},
				{Role: -1, Action: "include_tasks", Args: dict("_raw_params", "x.yml"), Include: &ir.Include{Kind: "tasks",
					Fragments: ir.Fragments{"x.yml": {Path: "/p/x.yml", Code: []ir.Instr{{Op: ir.OpFlush}}}}}},
				{Role: -1, Action: "meta", Module: "ansible.builtin.meta", Args: dict("_raw_params", "noop"), Handler: true},
			},
			Scopes: []*ir.Scope{{Role: 0, Task: []int{1}}},
			Layers: []ir.Val{dict("a", int64(1), "f", 1.5, "n", nil), dict("secret", &value.Vault{Cipher: "$ANSIBLE_VAULT;1.1;AES256\n00"})},
			Roles:  []*ir.Role{{Name: "r", Path: "/p/roles/r"}},
		},
	}
	return &ir.Program{
		Version: ir.FormatVersion, Maker: "0.1", Dialect: "classic", Plays: []*ir.Play{play}, Starts: []int{0}, Slots: []string{"out"}, Basedir: "/p",
		Entry: []string{"site.yml"}, Blobs: ir.Blobs{digest: content},
		Sources: []ir.Source{{Path: "/p", IsDir: true, Listed: true, Names: []string{"site.yml"}}, {Path: "/p/site.yml", Digest: digest, Mode: 0o644}},
		Origin:  ir.Origin{Cwd: "/p", Extra: dict("e", "1")},
	}
}

var equal = []cmp.Option{cmp.Comparer(func(a, b ir.Val) bool { return value.Same(a.V, b.V) }), cmpopts.EquateEmpty()}

func encoded(t testing.TB, p *ir.Program) []byte {
	t.Helper()
	b, err := ir.Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRoundTrip(t *testing.T) {
	want := sample()
	b := encoded(t, want)
	got, err := ir.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got, equal...); d != "" {
		t.Error(d)
	}
	if !bytes.Equal(b, encoded(t, got)) {
		t.Error("the plan read encodes to other bytes")
	}
}

func TestSameBytes(t *testing.T) {
	want := encoded(t, sample())
	for range 20 { // maps are walked in another order each time
		if !bytes.Equal(want, encoded(t, sample())) {
			t.Fatal("the same program gives different plans")
		}
	}
}

// TestGrammar reads a plan by the grammar at the head of encode.go.
func TestGrammar(t *testing.T) {
	b := encoded(t, sample())
	rest, ok := bytes.CutPrefix(b, []byte{0x89, 0x70, 0x62, 0x63, 0x0d, 0x0a, 0x1a, 0x0a})
	if !ok {
		t.Fatalf("magic % x", b[:8])
	}
	take := func(n int) []byte {
		x := rest[:n]
		rest = rest[n:]
		return x
	}
	if v := binary.BigEndian.Uint16(take(2)); v != ir.FormatVersion {
		t.Errorf("version %d", v)
	}
	for _, want := range []string{"classic", "0.1"} {
		if got := string(take(int(take(1)[0]))); got != want {
			t.Errorf("text %q, want %q", got, want)
		}
	}
	take(8)
	length := binary.BigEndian.Uint64(take(8))
	head := b[:len(b)-len(rest)]
	sum := take(32)
	if uint64(len(rest)) != length {
		t.Errorf("length %d, got %d bytes", length, len(rest))
	}
	want := sha256.Sum256(append(bytes.Clone(head), rest...))
	if !bytes.Equal(sum, want[:]) {
		t.Error("sum")
	}
}

func TestRefused(t *testing.T) {
	good := encoded(t, sample())
	edit := func(f func([]byte) []byte) []byte { return f(bytes.Clone(good)) }
	for _, tt := range []struct {
		name string
		b    []byte
		want string
	}{
		{"empty", nil, "not a plan"},
		{"a playbook", []byte("---\n- hosts: all\n"), "not a plan"},
		{"sent as text", edit(func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")) }), "not a plan"},
		{"newer", edit(func(b []byte) []byte { b[9]++; return b }), "is newer than format"},
		{"older", edit(func(b []byte) []byte { b[9]--; return b }), "is older than format"},
		{"head only", good[:30], "truncated"},
		{"magic only", good[:6], "truncated"},
		{"half", good[:len(good)/2], "truncated: got"},
		{"longer", append(bytes.Clone(good), 0), "bytes after the end"},
		{"one bit", edit(func(b []byte) []byte { b[len(b)-9] ^= 4; return b }), "checksum"},
		{"one bit of the head", edit(func(b []byte) []byte { b[12] ^= 1; return b }), "checksum"},
		{"a bomb", framed("classic", 1<<40, []byte{1}), "claims to hold"},
		{"another dialect", framed("perl", 1, []byte{1}), "dialect"},
		{"not deflate", framed("classic", 10, []byte{0xff, 0xff, 0xff}), "damaged"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ir.Decode(tt.b)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			if errors.Is(err, ir.ErrNotPlan) != (tt.want == "not a plan") {
				t.Errorf("ErrNotPlan: %v", err)
			}
		})
	}
}

// framed puts a right head before a payload.
func framed(dialect string, size uint64, payload []byte) []byte {
	b := binary.BigEndian.AppendUint16([]byte("\x89pbc\r\n\x1a\n"), ir.FormatVersion)
	b = append(append(append(b, byte(len(dialect))), dialect...), 0)
	b = binary.BigEndian.AppendUint64(b, size)
	b = binary.BigEndian.AppendUint64(b, uint64(len(payload)))
	sum := sha256.Sum256(append(bytes.Clone(b), payload...))
	return append(append(b, sum[:]...), payload...)
}
