package pyplugin

import (
	"context"

	"pbc/ir/value"
)

// VarsQuery asks what vars plugins give for one path.
type VarsQuery struct {
	// Dir is the path: the folder of an inventory or of a playbook.
	Dir string
	// Hosts says that Names are of hosts; else they are of groups.
	Hosts bool
	Names []string
	// Stage is "inventory" while an inventory is loaded, "task" in a run, "all" for listings.
	Stage string
	// Basedir is the folder of the playbook.
	Basedir string
}

// VarsGiven is what vars plugins gave.
type VarsGiven struct {
	// Dicts has one dictionary for each plugin, in order; nil stands where host_group_vars comes, which does not run.
	// Text in them that can be a template is plain, other text is unsafe.
	Dicts []*value.Dict
	// Raised are the words of an exception that a plugin raised, with the code that ansible-playbook exits with for it; 0 for none.
	Raised string
	Exit   int
}

// Describe tells which inventory vars plugins are asked about from now on: {"groups": [{"name", "vars", "priority", "children", "hosts"}],
// "hosts": [{"name", "vars"}]}.
func (h *Host) Describe(ctx context.Context, inventory *value.Dict) error {
	packed, err := packDict(inventory)
	if err != nil {
		return err
	}
	if err := h.start(); err != nil {
		return err
	}
	_, err = h.exchange(ctx, value.DictOf("do", "describe", "inventory", packed), Call{})
	return err
}

// Vars runs the vars plugins of the folders and the settings. Describe comes before.
func (h *Host) Vars(ctx context.Context, q VarsQuery, warn func(kind, text string)) (VarsGiven, error) {
	if err := h.start(); err != nil {
		return VarsGiven{}, err
	}
	v, err := h.exchange(ctx, value.DictOf("do", "vars", "dir", q.Dir, "hosts", q.Hosts, "names", texts(q.Names), "stage", q.Stage,
		"basedir", q.Basedir), Call{Warn: warn})
	if err != nil {
		return VarsGiven{}, err
	}
	d, _ := v.(*value.Dict)
	exit, _ := d.GetStr("exit")
	if code, raised := exit.(int64); raised {
		words, _ := d.GetStr("raised")
		text, _ := words.(string)
		return VarsGiven{Raised: text, Exit: int(code)}, nil
	}
	packed, _ := d.GetStr("given")
	if v, err = unpack(packed); err != nil {
		return VarsGiven{}, err
	}
	list, ok := v.(*value.List)
	if !ok {
		return VarsGiven{}, errForm
	}
	var out VarsGiven
	for _, e := range list.V {
		one, _ := e.(*value.Dict)
		out.Dicts = append(out.Dicts, one)
	}
	return out, nil
}
