package pyplugin

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pbc/ir/value"
)

// acting is a task that runs the plugin of the tests.
func acting(how string) *value.Dict {
	return value.DictOf("plugin", "acts", "host", "one", "search", value.NewList(),
		"fields", value.DictOf("action", "acts", "args", value.DictOf("how", how), "connection", "local", "check_mode", false, "async_val", int64(0)))
}

func TestActions(t *testing.T) {
	h := host(t)
	about, err := h.LoadAction(context.Background(), "acts", nil)
	if bypass, _ := about.GetStr("bypass"); err != nil || bypass != true {
		t.Fatalf("loaded %v, %v", about, err)
	}
	for _, tt := range []struct{ name, how, want string }{
		{"a result", "variables", `'raised': no, 'text': no, 'vars': 'p', 'said': []`},
		{"work on the host", "work", `'raised': no, 'text': no, 'rc': 7, 'said': []`},
		{"it dies", "die", `'raised': 'died', 'text': 'ended with status 3', 'said': []`},
		{"it is killed", "killed", `'raised': 'died', 'text': 'was killed by signal 9', 'said': []`},
		{"it writes to standard output", "print", `'raised': no, 'text': no, 'vars': 'p', 'said': [['stray', '{"id": 1, "ok": true}\nraw\n']]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			work := func(context.Context, value.Value, value.Value) (value.Value, error) {
				return value.DictOf("rc", int64(7), "stdout", []byte{}, "stderr", []byte{}), nil
			}
			got, err := h.Action(context.Background(), acting(tt.how), Call{World: world{}, Work: work})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, shown(got)); d != "" {
				t.Error(d)
			}
		})
	}
}

// shown writes the parts of an answer in one order.
func shown(d *value.Dict) string {
	all := d.Copy()
	if res, ok := d.GetStr("result"); ok {
		all.Update(res.(*value.Dict))
	}
	var parts []string
	for _, name := range []string{"raised", "text", "vars", "rc", "said"} {
		v, ok := all.GetStr(name)
		s := "no"
		if ok {
			s, _ = value.Repr(v)
		} else if name == "vars" || name == "rc" {
			continue
		}
		parts = append(parts, "'"+name+"': "+s)
	}
	return strings.Join(parts, ", ")
}

// A plugin that hangs ends with its call, and the process goes on.
func TestHangingAction(t *testing.T) {
	h := host(t)
	ctx, cancel := context.WithCancel(context.Background())
	work := func(context.Context, value.Value, value.Value) (value.Value, error) {
		cancel()
		return value.DictOf("rc", int64(0), "stdout", []byte{}, "stderr", []byte{}), nil
	}
	if _, err := h.Action(ctx, acting("hang"), Call{World: world{}, Work: work}); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	got, err := h.Action(context.Background(), acting("variables"), Call{World: world{}})
	if err != nil || shown(got) == "" {
		t.Fatalf("got %v, %v", got, err)
	}
}
