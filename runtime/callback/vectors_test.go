package callback

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pbc/ir/value"
	"pbc/runtime/python"
)

// TestVectors compares the ports of Python's textwrap and difflib, of glibc's wcwidth and of libyaml's
// emitter with what the originals made of the same input. testdata/vectors.py makes the vectors.
func TestVectors(t *testing.T) {
	b, err := os.ReadFile("testdata/vectors.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, line := range strings.Split(strings.TrimSuffix(string(b), "\n"), "\n") {
		v, err := value.ParseJSON([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		d := v.(*value.Dict)
		kind := textKey(d, "kind")
		kinds[kind]++
		got, want := vector(kind, d)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s\n(-want +got):\n%s", line, diff)
		}
	}
	for _, k := range []string{"yaml", "wrap", "diff", "lines", "width"} {
		if kinds[k] == 0 {
			t.Errorf("no vector of kind %s", k)
		}
	}
}

// vector computes what a vector asks for, and returns it with what is wanted.
func vector(kind string, d *value.Dict) (got, want []string) {
	in, number := textKey(d, "text"), func(k string) int { return int(intKey(d, k)) }
	wanted := func() (s []string) {
		for _, l := range elements(d, "want") {
			s = append(s, text(l))
		}
		return s
	}
	switch kind {
	case "yaml":
		style := yamlStyle{indent: number("indent"), width: yamlWidth, block: exactBlock}
		if truthyKey(d, "lossy") {
			style.block = readableBlock
		}
		v, _ := d.GetStr("value")
		return lines(emitYAML(v, style)), lines(textKey(d, "want"))
	case "wrap":
		return python.Wrapper{Width: number("width"), KeepSpace: truthyKey(d, "keep")}.Wrap(in), wanted()
	case "diff":
		out := unifiedDiff(splitLines(textKey(d, "a")), splitLines(textKey(d, "b")), "before", "after", number("context"))
		return lines(strings.Join(out, "")), lines(textKey(d, "want"))
	case "lines":
		return splitLines(in), wanted()
	case "width":
		n, ok := textWidth(in)
		if !ok {
			n = -1
		}
		return []string{text(int64(n))}, []string{textKey(d, "want")}
	}
	return nil, []string{"a known kind"}
}

func FuzzWrap(f *testing.F) {
	f.Add("some words--and a-hyphen", 10)
	f.Fuzz(func(t *testing.T, s string, width int) {
		if width < 1 || width > 200 {
			return
		}
		for _, l := range (python.Wrapper{Width: width}).Wrap(s) {
			if n := len([]rune(l)); n > width {
				t.Errorf("line of %d characters, want at most %d: %q", n, width, l)
			}
		}
	})
}

func FuzzTerminfo(f *testing.F) {
	f.Add(terminfoEntry(terminfoMagic, "xterm\x00", make([]int, 15)...))
	f.Add(terminfoEntry(terminfoMagic32, "x\x00", make([]int, 15)...))
	f.Fuzz(func(t *testing.T, b []byte) { terminfoColors(b) })
}
