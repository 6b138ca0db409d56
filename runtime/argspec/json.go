package argspec

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"strings"

	"pbc/ir/value"
)

// ParseJSON reads one JSON text into values, keeping the order of keys and telling ints from floats.
func ParseJSON(s string) (value.Value, error) {
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	v, err := jsonValue(d, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("extra data after the JSON text")
	}
	return v, nil
}

const maxDepth = 900

func jsonValue(d *json.Decoder, depth int) (value.Value, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	if depth > maxDepth {
		return nil, errors.New("nested too deeply")
	}
	switch x := t.(type) {
	case json.Delim:
		if x == '{' {
			return jsonDict(d, depth)
		}
		return jsonList(d, depth)
	case json.Number:
		return jsonNumber(string(x))
	}
	return t, nil
}

func jsonNumber(s string) (value.Value, error) {
	if !strings.ContainsAny(s, ".eE") {
		if n, ok := ParseInt(s); ok {
			return n, nil
		}
	}
	f, ok := parseFloat(s)
	if !ok {
		return nil, fmt.Errorf("not a number: %s", s)
	}
	return f, nil
}

func jsonDict(d *json.Decoder, depth int) (value.Value, error) {
	r := value.NewDict()
	for d.More() {
		k, err := d.Token()
		if err != nil {
			return nil, err
		}
		v, err := jsonValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		r.SetStr(k.(string), v)
	}
	_, err := d.Token()
	return r, err
}

func jsonList(d *json.Decoder, depth int) (value.Value, error) {
	r := value.NewList()
	for d.More() {
		v, err := jsonValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		r.V = append(r.V, v)
	}
	_, err := d.Token()
	return r, err
}

// DumpJSON writes v as Python's json.dumps does by default: ", " and ": ", ASCII only.
func DumpJSON(v value.Value) (string, error) {
	var b strings.Builder
	err := dumpJSON(&b, v)
	return b.String(), err
}

func dumpJSON(b *strings.Builder, v value.Value) error {
	switch x := v.(type) {
	case nil:
		b.WriteString("null")
	case bool:
		b.WriteString(map[bool]string{true: "true", false: "false"}[x])
	case string, *value.Str:
		s, _ := value.Text(x)
		dumpText(b, s)
	case float64:
		switch {
		case math.IsInf(x, 1):
			b.WriteString("Infinity")
		case math.IsInf(x, -1):
			b.WriteString("-Infinity")
		case math.IsNaN(x):
			b.WriteString("NaN")
		default:
			b.WriteString(value.FloatRepr(x))
		}
	case int64, *big.Int:
		s, err := value.ToStr(x)
		b.WriteString(s)
		return err
	case *value.List:
		return dumpList(b, x.V)
	case value.Tuple:
		return dumpList(b, x)
	case *value.Dict:
		return dumpDict(b, x)
	default:
		s, err := value.ToStr(v)
		dumpText(b, s)
		return err
	}
	return nil
}

func dumpList(b *strings.Builder, v []value.Value) error {
	b.WriteByte('[')
	for i, e := range v {
		if i > 0 {
			b.WriteString(", ")
		}
		if err := dumpJSON(b, e); err != nil {
			return err
		}
	}
	b.WriteByte(']')
	return nil
}

func dumpDict(b *strings.Builder, d *value.Dict) error {
	b.WriteByte('{')
	for i, k := range d.K {
		if i > 0 {
			b.WriteString(", ")
		}
		s, ok := value.Text(k)
		if !ok {
			var kb strings.Builder
			if err := dumpJSON(&kb, k); err != nil {
				return err
			}
			s = kb.String()
		}
		dumpText(b, s)
		b.WriteString(": ")
		if err := dumpJSON(b, d.V[i]); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}

var jsonEscapes = map[rune]string{'"': `\"`, '\\': `\\`, '\n': `\n`, '\r': `\r`, '\t': `\t`, '\f': `\f`, '\b': `\b`}

func dumpText(b *strings.Builder, s string) {
	b.WriteByte('"')
	for _, r := range s {
		esc, special := jsonEscapes[r]
		switch {
		case special:
			b.WriteString(esc)
		case r >= 0x10000:
			r -= 0x10000
			fmt.Fprintf(b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		case r < ' ' || r > '~':
			fmt.Fprintf(b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
}
