package diag

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pbc/ir"
)

func file(text string) ReadFile {
	return func(string) ([]byte, error) { return []byte(text), nil }
}

func noFile(string) ([]byte, error) { return nil, errors.New("gone") }

const where = "The error appears to be in 'f.yml': line 2, column 3, but may\n" +
	"be elsewhere in the file depending on the exact syntax problem.\n"

// The texts were taken from ansible-core 2.14; more of them stand in the recorded cases of package yaml.
func TestAnsible(t *testing.T) {
	at := ir.Pos{File: "f.yml", Line: 2, Col: 3}
	tests := []struct {
		name string
		d    *Diagnostic
		read ReadFile
		want string
	}{
		{"place", &Diagnostic{Msg: "bad", Pos: at}, file("a:\n  b: 1\n"),
			"bad\n\n" + where + "\nThe offending line appears to be:\n\na:\n  b: 1\n  ^ here\n"},
		{"no place", &Diagnostic{Msg: "bad", Pos: ir.Pos{File: "f.yml"}}, file("a:\n"), "bad"},
		{"warning", &Diagnostic{Kind: Warning, Msg: "bad", Pos: at}, file("a:\n"), "bad"},
		{"hidden", &Diagnostic{Msg: "bad", Pos: at, Hidden: true}, file("a:\n  b: 1\n"), "bad\n\n" + where},
		{"file gone", &Diagnostic{Msg: "bad", Pos: at}, noFile, "bad\n\n" + where + "\n(could not open file to display line)"},
		{"file empty", &Diagnostic{Msg: "bad", Pos: at}, file(""), "bad\n\n" + where + "\n(specified line no longer in file, maybe it changed?)"},
		{"only blank lines", &Diagnostic{Msg: "bad", Pos: at}, file("\n\n"), "bad\n\n" + where + "\n(specified line no longer in file, maybe it changed?)"},
		{"blank line", &Diagnostic{Msg: "bad", Pos: at}, file("a\n\n"),
			"bad\n\n" + where + "\nThe offending line appears to be:\n\n\na\n  ^ here\n"},
		{"k=v above", &Diagnostic{Msg: "bad", Pos: at}, file("- x: a=b\n  c: d\n"),
			"bad\n\nThe error appears to be in 'f.yml': line 1, column 7, but may\n" +
				"be elsewhere in the file depending on the exact syntax problem.\n" +
				"\nThe offending line appears to be:\n\n- x: a=b\n      ^ here\n\n" + adviceShorthand},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, Ansible(tt.d, tt.read)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestFormat(t *testing.T) {
	at := ir.Pos{File: "f.yml", Line: 2, Col: 4}
	tests := []struct {
		name string
		d    *Diagnostic
		read ReadFile
		want string
	}{
		{"invalid", Errorf(at, "got x, want y"), file("a:\n\tb: 1\n"), "f.yml:2:4: got x, want y\n    2 | \tb: 1\n      | \t  ^\n"},
		{"unsupported with hint", &Diagnostic{Kind: Unsupported, Pos: at, Msg: "long", Short: "short", Hint: "do z"}, nil,
			"f.yml:2:4: unsupported: short\n    hint: do z\n"},
		{"note", &Diagnostic{Kind: Warning, Pos: at, Msg: "m", Notes: []Note{{ir.Pos{File: "g.yml", Line: 1, Col: 1}, "from here"}}}, file("x\ny\n"),
			"f.yml:2:4: warning: m\n    2 | y\n      |    ^\ng.yml:1:1: note: from here\n    1 | x\n      | ^\n"},
		{"hidden", &Diagnostic{Pos: at, Msg: "m", Hidden: true}, file("x\nsecret\n"), "f.yml:2:4: m\n"},
		{"no place", &Diagnostic{Msg: "m"}, nil, "m\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, Format(tt.d, tt.read)); d != "" {
				t.Error(d)
			}
		})
	}
}
