package listing

import (
	"fmt"
	"regexp"
	"strings"

	"pbc/ir/value"
)

// TOML is a table as a document, as the Python library toml writes it: the tables of one depth before those below them. Null,
// which TOML does not have, is left out.
func TOML(d *value.Dict) (string, error) {
	var b strings.Builder
	top, tables, err := tomlTable(d, "")
	if err != nil {
		return "", err
	}
	b.WriteString(top)
	for len(tables) > 0 {
		var next []tomlSection
		for _, t := range tables {
			text, below, err := tomlTable(t.table, t.path+".")
			if err != nil {
				return "", err
			}
			if text != "" || len(below) == 0 {
				if b.Len() > 0 && !strings.HasSuffix(b.String(), "\n\n") {
					b.WriteString("\n")
				}
				b.WriteString("[" + t.path + "]\n" + text)
			}
			next = append(next, below...)
		}
		tables = next
	}
	return b.String(), nil
}

// tomlSection is a table that stands below another one.
type tomlSection struct {
	path  string
	table *value.Dict
}

// tomlTable is what a table holds itself, and the tables below it.
func tomlTable(d *value.Dict, path string) (string, []tomlSection, error) {
	var b strings.Builder
	var below []tomlSection
	for i, k := range d.K {
		switch x := d.V[i].(type) {
		case nil:
		case *value.Dict:
			below = append(below, tomlSection{path + tomlKey(k), x})
		default:
			text, err := tomlValue(x)
			if err != nil {
				return "", nil, err
			}
			fmt.Fprintf(&b, "%s = %s\n", tomlKey(k), text)
		}
	}
	return b.String(), below, nil
}

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
		var b strings.Builder
		for _, e := range x.V {
			text, err := tomlValue(e)
			if err != nil {
				return "", err
			}
			b.WriteString(" " + text + ",")
		}
		return "[" + b.String() + "]", nil
	case *value.Dict:
		var items []string
		for i, k := range x.K {
			text, err := tomlValue(x.V[i])
			if err != nil {
				return "", err
			}
			items = append(items, tomlKey(k)+" = "+text)
		}
		return "{ " + strings.Join(items, ", ") + " }", nil
	}
	if s, ok := value.Text(v); ok {
		return tomlText(s), nil
	}
	return "", fmt.Errorf("The source inventory contains a value that cannot be represented in TOML: %s", value.TypeName(v))
}
