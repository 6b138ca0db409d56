// Package expr is the tree of a parsed Jinja expression or template: what compiler/jinja makes
// of source text, what a plan carries, and what runtime/eval turns into closures. It knows
// neither the text it came from nor the values it will meet.
package expr

// Op says what a Node does.
type Op uint8

// The expressions, then the statements.
const (
	OConst Op = iota
	OName
	OAttr
	OItem
	OSlice
	OCall
	OFilter
	OTest
	OAdd
	OSub
	OMul
	ODiv
	OFloorDiv
	OMod
	OPow
	OConcat
	OCompare
	OAnd
	OOr
	ONot
	ONeg
	OPos
	OCond
	OList
	OTuple
	ODict
	SData
	SOutput
	SFor
	SIf
	SSet
	SSetBlock
	SMacro
	SCallBlock
	SFilterBlock
	SWith
	SInclude
	SImport
	SFrom
	SBlock
	SExtends
	SScope
	SDo
	SBreak
	SContinue
	SAutoescape
)

// KW is a keyword argument of a call, filter or test, or a default of a macro's parameter.
type KW struct {
	K string
	V *Node
}

// Node is one node of the tree. It is uniform so that it encodes and walks simply; which fields
// an Op uses is said where compiler/jinja makes it. A Node is never changed after parsing.
type Node struct {
	Op   Op
	S    string   // name, attribute, filter, test, or literal text
	V    any      // a constant: nil, bool, int64, *big.Int, float64 or string
	A    []*Node  // operands
	KW   []KW     // keyword arguments
	Ops  []string // comparison operators, one fewer than A
	Star *Node    // *args
	Dbl  *Node    // **kwargs
	Body []*Node
	Else []*Node
	Flag bool
	Line int // 1-based line within the template
}

// Dialect is the generation of ansible-core whose behaviour is reproduced.
type Dialect uint8

// The dialects: Classic is ansible-core 2.14 to 2.18, Tagged 2.19 and later.
const (
	Classic Dialect = iota
	Tagged
)
