package grant

import (
	"errors"
	"testing"

	"pbc/compiler/jinja"
	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/value"
)

var classic = jinja.Defaults(expr.Classic)

func val(s string) ir.Val { return ir.Val{V: classic.Value(s)} }

func cond(s string) []ir.Val { return []ir.Val{{V: classic.Condition(s)}} }

// variables of the program that the tests read.
var variables = value.DictOf("dir", "/srv", "file", classic.Value("{{ dir }}/a.txt"), "list", value.NewList("x", "y"), "users", value.NewList(value.DictOf("key", "k1"), value.DictOf("key", "k2")),
	"alias", classic.Value("{{ users }}"), "self", classic.Value("{{ self }}"), "params", value.DictOf("files", value.NewList("f1", "f2")), "either", classic.Value("{{ dir if on else 'none' }}"))

func known(name string) ([]value.Value, bool) {
	if name == "said" { // a task has made it on the host
		return nil, false
	}
	v, ok := variables.GetStr(name)
	if !ok {
		return nil, true
	}
	return []value.Value{v}, true
}

func all(s *Set) Sets { return Sets{s, s.Late} }

func refused(t *testing.T, err error, want bool) {
	t.Helper()
	var r *Refusal
	switch got := errors.As(err, &r); {
	case got && !want:
		t.Errorf("refused: %v", err)
	case !got && want:
		t.Error("allowed")
	}
}

// TestLookups asks for lookups of code that has one text.
func TestLookups(t *testing.T) {
	for _, c := range []struct {
		name, text, plugin, term string
		refused                  bool
	}{
		{"none", "{{ x }}", "pipe", "id", true},
		{"another one", "{{ lookup('file', 'a') }}", "pipe", "id", true},
		{"a constant", "{{ lookup('pipe', 'date') }}", "pipe", "date", false},
		{"another term", "{{ lookup('pipe', 'date') }}", "pipe", "id", true},
		{"its full name", "{{ lookup('ansible.builtin.pipe', 'date') }}", "pipe", "date", false},
		{"query", "{{ query('file', 'a') }}", "file", "/etc/shadow", true},
		{"q", "{{ q('file', 'a') }}", "file", "a", false},
		{"one of two", "{{ lookup('file', 'a') + lookup('file', 'b') }}", "file", "b", false},
		{"with a gap", "{{ lookup('file', x ~ '.pub') }}", "file", "me.pub", false},
		{"around a gap", "{{ lookup('file', x ~ '.pub') }}", "file", "/etc/shadow", true},
		{"a sum", "{{ lookup('file', 'keys/' + x) }}", "file", "keys/me", false},
		{"not the sum", "{{ lookup('file', 'keys/' + x) }}", "file", "/etc/shadow", true},
		{"a known variable", "{{ lookup('file', file) }}", "file", "/srv/a.txt", false},
		{"not the variable", "{{ lookup('file', file) }}", "file", "/etc/shadow", true},
		{"a variable of either value", "{{ lookup('file', either) }}", "file", "none", false},
		{"neither value", "{{ lookup('file', either) }}", "file", "some", true},
		{"what the host has said", "{{ lookup('file', said) }}", "file", "anything", false},
		{"a variable of nobody", "{{ lookup('file', nowhere) }}", "file", "anything", false},
		{"a default", "{{ lookup('file', nowhere | default('a')) }}", "file", "b", false},
		{"a default of what is known", "{{ lookup('file', dir | default('a')) }}", "file", "b", true},
		{"a variable that reads itself", "{{ lookup('file', self) }}", "file", "anything", false},
		{"a list", "{{ lookup('file', list) }}", "file", "y", false},
		{"not in the list", "{{ lookup('file', list) }}", "file", "z", true},
		{"an entry", "{{ lookup('file', params.files) }}", "file", "f2", false},
		{"another entry", "{{ lookup('file', params.files) }}", "file", "f3", true},
		{"the method of a variable", "{{ lookup('file', dir.strip()) }}", "file", "anything", false},
		{"a name bound in the template", "{% for dir in said %}{{ lookup('file', dir) }}{% endfor %}", "file", "anything", false},
		{"arguments that are unpacked", "{{ lookup('file', *x) }}", "file", "anything", false},
		{"a name that is computed", "{{ lookup(x, 'a') }}", "pipe", "id", false},
		{"lookup as a value", "{% set l = lookup %}{{ l('pipe', 'id') }}", "pipe", "id", false},
		{"within a lookup", "{{ lookup('file', lookup('pipe', 'ls')) }}", "pipe", "ls", false},
		{"text within an expression", `{{ "{{ lookup('pipe', 'id') }}" }}`, "pipe", "id", false},
		{"raw text", "{% raw %}{{ lookup('pipe', 'id') }}{% endraw %}", "pipe", "id", false},
		{"a text put together", `{{ "{{ lookup('" ~ x ~ "', 'id') }}" }}`, "pipe", "id", false},
		{"a text that may be a condition", "lookup('pipe', 'id') == ''", "pipe", "id", false},
		{"a term that is a template", `{{ lookup('file', '{{ said }}') }}`, "file", "anything", false},
		{"what only looks like one", "please lookup (this)", "pipe", "id", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := New(classic)
			s.Value(classic.Value(c.text))
			refused(t, all(s).Lookup(c.plugin, []value.Value{c.term}, nil, known), c.refused)
		})
	}
}

