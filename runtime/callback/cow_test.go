package callback

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCow(t *testing.T) {
	dir := t.TempDir()
	cowsay := filepath.Join(dir, "cowsay")
	script := "#!/bin/sh\n[ \"$1\" = -l ] && { echo default moose; exit; }\nprintf '<%s>' \"$@\"\n"
	if err := os.WriteFile(cowsay, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, banner, want string
		change             func(*Options)
	}{
		{"a task", "TASK [x]", "<-W><60><-f><default><TASK [x]>\n", func(*Options) {}},
		{"brackets after a colon", "TASK: [x]", "<-W><60><-f><default><TASK: x>\n", func(*Options) {}},
		{"another cow", "PLAY", "<-W><60><-f><tux><PLAY>\n", func(o *Options) { o.CowSelection = "tux" }},
		{"random", "PLAY", "<-W><60><-f><moose><PLAY>\n", func(o *Options) { o.CowSelection, o.Cows = "random", []string{"moose"} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			s, o := NewScreen(&out, &out), DefaultOptions()
			o.CowPath = cowsay
			c.change(&o)
			s.Cow = findCow(o)
			s.Banner(c.banner)
			if d := cmp.Diff(c.want, out.String()); d != "" {
				t.Error(d)
			}
		})
	}
	if findCow(Options{CowPath: cowsay, NoCows: true}) != nil || findCow(Options{CowPath: filepath.Join(dir, "none")}) != nil {
		t.Error("got a cow, want none")
	}
}

func TestOpenLog(t *testing.T) {
	var out, errs bytes.Buffer
	s := NewScreen(&out, &errs)
	if f := s.OpenLog(filepath.Join(t.TempDir(), "no/such/folder"), false, os.Getenv); f != nil || s.Log != nil {
		t.Error("got a log, want none")
	}
	if !bytes.HasSuffix(errs.Bytes(), []byte("is not writeable and we cannot create it, aborting\n\n")) {
		t.Errorf("got %q", errs.String())
	}
	errs.Reset()
	if s.OpenLog("/", true, os.Getenv); errs.String() != "[WARNING]: DEFAULT_LOG_PATH can not be a directory '/', aborting\n" {
		t.Errorf("got %q", errs.String())
	}
	path := filepath.Join(t.TempDir(), "log")
	f := s.OpenLog(path, false, func(k string) string { return map[string]string{"USER": "me"}[k] })
	s.Display("\ntext", NoColor)
	s.Display("not logged", ColorDebug)
	s.screenOnly("nor this", NoColor)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := logHeads.ReplaceAllString(string(b), ""); got != "text\n" || !bytes.Contains(b, []byte(" u=me ")) {
		t.Errorf("got %q", b)
	}
}

func TestLogPrefix(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 6_700_000, time.UTC)
	if got, want := logPrefix(now, 42, "me", ""), "2026-01-02 03:04:05,006 p=42 u=me n=ansible | "; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
