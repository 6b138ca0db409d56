package controller

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pbc/ir"
	"pbc/ir/event"
	"pbc/ir/value"
)

// vault has every variable that it is asked for, with its name as the value, and remembers the names.
type vault struct {
	Linker
	asked []string
}

// Answer implements Linker.
func (v *vault) Answer(_ context.Context, _ int, _ string, n *event.Need) *event.Answer {
	names, _ := n.Args.V.(*value.Dict).GetStr("names")
	rest := value.NewDict()
	for _, name := range names.(*value.List).V {
		v.asked = append(v.asked, name.(string))
		rest.SetStr(name.(string), name)
	}
	return &event.Answer{Value: ir.Val{V: value.DictOf("set", value.NewDict(), "rest", rest)}}
}

// TestGivePassword has hosts name the variables that hold the password of another host.
func TestGivePassword(t *testing.T) {
	for _, c := range []struct {
		name  string
		named []value.Value
		asked []string
		want  string
	}{
		{"all", []value.Value{"ansible_become_password", "ansible_become_pass", "ansible_sudo_pass"},
			[]string{"ansible_become_password", "ansible_become_pass", "ansible_sudo_pass"}, "ansible_sudo_pass"},
		{"those above its own", []value.Value{"ansible_sudo_pass"}, []string{"ansible_sudo_pass"}, "ansible_sudo_pass"},
		{"none", nil, nil, "own"},
		{"of another method", []value.Value{"ansible_su_pass"}, nil, "own"},
		{"secrets that are none of its business", []value.Value{"ansible_password", "api_key", int64(1)}, nil, "own"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := &vault{}
			become := value.NewList("root", "sudo", "", "", "own", false)
			New(Options{Linker: v, Memory: NewMemory()}).givePassword(t.Context(), 0, "b", value.DictOf("passwords", value.NewList(c.named...)), value.DictOf("become", become))
			if d := cmp.Diff(c.asked, v.asked); d != "" {
				t.Errorf("asked for (-want +got):\n%s", d)
			}
			if become.V[4] != value.Value(c.want) {
				t.Errorf("got %v, want %s", become.V[4], c.want)
			}
		})
	}
}
