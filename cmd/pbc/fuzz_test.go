package main

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pbc/compiler"
	"pbc/compiler/files"
	"pbc/compiler/inventory"
	"pbc/compiler/link"
	"pbc/compiler/playbook"
	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/machine"
	"pbc/runtime/module"
)

// ignorant knows nothing of hosts.
type ignorant struct{}

// Vars implements link.Known.
func (ignorant) Vars(string, ir.Address) (link.HostVars, bool) {
	return link.HostVars{Set: value.NewDict(), Included: value.NewDict(), Facts: value.NewDict()}, true
}
func (ignorant) Await(context.Context, string, ir.Address) error { return nil }

// deaf takes events and answers no question.
type deaf struct{ events int }

// Emit implements machine.Upstream. It ends a program that does not end by itself.
func (d *deaf) Emit(*event.Event) error {
	if d.events++; d.events > 2000 {
		return errors.New("enough")
	}
	return nil
}

// Ask implements machine.Upstream.
func (*deaf) Ask(_ context.Context, n *event.Need) (*event.Answer, error) {
	if n.Ask == event.Barrier {
		return &event.Answer{Go: event.Run}, nil
	}
	return &event.Answer{Error: "nobody knows"}, nil
}

// idle runs no module.
type idle struct{ dir string }

// Run implements machine.Runner.
func (idle) Run(context.Context, *module.Call, machine.Become) *value.Dict {
	return value.DictOf("changed", false)
}

// Has implements machine.Runner.
func (idle) Has(string) bool { return true }

// TempDir implements machine.Runner.
func (i idle) TempDir(string, string) (string, error) { return i.dir, nil }

// payload takes the plan apart, and assemble puts a plan around a payload that was changed.
func payload(t testing.TB, plan []byte) []byte {
	t.Helper()
	at := 10
	at += 1 + int(plan[at])
	at += 1 + int(plan[at])
	b, err := io.ReadAll(flate.NewReader(bytes.NewReader(plan[at+48:])))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func assemble(raw []byte) []byte {
	var z bytes.Buffer
	w, _ := flate.NewWriter(&z, flate.BestSpeed)
	_, _ = w.Write(raw)
	_ = w.Close()
	b := binary.BigEndian.AppendUint16([]byte("\x89pbc\r\n\x1a\n"), ir.FormatVersion)
	b = append(append(append(b, byte(len("classic"))), "classic"...), 0)
	b = binary.BigEndian.AppendUint64(b, uint64(len(raw)))
	b = binary.BigEndian.AppendUint64(b, uint64(z.Len()))
	sum := sha256.Sum256(append(bytes.Clone(b), z.Bytes()...))
	return append(append(b, sum[:]...), z.Bytes()...)
}

const fuzzed = `
- hosts: all
  vars: {a: 1, l: [1, 2], d: {k: v}}
  roles: [{role: r, x: 2}]
  tasks:
    - block:
        - command: "echo {{ a }}"
          register: out
          when: a == 1
          notify: h
        - debug: {msg: "{{ l | map('string') | join(d.k) }}"}
          loop: "{{ l }}"
      rescue:
        - set_fact: {b: "{{ out.rc | default(1) }}"}
      always:
        - assert: {that: ["a is defined", "l | length == 2"]}
          ignore_errors: yes
    - include_tasks: more.yml
    - meta: flush_handlers
    - copy: {src: f, dest: /nowhere/f}
  handlers:
    - name: h
      debug: var=a
`

// FuzzRun links and runs plans that were tampered with. Nothing may panic: what Decode accepts, the linker and the
// machine can bear. No module runs.
func FuzzRun(f *testing.F) {
	dir := f.TempDir()
	for name, text := range map[string]string{"site.yml": fuzzed, "more.yml": "- debug: msg=more\n", "files/f": "x\n",
		"roles/r/tasks/main.yml": "- debug: msg={{ y }}\n", "roles/r/defaults/main.yml": "y: '{{ x }}'\n"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			f.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			f.Fatal(err)
		}
	}
	u, diags := compiler.Compile(compiler.Options{Files: []string{filepath.Join(dir, "site.yml")}, Store: files.NewStore(),
		Playbook: playbook.Options{Cwd: dir, Home: dir}})
	if u == nil {
		f.Fatal(diags.Items[0])
	}
	p, err := u.Seal()
	if err != nil {
		f.Fatal(err)
	}
	plan, err := ir.Encode(p)
	if err != nil {
		f.Fatal(err)
	}
	raw := payload(f, plan)
	if _, err := ir.Decode(assemble(raw)); err != nil {
		f.Fatal(err)
	}
	// A change is where, and what stands there then: small inputs reach every byte of a large plan.
	f.Add(uint32(0), []byte{})
	for at := range uint32(40) {
		f.Add(at*uint32(len(raw))/40, []byte{byte(at), 0x7f, 0xff}[:1+at%3])
	}
	f.Fuzz(func(t *testing.T, at uint32, change []byte) {
		b := bytes.Clone(raw)
		copy(b[int(at)%len(b):], change)
		p, err := ir.Decode(assemble(b))
		if err == nil {
			runAll(t, p)
		}
	})
}

// runAll links every play of a program for one host and runs it to its end, or to where it cannot go on.
func runAll(t *testing.T, p *ir.Program) {
	store := files.NewPlanStore(p)
	u, err := compiler.Open(p, compiler.Options{Store: store})
	if err != nil {
		return
	}
	inv, err := inventory.Load(inventory.Options{Sources: []string{"h,"}})
	if err != nil {
		t.Fatal(err)
	}
	l := link.New(u.Program, link.Options{Inventory: inv, Store: store, Known: ignorant{}, Front: u, Connection: "local", Warn: func(*failure.Failure) {}})
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	for i := range u.Program.Plays {
		if _, err := l.Play(i); err != nil {
			continue
		}
		b, _, err := l.Batch(i, "h", []string{"h"})
		if err != nil {
			continue
		}
		_ = machine.New(b, machine.NewHost("h"), &deaf{}, idle{t.TempDir()}).Run(ctx)
		wanted := value.DictOf("name", "more.yml", "args", value.NewDict())
		for n := range u.Program.Plays[i].Tasks {
			_, _ = l.Include(i, n, []string{"h"}, wanted)
		}
	}
}