// TestLookupOptions asks with options.
func TestLookupOptions(t *testing.T) {
	for _, c := range []struct {
		name, text string
		options    *value.Dict
		refused    bool
	}{
		{"none", "{{ lookup('ini', 'k', file='a.ini') }}", nil, false},
		{"as written", "{{ lookup('ini', 'k', file='a.ini') }}", value.DictOf("file", "a.ini"), false},
		{"another value", "{{ lookup('ini', 'k', file='a.ini') }}", value.DictOf("file", "/etc/shadow"), true},
		{"another option", "{{ lookup('ini', 'k', file='a.ini') }}", value.DictOf("section", "x"), true},
		{"lookup's own", "{{ lookup('ini', 'k') }}", value.DictOf("wantlist", true), false},
		{"unpacked", "{{ lookup('ini', 'k', **x) }}", value.DictOf("file", "any"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := New(classic)
			s.Value(classic.Value(c.text))
			refused(t, all(s).Lookup("ini", []value.Value{"k"}, c.options, known), c.refused)
		})
	}
}

// TestTasks asks for what tasks do.
func TestTasks(t *testing.T) {
	list := func(texts ...string) ir.Val {
		l := value.NewList()
		for _, s := range texts {
			l.V = append(l.V, classic.Value(s))
		}
		return ir.Val{V: l}
	}
	src := ir.Val{V: value.DictOf("src", classic.Value("{{ lookup('file', item) }}"))}
	for _, c := range []struct {
		name         string
		task         ir.Task
		plugin, term string
		refused      bool
	}{
		{"a loop by its name", ir.Task{Loop: &ir.Loop{With: "pipe", Items: list("date")}}, "pipe", "date", false},
		{"another term of it", ir.Task{Loop: &ir.Loop{With: "pipe", Items: list("date")}}, "pipe", "id", true},
		{"a condition", ir.Task{When: cond("lookup('env', 'X') == 'y'")}, "env", "X", false},
		{"items", ir.Task{Args: src, Loop: &ir.Loop{Items: list("a", "{{ dir }}")}}, "file", "/srv", false},
		{"no item", ir.Task{Args: src, Loop: &ir.Loop{Items: list("a", "{{ dir }}")}}, "file", "b", true},
		{"entries of items", ir.Task{Args: ir.Val{V: classic.Value("{{ lookup('file', item.key) }}")}, Loop: &ir.Loop{Items: val("{{ alias }}")}}, "file", "k2", false},
		{"no entry", ir.Task{Args: ir.Val{V: classic.Value("{{ lookup('file', item.key) }}")}, Loop: &ir.Loop{Items: val("{{ alias }}")}}, "file", "k3", true},
		{"items that the host has said", ir.Task{Args: src, Loop: &ir.Loop{Items: val("{{ said }}")}}, "file", "b", false},
		{"items of a lookup", ir.Task{Args: src, Loop: &ir.Loop{With: "fileglob", Items: list("*")}}, "file", "b", false},
		{"a registered variable", ir.Task{Register: "dir", FailedWhen: cond("lookup('file', dir) == ''")}, "file", "b", false},
		{"a variable that set_fact makes", ir.Task{Module: "ansible.builtin.set_fact", Args: ir.Val{V: value.DictOf("dir", classic.Value("{{ lookup('file', dir) }}"))}}, "file", "b", false},
		{"a file of the task", ir.Task{Files: []ir.File{{Tmpl: val("{{ lookup('file', 'a') }}")}}}, "file", "a", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := New(classic)
			s.Task(&c.task)
			refused(t, all(s).Lookup(c.plugin, []value.Value{c.term}, nil, known), c.refused)
		})
	}
}

