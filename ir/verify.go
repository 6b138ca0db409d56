package ir

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"strings"

	"pbc/ir/value"
)

// Verify checks what everything that handles programs relies on: every number names an entry of its table,
// every jump leads where its block says, every block is closed, every blob is what its name says. The error
// names the first thing that is not so. It does not judge what the program does.
func Verify(p *Program) error {
	switch {
	case p == nil:
		return errors.New("no program")
	case p.Dialect != "classic" && p.Dialect != "tagged":
		return fmt.Errorf("dialect %q, want classic or tagged", p.Dialect)
	case p.Locked && len(p.Plays) > 0:
		return errors.New("a locked program with plays in the clear")
	}
	for i, n := range p.Starts {
		if n < 0 || n > len(p.Plays) && !p.Locked || i > 0 && n < p.Starts[i-1] {
			return fmt.Errorf("playbook %d starts at play %d of %d", i, n, len(p.Plays))
		}
	}
	if v := p.Origin.Extra; v.IsSet() && !isDict(v) {
		return fmt.Errorf("extra variables of type %s", value.TypeName(v.V))
	}
	if err := verifyFiles(p); err != nil {
		return err
	}
	for i, play := range p.Plays {
		if play == nil {
			return fmt.Errorf("play %d is missing", i)
		}
		if err := VerifyPlay(play); err != nil {
			return fmt.Errorf("play %d: %w", i, err)
		}
	}
	return nil
}

func isDict(v Val) bool {
	d, ok := v.V.(*value.Dict)
	return ok && d != nil
}

// verifyFiles checks blobs and sources.
func verifyFiles(p *Program) error {
	for name, b := range p.Blobs {
		sum := sha256.Sum256(b)
		if name != hex.EncodeToString(sum[:]) {
			return fmt.Errorf("blob %q has the digest %x", name, sum)
		}
	}
	for i, s := range p.Sources {
		if !strings.HasPrefix(s.Path, "/") {
			return fmt.Errorf("source %q is not absolute", s.Path)
		}
		if i > 0 && s.Path <= p.Sources[i-1].Path {
			return fmt.Errorf("source %s stands behind %s", s.Path, p.Sources[i-1].Path)
		}
		if _, ok := p.Blobs[s.Digest]; s.Digest != "" && !ok {
			return fmt.Errorf("source %s has no blob %s", s.Path, s.Digest)
		}
		for _, n := range s.Names {
			if n == "" || n == "." || n == ".." || strings.Contains(n, "/") {
				return fmt.Errorf("source %s has an entry %q", s.Path, n)
			}
		}
	}
	return nil
}

// VerifyPlay is Verify for one play.
func VerifyPlay(p *Play) error {
	t := &p.Tables
	if p.Vars < -1 || p.Vars >= len(t.Layers) {
		return fmt.Errorf("vars in layer %d of %d", p.Vars, len(t.Layers))
	}
	for _, list := range [][]int{p.RoleDefaults, p.RoleVars} {
		if err := below("layer", list, len(t.Layers)); err != nil {
			return err
		}
	}
	if err := verifyTables(t); err != nil {
		return err
	}
	if err := verifyCode(p.Code, t); err != nil {
		return err
	}
	for i, h := range p.Handlers {
		if h.Task < 0 || h.Task >= len(t.Tasks) {
			return fmt.Errorf("handler %d is task %d of %d", i, h.Task, len(t.Tasks))
		}
		if len(h.Code) > 0 {
			return fmt.Errorf("handler %d has code, which is reserved", i)
		}
	}
	return nil
}

// VerifyExtension is Verify for what an include brings in. Its code refers to t, the tables of the play with the
// extension's own at their end.
func VerifyExtension(e *Extension, t *Tables) error {
	for i, x := range e.Tables.Tasks {
		if err := verifyTask(x, t); err != nil {
			return fmt.Errorf("task %d: %w", e.FirstTask+i, err)
		}
	}
	for i, s := range e.Tables.Scopes {
		if err := verifyScope(s, t); err != nil {
			return fmt.Errorf("scope %d: %w", e.FirstScope+i, err)
		}
	}
	for i, h := range e.Handlers {
		if err := below("task", []int{h.Task}, len(t.Tasks)); err != nil {
			return fmt.Errorf("handler %d: %w", i, err)
		}
	}
	return verifyCode(e.Code, t)
}

// below checks that every number of a list names one of n things.
func below(what string, list []int, n int) error {
	for _, x := range list {
		if x < 0 || x >= n {
			return fmt.Errorf("%s %d of %d", what, x, n)
		}
	}
	return nil
}

func verifyTables(t *Tables) error {
	for i, l := range t.Layers {
		if !isDict(l) {
			return fmt.Errorf("layer %d is of type %s, want dict", i, value.TypeName(l.V))
		}
	}
	for i, r := range t.Roles {
		if r == nil {
			return fmt.Errorf("role %d is missing", i)
		}
	}
	for i, s := range t.Scopes {
		if err := verifyScope(s, t); err != nil {
			return fmt.Errorf("scope %d: %w", i, err)
		}
	}
	for i, x := range t.Tasks {
		if err := verifyTask(x, t); err != nil {
			return fmt.Errorf("task %d: %w", i, err)
		}
	}
	return nil
}

