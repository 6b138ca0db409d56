package eval

import "pbc/ir/value"

// The kinds of value that this package names on every line.
type (
	val   = value.Value
	list  = value.List
	tuple = value.Tuple
	dict  = value.Dict
	undef = value.Undef
)

// use returns the error of using v, when v is undefined.
func use(v val) error {
	if u, ok := v.(*undef); ok {
		return u.Fail()
	}
	return nil
}

// use2 returns the error of using whichever of a and b is undefined.
func use2(a, b val) error {
	if err := use(a); err != nil {
		return err
	}
	return use(b)
}

// str is str(v) where a failure shows as nothing: for text that was checked before.
func str(v val) string {
	s, _ := value.ToStr(v)
	return s
}

func lacks(o val, name string) *undef { return &undef{Name: name, Obj: o, HasObj: true} }
