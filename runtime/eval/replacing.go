package eval

import (
	"fmt"

	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/exception"
)

// replaced is a marker that Replacing has put text in place of.
type replaced struct {
	message string
	at      *value.Origin // the template that made the marker, nil when that is not known
}

// replacer numbers the markers that are shown instead of being raised.
type replacer struct{ found []replaced }

// warnings tell what was replaced: one for each template.
func (p *replacer) warnings() []*failure.Failure {
	var out []*failure.Failure
	for i := 0; i < len(p.found); {
		n := i
		msg := ""
		for ; n < len(p.found) && value.SameOrigin(p.found[n].at, p.found[i].at); n++ {
			msg += fmt.Sprintf("\nerror %d - %s", n+1, p.found[n].message)
		}
		plural := ""
		if n-i > 1 {
			plural = "s"
		}
		out = append(out, &failure.Failure{Msg: fmt.Sprintf("Encountered %d template error%s.%s", n-i, plural, msg), At: p.found[i].at})
		i = n
	}
	return out
}

// Replacing renders v as Value does in dialect tagged, but shows each undefined value in it as text, and gives the warnings of
// them: what debug shows, and the names of tasks. An error that is no undefined value is still an error.
func (e *Eval) Replacing(v value.Value) (value.Value, []*failure.Failure, error) {
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
	return r, own.replacing.warnings(), err
}

// replace gives v with text in place of each undefined value in it.
func (p *replacer) replace(v val) val {
	switch x := v.(type) {
	case *undef:
		if x.Lenient || x.Err != nil {
			return v
		}
		p.found = append(p.found, replaced{message: x.Error(), at: x.At})
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
