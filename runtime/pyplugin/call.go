package pyplugin

import (
	"context"
	"slices"

	"pbc/ir/value"
	"pbc/runtime/eval"
)

// Kind is a kind of plugin that Jinja calls.
type Kind string

// The kinds.
const (
	Filter Kind = "filter"
	Test   Kind = "test"
)

// Names are the names of filters and tests that neither come with Ansible nor belong to a collection.
type Names struct{ Filters, Tests []string }

// Names asks which filters and tests the folders and the configured paths have. They shadow those of Ansible.
func (h *Host) Names(ctx context.Context) (Names, error) {
	if err := h.start(); err != nil {
		return Names{}, err
	}
	v, err := h.exchange(ctx, value.DictOf("do", "names"), Call{})
	if err != nil {
		return Names{}, err
	}
	return Names{Filters: listed(v, "filter"), Tests: listed(v, "test")}, nil
}

func listed(v value.Value, kind string) []string {
	d, _ := v.(*value.Dict)
	e, _ := d.GetStr(kind)
	l, ok := e.(*value.List)
	if !ok {
		return nil
	}
	var out []string
	for _, x := range l.V {
		s, _ := value.Text(x)
		out = append(out, s)
	}
	return out
}

// Add has more folders searched: those of roles that were included while running.
func (h *Host) Add(ctx context.Context, dirs []string) error {
	h.mu.Lock()
	if !h.begun {
		h.opt.Dirs = append(slices.Clip(h.opt.Dirs), dirs...)
		h.mu.Unlock()
		return nil
	}
	h.mu.Unlock()
	if err := h.start(); err != nil {
		return err
	}
	_, err := h.exchange(ctx, value.DictOf("do", "add", "dirs", texts(dirs)), Call{})
	return err
}

// Found is what is known of a filter or test before it is called.
type Found struct {
	// Missing is why there is none, in Jinja's words; "" when there is one.
	Missing string
	// Context says that it reads variables: Jinja passes it a context.
	Context bool
}

// Find looks a filter or test up.
func (h *Host) Find(ctx context.Context, kind Kind, name string) (Found, error) {
	if err := h.start(); err != nil {
		return Found{}, err
	}
	v, err := h.exchange(ctx, value.DictOf("do", "find", "kind", string(kind), "name", name), Call{Warn: h.opt.Warn})
	if err != nil {
		return Found{}, err
	}
	d, _ := v.(*value.Dict)
	why, _ := d.GetStr("missing")
	gets, _ := d.GetStr("gets")
	missing, _ := why.(string)
	return Found{Missing: missing, Context: gets != nil && gets != ""}, nil
}

// Call calls a filter or test. Errors are *eval.Error or *value.UndefError where the plugin raised them.
func (h *Host) Call(ctx context.Context, kind Kind, c Call) (value.Value, error) {
	request, err := c.request("call")
	if err != nil {
		return nil, err
	}
	request.SetStr("kind", string(kind))
	if err := h.start(); err != nil {
		return nil, err
	}
	v, err := h.exchange(ctx, request, c)
	if err != nil {
		return nil, err
	}
	return unpack(v)
}

// Lookup runs a lookup plugin, and returns what it returns: a list, mostly. For a plugin that there is not the error
// is eval.ErrNoLookup.
func (h *Host) Lookup(ctx context.Context, c Call) (value.Value, error) {
	request, err := c.request("lookup")
	if err != nil {
		return nil, err
	}
	if err := h.start(); err != nil {
		return nil, err
	}
	v, err := h.exchange(ctx, request, c)
	if err != nil {
		return nil, err
	}
	d, _ := v.(*value.Dict)
	if _, missing := d.GetStr("missing"); missing {
		return nil, eval.ErrNoLookup
	}
	list, _ := d.GetStr("list")
	return unpack(list)
}

