package eval

import (
	"fmt"

	"pbc/ir/value"
	"pbc/runtime/exception"
)

// Replaced is a marker that Replacing has put text in place of.
type Replaced struct {
	Message string
	At      *value.Origin // the template that made the marker, nil when that is not known
}

// replacer numbers the markers that are shown instead of being raised.
type replacer struct{ found []Replaced }

// Replacing renders v as Value does in dialect tagged, but shows each undefined value in it as text, and tells which they
// were: what debug shows, and the names of tasks. An error that is no undefined value is still an error.
func (e *Eval) Replacing(v value.Value) (value.Value, []Replaced, error) {
	own := New(e.cfg)
	own.replacing = &replacer{}
	var r val
	var err error
	at := value.OriginOf(v)
	if c, ok := v.(*value.Cond); ok {
		r, err = own.evaluate(c)
	} else {
		r, err = own.taggedLazy(v)
	}
	if u, ok := exception.AsUndefined(err); ok && u.U.Err == nil {
		r, err = u.U, nil
	}
	if err == nil {
		r, err = own.finalOf(own.replacing.replace(r), at)
	}
	return r, own.replacing.found, err
}

// replace gives v with text in place of each undefined value in it.
func (p *replacer) replace(v val) val {
	switch x := v.(type) {
	case *undef:
		if x.Lenient || x.Err != nil {
			return v
		}
		p.found = append(p.found, Replaced{Message: x.Error(), At: x.At})
		return fmt.Sprintf("<< error %d - %s >>", len(p.found), x.Error())
	case *list:
		l := &list{V: make([]val, len(x.V))}
		for i, e := range x.V {
			l.V[i] = p.replace(e)
		}
		return l
	case *dict:
		d := x.Copy()
		for i, e := range d.V {
			d.V[i] = p.replace(e)
		}
		return d
	}
	return v
}

// join is taggedConcat, which raises undefined values unless they are being replaced.
func (e *Eval) join(t *value.Origin) func(out []val) (val, error) {
	if e.replacing == nil {
		return taggedConcat
	}
	return func(out []val) (val, error) {
		pieces := 0
		for _, v := range out {
			if v != nil {
				pieces++
			}
		}
		if pieces > 1 {
			for i, v := range out {
				if u, ok := v.(*undef); ok {
					placeMarker(u, t)
				}
				out[i] = e.replacing.replace(v)
			}
		}
		return taggedConcat(out)
	}
}
