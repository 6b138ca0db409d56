package callback

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pbc/ir/value"
)

func TestBannerWidth(t *testing.T) {
	for _, c := range []struct {
		name, text string
		terminal   int
		want       string
	}{
		{"no terminal", "PLAY [x]", 0, "\nPLAY [x] " + strings.Repeat("*", 71) + "\n"},
		{"narrow terminal", "PLAY [x]", 20, "\nPLAY [x] " + strings.Repeat("*", 71) + "\n"},
		{"wide terminal", "PLAY [x]", 120, "\nPLAY [x] " + strings.Repeat("*", 111) + "\n"},
		{"wide characters", "TASK [你好]", 0, "\nTASK [你好] " + strings.Repeat("*", 68) + "\n"},
		{"long text", strings.Repeat("x", 90), 0, "\n" + strings.Repeat("x", 90) + " ***\n"},
		{"blanks around", "  PLAY ", 0, "\nPLAY " + strings.Repeat("*", 75) + "\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			s := NewScreen(&out, &out)
			s.SetTerminalWidth(c.terminal)
			s.Banner(c.text)
			if d := cmp.Diff(c.want, out.String()); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestScreenMessages(t *testing.T) {
	for _, c := range []struct {
		name     string
		event    Event
		out, err string
	}{
		{"no newline", Message{Text: "prompt: ", NoNewline: true}, "prompt: ", ""},
		{"its own newline", Message{Text: "text\n"}, "text\n", ""},
		{"on standard error", Message{Text: "text", Stderr: true}, "", "text\n"},
		{"bytes that are not UTF-8", Message{Text: "a\xff\xfeb\ufffd"}, "a??b\ufffd\n", ""},
		{"error", ErrorMessage{Text: "no hosts"}, "", "ERROR! no hosts\n"},
		{"wrapped error", ErrorMessage{Text: "no hosts", Wrap: true}, "", " [ERROR]: no hosts\n"},
		{"formatted warning", Warning{Text: "as\n  it is", Formatted: true}, "", "\n[WARNING]: \nas\n  it is\n"},
		{"verbose", Verbose{Level: 2, Text: "seen", Host: "h"}, "<h> seen\n", ""},
		{"too verbose", Verbose{Level: 3, Text: "unseen"}, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			s := NewScreen(&out, &errs)
			s.Verbosity = 2
			for range 2 { // the second time, what is shown once only is not shown
				s.handle(c.event)
			}
			_, once := map[string]bool{"error": true, "wrapped error": true, "formatted warning": true}[c.name]
			repeat := func(text string) string {
				if once {
					return text
				}
				return text + text
			}
			if d := cmp.Diff([]string{repeat(c.out), repeat(c.err)}, []string{out.String(), errs.String()}); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	for _, c := range []struct {
		name, want string
		change     func(*Options)
	}{
		{"unknown screen callback", "Invalid callback for stdout specified: nope", func(o *Options) { o.Stdout = "nope" }},
		{"callback pbc lacks", `unsupported: callback plugin "community.general.slack"`, func(o *Options) { o.Enabled = []string{"community.general.slack"} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := DefaultOptions()
			c.change(&o)
			_, err := New(NewScreen(nil, nil), o)
			if err == nil || err.Error() != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestReadOptions(t *testing.T) {
	read := func(env ...string) (Options, error) {
		return ReadOptions(EnvLookup(func(name string) (string, bool) {
			for i := 0; i < len(env); i += 2 {
				if env[i] == name {
					return env[i+1], true
				}
			}
			return "", false
		}))
	}
	for _, c := range []struct {
		name string
		env  []string
		get  func(Options) any
		want any
	}{
		{"default", nil, func(o Options) any { return o.DisplayOKHosts }, true},
		{"off", []string{"ANSIBLE_DISPLAY_OK_HOSTS", "no"}, func(o Options) any { return o.DisplayOKHosts }, false},
		{"NO_COLOR goes before", []string{"ANSIBLE_NOCOLOR", "1", "NO_COLOR", "0"}, func(o Options) any { return o.NoColor }, false},
		{"a word that is no boolean", []string{"NO_COLOR", "maybe"}, func(o Options) any { return o.NoColor }, false},
		{"list", []string{"ANSIBLE_CALLBACKS_ENABLED", "timer, profile_tasks"}, func(o Options) any { return o.Enabled }, []string{"timer", "profile_tasks"}},
		{"all tasks", []string{"PROFILE_TASKS_TASK_OUTPUT_LIMIT", "all"}, func(o Options) any { return o.TaskLimit }, -1},
		{"colour", []string{"ANSIBLE_COLOR_OK", "white"}, func(o Options) any { return o.Palette[ColorOK] }, "1;37"},
		{"numbered colour", []string{"ANSIBLE_COLOR_OK", "color208"}, func(o Options) any { return o.Palette[ColorOK] }, "38;5;208"},
		{"grey", []string{"ANSIBLE_COLOR_OK", "gray7"}, func(o Options) any { return o.Palette[ColorOK] }, "38;5;239"},
		{"red, green and blue", []string{"ANSIBLE_COLOR_OK", "rgb123"}, func(o Options) any { return o.Palette[ColorOK] }, "38;5;67"},
		{"colour that is none", []string{"ANSIBLE_COLOR_OK", "chartreuse"}, func(o Options) any { return o.Palette[ColorOK] }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, err := read(c.env...)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, c.get(o)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestNothingIsChanged(t *testing.T) {
	res := value.DictOf("changed", true, "warnings", value.NewList("w"), "results", value.NewList(), "_ansible_x", true, "invocation", value.NewDict(),
		"diff", value.DictOf("before", nil, "after", "x"))
	before, _ := value.Repr(res)
	var out bytes.Buffer
	cb, err := New(NewScreen(&out, &out), Options{Stdout: "default", Verbosity: 1, DisplayOKHosts: true, ActionWarnings: true, ResultFormat: "json"})
	if err != nil {
		t.Fatal(err)
	}
	cb.Handle(Result{Host: "h", Task: &Task{ID: "1", Name: "n", Action: "debug", Loop: true, Diff: true}, Result: res})
	if after, _ := value.Repr(res); before != after {
		t.Errorf("the event's result was changed: got %s, want %s", after, before)
	}
	if out.Len() == 0 {
		t.Error("nothing was printed")
	}
}

func TestWhoseDeprecation(t *testing.T) {
	by := func(name, kind any) *value.Dict { return value.DictOf("resolved_name", name, "type", kind) }
	for _, c := range []struct {
		name string
		told *value.Dict
		want string
	}{
		{"of nobody", value.DictOf("msg", "m", "version", "9", "collection_name", nil, "deprecator", by(nil, nil)), "m. This feature will be removed in the future."},
		{"of a collection", value.DictOf("msg", "m!", "version", "9", "collection_name", "a.b", "deprecator", by("a.b", nil)), "m! This feature will be removed from collection 'a.b' version 9."},
		{"of a module", value.DictOf("msg", "m", "version", "9", "collection_name", "ansible.builtin", "deprecator", by("ansible.builtin.apt", "module")),
			"m. This feature will be removed from module 'apt' in ansible-core version 9."},
		{"of all modules", value.DictOf("msg", "m", "collection_name", "ansible.builtin", "deprecator", by("ansible.builtin", "module")),
			"m. This feature will be removed from the module API in ansible-core in a future release."},
		{"of a plugin", value.DictOf("msg", "m", "date", "2030-01-01", "collection_name", "a.b", "deprecator", by("a.b.c", "lookup")),
			"m. This feature will be removed from lookup plugin 'c' in collection 'a.b' in a release after 2030-01-01."},
	} {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(c.want, deprecationOf(c.told).taggedSentence()); d != "" {
				t.Error(d)
			}
		})
	}
}
