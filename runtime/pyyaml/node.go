package pyyaml

import (
	"encoding/base64"
	"fmt"
	"math"
	"math/big"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/bound"
	"pbc/runtime/exception"
	"pbc/runtime/pyre"
	"pbc/runtime/python"
)

// node is a value on its way to YAML text, as PyYAML's representer makes it.
type node struct {
	kind   byte // 's' scalar, 'l' sequence, 'm' mapping
	tag    string
	text   string
	plain  bool // a scalar that needs no quotes to keep its type
	block  bool // a scalar in literal style
	flow   bool
	items  []*node // of a mapping: key and value by turns
	anchor string
}

// representer makes nodes of values. What appears twice becomes one node.
type representer struct {
	flow   Flow
	sort   bool
	block  func(string) (string, bool)
	seen   map[any]*node
	visits int
}

// node makes the node of a value; depth is how deep it stands.
func (r *representer) node(v value.Value, depth int) (*node, error) {
	if depth > bound.Depth {
		return nil, exception.Raise("RecursionError", "maximum recursion depth exceeded")
	}
	if r.visits++; r.visits > bound.Visits {
		return nil, bound.TooLarge()
	}
	switch x := v.(type) {
	case *value.List:
		if n, ok := r.seen[x]; ok {
			return n, nil
		}
		n := &node{kind: 'l'}
		r.seen[x] = n
		return n, r.sequence(n, x.V, depth)
	case *value.Dict:
		if n, ok := r.seen[x]; ok {
			return n, nil
		}
		n := &node{kind: 'm'}
		r.seen[x] = n
		return n, r.mapping(n, x, depth)
	case *value.Set:
		n := &node{kind: 'm', tag: "!!set"}
		return n, r.mapping(n, x.D, depth)
	}
	if d, ok := python.AsDict(v); ok {
		n := &node{kind: 'm'}
		return n, r.mapping(n, d, depth)
	}
	if t, ok := v.(value.Tuple); ok {
		n := &node{kind: 'l'}
		return n, r.sequence(n, t, depth)
	}
	return r.scalar(v)
}

// leaf says whether n is a scalar without a style of its own.
func (n *node) leaf() bool { return n.kind == 's' && !n.block }

func (r *representer) flows(leaves bool) bool {
	return r.flow == FlowAlways || r.flow == FlowLeaves && leaves
}

func (r *representer) sequence(n *node, it []value.Value, depth int) error {
	leaves := true
	for _, e := range it {
		x, err := r.node(e, depth+1)
		if err != nil {
			return err
		}
		leaves = leaves && x.leaf()
		n.items = append(n.items, x)
	}
	n.flow = r.flows(leaves)
	return nil
}

func (r *representer) mapping(n *node, d *value.Dict, depth int) error {
	it := (&value.View{D: d, Kind: 'i'}).Items()
	if r.sort {
		if s, err := python.SortBy(it, func(v value.Value) (value.Value, error) { return v.(value.Tuple)[0], nil }, false); err == nil {
			it = s
		}
	}
	leaves := true
	for _, p := range it {
		for _, e := range p.(value.Tuple) {
			x, err := r.node(e, depth+1)
			if err != nil {
				return err
			}
			leaves = leaves && x.leaf()
			n.items = append(n.items, x)
		}
	}
	n.flow = r.flows(leaves)
	return nil
}

func (r *representer) scalar(v value.Value) (*node, error) {
	n := &node{kind: 's', plain: true}
	switch x := v.(type) {
	case nil:
		n.text = "null"
	case bool:
		n.text = map[bool]string{true: "true", false: "false"}[x]
	case int64, *big.Int:
		n.text = python.Str(x)
	case float64:
		n.text = yamlFloat(x)
	case string, *value.Str, *value.Tmpl:
		n.text = python.Str(x)
		if r.block != nil {
			n.text, n.block = r.block(n.text)
		}
		n.plain = !resolvesToOther(n.text)
	case []byte:
		n.tag, n.block = "!!binary", true
		s := base64.StdEncoding.EncodeToString(x)
		for len(s) > 76 {
			n.text += s[:76] + "\n"
			s = s[76:]
		}
		n.text += s + "\n"
	case *value.Date:
		n.text = python.Str(x)
	case *value.Vault:
		n.tag, n.text, n.block = "!vault", x.Cipher, true
	case *value.Undef:
		return nil, x.Fail()
	default:
		r, err := value.Repr(v)
		if err != nil {
			return nil, err
		}
		return nil, exception.Raise("yaml.representer.RepresenterError", "('cannot represent an object', %s)", r)
	}
	return n, nil
}

func yamlFloat(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return ".inf"
	case math.IsInf(f, -1):
		return "-.inf"
	case math.IsNaN(f):
		return ".nan"
	}
	s := value.FloatRepr(f)
	if !strings.Contains(s, ".") {
		s = strings.Replace(s, "e", ".0e", 1)
	}
	return s
}

// yamlOther matches the plain texts that YAML 1.1, as PyYAML reads it, takes for something else
// than text: booleans, floats, integers, dates, null, the merge key and the value key.
var yamlOther = pyre.MustCompile(`^(?:` + strings.Join([]string{
	`yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF`,
	`~|null|Null|NULL|<<|=|`,
	`[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?`,
	`\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?`,
	`[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*`,
	`[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)`,
	`[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+`,
	`[0-9]{4}-[0-9]{2}-[0-9]{2}`,
	`[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?`,
}, "|") + `)$`)

func resolvesToOther(s string) bool {
	if s == "" {
		return true
	}
	if strings.IndexByte("yYnNtTfFoO~<=-+.0123456789\n", s[0]) < 0 {
		return false
	}
	return yamlOther.MatchString(s)
}

// anchor names the nodes that appear more than once, in the order of their second appearance.
func anchor(n *node, seen map[*node]bool, count *int) {
	if n.kind == 's' {
		return
	}
	if seen[n] {
		if n.anchor == "" {
			*count++
			n.anchor = fmt.Sprintf("id%03d", *count)
		}
		return
	}
	seen[n] = true
	for _, x := range n.items {
		anchor(x, seen, count)
	}
}
