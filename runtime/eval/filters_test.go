package eval_test

import (
	"testing"

	"pbc/compiler/jinja"
	"pbc/ir/value"
	"pbc/runtime/eval"
)

// render evaluates one expression of dialect classic without variables.
func render(src string) (value.Value, error) {
	opt := jinja.Defaults(eval.Classic)
	e := eval.New(eval.Config{Vars: vars{value.NewDict()}, Outside: outside{opt: opt}})
	opt.File = true
	return e.Value(jinja.Template("{{ "+src+" }}", opt))
}

// The values are those of Python 3.11 and of the C library.
func TestFilters(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"'password' | password_hash('sha512', 'saltstring')", "'$6$rounds=656000$saltstring$aJ.zdXQj9IvV53dpnQ8rmGeI/bP/c5oMeNqh4avFqnrDb0xruP2D2jrs5rJSidV0iuTVluhRZkaMEpbTjMzjQ0'"},
		{"'password' | password_hash('sha256', 'salt')", "'$5$rounds=535000$salt$OLffC97zIMF4V43I6QhchQBVTNfjJBYWL/oN4VLAx.7'"},
		{"'password' | password_hash('md5', 'salt')", "'$1$salt$qJH7.N4xYta3aEG/dfqo/0'"},
		{"'password' | password_hash('bcrypt', 'abcdefghijklmnopqrstuu', rounds=5)", "'$2b$05$abcdefghijklmnopqrstuuWG29KuyeAicPCJODk1zjyGvyQUU2awu'"},
		{"(range(100) | list | shuffle(seed='x'))[:5]", "[33, 70, 16, 63, 53]"},
		{"[100 | random(seed=42), 1000 | random(seed=1.5), 60 | random(seed='host1')]", "[81, 565, 31]"},
		{"'abcdef' | random(seed=2**70)", "'b'"},
		{"'x' | to_uuid", "'66b2f013-1baa-5313-9c8c-e6f1182e0e90'"},
	} {
		t.Run(c.src, func(t *testing.T) {
			v, err := render(c.src)
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := value.Repr(v); got != c.want {
				t.Fatalf("got %s, want %s", got, c.want)
			}
		})
	}
}
