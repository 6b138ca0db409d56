package link

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pbc/compiler/inventory"
	"pbc/compiler/jinja"
	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/value"
)

type nothingKnown struct{}

func (nothingKnown) Vars(string, ir.Address) (HostVars, bool) {
	return HostVars{Set: value.NewDict(), Included: value.NewDict(), Facts: value.NewDict()}, true
}

func (nothingKnown) Await(context.Context, string, ir.Address) error { return nil }

// TestFetchDest has a host that lies about where its file goes.
func TestFetchDest(t *testing.T) {
	each := jinja.Defaults(expr.Classic).Value("{{ item }}")
	items := &ir.Loop{Items: ir.Val{V: value.NewList("/etc/motd", "/etc/group")}}
	for _, c := range []struct {
		name   string
		args   *value.Dict
		source string // what the host says
		said   *value.Dict
		want   string
		fails  bool
	}{
		{"below the host's name", value.DictOf("src", "/etc/motd", "dest", "out"), "/etc/motd", nil, "/play/out/h/etc/motd", false},
		{"another source", value.DictOf("src", "/etc/motd", "dest", "out"), "/etc/../../../root/x", nil, "/play/out/h/etc/motd", false},
		{"flat", value.DictOf("src", "/etc/motd", "dest", "out/", "flat", true), "/etc/passwd", nil, "/play/out/motd", false},
		{"arguments of its own", value.DictOf("src", "/etc/motd", "dest", "/out"), "", value.DictOf("dest", "/etc", "inventory_hostname", "other"), "/out/h/etc/motd", false},
		{"home", value.DictOf("src", "~/x", "dest", "/out"), "/home/me/x", nil, "/out/h/home/me/x", false},
		{"home with a way out", value.DictOf("src", "~/x", "dest", "/out"), "/home/../../x", nil, "", true},
		{"home that is none", value.DictOf("src", "~/x", "dest", "/out"), "x", nil, "", true},
		{"an item of the loop", value.DictOf("src", each, "dest", "out/", "flat", true), "", value.DictOf("item", "/etc/group"), "/play/out/group", false},
		{"an item that the loop has not", value.DictOf("src", "/etc/motd", "dest", each, "flat", true), "", value.DictOf("item", "/root/.profile"), "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			inv, err := inventory.Load(inventory.Options{Sources: []string{"h,"}})
			if err != nil {
				t.Fatal(err)
			}
			task := &ir.Task{Module: "ansible.builtin.fetch", Args: ir.Val{V: c.args}, Loop: items}
			play := &ir.Play{Vars: -1, Path: "/play/site.yml"}
			play.Tables = ir.Tables{Tasks: []*ir.Task{task}, Scopes: []*ir.Scope{{Role: -1, Basedir: "/play"}}}
			l := New(&ir.Program{Basedir: "/play", Plays: []*ir.Play{play}}, Options{Inventory: inv, Known: nothingKnown{}, Extra: value.NewDict(), Magic: value.NewDict()})
			got, err := l.fetchDest(Site{Host: "h"}, task, c.source, c.said)
			if (err != nil) != c.fails {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}
