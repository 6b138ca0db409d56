package yaml

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pbc/compiler/diag"
	record "pbc/internal/recorded"
	"pbc/ir/value"
)

// recorded is a source and what Ansible reads from it, as testdata/record.py writes it.
type recorded struct {
	Src  string
	Want []string
}

func readRecorded(t testing.TB) []recorded {
	t.Helper()
	return record.Cases[recorded](t, 240)
}

func quote(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), "\n", `\n`)
}

// place is where Ansible knows a node to be: it forgets that of numbers and of its own rarer types.
func place(n *Node) string {
	_, text := n.Value.(string)
	_, vault := n.Value.(*value.Vault)
	rare := n.Tag == tagPair || n.Tag == tagOmap || n.Tag == tagSet || n.Unsafe
	if !n.Pos.IsValid() || rare || n.Kind == Scalar && !text && !vault {
		return "- "
	}
	return fmt.Sprintf("%d:%d ", n.Pos.Line, n.Pos.Col)
}

// className is Ansible's class of a node.
func className(n *Node) string {
	switch {
	case n.Tag == tagPair:
		return "tuple"
	case n.Unsafe && n.Kind != Scalar && len(n.Items) == 0:
		// What !unsafe leaves empty below its first level.
		return map[Kind]string{Seq: "AnsibleSequence", Map: "dict"}[n.Kind]
	}
	return n.TypeName()
}

func tree(n *Node, depth int, lines []string) []string {
	head := strings.Repeat(" ", depth) + place(n)
	if v, ok := n.Value.(*value.Vault); ok {
		return append(lines, head+"vault "+quote(v.Cipher))
	}
	if n.Kind == Scalar || n.Tag == tagSet {
		text, _ := value.Repr(n.ToValue(nil))
		return append(lines, head+className(n)+" "+quote(text))
	}
	lines = append(lines, head+className(n))
	for i, e := range n.Items {
		if n.Kind == Map {
			lines = tree(n.Keys[i], depth+1, lines)
			lines = tree(e, depth+2, lines)
		} else {
			lines = tree(e, depth+1, lines)
		}
	}
	return lines
}

func (c recorded) run() []string {
	docs, diags := Parse("$FILE", []byte(c.Src))
	var lines []string
	for _, d := range diags.Items {
		kind := "error: "
		if d.Kind == diag.Warning {
			kind = "warning: "
		}
		lines = append(lines, kind+diag.Ansible(d, func(string) ([]byte, error) { return []byte(c.Src), nil }))
	}
	switch {
	case diags.Stops():
	case len(docs) == 0:
		lines = append(lines, "- NoneType None")
	default:
		lines = tree(docs[0], 0, lines)
	}
	return lines
}

// problemOf cuts a syntax error down to what it says, without the place.
func problemOf(lines []string) string {
	for _, l := range lines {
		if _, rest, ok := strings.Cut(l, "Syntax Error while loading YAML.\n"); ok {
			problem, _, _ := strings.Cut(rest, "\n")
			return strings.TrimSpace(problem)
		}
	}
	return ""
}

// TestAgainstAnsible holds trees, warnings and errors, with their excerpts, to Ansible's.
//
// The library looks two tokens ahead for comments, so where the text has two faults it may meet the
// second one first. Such errors are counted: both refuse the source, with different words.
func TestAgainstAnsible(t *testing.T) {
	other, errors := 0, 0
	for i, c := range readRecorded(t) {
		got := c.run()
		if problemOf(c.Want) != "" {
			errors++
		}
		if cmp.Equal(c.Want, got) {
			continue
		}
		if problemOf(c.Want) != "" && problemOf(got) != "" {
			other++
			continue
		}
		t.Errorf("case %d: %q\n-ansible +pbc\n%s", i, c.Src, cmp.Diff(c.Want, got))
	}
	t.Logf("%d syntax errors, %d with other words", errors, other)
	if other*10 > errors {
		t.Errorf("%d of %d syntax errors have other words than Ansible's", other, errors)
	}
}
