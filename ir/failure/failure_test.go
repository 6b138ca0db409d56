package failure

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pbc/ir/value"
)

const source = "- hosts: all\n\n  tasks:\n\t- debug:\n      msg: \"{{ nope }}\"\n"

func read(file string) ([]byte, error) {
	switch file {
	case "site.yml":
		return []byte(source), nil
	case "long.yml":
		return []byte(strings.Repeat("x", 115) + "\n" + strings.Repeat("y", 200) + "\n"), nil
	case "vault.yml":
		return []byte("$ANSIBLE_VAULT;1.1;AES256\n61\n"), nil
	}
	return nil, errors.New("gone")
}

func at(file string, line, col int) *value.Origin {
	return &value.Origin{File: file, Line: line, Col: col}
}

// The texts were taken from ansible-core 2.19.
func TestText(t *testing.T) {
	for _, tt := range []struct {
		name  string
		f     *Failure
		brief string
		want  string
	}{
		{"alone", New("it broke."), "it broke.", "it broke."},
		{"joined", Failure{Msg: "Task failed."}.Because(New("boo")), "Task failed: boo", "Task failed: boo"},
		{"said already", Failure{Msg: "a: boo"}.Because(New("boo")), "a: boo", "a: boo"},
		{"help on the line", &Failure{Msg: "bad.", Help: "Do good."}, "bad.", "bad. Do good."},
		{"place", &Failure{Msg: "bad", At: at("site.yml", 5, 12)}, "bad",
			"bad\nOrigin: site.yml:5:12\n\n3   tasks:\n4  - debug:\n5       msg: \"{{ nope }}\"\n             ^ column 12"},
		{"first lines", &Failure{Msg: "bad", At: at("site.yml", 2, 1)}, "bad", "bad\nOrigin: site.yml:2:1\n\n1 - hosts: all\n2\n  ^ column 1"},
		{"no column", &Failure{Msg: "bad", At: at("site.yml", 1, 0)}, "bad", "bad\nOrigin: site.yml:1\n\n1 - hosts: all\n  ^^^^^^^^^^^^"},
		{"two places", Failure{Msg: "Task failed.", At: at("site.yml", 1, 1)}.Because(&Failure{Msg: "bad", At: at("site.yml", 1, 3), Help: "Help."}), "Task failed: bad",
			"Task failed: bad\n\nTask failed.\nOrigin: site.yml:1:1\n\n1 - hosts: all\n  ^ column 1\n\n<<< caused by >>>\n\n" +
				"bad\nOrigin: site.yml:1:3\n\n1 - hosts: all\n    ^ column 3\n\nHelp."},
		{"one place", Failure{Msg: "Task failed.", At: at("site.yml", 1, 1)}.Because(Failure{Msg: "Bad.", At: at("site.yml", 1, 1)}.Because(New("worse"))), "Task failed: Bad: worse",
			"Task failed: Bad: worse\nOrigin: site.yml:1:1\n\n1 - hosts: all\n  ^ column 1"},
		{"handling", Failure{Msg: "Task failed."}.Because(&Failure{Msg: "gone", Handling: true}), "Task failed: gone",
			"Task failed: gone\n\nTask failed.\n\n<<< caused by >>>\n\ngone"},
		{"parts", Failure{Msg: "Task failed.", At: at("site.yml", 1, 1)}.Because(&Failure{Msg: "Two failed.", Parts: []*Failure{New("one\nline more"), {Msg: "two.", Help: "Help."}}}), "Task failed: Two failed.",
			"Task failed: Two failed.\n\nTask failed.\nOrigin: site.yml:1:1\n\n1 - hosts: all\n  ^ column 1\n\n<<< caused by >>>\n\nTwo failed.\n\n" +
				"+--[ Sub-Event 1 of 2 ]---\n| \n| one\n| line more\n| \n+--[ Sub-Event 2 of 2 ]---\n| \n| two. Help.\n| \n+--[ End Sub-Event ]---"},
		{"words", &Failure{Msg: "bad", At: &value.Origin{File: "<CLI option '-e'>"}, Shown: "{{ a }}"}, "bad", "bad\nOrigin: <CLI option '-e'>\n\n{{ a }}"},
		{"value", &Failure{Msg: "bad", Shown: "['debug',\n 'text']"}, "bad", "bad\nOrigin: <unknown>\n\n['debug', 'text']"},
		{"gone", &Failure{Msg: "bad", At: at("gone.yml", 1, 1)}, "bad", "bad\nOrigin: gone.yml:1:1\n\n(source not shown: FileNotFoundError)"},
		{"encrypted", &Failure{Msg: "bad", At: at("vault.yml", 1, 1)}, "bad", "bad\nOrigin: vault.yml:1:1\n\n(source not shown: content encrypted)"},
		{"truncated", &Failure{Msg: "bad", At: at("site.yml", 9, 1)}, "bad", "bad\nOrigin: site.yml:9:1\n\n(source not shown: file truncated)"},
		{"far right", &Failure{Msg: "bad", At: at("long.yml", 1, 112)}, "bad",
			"bad\nOrigin: long.yml:1:112\n\n1 " + strings.Repeat("x", 115) + "\n  " + strings.Repeat(" ", 100) + "column 112 ^"},
		{"cut", &Failure{Msg: "bad", At: at("long.yml", 2, 118)}, "bad",
			"bad\nOrigin: long.yml:2:118\n\n1 " + strings.Repeat("x", 115) + "\n2 " + strings.Repeat("y", 115) + "..."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.brief, tt.f.Brief()); d != "" {
				t.Errorf("brief (-want +got):\n%s", d)
			}
			if d := cmp.Diff(tt.want, tt.f.Text(read)); d != "" {
				t.Errorf("text (-want +got):\n%s", d)
			}
			if d := cmp.Diff(tt.f, FromValue(tt.f.Value())); d != "" {
				t.Errorf("as a value (-want +got):\n%s", d)
			}
		})
	}
}

func TestShorten(t *testing.T) {
	long := strings.Repeat("word ", 30)
	if got, want := shorten(long), strings.TrimSpace(strings.Repeat("word ", 23))+" [...]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFromHostile(t *testing.T) {
	for _, v := range []value.Value{nil, "text", value.NewList("x"), value.NewList(value.DictOf("at", value.NewList(1)))} {
		if f := FromValue(v); f != nil && f.Msg+f.Help != "" {
			t.Errorf("%v: got %+v", v, f)
		}
	}
}
