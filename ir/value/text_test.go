package value

import "testing"

func TestWhatIsNoValueIsRefused(t *testing.T) {
	if s, err := ToStr(struct{}{}); err == nil {
		t.Errorf("ToStr of a struct gave %q", s)
	}
	if s, err := Repr(NewList(int32(1))); err == nil {
		t.Errorf("Repr of a list with an int32 gave %q", s)
	}
}
