package value

import (
	"errors"
	"fmt"

	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"
)

// Origin is the place in a source that a template or condition comes from: errors of dialect tagged show it. Line and
// Col count from 1; without a Line, File says in words where the value comes from, as in "<CLI option '-e'>".
type Origin struct {
	File      string
	Line, Col int
}

func (o Origin) String() string {
	switch {
	case o.Line == 0:
		return o.File
	case o.Col == 0:
		return fmt.Sprintf("%s:%d", o.File, o.Line)
	}
	return fmt.Sprintf("%s:%d:%d", o.File, o.Line, o.Col)
}

// Place gives v, a template or condition that nobody else holds yet, its origin. Other values have none and stay as they are.
func Place(v Value, o Origin) Value {
	switch x := v.(type) {
	case *Tmpl:
		x.At = &o
	case *Cond:
		x.At = &o
		if x.Tmpl != nil {
			x.Tmpl.At = &o
		}
	}
	return v
}

// OriginOf is where v comes from, nil when that is not known.
func OriginOf(v Value) *Origin {
	switch x := v.(type) {
	case *Tmpl:
		return x.At
	case *Cond:
		return x.At
	case *Undef:
		return x.At
	case *Str:
		return x.At
	}
	return nil
}

// SameOrigin says whether a and b are the same place, or both none.
func SameOrigin(a, b *Origin) bool { return a == b || a != nil && b != nil && *a == *b }

// encode writes o, nil for none.
func (o *Origin) encode(e *msgpack.Encoder) error {
	if o == nil {
		return e.EncodeNil()
	}
	return errors.Join(e.EncodeArrayLen(3), e.EncodeString(o.File), e.EncodeInt(int64(o.Line)), e.EncodeInt(int64(o.Col)))
}

func (d Decoder) origin() (*Origin, error) {
	code, err := d.D.PeekCode()
	if err != nil {
		return nil, err
	}
	if code == msgpcode.Nil {
		return nil, d.D.DecodeNil()
	}
	if err := d.fields(3); err != nil {
		return nil, err
	}
	file, err1 := d.String()
	line, err2 := d.line()
	col, err3 := d.line()
	return &Origin{File: file, Line: line, Col: col}, errors.Join(err1, err2, err3)
}