func verifyScope(s *Scope, t *Tables) error {
	if s == nil {
		return errors.New("missing")
	}
	for _, list := range [][]int{s.Task, s.IncludeParams, s.RoleParams, s.RoleVars, s.RoleDefaults} {
		if err := below("layer", list, len(t.Layers)); err != nil {
			return err
		}
	}
	if s.Role < -1 || s.Role >= len(t.Roles) {
		return fmt.Errorf("role %d of %d", s.Role, len(t.Roles))
	}
	return nil
}

func verifyTask(x *Task, t *Tables) error {
	if x == nil {
		return errors.New("missing")
	}
	if x.Role < -1 || x.Role >= len(t.Roles) {
		return fmt.Errorf("role %d of %d", x.Role, len(t.Roles))
	}
	if x.Scope < 0 || x.Scope >= len(t.Scopes) {
		return fmt.Errorf("scope %d of %d", x.Scope, len(t.Scopes))
	}
	switch a := x.Args.V.(type) {
	case *value.Dict, *value.Tmpl:
	default:
		return fmt.Errorf("arguments of type %s, want dict or template", value.TypeName(a))
	}
	for i := range x.Files {
		if err := verifyTree(&x.Files[i].Tree, true); err != nil {
			return fmt.Errorf("file %q: %w", x.Files[i].Name, err)
		}
	}
	if x.Include != nil {
		return verifyInclude(x.Include, t)
	}
	return nil
}

func verifyInclude(i *Include, t *Tables) error {
	if i.Kind != "tasks" && i.Kind != "role" {
		return fmt.Errorf("include of %q, want tasks or role", i.Kind)
	}
	for name, f := range i.Fragments {
		if f == nil {
			return fmt.Errorf("fragment %s is missing", name)
		}
		if err := verifyCode(f.Code, t); err != nil {
			return fmt.Errorf("fragment %s: %w", name, err)
		}
	}
	return nil
}

// verifyTree checks a file that goes to hosts: what is below a folder stays below it.
func verifyTree(f *FileTree, root bool) error {
	clean := path.Clean("/" + f.Path)
	if !root && (f.Path == "" || clean != "/"+f.Path) {
		return fmt.Errorf("%q leads out of its folder", f.Path)
	}
	if f.Digest != "" {
		if b, err := hex.DecodeString(f.Digest); err != nil || len(b) != sha256.Size {
			return fmt.Errorf("digest %q", f.Digest)
		}
	}
	if f.Size < 0 {
		return fmt.Errorf("size %d", f.Size)
	}
	for i := range f.Children {
		if err := verifyTree(&f.Children[i], false); err != nil {
			return err
		}
	}
	return nil
}

// open is a block that has begun and not ended.
type open struct {
	at   int // its OpBlock
	want Op  // what ends the part that runs
}

// verifyCode checks the instructions: a block's parts follow each other, body, rescue, always, and what
// comes next is its end.
func verifyCode(code []Instr, t *Tables) error {
	var blocks []open
	for pc, in := range code {
		var err error
		switch in.Op {
		case OpTask, OpInclude, OpMeta:
			err = verifyStep(in, t)
		case OpFlush:
		case OpRoleDone:
			err = below("role", []int{in.Task}, len(t.Roles))
		case OpBlock:
			if in.A < -1 || in.B < -1 || in.C > len(code) {
				err = fmt.Errorf("block with rescue %d, always %d, end %d", in.A, in.B, in.C)
			}
			blocks = append(blocks, open{at: pc, want: OpBody})
		case OpBody, OpRescued, OpAlways:
			blocks, err = verifyEnd(code, pc, blocks)
		default:
			err = fmt.Errorf("unknown operation %d", in.Op)
		}
		if err != nil {
			return fmt.Errorf("instruction %d: %w", pc, err)
		}
	}
	if len(blocks) > 0 {
		return fmt.Errorf("instruction %d: the block is not closed", blocks[len(blocks)-1].at)
	}
	return nil
}

func verifyStep(in Instr, t *Tables) error {
	if err := below("task", []int{in.Task}, len(t.Tasks)); err != nil {
		return err
	}
	if included := t.Tasks[in.Task].Include != nil; included != (in.Op == OpInclude) {
		return fmt.Errorf("%s of task %d, which includes something: %v", in.Op, in.Task, included)
	}
	return nil
}

// verifyEnd checks the end of a part of the innermost block, at pc.
func verifyEnd(code []Instr, pc int, blocks []open) ([]open, error) {
	if len(blocks) == 0 {
		return nil, fmt.Errorf("%s outside of a block", code[pc].Op)
	}
	b := &blocks[len(blocks)-1]
	if code[pc].Op != b.want {
		return nil, fmt.Errorf("%s where the block at %d wants %s", code[pc].Op, b.at, b.want)
	}
	k, next := code[b.at], pc+1
	switch {
	case b.want == OpBody && k.A >= 0:
		b.want = OpRescued
		return blocks, jump("rescue", b.at, k.A, next)
	case b.want != OpAlways && k.B >= 0:
		b.want = OpAlways
		return blocks, jump("always", b.at, k.B, next)
	}
	return blocks[:len(blocks)-1], jump("end", b.at, k.C, next)
}

func jump(what string, at, got, want int) error {
	if got != want {
		return fmt.Errorf("the block at %d has its %s at %d, want %d", at, what, got, want)
	}
	return nil
}
