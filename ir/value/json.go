package value

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

// JSONOptions are the arguments of Python's json.dumps that playbooks use. The zero value is
// json.dumps(v, ensure_ascii=False).
type JSONOptions struct {
	Indent   int    // spaces per level; 0 writes one line
	SortKeys bool   // sort the keys of dictionaries, as Python sorts them
	ASCII    bool   // ensure_ascii: escape what is not ASCII
	ItemSep  string // "" is Python's: ", ", or "," with an indent
	KeySep   string // "" is Python's ": "
	Open     bool   // vault_to_text: write what vaults hold
	TextKeys bool   // keys become text before they are sorted, as dialect tagged has it
	None     string // TextKeys: the text of the key None, "" is JSON's
}

// maxJSONDepth bounds nesting, as Python's recursion limit does.
const maxJSONDepth = 900

// JSON writes v as Python's json.dumps with Ansible's encoder does: byte for byte, tuples
// as lists, dates in ISO form, a template as its source, vaulted text as Ansible's marked
// dictionary. A set, a range, an undefined value and an evaluator's object fail with Python's words.
func JSON(v Value, o JSONOptions) (string, error) {
	if o.KeySep == "" {
		o.KeySep = ": "
	}
	if o.ItemSep == "" {
		o.ItemSep = ", "
		if o.Indent > 0 {
			o.ItemSep = ","
		}
	}
	w := jsonWriter{o: o}
	err := w.value(v, 0)
	return w.b.String(), err
}

type jsonWriter struct {
	b strings.Builder
	o JSONOptions
}

func (w *jsonWriter) newline(level int) {
	if w.o.Indent > 0 {
		w.b.WriteByte('\n')
		w.b.WriteString(strings.Repeat(" ", level*w.o.Indent))
	}
}

func (w *jsonWriter) value(v Value, level int) error {
	if level > maxJSONDepth {
		return fmt.Errorf("maximum recursion depth exceeded while encoding a JSON object")
	}
	if w.b.Len() > maxRepr {
		return ErrReprSize
	}
	switch x := v.(type) {
	case nil:
		w.b.WriteString("null")
	case bool:
		w.b.WriteString(strconv.FormatBool(x))
	case int64:
		w.b.WriteString(strconv.FormatInt(x, 10))
	case *big.Int:
		s, err := IntText(x)
		if err != nil {
			return err
		}
		w.b.WriteString(s)
	case float64:
		w.b.WriteString(jsonFloat(x))
	case string:
		w.text(x)
	case *Str:
		w.text(x.S)
	case *Tmpl:
		w.text(x.Src)
	case *List:
		return w.list(x.V, level)
	case Tuple:
		return w.list(x, level)
	case *Dict:
		return w.dict(x, level)
	default:
		return w.rare(v, level)
	}
	return nil
}

// rare writes the kinds that Ansible's encoder converts, and refuses the others.
func (w *jsonWriter) rare(v Value, level int) error {
	switch x := v.(type) {
	case *Date:
		w.text(x.ISO())
		return nil
	case *Vault:
		if w.o.Open {
			s, err := x.text()
			w.text(s)
			return err
		}
		return w.dict(DictOf("__ansible_vault", x.Cipher), level)
	case OmitType:
		s, _ := ToStr(x)
		w.text(s)
		return nil
	case *Undef:
		return x.Fail()
	case Sequence:
		return w.list(x.Elems(), level)
	}
	return fmt.Errorf("Object of type %s is not JSON serializable", TypeName(v))
}

func jsonFloat(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case math.IsNaN(f):
		return "NaN"
	}
	return FloatRepr(f)
}

func (w *jsonWriter) list(v []Value, level int) error {
	if len(v) == 0 {
		w.b.WriteString("[]")
		return nil
	}
	w.b.WriteByte('[')
	for i, e := range v {
		if i > 0 {
			w.b.WriteString(w.o.ItemSep)
		}
		w.newline(level + 1)
		if err := w.value(e, level+1); err != nil {
			return err
		}
	}
	w.newline(level)
	w.b.WriteByte(']')
	return nil
}

