package pyplugin

// Messages are lines of JSON. Pbc writes requests and answers, the server writes replies and questions:
//
//	request  = {"id": N, "do": WHAT, ...}       WHAT and what goes with it: start, add, names, find, call, lookup, load, action, callbacks, tell, debug, describe, vars; cancel ends action N
//	question = {"id": N, "ask": WHAT, "name": NAME}     while request N runs: vars, hostvars, taskvars, hosts, work
//	answer   = {"id": N, "answer": value} | {"id": N, "fail": TEXT}
//	reply    = {"id": N, "ok": RESULT, "say": [[KIND, TEXT]...]} | {"id": N, "error": error, "say": [...]}
//	error    = {"class": NAME, "msg": TEXT, "help": TEXT, "undefined": BOOL, "loading": BOOL}
//
// A value is JSON's: None, booleans, numbers, text, lists, and dictionaries whose keys are text and are not "!".
// NaN and Infinity are written as Python does; a byte of text that is not UTF-8 is the lone surrogate of Python's
// surrogateescape. Other values are {"!": KIND, "v": X}:
//
//	tuple, set  X is the list of elements         undef     X is [name, hint or null]
//	dict        X is a list of [key, value]       unsafe    X is text: never a template
//	bytes       X is hexadecimal                  native    X is text: not read back as a literal
//	date        X is [ISO text, has a time]       template  X is the text of a template
//	delta       X is [days, seconds, microseconds]
//	vault       X is the encrypted text           omit      no X

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"time"

	"pbc/ir/value"
)

const tag = "!"

func tagged(kind string, v value.Value) *value.Dict { return value.DictOf(tag, kind, "v", v) }

// pack turns a value into one that JSON has a form for.
func pack(v value.Value) (value.Value, error) {
	switch x := v.(type) {
	case nil, bool, int64, *big.Int, float64, string:
		return v, nil
	case *value.Str:
		return packStr(x), nil
	case *value.List:
		return packAll(x.V)
	case *value.Dict:
		return packDict(x)
	case value.Tuple:
		return packed("tuple", x)
	case *value.Set:
		return packed("set", x.D.K)
	case *value.View:
		return packAll(x.Items())
	case *value.Tmpl:
		return tagged("template", x.Src), nil
	case *value.Cond:
		return x.Src, nil
	case *value.Undef:
		return tagged("undef", value.NewList(x.Name, hint(x))), nil
	case *value.Vault:
		return tagged("vault", x.Cipher), nil
	case []byte:
		return tagged("bytes", hex.EncodeToString(x)), nil
	case value.OmitType:
		return value.DictOf(tag, "omit"), nil
	}
	return packRare(v)
}

func packRare(v value.Value) (value.Value, error) {
	switch x := v.(type) {
	case *value.Date:
		return tagged("date", value.NewList(isoDate(x), x.HasTime)), nil
	case *value.Delta:
		us := x.D.Microseconds()
		const day, second = 24 * 3600 * 1000000, 1000000
		days := us / day
		if us%day < 0 {
			days--
		}
		us -= days * day
		return tagged("delta", value.NewList(days, us/second, us%second)), nil
	case *value.Range:
		l := &value.List{}
		for i := range x.Len() {
			l.V = append(l.V, x.Start+int64(i)*x.Step)
		}
		return l, nil
	case value.Sequence:
		return packAll(x.Elems())
	}
	return nil, fmt.Errorf("a value of type %s cannot be given to a plugin in Python", value.TypeName(v))
}

func packStr(x *value.Str) value.Value {
	switch {
	case x.Native:
		return tagged("native", x.S)
	case x.Unsafe:
		return tagged("unsafe", x.S)
	}
	return x.S
}

// hint is what using an undefined value says, nil where the name alone decides it.
func hint(u *value.Undef) value.Value {
	if u.Hint == "" && !u.HasObj && u.Err == nil {
		return nil
	}
	return u.Error()
}

func isoDate(d *value.Date) string {
	switch {
	case !d.HasTime:
		return d.T.Format("2006-01-02")
	case d.HasZone:
		return d.T.Format("2006-01-02T15:04:05.000000-07:00")
	}
	return d.T.Format("2006-01-02T15:04:05.000000")
}

func packAll(list []value.Value) (value.Value, error) {
	out := &value.List{V: make([]value.Value, len(list))}
	for i, e := range list {
		v, err := pack(e)
		if err != nil {
			return nil, err
		}
		out.V[i] = v
	}
	return out, nil
}

func packed(kind string, list []value.Value) (value.Value, error) {
	v, err := packAll(list)
	return tagged(kind, v), err
}

