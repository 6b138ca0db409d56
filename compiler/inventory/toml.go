package inventory

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"pbc/ir/failure"
	"pbc/ir/value"
)

// tomlReader makes values of a TOML document, with keys in the order of the document.
type tomlReader struct {
	inv   *Inventory
	file  string
	order map[string][]string // the keys of a table, by the path of the table
}

// errAskAnsible says that the installed Ansible is to tell what is wrong with a source.
var errAskAnsible = errors.New("for the installed Ansible to tell")

// loadTOML reads a TOML file.
func (inv *Inventory) loadTOML(file string) (*value.Dict, error) {
	data, _, err := inv.readFile(file)
	if err != nil {
		return nil, err
	}
	var doc map[string]any
	meta, err := toml.Decode(string(data), &doc)
	var bad toml.ParseError
	switch {
	case errors.As(err, &bad):
		if inv.opts.Installed != nil { // whose library has words of its own
			return nil, errAskAnsible
		}
		what := fmt.Sprintf("%s (at line %d, column %d)", bad.Message, bad.Position.Line, bad.Position.Col)
		return nil, inv.told(fmt.Errorf("TOML file (%s) is invalid: %s", file, what), failure.Failure{Msg: "TOML file " + value.StrRepr(file) + " is invalid: " + what})
	case err != nil:
		return nil, inv.told(fmt.Errorf("An unexpected error occurred while parsing the file '%s': %w", file, err),
			failure.Failure{Msg: "An error occurred while parsing the file " + value.StrRepr(file) + ": " + err.Error()})
	}
	r := tomlReader{inv: inv, file: file, order: map[string][]string{}}
	seen := map[string]bool{}
	for _, key := range meta.Keys() {
		for i := range key { // the tables above a key need not have been named
			if path := tomlPath(key[:i+1]); !seen[path] {
				seen[path] = true
				above := tomlPath(key[:i])
				r.order[above] = append(r.order[above], key[i])
			}
		}
	}
	return r.table(doc, nil), nil
}

// tomlPath is one text for the parts of a key.
func tomlPath(key toml.Key) string { return strings.Join(key, "\x00") }

func (r *tomlReader) table(t map[string]any, at toml.Key) *value.Dict {
	d := value.NewDict()
	for _, k := range r.order[tomlPath(at)] {
		if v, ok := t[k]; ok {
			d.SetStr(k, r.value(v, append(at[:len(at):len(at)], k)))
		}
	}
	return d
}

func (r *tomlReader) value(v any, at toml.Key) value.Value {
	switch x := v.(type) {
	case string:
		return r.inv.mk(x, r.file, 0)
	case map[string]any:
		return r.table(x, at)
	case []map[string]any:
		l := &value.List{}
		for _, t := range x {
			l.V = append(l.V, r.table(t, at))
		}
		return l
	case []any:
		l := &value.List{}
		for _, e := range x {
			l.V = append(l.V, r.value(e, at))
		}
		return l
	case time.Time:
		return tomlTime(x)
	}
	return v // bool, int64, float64
}

// tomlTime is a date, a date with time or a time of day. The library marks local ones by their zone.
func tomlTime(t time.Time) value.Value {
	switch t.Location().String() {
	case "time-local":
		return t.Format("15:04:05.999999")
	case "date-local":
		return &value.Date{T: t}
	case "datetime-local":
		return &value.Date{T: t, HasTime: true}
	}
	return &value.Date{T: t, HasTime: true, HasZone: true}
}

// parseTOML reads a TOML inventory: a table of groups.
func (inv *Inventory) parseTOML(source string) error {
	doc, err := inv.loadTOML(source)
	if errors.Is(err, errAskAnsible) {
		return inv.parseForeign(source, "toml")
	}
	if err != nil {
		return err
	}
	if doc.Len() == 0 {
		return errors.New("Parsed empty TOML file")
	}
	if v, ok := doc.GetStr("plugin"); ok && truth(v) {
		return errors.New("Plugin configuration TOML file, not TOML inventory")
	}
	for i, k := range doc.K {
		if err := inv.tomlGroup(text(k), doc.V[i]); err != nil {
			return err
		}
	}
	return nil
}

func (inv *Inventory) tomlGroup(name string, v value.Value) error {
	d, ok := v.(*value.Dict)
	if !ok {
		inv.warn("Skipping '%s' as this is not a valid group definition", name)
		return nil
	}
	g, err := inv.addGroup(name)
	if err != nil {
		return err
	}
	for i, k := range d.K {
		if err := inv.tomlSection(g, text(k), d.V[i]); err != nil {
			return err
		}
	}
	return nil
}

func (inv *Inventory) tomlSection(g *Group, key string, v value.Value) error {
	wrong := func(wanted string) error {
		return fmt.Errorf("Invalid %q entry for %q group, requires a %s, found \"<class '%s'>\" instead.", key, g.Name, wanted, value.TypeName(v))
	}
	d, isDict := v.(*value.Dict)
	switch key {
	case "vars":
		if !isDict {
			return wrong("dict")
		}
		return inv.setAll(g.Name, d)
	case "children":
		l, ok := v.(*value.List)
		if !ok {
			return wrong("list")
		}
		for _, c := range l.V {
			child := text(c)
			if _, err := inv.addGroup(child); err != nil {
				return err
			}
			if err := inv.addChildNamed(g.Name, child); err != nil {
				return err
			}
		}
	case "hosts":
		if !isDict {
			return wrong("dict")
		}
		for i, k := range d.K {
			if err := inv.tomlHosts(g, text(k), d.V[i]); err != nil {
				return err
			}
		}
	default:
		inv.warn("Skipping unexpected key %q in group %q, only \"vars\", \"children\" and \"hosts\" are valid", key, g.Name)
	}
	return nil
}

func (inv *Inventory) tomlHosts(g *Group, pattern string, v value.Value) error {
	hosts, port, err := expandPattern(pattern)
	if err != nil {
		return err
	}
	vars, ok := v.(*value.Dict)
	if !ok {
		shown, _ := value.ToStr(v)
		return fmt.Errorf("Invalid data from file, expected dictionary and got:\n\n%s", shown)
	}
	inv.nameAll(vars)
	return inv.populate(hosts, vars, g, port)
}

// setAll gives a group or a host variables.
func (inv *Inventory) setAll(entity string, vars *value.Dict) error {
	inv.nameAll(vars)
	for i, k := range vars.K {
		if err := inv.setVariable(entity, k, vars.V[i]); err != nil {
			return err
		}
	}
	return nil
}