// LoadCallbacks loads the callback plugins: the one named stdout for the screen, "" for none, those enabled by name, and
// those of the searched folders that need no enabling. The error is Ansible's.
func (h *Host) LoadCallbacks(ctx context.Context, stdout string, enabled []string, warn func(kind, text string)) error {
	if err := h.start(); err != nil {
		return err
	}
	_, err := h.exchange(ctx, value.DictOf("do", "callbacks", "stdout", stdout, "enabled", texts(enabled)), Call{Warn: warn})
	return err
}

// Tell tells the callback plugins of an event, and returns once all have heard it.
func (h *Host) Tell(ctx context.Context, event *value.Dict, warn func(kind, text string)) error {
	packed, err := packDict(event)
	if err != nil {
		return err
	}
	_, err = h.exchange(ctx, value.DictOf("do", "tell", "event", packed), Call{Warn: warn})
	return err
}

// LoadAction loads an action plugin. The result says as "bypass" whether one host runs it for all, and where it cannot be
// loaded it has the exception as "class" and "msg", and as "ansible" whether it is one of Ansible's own.
func (h *Host) LoadAction(ctx context.Context, name string, warn func(kind, text string)) (*value.Dict, error) {
	if err := h.start(); err != nil {
		return nil, err
	}
	v, err := h.exchange(ctx, value.DictOf("do", "load", "name", name), Call{Warn: warn})
	if err != nil {
		return nil, err
	}
	d, ok := v.(*value.Dict)
	if !ok {
		return nil, errForm
	}
	return d, nil
}

// Action runs an action plugin. Task is what it sees of its task. The result has what the plugin returned as "result", for
// an exception its kind as "raised" and its words as "text", and as "said" what the user is to be told.
func (h *Host) Action(ctx context.Context, task *value.Dict, c Call) (*value.Dict, error) {
	packed, err := packDict(task)
	if err != nil {
		return nil, &eval.Error{Class: "TypeError", Msg: err.Error()}
	}
	if err := h.start(); err != nil {
		return nil, err
	}
	v, err := h.exchange(ctx, value.DictOf("do", "action", "task", packed), c)
	if err != nil {
		return nil, err
	}
	if v, err = unpack(v); err != nil {
		return nil, err
	}
	d, ok := v.(*value.Dict)
	if !ok {
		return nil, errForm
	}
	return d, nil
}

// Debug runs Ansible's task debugger at the terminal. About is what it sees of the task and its result. The reply says as "next" what the
// user wants: "continue", "quit", or "redo", then with the keywords that have changed as "fields", and the variables as "vars" and "gone".
// In these, text that is no template is marked, or cannot be one.
func (h *Host) Debug(ctx context.Context, about *value.Dict, w World) (*value.Dict, error) {
	packed, err := packDict(about)
	if err != nil {
		return nil, err
	}
	if err := h.start(); err != nil {
		return nil, err
	}
	v, err := h.exchange(ctx, value.DictOf("do", "debug", "about", packed), Call{World: w})
	if err == nil {
		v, err = unpack(v)
	}
	d, ok := v.(*value.Dict)
	if err == nil && !ok {
		err = errForm
	}
	return d, err
}

// request is the message of a call.
func (c *Call) request(what string) (*value.Dict, error) {
	args, err := packAll(c.Args)
	if err != nil {
		return nil, &eval.Error{Class: "TypeError", Msg: err.Error()}
	}
	kw, err := packDict(c.KW)
	if err != nil {
		return nil, &eval.Error{Class: "TypeError", Msg: err.Error()}
	}
	locals, err := packKnown(orEmpty(c.Locals))
	if err != nil {
		return nil, err
	}
	return value.DictOf("do", what, "name", c.Name, "args", args, "kw", kw, "locals", locals, "each", c.Each, "with", c.With, "subdir", c.Subdir), nil
}

func orEmpty(d *value.Dict) *value.Dict {
	if d == nil {
		return value.NewDict()
	}
	return d
}
