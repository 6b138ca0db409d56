package python

import (
	"pbc/ir/value"
)

// Use returns the error of using v, when v is undefined.
func Use(v value.Value) error {
	if u, ok := v.(*value.Undef); ok {
		return u.Fail()
	}
	return nil
}

// Use2 returns the error of using whichever of a and b is undefined.
func Use2(a, b value.Value) error {
	if err := Use(a); err != nil {
		return err
	}
	return Use(b)
}

// Str is str(v) where a failure shows as nothing: for text that was checked before.
func Str(v value.Value) string {
	s, _ := value.ToStr(v)
	return s
}

// Lacks is the undefined value that an attribute or item which is not there gives.
func Lacks(o value.Value, name string) *value.Undef {
	return &value.Undef{Name: name, Obj: o, HasObj: true}
}