// TestHostVars asks for variables of other hosts.
func TestHostVars(t *testing.T) {
	for _, c := range []struct {
		name, text, host, variable string
		refused                    bool
	}{
		{"none", "{{ x }}", "other", "secret", true},
		{"by name", "{{ hostvars[x].address }}", "other", "address", false},
		{"by name in brackets", "{{ hostvars[x]['address'] }}", "other", "address", false},
		{"another name", "{{ hostvars[x].address }}", "other", "secret", true},
		{"all of them", "{{ hostvars[x].address }}", "other", "", true},
		{"by a computed name", "{{ hostvars[x][y] }}", "other", "secret", false},
		{"by a method", "{{ hostvars[x].get('address') }}", "other", "secret", false},
		{"as a whole", "{{ hostvars[x] }}", "other", "", false},
		{"of all", "{{ x | map('extract', hostvars, 'address') }}", "other", "secret", false},
		{"through vars", "{{ vars['hostvars'] }}", "other", "secret", false},
		{"a text that may be a condition", "hostvars['other'].x == 1", "other", "secret", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := New(classic)
			s.Value(classic.Value(c.text))
			refused(t, all(s).HostVar(c.host, c.variable, known), c.refused)
		})
	}
	t.Run("of the host that a task is delegated to", func(t *testing.T) {
		s := New(classic)
		s.Task(&ir.Task{DelegateTo: ir.Val{V: "db"}})
		refused(t, all(s).HostVar("db", "ansible_host", known), false)
		refused(t, all(s).HostVar("other", "ansible_host", known), true)
		refused(t, all(s).HostNames(), true)
	})
}

// TestOtherNames asks for templates, filters and vaults.
func TestOtherNames(t *testing.T) {
	s := New(classic)
	s.Value(classic.Value("{% include 'part.j2' %}{{ x | mine | map('yours') }}{{ x is odd }}"))
	s.Value(&value.Vault{Cipher: "$ANSIBLE_VAULT;1"})
	for _, c := range []struct {
		name    string
		err     error
		refused bool
	}{
		{"the template", all(s).Template("part.j2", known), false},
		{"another template", all(s).Template("/etc/shadow", known), true},
		{"a filter", all(s).Filter("mine"), false},
		{"a filter that map is given", all(s).Filter("yours"), false},
		{"a test", all(s).Filter("odd"), false},
		{"another filter", all(s).Filter("theirs"), true},
		{"the vault", all(s).Vault("$ANSIBLE_VAULT;1"), false},
		{"another vault", all(s).Vault("$ANSIBLE_VAULT;2"), true},
		{"a template with nothing special", all(s).Holds(classic.Value("{{ y }}"), classic), false},
		{"a template with a lookup", all(s).Holds(value.DictOf("k", classic.Value("{{ lookup('pipe', 'id') }}")), classic), true},
		{"a text with a lookup", all(s).Holds("{{ lookup('pipe', 'id') }}", classic), true},
		{"a text that makes one", all(s).Holds(`{{ "{{ lookup('" ~ x ~ "', 'id') }}" }}`, classic), true},
		{"a template with other hosts", all(s).Holds(classic.Value("{{ hostvars }}"), classic), true},
	} {
		t.Run(c.name, func(t *testing.T) { refused(t, c.err, c.refused) })
	}
}

func TestShape(t *testing.T) {
	for _, c := range []struct {
		name, text string
		shape      Shape
		want       bool
	}{
		{"itself", "a", Shape{"a"}, true},
		{"another", "ab", Shape{"a"}, false},
		{"white space around", " a\n", Shape{"a"}, true},
		{"anything", "x", anything, true},
		{"nothing for a gap", "ab", Shape{"a", "b"}, true},
		{"begin and end that overlap", "a", Shape{"a", "a"}, false},
		{"a piece between", "a-b-c", Shape{"a", "-b-", "c"}, true},
		{"no piece between", "a-c", Shape{"a", "-b-", "c"}, false},
		{"another end", "a/etc", Shape{"a", "b"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.shape.Has(c.text); got != c.want {
				t.Errorf("%v has %q: %v, want %v", c.shape, c.text, got, c.want)
			}
		})
	}
}

// TestBegins asks for the first word of a command line.
func TestBegins(t *testing.T) {
	word := func(s string) string {
		for i, c := range s {
			if c == ' ' {
				return s[:i]
			}
		}
		return s
	}
	for _, c := range []struct {
		line, word string
		want       bool
	}{
		{"a.sh --now", "a.sh", true},
		{"a.sh {{ said }}", "a.sh", true},
		{"a.sh {{ said }}", "/etc/shadow", false},
		{"{{ said }} x", "anything", true},
		{"bin/{{ said }} x", "bin/a", true},
		{"bin/{{ said }} x", "/etc/shadow", false},
	} {
		t.Run(c.line+" for "+c.word, func(t *testing.T) {
			if got := all(New(classic)).Begins(c.word, []Source{Of(classic.Value(c.line))}, known, word); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}
