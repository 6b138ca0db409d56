package listing

import (
	"fmt"
	"regexp"
	"strings"

	"pbc/compiler/jinja"
	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/eval"
)

// JSON is what an inventory script prints, with keys sorted. Where keys cannot be sorted they are in their own order,
// and the error tells; the text is good all the same.
func JSON(v value.Value) (string, error) {
	v = marked(v)
	text, err := value.JSON(v, value.JSONOptions{Indent: 4, SortKeys: true})
	if err == nil {
		return text, nil
	}
	text, second := value.JSON(v, value.JSONOptions{Indent: 4})
	if second != nil {
		return "", second
	}
	return text, fmt.Errorf("Could not sort JSON output due to issues while sorting keys: %w", err)
}

// marked has text that is unsafe in the form in which Ansible's JSON keeps the mark.
func marked(v value.Value) value.Value {
	return mapped(v, func(s *value.Str) value.Value {
		if s.Unsafe {
			return value.DictOf("__ansible_unsafe", s.S)
		}
		return s
	})
}

// mapped is a copy of v with f applied to its texts; templates are their source.
func mapped(v value.Value, f func(*value.Str) value.Value) value.Value {
	switch x := v.(type) {
	case *value.Tmpl:
		return f(&value.Str{S: x.Src})
	case *value.Str:
		return f(x)
	case string:
		return f(&value.Str{S: x})
	case *value.List:
		out := &value.List{}
		for _, e := range x.V {
			out.V = append(out.V, mapped(e, f))
		}
		return out
	case *value.Dict:
		out := value.NewDict()
		for i, k := range x.K {
			_ = out.Set(k, mapped(x.V[i], f))
		}
		return out
	}
	return v
}

// YAML is v as PyYAML writes it for Ansible.
func YAML(v value.Value) (string, error) {
	v = mapped(v, func(s *value.Str) value.Value { return &value.Str{S: s.S, Unsafe: true} })
	t := jinja.Template("{{ it | to_yaml(default_flow_style=False) }}", jinja.Defaults(expr.Classic))
	text, err := eval.New(eval.Config{Vars: only{v}}).String(t)
	return strings.TrimSuffix(text, "\n") + "\n", err
}

// only is one variable, called it.
type only struct{ v value.Value }

// Lookup implements eval.Vars.
func (o only) Lookup(name string) (value.Value, bool) { return o.v, name == "it" }

// Names implements eval.Vars.
func (only) Names() []string { return []string{"it"} }

// Static implements eval.StaticVars: what looks like a template is shown as it is.
func (only) Static(string) bool { return true }

var bareKey = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

func tomlKey(k value.Value) string {
	s, _ := value.ToStr(k)
	if bareKey.MatchString(s) {
		return s
	}
	return tomlText(s)
}

func tomlText(s string) string {
	out, _ := value.JSON(s, value.JSONOptions{})
	return out
}

// TOML is a table as a document. Null, which TOML does not have, is left out.
func TOML(d *value.Dict) (string, error) {
	var b strings.Builder
	err := tomlTable(&b, d, "")
	return b.String(), err
}

func tomlTable(b *strings.Builder, d *value.Dict, path string) error {
	for i, k := range d.K {
		if _, below := d.V[i].(*value.Dict); below || d.V[i] == nil {
			continue
		}
		text, err := tomlValue(d.V[i])
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "%s = %s\n", tomlKey(k), text)
	}
	for i, k := range d.K {
		below, ok := d.V[i].(*value.Dict)
		if !ok {
			continue
		}
		at := path + tomlKey(k)
		if b.Len() > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(b, "[%s]\n", at)
		if err := tomlTable(b, below, at+"."); err != nil {
			return err
		}
	}
	return nil
}

func tomlValue(v value.Value) (string, error) {
	switch x := v.(type) {
	case bool:
		return fmt.Sprint(x), nil
	case int64:
		return fmt.Sprint(x), nil
	case float64:
		return value.FloatRepr(x), nil
	case *value.Date:
		return x.ISO(), nil
	case *value.Tmpl:
		return tomlText(x.Src), nil
	case *value.List:
		var items []string
		for _, e := range x.V {
			text, err := tomlValue(e)
			if err != nil {
				return "", err
			}
			items = append(items, text)
		}
		return "[" + strings.Join(items, ", ") + "]", nil
	case *value.Dict:
		var items []string
		for i, k := range x.K {
			text, err := tomlValue(x.V[i])
			if err != nil {
				return "", err
			}
			items = append(items, tomlKey(k)+" = "+text)
		}
		return "{" + strings.Join(items, ", ") + "}", nil
	}
	if s, ok := value.Text(v); ok {
		return tomlText(s), nil
	}
	return "", fmt.Errorf("The source inventory contains a value that cannot be represented in TOML: %s", value.TypeName(v))
}
