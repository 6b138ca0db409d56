package ir_test

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pbc/ir"
)

var update = flag.Bool("update", false, "write goldens and corpora anew")

// inflated is the payload of a plan.
func inflated(t testing.TB, plan []byte) []byte {
	t.Helper()
	at := 10
	at += 1 + int(plan[at])
	at += 1 + int(plan[at])
	b, err := io.ReadAll(flate.NewReader(bytes.NewReader(plan[at+48:])))
	if err != nil {
		t.Fatal(err)
	}
	if n := binary.BigEndian.Uint64(plan[at:]); n != uint64(len(b)) {
		t.Fatalf("size %d, got %d bytes", n, len(b))
	}
	return b
}

// planOf is a plan with this payload and a right checksum.
func planOf(raw []byte) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestSpeed)
	_, _ = w.Write(raw)
	_ = w.Close()
	plan := framed("classic", uint64(len(raw)), b.Bytes())
	return plan
}

// hostile are payloads that lie about lengths or nest without end.
func hostile() map[string][]byte {
	return map[string][]byte{
		"deep":       bytes.Repeat([]byte{0x91}, 1<<16),
		"deep_maps":  bytes.Repeat([]byte{0x81}, 1<<16),
		"long_array": {0xdd, 0xff, 0xff, 0xff, 0xff},
		"long_map":   {0xdf, 0x7f, 0xff, 0xff, 0xff},
		"long_text":  {0xdb, 0xff, 0xff, 0xff, 0xff, 'x'},
		"long_bin":   {0xc6, 0x80, 0, 0, 0},
		"long_ext":   {0xc9, 0xff, 0xff, 0xff, 0xff, 1},
		"reserved":   {0xc1},
		"nil":        {0xc0},
		"no_fields":  {0x90},
		"a_map":      {0x81, 0xa7, 'D', 'i', 'a', 'l', 'e', 'c', 't', 0xa7, 'c', 'l', 'a', 's', 's', 'i', 'c'},
	}
}

func TestHostilePayloads(t *testing.T) {
	for name, raw := range hostile() {
		t.Run(name, func(t *testing.T) {
			p, err := ir.Decode(planOf(raw))
			if name == "a_map" { // a plan of nothing, written another way: harmless
				if err != nil || len(p.Plays) != 0 {
					t.Errorf("got %v, %v", p, err)
				}
				return
			}
			if err == nil {
				t.Error("accepted")
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	p := sample()
	p.Maker = ""
	raw := inflated(f, encoded(f, p))
	if *update {
		corpus(f, "FuzzDecode", raw)
	}
	f.Add(raw)
	for _, b := range hostile() {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := ir.Decode(planOf(raw))
		if err != nil {
			return
		}
		if err := ir.Text(io.Discard, p, ir.TextOptions{}); err != nil {
			t.Fatal(err)
		}
		b := encoded(t, p)
		again, err := ir.Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(p, again, equal...); d != "" {
			t.Fatal(d)
		}
	})
}

// corpus writes seeds: a whole program, and cuts of it.
func corpus(t testing.TB, name string, raw []byte) {
	dir := filepath.Join("testdata", "fuzz", name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for i, b := range [][]byte{raw, raw[:len(raw)/2], append(bytes.Clone(raw), raw...)} {
		text := fmt.Sprintf("go test fuzz v1\n[]byte(%q)\n", b)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("seed%d", i)), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
