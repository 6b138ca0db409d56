package callback

import (
	"fmt"
	"strings"

	"pbc/ir/value"
)

// diffText renders the "diff" of a result: one dictionary or a list of them. It is empty when there is
// nothing to show.
func (p *printer) diffText(diff value.Value) (string, error) {
	parts := []value.Value{diff}
	if l, ok := diff.(*value.List); ok {
		parts = l.V
	}
	var b strings.Builder
	for _, part := range parts {
		d, ok := part.(*value.Dict)
		if _, isText := value.Text(part); isText {
			continue
		}
		if !ok {
			return "", fmt.Errorf("argument of type '%s' is not iterable", value.TypeName(part))
		}
		if err := p.writeDiff(&b, d); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}

func (p *printer) writeDiff(b *strings.Builder, d *value.Dict) error {
	if has(d, "dst_binary") {
		b.WriteString("diff skipped: destination file appears to be binary\n")
	}
	if has(d, "src_binary") {
		b.WriteString("diff skipped: source file appears to be binary\n")
	}
	if n, ok := d.GetStr("dst_larger"); ok {
		fmt.Fprintf(b, "diff skipped: destination file size is greater than %s\n", text(n))
	}
	if n, ok := d.GetStr("src_larger"); ok {
		fmt.Fprintf(b, "diff skipped: source file size is greater than %s\n", text(n))
	}
	if has(d, "before") && has(d, "after") {
		if err := p.writeUnified(b, d); err != nil {
			return err
		}
	}
	if v, ok := d.GetStr("prepared"); ok {
		b.WriteString(text(v))
	}
	return nil
}

func (p *printer) writeUnified(b *strings.Builder, d *value.Dict) error {
	before, err := p.diffSide(d, "before")
	if err != nil {
		return err
	}
	after, err := p.diffSide(d, "after")
	if err != nil {
		return err
	}
	lines := unifiedDiff(before, after, diffHeader(d, "before"), diffHeader(d, "after"), p.opt.DiffContext)
	for _, l := range lines {
		b.WriteString(p.screen.Paint(l, diffColor(l)))
	}
	if len(lines) > 0 {
		b.WriteString("\n")
	}
	return nil
}

func diffColor(line string) Color {
	switch {
	case strings.HasPrefix(line, "+"):
		return ColorDiffAdd
	case strings.HasPrefix(line, "-"):
		return ColorDiffRemove
	case strings.HasPrefix(line, "@@"):
		return ColorDiffLines
	}
	return NoColor
}

func diffHeader(d *value.Dict, side string) string {
	if h, ok := d.GetStr(side + "_header"); ok {
		return side + ": " + text(h)
	}
	return side
}

// diffSide is one side of a diff as lines: text as it is, a dictionary as pretty JSON.
func (p *printer) diffSide(d *value.Dict, side string) ([]string, error) {
	v, _ := d.GetStr(side)
	var s string
	switch x := v.(type) {
	case nil:
	case *value.Dict:
		var err error
		if s, err = p.serializeDiff(x); err != nil {
			return nil, err
		}
	default:
		t, ok := value.Text(v)
		if !ok {
			return nil, fmt.Errorf("'%s' object has no attribute 'splitlines'", value.TypeName(v))
		}
		s = t
	}
	lines := splitLines(s)
	if n := len(lines); n > 0 && !strings.HasSuffix(lines[n-1], "\n") {
		lines[n-1] += "\n\\ No newline at end of file\n"
	}
	return lines, nil
}
