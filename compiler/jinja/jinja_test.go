package jinja

import (
	"testing"

	"pbc/ir/expr"
	"pbc/ir/value"
)

// The messages are Jinja2 3.1.2's.
func TestTemplateFaults(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"{{ 012 }}", "expected token 'end of print statement', got 'integer'"},
		{"{{ 0x }}", "expected token 'end of print statement', got 'x'"},
		{"{{ 1. }}", "expected name or number"},
		{"{{ ² }}", "Invalid character in identifier"},
		{"{{ 'a }}", `unexpected char "'" at 3`},
		{"{{ a !b }}", "unexpected char '!' at 5"},
		{"{{ [1) }}", "unexpected ')', expected ']'"},
		{"{{ ] }}", "unexpected ']'"},
		{"{% if '\\x4' %}", `truncated \xXX escape`},
		{"{% if %}", "Expected an expression, got 'end of statement block'"},
		{"{% foo %}", "Encountered unknown tag 'foo'."},
		{"{% do 1 %}", "Encountered unknown tag 'do'."},
		{"{% if a %}", "Unexpected end of template. Jinja was looking for the following tags: 'elif' or 'else' or 'endif'. The innermost block that needs to be closed is 'if'."},
		{"{% for x in y %}{% endif %}", "Encountered unknown tag 'endif'. Jinja was looking for the following tags: 'endfor' or 'else'. The innermost block that needs to be closed is 'for'."},
		{"{{ a b }}", "expected token 'end of print statement', got 'b'"},
		{"{{ }}", "Expected an expression, got 'end of print statement'"},
		{"{{ 1 if }}", "unexpected 'end of print statement'"},
		{"{% set 1 = 2 %}", "can't assign to 'const'"},
		{"{% set a.b.c = 2 %}", "expected token 'end of statement block', got '.'"},
		{"{{ a | }}", "expected token 'name', got 'end of print statement'"},
		{"{{ a.| }}", "expected name or number"},
		{"{{ a is b is c}}", "You cannot chain multiple tests with is"},
		{"{{ f(a=1, 2) }}", "invalid syntax for function call expression"},
		{"{% macro f(a=1,b) %}{% endmacro %}", "non-default argument follows default argument"},
		{"{{ a", "unexpected end of template, expected 'end of print statement'."},
		{"{% if a", "unexpected end of template, expected 'end of statement block'."},
		{"{# x", "Missing end of comment tag"},
		{"{% raw %}", "Missing end of raw directive"},
		{"{% block a %}{% endblock b %}", "expected token 'end of statement block', got 'b'"},
		{"{% block a %}{% endblock %}{% block a %}{% endblock %}", "block 'a' defined twice"},
		{"{% from 'a' import %}", "expected token 'name', got 'end of statement block'"},
		{"{% import 'a' %}", "expected token 'as', got 'end of statement block'"},
		{"{% call 1 %}{% endcall %}", "expected call"},
		{"{{ a[ }}", "unexpected '}', expected ']'"},
		{"{{ {1} }}", "expected token ':', got '}'"},
		{"#jinja2: trim_blocks\n{{ x }}", "failed to parse jinja2 override 'trim_blocks'. Did you use something different from colon as key-value separator?"},
	} {
		t.Run(c.src, func(t *testing.T) {
			if got := Template(c.src, Defaults(expr.Classic)); got.Fault != c.want || got.Root != nil {
				t.Fatalf("got %q, want %q", got.Fault, c.want)
			}
		})
	}
}

func TestValue(t *testing.T) {
	for _, s := range []string{"plain", "a } b", "{ x }", "50%", "#jinja2: a: 1"} {
		if v := Value(s); v != s {
			t.Errorf("%q became %#v", s, v)
		}
	}
	for _, s := range []string{"{{ x }}", "a{% if x %}b{% endif %}", "{# c #}", "{{ broken"} {
		if v, ok := Value(s).(*value.Tmpl); !ok || v.Src != s {
			t.Errorf("%q became %#v", s, v)
		}
	}
}

func TestCondition(t *testing.T) {
	c := Condition("a is defined and b == 'x'")
	if c.Root == nil || c.Root.Op != expr.OAnd || c.Tmpl != nil || c.Fault != "" {
		t.Errorf("a plain condition became %#v", c)
	}
	if c := Condition("{{ a }} == 1"); c.Tmpl == nil || c.Root != nil {
		t.Errorf("a templated condition became %#v", c)
	}
	if c := Condition("a b"); c.Fault != "expected token 'end of statement block', got 'b'" {
		t.Errorf("fault is %q", c.Fault)
	}
}

func FuzzTemplate(f *testing.F) {
	for _, s := range []string{
		"{% for a, b in d.items() if a recursive %}{{ loop.index }}{% else %}x{% endfor %}", "{{ a[1:2:3].b | f(1, *x, k=2, **y) is not t 3 }}",
		"{% macro m(a, b=1) -%} {{ caller() }} {%- endmacro %}", "{% raw -%} {{ {%- endraw +%}\n", "#jinja2: line_statement_prefix: '#'\n# if x\n# endif",
		`{{ 'a\1' ~ "\x41" }}`, "{{ {'a': [1, (2,), 0x1f, 1e3]} if x else -y ** 2 }}",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, d := range []expr.Dialect{expr.Classic, expr.Tagged} {
			v := Template(s, Defaults(d))
			if (v.Root == nil) == (v.Fault == "") {
				t.Fatalf("root %v and fault %q", v.Root, v.Fault)
			}
			b, err := value.Encode(v)
			if err != nil {
				t.Fatal(err)
			}
			w, err := value.Decode(b)
			if err != nil || !value.Same(v, w) {
				t.Fatalf("came back as %#v (%v)", w, err)
			}
		}
	})
}
