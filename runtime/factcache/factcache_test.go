package factcache

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pbc/ir/value"
)

func text(t *testing.T, v value.Value) string {
	t.Helper()
	if d, ok := v.(*value.Dict); ok && d == nil {
		return "none"
	}
	s, err := value.JSON(v, value.JSONOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestKeeps(t *testing.T) {
	c := Cache{Dir: filepath.Join(t.TempDir(), "cache"), Prefix: "pre-"}
	if !c.Open() {
		t.Fatal("no folder")
	}
	c.Save("web", value.DictOf("b", "ä", "a", value.NewList(int64(1), nil)))
	b, err := os.ReadFile(filepath.Join(c.Dir, "pre-web"))
	if err != nil {
		t.Fatal(err)
	}
	want := "{\n    \"a\": [\n        1,\n        null\n    ],\n    \"b\": \"\\u00e4\"\n}"
	if d := cmp.Diff(want, string(b)); d != "" {
		t.Error(d)
	}
	facts := c.Load("web")
	if got := text(t, facts); got != `{"a": [1, null], "b": "ä"}` {
		t.Errorf("got %s", got)
	}
	if s, _ := facts.GetStr("b"); !s.(*value.Str).Unsafe {
		t.Error("a fact is taken for a template")
	}
	if got := text(t, c.Load("db")); got != "none" {
		t.Errorf("got %s for a host that was never seen", got)
	}
	c.Save("web", value.NewDict())
	if got := text(t, c.Load("web")); got != "none" {
		t.Errorf("got %s after the facts were cleared", got)
	}
	c.Save("../up", value.DictOf("a", "b"))
	if files, _ := os.ReadDir(filepath.Dir(c.Dir)); len(files) != 1 {
		t.Error("a host's name leads out of the folder")
	}
}

func TestTooOld(t *testing.T) {
	tests := []struct {
		name    string
		timeout time.Duration
		age     time.Duration
		want    string
	}{
		{"young", time.Hour, time.Minute, `{"a": 1}`},
		{"old", time.Hour, 2 * time.Hour, "none"},
		{"for ever", 0, 10000 * time.Hour, `{"a": 1}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := Cache{Dir: t.TempDir(), Timeout: test.timeout}
			c.Save("h", value.DictOf("a", int64(1)))
			then := time.Now().Add(-test.age)
			if err := os.Chtimes(filepath.Join(c.Dir, "h"), then, then); err != nil {
				t.Fatal(err)
			}
			if got := text(t, c.Load("h")); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestCorrupt(t *testing.T) {
	for name, content := range map[string]string{"no JSON": "{", "no object": "[1]", "empty": ""} {
		t.Run(name, func(t *testing.T) {
			var said []string
			c := Cache{Dir: t.TempDir(), Warn: func(m string) { said = append(said, m) }}
			file := filepath.Join(c.Dir, "h")
			if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			if got := text(t, c.Load("h")); got != "none" || c.Err() == nil || len(said) != 1 {
				t.Errorf("got %s, error %v, warnings %q", got, c.Err(), said)
			}
			if _, err := os.Stat(file); err == nil {
				t.Error("the file is still there")
			}
		})
	}
}

// The files of dialect tagged are those of ansible-core 2.19.
func TestTagged(t *testing.T) {
	c := Cache{Dir: t.TempDir(), Prefix: "f_", Tagged: true}
	c.Save("web", value.DictOf("b", "ä", "a", int64(1)))
	b, err := os.ReadFile(filepath.Join(c.Dir, "f_s1_web"))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(`{"__payload__": "{\"b\": \"\\u00e4\", \"a\": 1}"}`, string(b)); d != "" {
		t.Error(d)
	}
	if got := text(t, c.Load("web")); got != `{"b": "ä", "a": 1}` {
		t.Errorf("got %s", got)
	}
	day, now := &value.Date{T: time.Date(2020, 1, 2, 0, 0, 0, 0, time.UTC)}, &value.Date{T: time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC), HasTime: true}
	c.Save("dates", value.DictOf("l", value.NewList(day, now)))
	if b, err = os.ReadFile(filepath.Join(c.Dir, "f_s1_dates")); err != nil {
		t.Fatal(err)
	}
	want := `{"__payload__": "{\"l\": [{\"iso8601\": \"2020-01-02\", \"__ansible_type\": \"AnsibleSerializableDate\"}, ` +
		`{\"iso8601\": \"2020-01-02T03:04:05\", \"fold\": 0, \"__ansible_type\": \"AnsibleSerializableDateTime\"}]}"}`
	if d := cmp.Diff(want, string(b)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(value.DictOf("l", value.NewList(day, now)), c.Load("dates")); d != "" {
		t.Errorf("loaded (-want +got):\n%s", d)
	}
	real := `{"__payload__": "{\"kept\": {\"value\": [{\"value\": \"x\", \"tags\": [], \"__ansible_type\": \"_AnsibleTaggedStr\"}], \"tags\": [], \"__ansible_type\": \"_AnsibleTaggedList\"}}"}`
	if err := os.WriteFile(filepath.Join(c.Dir, "f_s1_db"), []byte(real), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := text(t, c.Load("db")); got != `{"kept": ["x"]}` {
		t.Errorf("got %s", got)
	}
	if err := os.WriteFile(filepath.Join(c.Dir, "f_s1_bare"), []byte(`{"a": 1}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := c.Load("bare"); got.Len() != 0 || c.Err() != nil {
		t.Errorf("got %v, error %v", got, c.Err())
	}
}
