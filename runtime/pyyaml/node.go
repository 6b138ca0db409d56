package pyyaml

import (
	"encoding/base64"
	"fmt"
	"math"
	"math/big"
	"strings"
	"sync"

	"pbc/ir/value"
	"pbc/runtime/exception"
	"pbc/runtime/pyre"
	"pbc/runtime/python"
)

// Node is a value on its way to YAML text, as PyYAML's representer makes it.
type Node struct {
	kind   byte // 's' scalar, 'l' sequence, 'm' mapping
	tag    string
	text   string
	plain  bool // a scalar that needs no quotes to keep its type
	block  bool // a scalar in literal style
	flow   bool
	items  []*Node // of a mapping: key and value by turns
	anchor string
}

// yamlFlow is the argument default_flow_style: none lets collections of plain scalars flow.
type yamlFlow byte

const (
	FlowLeaves yamlFlow = iota
	FlowNever
	FlowAlways
)

// Representer makes nodes of values. What appears twice becomes one node.
type Representer struct {
	Flow yamlFlow
	Sort bool
	Seen map[any]*Node
}

// Node makes the node of a value; depth is how deep it stands.
func (r *Representer) Node(v value.Value, depth int) (*Node, error) {
	if depth > value.MaxDepth {
		return nil, exception.Raise("RecursionError", "maximum recursion depth exceeded")
	}
	switch x := v.(type) {
	case *value.List:
		if n, ok := r.Seen[x]; ok {
			return n, nil
		}
		n := &Node{kind: 'l'}
		r.Seen[x] = n
		return n, r.sequence(n, x.V, depth)
	case *value.Dict:
		if n, ok := r.Seen[x]; ok {
			return n, nil
		}
		n := &Node{kind: 'm'}
		r.Seen[x] = n
		return n, r.mapping(n, x, depth)
	case *value.Set:
		n := &Node{kind: 'm', tag: "!!set"}
		return n, r.mapping(n, x.D, depth)
	}
	if d, ok := python.AsDict(v); ok {
		n := &Node{kind: 'm'}
		return n, r.mapping(n, d, depth)
	}
	if t, ok := v.(value.Tuple); ok {
		n := &Node{kind: 'l'}
		return n, r.sequence(n, t, depth)
	}
	return yamlScalar(v)
}

// leaf says whether n is a scalar without a style of its own.
func (n *Node) leaf() bool { return n.kind == 's' && !n.block }

func (r *Representer) flows(leaves bool) bool {
	return r.Flow == FlowAlways || r.Flow == FlowLeaves && leaves
}

func (r *Representer) sequence(n *Node, it []value.Value, depth int) error {
	leaves := true
	for _, e := range it {
		x, err := r.Node(e, depth+1)
		if err != nil {
			return err
		}
		leaves = leaves && x.leaf()
		n.items = append(n.items, x)
	}
	n.flow = r.flows(leaves)
	return nil
}

func (r *Representer) mapping(n *Node, d *value.Dict, depth int) error {
	it := (&value.View{D: d, Kind: 'i'}).Items()
	if r.Sort {
		if s, err := python.SortBy(it, func(v value.Value) (value.Value, error) { return v.(value.Tuple)[0], nil }, false); err == nil {
			it = s
		}
	}
	leaves := true
	for _, p := range it {
		for _, e := range p.(value.Tuple) {
			x, err := r.Node(e, depth+1)
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

func yamlScalar(v value.Value) (*Node, error) {
	n := &Node{kind: 's', plain: true}
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
var yamlOther = sync.OnceValue(func() *pyre.Regex {
	r, err := pyre.CompileRegex(`^(?:`+strings.Join([]string{
		`yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF`,
		`~|null|Null|NULL|<<|=|`,
		`[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?`,
		`\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?`,
		`[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*`,
		`[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)`,
		`[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+`,
		`[0-9]{4}-[0-9]{2}-[0-9]{2}`,
		`[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?`,
	}, "|")+`)$`, "")
	if err != nil {
		panic(err)
	}
	return r
})

func resolvesToOther(s string) bool {
	if s == "" {
		return true
	}
	if strings.IndexByte("yYnNtTfFoO~<=-+.0123456789\n", s[0]) < 0 {
		return false
	}
	m, err := yamlOther().Search(s)
	return m != nil && err == nil
}

// Anchor names the nodes that appear more than once, in the order of their second appearance.
func Anchor(n *Node, seen map[*Node]bool, count *int) {
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
		Anchor(x, seen, count)
	}
}