func packDict(d *value.Dict) (value.Value, error) {
	if d == nil {
		return value.NewDict(), nil
	}
	out, pairs, plain := value.NewDict(), &value.List{}, true
	for i, k := range d.K {
		v, err := pack(d.V[i])
		if err != nil {
			return nil, err
		}
		key, isText := value.Text(k)
		if !isText || key == tag {
			plain = false
			if k, err = pack(k); err != nil {
				return nil, err
			}
		}
		pairs.V = append(pairs.V, value.NewList(k, v))
		out.SetStr(key, v)
	}
	if plain {
		return out, nil
	}
	return tagged("dict", pairs), nil
}

var errForm = errors.New("malformed value")

// unpack is the reverse of pack.
func unpack(v value.Value) (value.Value, error) {
	switch x := v.(type) {
	case *value.List:
		return unpackAll(x.V)
	case *value.Dict:
		kind, ok := x.GetStr(tag)
		if !ok {
			return unpackDict(x)
		}
		name, _ := kind.(string)
		if name == "omit" {
			return value.Omit, nil
		}
		body, _ := x.GetStr("v")
		return unpackTag(name, body)
	}
	return v, nil
}

func unpackAll(list []value.Value) (*value.List, error) {
	out := &value.List{V: make([]value.Value, len(list))}
	for i, e := range list {
		v, err := unpack(e)
		if err != nil {
			return nil, err
		}
		out.V[i] = v
	}
	return out, nil
}

func unpackDict(d *value.Dict) (value.Value, error) {
	out := value.NewDict()
	for i, k := range d.K {
		v, err := unpack(d.V[i])
		if err != nil {
			return nil, err
		}
		if err := out.Set(k, v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func unpackTag(kind string, body value.Value) (value.Value, error) {
	switch s, isText := body.(string); {
	case isText:
		return unpackText(kind, s)
	default:
		list, ok := body.(*value.List)
		if !ok {
			return nil, errForm
		}
		return unpackList(kind, list.V)
	}
}

func unpackText(kind, s string) (value.Value, error) {
	switch kind {
	case "unsafe":
		return &value.Str{S: s, Unsafe: true}, nil
	case "native":
		return &value.Str{S: s, Native: true}, nil
	case "template": // trusted text that a plugin made: whoever uses it decides whether it is one
		return s, nil
	case "vault":
		return &value.Vault{Cipher: s}, nil
	case "bytes":
		return hex.DecodeString(s)
	}
	return nil, errForm
}

func unpackList(kind string, list []value.Value) (value.Value, error) {
	switch kind {
	case "date":
		return unpackDate(list)
	case "delta":
		return unpackDelta(list)
	case "dict":
		return unpackPairs(list)
	}
	l, err := unpackAll(list)
	if err != nil {
		return nil, err
	}
	switch {
	case kind == "tuple":
		return value.Tuple(l.V), nil
	case kind == "set":
		s := &value.Set{D: value.NewDict()}
		for _, e := range l.V {
			if err := s.D.Set(e, nil); err != nil {
				return nil, err
			}
		}
		return s, nil
	case kind == "undef" && len(l.V) == 2:
		name, _ := l.V[0].(string)
		text, _ := l.V[1].(string)
		return &value.Undef{Name: name, Hint: text}, nil
	}
	return nil, errForm
}

func unpackPairs(list []value.Value) (value.Value, error) {
	out := value.NewDict()
	for _, e := range list {
		pair, ok := e.(*value.List)
		if !ok || len(pair.V) != 2 {
			return nil, errForm
		}
		kv, err := unpackAll(pair.V)
		if err != nil {
			return nil, err
		}
		if err := out.Set(kv.V[0], kv.V[1]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func unpackDate(list []value.Value) (value.Value, error) {
	if len(list) != 2 {
		return nil, errForm
	}
	text, _ := list[0].(string)
	hasTime, _ := list[1].(bool)
	for _, f := range []string{"2006-01-02T15:04:05.999999999Z07:00", "2006-01-02T15:04:05.999999999", "2006-01-02"} {
		if t, err := time.Parse(f, text); err == nil {
			return &value.Date{T: t, HasTime: hasTime, HasZone: hasTime && f[len(f)-1] == '0'}, nil
		}
	}
	return nil, errForm
}

func unpackDelta(list []value.Value) (value.Value, error) {
	if len(list) != 3 {
		return nil, errForm
	}
	var n [3]int64
	for i, e := range list {
		x, ok := e.(int64)
		if !ok {
			return nil, errForm
		}
		n[i] = x
	}
	return &value.Delta{D: time.Duration(n[0])*24*time.Hour + time.Duration(n[1])*time.Second + time.Duration(n[2])*time.Microsecond}, nil
}
