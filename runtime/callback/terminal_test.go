package callback

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
)

// terminfoEntry builds a compiled terminfo entry with the given numbers.
func terminfoEntry(magic uint16, names string, numbers ...int) []byte {
	var b bytes.Buffer
	le := binary.LittleEndian
	header := []uint16{magic, uint16(len(names)), 1, uint16(len(numbers)), 0, 0}
	for _, h := range header {
		b.Write(le.AppendUint16(nil, h))
	}
	b.WriteString(names)
	b.WriteByte(1)
	if b.Len()%2 == 1 {
		b.WriteByte(0)
	}
	for _, n := range numbers {
		if magic == terminfoMagic32 {
			b.Write(le.AppendUint32(nil, uint32(int32(n))))
		} else {
			b.Write(le.AppendUint16(nil, uint16(int16(n))))
		}
	}
	return b.Bytes()
}

func TestTerminfoColors(t *testing.T) {
	colored := make([]int, 15)
	colored[13] = 256
	none := make([]int, 15)
	none[13] = -1
	for _, c := range []struct {
		name  string
		entry []byte
		want  int
	}{
		{"256 colours", terminfoEntry(terminfoMagic, "xterm\x00", colored...), 256},
		{"odd names", terminfoEntry(terminfoMagic, "ansi\x00", colored...), 256},
		{"wide numbers", terminfoEntry(terminfoMagic32, "xterm\x00", colored...), 256},
		{"cancelled", terminfoEntry(terminfoMagic, "vt100\x00", none...), -1},
		{"wide, cancelled", terminfoEntry(terminfoMagic32, "vt100\x00", none...), -1},
		{"too few numbers", terminfoEntry(terminfoMagic, "dumb\x00", 80), -1},
		{"other file", []byte("#!/bin/sh and some more"), -1},
		{"cut short", terminfoEntry(terminfoMagic, "xterm\x00", colored...)[:30], -1},
		{"empty", nil, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := terminfoColors(c.entry); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
}

func TestTerminalColorsLookup(t *testing.T) {
	dir := t.TempDir()
	numbers := make([]int, 14)
	numbers[13] = 8
	if err := os.MkdirAll(filepath.Join(dir, "p"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "p", "pbcterm"), terminfoEntry(terminfoMagic, "pbcterm\x00", numbers...), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, term string
		want       int
	}{
		{"known", "pbcterm", 8},
		{"unknown", "pbcterm-that-nobody-has", -1},
		{"a path", "p/pbcterm", -1},
		{"unset", "", -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			env := map[string]string{"TERM": c.term, "TERMINFO": dir}
			if got := terminalColors(func(k string) string { return env[k] }); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
}

func TestOpenScreenOfAFile(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, c := range []struct {
		name  string
		force bool
		no    bool
		want  bool
	}{
		{"plain", false, false, false},
		{"force_color", true, false, true},
		{"force_color goes before nocolor", true, true, true},
		{"nocolor", false, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := DefaultOptions()
			o.ForceColor, o.NoColor, o.NoCows = c.force, c.no, true
			s := OpenScreen(f, f, o, func(string) string { return "xterm" })
			if s.Colored() != c.want || s.Columns != 79 {
				t.Errorf("got colours %v, %d columns; want %v, 79", s.Colored(), s.Columns, c.want)
			}
		})
	}
}

// TestProgressWidth has a line that does not fit: the task leaves room for the hosts, and a terminal that has become narrower is believed.
func TestProgressWidth(t *testing.T) {
	var tty bytes.Buffer
	columns := 41
	p := NewProgress(NewScreen(&tty, &tty), &tty, func() int { return columns })
	p.Handle(Doing{Host: "web1", Task: "configure the service with a long name", At: []int{1}})
	columns = 21
	p.Handle(Doing{Host: "web2", Task: "configure the service with a long name", At: []int{1}})
	want := "[0/1] configure the service with …: web1" + wipeLine + "[0/2] config…: web1 "
	if got := tty.String(); got != want {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
}

func TestProgress(t *testing.T) {
	var tty bytes.Buffer
	s := NewScreen(&tty, &tty)
	cb, err := New(s, DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	task := &Task{ID: "1", Name: "work", Action: "command"}
	all := Join(cb, NewProgress(s, &tty, func() int { return 24 }))
	for _, e := range []Event{
		PlayStart{Name: "p"}, Doing{Host: "one"}, Doing{Host: "a-long-name"}, Doing{Host: "two"},
		Doing{Host: "one", Task: "work", At: []int{1}}, Doing{Host: "a-long-name", Task: "work", At: []int{1}},
		Doing{Host: "one", Task: "work", At: []int{1}, Done: true},
		TaskStart{task}, Result{Host: "one", Task: task},
		Doing{Host: "one", Task: "more\x1b[31m", At: []int{2, 0}}, // it is ahead, and says nothing to the terminal
		Doing{Host: "a-long-name", Task: "work", At: []int{1}, Done: true},
		Result{Host: "a-long-name", Task: task}, Message{Text: "press enter: ", NoNewline: true},
		Doing{Host: "a-long-name", Gone: true}, Doing{Host: "one", Gone: true},
	} {
		all.Handle(e)
	}
	if err := all.Close(); err != nil {
		t.Fatal(err)
	}
	want := "\nPLAY [p] ***********************************************************************\n" +
		"[0/3] work: one" + wipeLine + "[0/3] work: one a-long-" + wipeLine + "[1/3] work: a-long-name" + wipeLine +
		"\nTASK [work] ********************************************************************\nok: [one]\n" +
		"[1/3] work: a-long-name" + wipeLine + "[0/3] more[31m: one" + wipeLine + "ok: [a-long-name]\n" +
		"[0/3] more[31m: one" + wipeLine + "press enter: [1/3] more[31m: one" + wipeLine
	if got := tty.String(); got != want {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
}