func (w *jsonWriter) dict(d *Dict, level int) error {
	if d.Len() == 0 {
		w.b.WriteString("{}")
		return nil
	}
	order, err := w.keyOrder(d)
	if err != nil {
		return err
	}
	w.b.WriteByte('{')
	for i, at := range order {
		if i > 0 {
			w.b.WriteString(w.o.ItemSep)
		}
		w.newline(level + 1)
		k, err := w.key(d.K[at])
		if err != nil {
			return err
		}
		w.text(k)
		w.b.WriteString(w.o.KeySep)
		if err := w.value(d.V[at], level+1); err != nil {
			return err
		}
	}
	w.newline(level)
	w.b.WriteByte('}')
	return nil
}

// jsonKey is the text of a key: Python writes None, bools and numbers as JSON spells them.
func jsonKey(k Value) (string, error) {
	switch x := k.(type) {
	case string:
		return x, nil
	case *Str:
		return x.S, nil
	case *Tmpl:
		return x.Src, nil
	case nil:
		return "null", nil
	case bool:
		return strconv.FormatBool(x), nil
	case float64:
		return jsonFloat(x), nil
	case int64, *big.Int:
		return ToStr(k)
	}
	return "", fmt.Errorf("keys must be str, int, float, bool or None, not %s", TypeName(k))
}

// key is the text of a key as the options have it.
func (w *jsonWriter) key(k Value) (string, error) {
	if k == nil && w.o.TextKeys && w.o.None != "" {
		return w.o.None, nil
	}
	return jsonKey(k)
}

// keyOrder returns the positions of d's entries in the order to write them.
func (w *jsonWriter) keyOrder(d *Dict) ([]int, error) {
	order := make([]int, d.Len())
	for i := range order {
		order[i] = i
	}
	if !w.o.SortKeys {
		return order, nil
	}
	var failed error
	sort.SliceStable(order, func(i, j int) bool {
		less, err := w.less(d.K[order[i]], d.K[order[j]])
		if err != nil && failed == nil {
			failed = err
		}
		return less
	})
	return order, failed
}

func (w *jsonWriter) less(a, b Value) (bool, error) {
	if !w.o.TextKeys {
		return keyLess(a, b)
	}
	x, err1 := w.key(a)
	y, err2 := w.key(b)
	return x < y, errors.Join(err1, err2)
}

// keyLess is Python's a < b for the kinds that can be keys.
func keyLess(a, b Value) (bool, error) {
	x, xok := Text(a)
	y, yok := Text(b)
	if xok && yok {
		return x < y, nil
	}
	p, pok := keyNumber(a)
	q, qok := keyNumber(b)
	if pok && qok {
		return p.Cmp(q) < 0, nil
	}
	return false, fmt.Errorf("'<' not supported between instances of '%s' and '%s'", TypeName(a), TypeName(b))
}

func keyNumber(k Value) (*big.Float, bool) {
	switch x := k.(type) {
	case int64:
		return new(big.Float).SetInt64(x), true
	case bool:
		if x {
			return big.NewFloat(1), true
		}
		return new(big.Float), true
	case *big.Int:
		return new(big.Float).SetInt(x), true
	case float64:
		if math.IsNaN(x) {
			return nil, false
		}
		return new(big.Float).SetFloat64(x), true
	}
	return nil, false
}

func (w *jsonWriter) text(s string) {
	w.b.WriteByte('"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' && c < 0x7f {
			i++
			continue
		}
		w.b.WriteString(s[start:i])
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			r = 0xdc00 + rune(c) // Python's surrogateescape
		}
		w.rune(r, s[i:i+n])
		i += n
		start = i
	}
	w.b.WriteString(s[start:])
	w.b.WriteByte('"')
}

var jsonShort = map[rune]string{'"': `\"`, '\\': `\\`, '\n': `\n`, '\r': `\r`, '\t': `\t`, '\b': `\b`, '\f': `\f`}

func (w *jsonWriter) rune(r rune, raw string) {
	if s, ok := jsonShort[r]; ok {
		w.b.WriteString(s)
		return
	}
	switch {
	case r < 0x20:
		fmt.Fprintf(&w.b, "\\u%04x", r)
	case !w.o.ASCII || r <= 0x7f:
		w.b.WriteString(raw)
	case r < 0x10000:
		fmt.Fprintf(&w.b, "\\u%04x", r)
	default:
		r -= 0x10000
		fmt.Fprintf(&w.b, "\\u%04x\\u%04x", 0xd800+(r>>10), 0xdc00+(r&0x3ff))
	}
}
