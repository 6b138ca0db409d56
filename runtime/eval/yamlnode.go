package eval

import (
	"encoding/base64"
	"fmt"
	"math"
	"math/big"
	"strings"
	"sync"

	"pbc/ir/value"
)

// yamlNode is a value on its way to YAML text, as PyYAML's representer makes it.
type yamlNode struct {
	kind   byte // 's' scalar, 'l' sequence, 'm' mapping
	tag    string
	text   string
	plain  bool // a scalar that needs no quotes to keep its type
	block  bool // a scalar in literal style
	flow   bool
	items  []*yamlNode // of a mapping: key and value by turns
	anchor string
}

// yamlFlow is the argument default_flow_style: none lets collections of plain scalars flow.
type yamlFlow byte

const (
	flowLeaves yamlFlow = iota
	flowNever
	flowAlways
)

// representer makes nodes of values. What appears twice becomes one node.
type representer struct {
	flow yamlFlow
	sort bool
	seen map[any]*yamlNode
}

func (r *representer) node(v val, depth int) (*yamlNode, error) {
	if depth > value.MaxDepth {
		return nil, raise("RecursionError", "maximum recursion depth exceeded")
	}
	switch x := v.(type) {
	case *list:
		if n, ok := r.seen[x]; ok {
			return n, nil
		}
		n := &yamlNode{kind: 'l'}
		r.seen[x] = n
		return n, r.sequence(n, x.V, depth)
	case *dict:
		if n, ok := r.seen[x]; ok {
			return n, nil
		}
		n := &yamlNode{kind: 'm'}
		r.seen[x] = n
		return n, r.mapping(n, x, depth)
	case *value.Set:
		n := &yamlNode{kind: 'm', tag: "!!set"}
		return n, r.mapping(n, x.D, depth)
	}
	if d, ok := asDict(v); ok {
		n := &yamlNode{kind: 'm'}
		return n, r.mapping(n, d, depth)
	}
	if t, ok := v.(tuple); ok {
		n := &yamlNode{kind: 'l'}
		return n, r.sequence(n, t, depth)
	}
	return yamlScalar(v)
}

// leaf says whether n is a scalar without a style of its own.
func (n *yamlNode) leaf() bool { return n.kind == 's' && !n.block }

func (r *representer) flows(leaves bool) bool {
	return r.flow == flowAlways || r.flow == flowLeaves && leaves
}

func (r *representer) sequence(n *yamlNode, it []val, depth int) error {
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

func (r *representer) mapping(n *yamlNode, d *dict, depth int) error {
	it := (&value.View{D: d, Kind: 'i'}).Items()
	if r.sort {
		if s, err := sortBy(it, func(v val) (val, error) { return v.(tuple)[0], nil }, false); err == nil {
			it = s
		}
	}
	leaves := true
	for _, p := range it {
		for _, e := range p.(tuple) {
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

func yamlScalar(v val) (*yamlNode, error) {
	n := &yamlNode{kind: 's', plain: true}
	switch x := v.(type) {
	case nil:
		n.text = "null"
	case bool:
		n.text = map[bool]string{true: "true", false: "false"}[x]
	case int64, *big.Int:
		n.text = str(x)
	case float64:
		n.text = yamlFloat(x)
	case string, *value.Str, *value.Tmpl:
		n.text = str(x)
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
		n.text = str(x)
	case *value.Vault:
		n.tag, n.text, n.block = "!vault", x.Cipher, true
	case *undef:
		return nil, x.Fail()
	default:
		r, err := value.Repr(v)
		if err != nil {
			return nil, err
		}
		return nil, raise("yaml.representer.RepresenterError", "('cannot represent an object', %s)", r)
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
var yamlOther = sync.OnceValue(func() *regex {
	r, err := compileRegex(`^(?:`+strings.Join([]string{
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
	m, err := yamlOther().search(s)
	return m != nil && err == nil
}

// anchor names the nodes that appear more than once, in the order of their second appearance.
func anchor(n *yamlNode, seen map[*yamlNode]bool, count *int) {
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
