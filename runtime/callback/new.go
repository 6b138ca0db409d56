package callback

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// New returns the callbacks that o asks for as one: the screen's, then the enabled ones in order, with
// the messages of the run itself printed on the screen in between. A name that is not known is an error.
func New(s *Screen, o Options) (Callback, error) {
	s.Verbosity, s.Deprecations, s.VerboseToStderr = o.Verbosity, o.DeprecationWarnings, o.VerboseToStderr
	name := shortName(o.Stdout)
	build, ok := screenCallbacks[name]
	if !ok {
		return nil, &SettingError{"Invalid callback for stdout specified: " + o.Stdout}
	}
	all := fanOut{screen: s, callbacks: []Callback{build(s, o)}}
	if o.Beside != nil {
		all.callbacks = append(all.callbacks, o.Beside)
	}
	for _, name := range o.Enabled {
		build, ok := extraCallbacks[shortName(name)]
		if !ok {
			return nil, fmt.Errorf("unsupported: callback plugin %q", name)
		}
		all.callbacks = append(all.callbacks, build(s, o))
	}
	return &all, nil
}

// collections are those whose callbacks pbc knows by their full names.
var collections = []string{"ansible.builtin.", "ansible.legacy.", "ansible.posix.", "community.general."}

func shortName(name string) string {
	for _, c := range collections {
		if short, ok := strings.CutPrefix(name, c); ok {
			return short
		}
	}
	return name
}

type maker func(*Screen, Options) Callback

// screenCallbacks are those that stdout_callback may name, extraCallbacks those of callbacks_enabled.
var (
	screenCallbacks = map[string]maker{
		"default": func(s *Screen, o Options) Callback { return newDefault(s, o) },
		"minimal": newMinimal,
		"oneline": newOneline,
		"debug":   newDebug,
		"skippy":  newSkippy,
		"null":    func(*Screen, Options) Callback { return Join() },
		"yaml":    newYAMLScreen,
		"json":    newJSONScreen,
	}
	extraCallbacks = map[string]maker{
		"junit":         newJUnit,
		"profile_tasks": newProfileTasks,
		"timer":         newTimer,
	}
)

// Known says whether pbc has the callback of that name, for stdout_callback and for callbacks_enabled.
func Known(name string) (screen, extra bool) {
	name = shortName(name)
	return screenCallbacks[name] != nil, extraCallbacks[name] != nil
}

// Obsolete is the deprecation that Ansible tells of when it loads the callback of that name, nil for none.
//
// Observed: ansible.posix.skippy in both dialects, oneline and ansible.posix.profile_tasks in ansible-core 2.19.
func Obsolete(name string, tagged bool) *Deprecation {
	switch short := shortName(name); {
	case short == "skippy":
		return &Deprecation{Text: "ansible.posix.skippy has been deprecated. See the plugin documentation for more details", Date: "2022-06-01", Collection: "ansible.posix"}
	case short == "oneline" && tagged:
		return &Deprecation{Text: "The oneline callback plugin is deprecated.", Version: "2.23", Collection: "ansible.builtin"}
	case short == "profile_tasks" && tagged:
		return &Deprecation{Whole: true, Text: "The 'ansible.posix.profile_tasks' callback plugin implements the following deprecated method(s): playbook_on_stats. " +
			"This feature will be removed from the callback plugin API in ansible-core version 2.23. Implement the `v2_*` equivalent callback method(s) instead."}
	}
	return nil
}

// Names returns the callbacks that stdout_callback may name, and those of callbacks_enabled, sorted.
func Names() (screen, extra []string) {
	return slices.Sorted(maps.Keys(screenCallbacks)), slices.Sorted(maps.Keys(extraCallbacks))
}

// fanOut hands each event to the screen or to all callbacks.
type fanOut struct {
	screen    *Screen
	callbacks []Callback
}

// Handle implements Callback.
func (f *fanOut) Handle(e Event) {
	if f.screen.handle(e) {
		return
	}
	for _, c := range f.callbacks {
		c.Handle(e)
	}
}

// Close closes all callbacks and returns their errors.
func (f *fanOut) Close() error {
	var errs []error
	for _, c := range f.callbacks {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// Join returns a callback that hands every event to each of cs, and closes them all.
func Join(cs ...Callback) Callback { return joined(cs) }

type joined []Callback

// Handle implements Callback.
func (j joined) Handle(e Event) {
	for _, c := range j {
		c.Handle(e)
	}
}

// Close implements Callback.
func (j joined) Close() error {
	var errs []error
	for _, c := range j {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

// Serial is a Callback that several goroutines may use: it gives c one event at a time.
func Serial(c Callback) Callback { return &serial{c: c} }

type serial struct {
	mu sync.Mutex
	c  Callback
}

// Handle implements Callback.
func (s *serial) Handle(e Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.c.Handle(e)
}

// Close implements Callback.
func (s *serial) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.c.Close()
}
