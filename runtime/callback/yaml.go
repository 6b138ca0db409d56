package callback

import (
	"fmt"
	"math"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"pbc/ir/value"
)

// yamlStyle says how the strings of a dumped value are written.
type yamlStyle struct {
	indent int // columns of a level
	width  int // where long scalars are folded
	// block returns the text and whether to write it as a literal block if YAML allows.
	block func(string) (string, bool)
}

// yamlEmitter writes values as PyYAML's yaml.dump(default_flow_style=False, allow_unicode=True) does with
// libyaml's emitter, which sets the folding, the quoting and the indentation.
type yamlEmitter struct {
	b      strings.Builder
	style  yamlStyle
	column int
	// fresh says that the line holds nothing but indentation and indicators, blank that the last
	// character written was white space.
	fresh, blank bool
	open         bool // the last block ended in empty lines that belong to it
}

// emitYAML returns a value as a YAML document.
func emitYAML(v value.Value, style yamlStyle) string {
	e := &yamlEmitter{style: style, fresh: true, blank: true}
	e.node(v, -1, false)
	if e.column > 0 {
		e.put("\n")
	}
	if e.open {
		e.put("...\n")
	}
	return e.b.String()
}

func (e *yamlEmitter) put(s string) {
	e.b.WriteString(s)
	if c, n := utf8.DecodeLastRuneInString(s); n > 0 && isYAMLBreak(c) {
		e.column = 0
		return
	}
	e.column += utf8.RuneCountInString(s)
}

// startLine goes to a column, on a new line unless this one has room for it.
func (e *yamlEmitter) startLine(indent int) {
	indent = max(indent, 0)
	if !e.fresh || e.column > indent || e.column == indent && !e.blank {
		e.put("\n")
	}
	e.put(strings.Repeat(" ", max(indent-e.column, 0)))
	e.fresh, e.blank = true, true
}

func (e *yamlEmitter) indicator(s string, spaced, keepsFresh bool) {
	if spaced && !e.blank {
		e.put(" ")
	}
	e.put(s)
	e.blank = false
	e.fresh = e.fresh && keepsFresh
}

// deeper is the indentation of what stands in a node of the given one; -1 is the document's.
func (e *yamlEmitter) deeper(indent, first int) int {
	if indent < 0 {
		return first
	}
	return indent + e.style.indent
}

// node writes a value that stands in a collection of the given indentation, as a mapping's value if
// inMapping.
func (e *yamlEmitter) node(v value.Value, indent int, inMapping bool) {
	switch x := v.(type) {
	case *value.Dict:
		e.mapping(x, indent)
	case *value.List:
		e.sequence(x.V, indent, inMapping)
	case value.Tuple:
		e.sequence(x, indent, inMapping)
	default:
		e.scalar(v, e.deeper(indent, e.style.indent), false)
	}
}

func (e *yamlEmitter) sequence(items []value.Value, indent int, inMapping bool) {
	if len(items) == 0 {
		e.indicator("[", true, false)
		e.indicator("]", false, false)
		return
	}
	if !inMapping || e.fresh {
		indent = e.deeper(indent, 0)
	}
	for _, item := range items {
		e.startLine(indent)
		e.indicator("-", true, true)
		e.node(item, indent, false)
	}
}

func (e *yamlEmitter) mapping(d *value.Dict, indent int) {
	if d.Len() == 0 {
		e.indicator("{", true, false)
		e.indicator("}", false, false)
		return
	}
	indent = e.deeper(indent, 0)
	for _, i := range yamlOrder(d) {
		e.startLine(indent)
		if e.simpleKey(d.K[i]) {
			e.scalar(d.K[i], e.deeper(indent, 0), true)
			e.indicator(":", false, false)
		} else {
			e.indicator("?", true, true)
			e.node(d.K[i], indent, true)
			e.startLine(indent)
			e.indicator(":", true, true)
		}
		e.node(d.V[i], indent, true)
	}
}

// yamlOrder is the order of sorted keys, or their own where they cannot be compared.
func yamlOrder(d *value.Dict) []int {
	at := make([]int, d.Len())
	for i, k := range d.K {
		at[i] = i
		if _, ok := value.Text(k); !ok {
			return yamlNumberOrder(d)
		}
	}
	slices.SortFunc(at, func(i, j int) int { return strings.Compare(text(d.K[i]), text(d.K[j])) })
	return at
}

func yamlNumberOrder(d *value.Dict) []int {
	at := make([]int, d.Len())
	numbers := make([]float64, d.Len())
	comparable := true
	for i, k := range d.K {
		at[i] = i
		switch x := k.(type) {
		case int64:
			numbers[i] = float64(x)
		case float64:
			numbers[i] = x
		case bool:
			numbers[i] = map[bool]float64{true: 1}[x]
		default:
			comparable = false
		}
	}
	if comparable {
		slices.SortStableFunc(at, func(i, j int) int {
			return int(math.Copysign(1, numbers[i]-numbers[j]))
		})
	}
	return at
}

// maxSimpleKey is the length in bytes up to which a key stands before its colon.
const maxSimpleKey = 128

func (e *yamlEmitter) simpleKey(k value.Value) bool {
	if _, ok := k.(value.Tuple); ok {
		return false
	}
	s, _ := e.scalarText(k)
	s, _ = e.blockText(s)
	return len(s) <= maxSimpleKey && !strings.ContainsAny(s, yamlBreaks)
}

// scalarText is a scalar's text and whether it is a string.
func (e *yamlEmitter) scalarText(v value.Value) (string, bool) {
	switch x := v.(type) {
	case nil:
		return "null", false
	case bool:
		return map[bool]string{true: "true", false: "false"}[x], false
	case int64, *big.Int:
		return text(x), false
	case float64:
		return yamlFloat(x), false
	case *value.Date:
		return x.ISO(), false
	}
	return text(v), true
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

func (e *yamlEmitter) blockText(s string) (string, bool) {
	if e.style.block == nil {
		return s, false
	}
	return e.style.block(s)
}

func (e *yamlEmitter) scalar(v value.Value, indent int, key bool) {
	s, isText := e.scalarText(v)
	block := false
	if isText {
		s, block = e.blockText(s)
	}
	a := analyzeYAML(s)
	plain := a.plain && !(s == "" && key) && (!isText || !yamlResolves(s))
	if key && a.multiline {
		plain, block, a.single = false, false, false
	}
	switch {
	case block && a.block && !key:
		e.literal(s, indent)
	case block:
		e.double(s, indent, key)
	case plain:
		e.plain(s, indent, key)
	case a.single:
		e.single(s, indent, key)
	default:
		e.double(s, indent, key)
	}
	e.fresh, e.blank = false, false
	if block && a.block && !key {
		e.fresh, e.blank = strings.HasSuffix(s, "\n"), strings.HasSuffix(s, "\n")
	}
}

// folds says whether the line is broken at the blank s[i].
func (e *yamlEmitter) folds(s []rune, i int, afterBlank, key bool) bool {
	return !key && !afterBlank && e.column > e.style.width && (i+1 >= len(s) || s[i+1] != ' ')
}

func (e *yamlEmitter) plain(s string, indent int, key bool) {
	if !e.blank && s != "" {
		e.put(" ")
	}
	r := []rune(s)
	for i, c := range r {
		if c == ' ' && e.folds(r, i, i > 0 && r[i-1] == ' ', key) {
			e.fresh = false
			e.startLine(indent)
			continue
		}
		e.put(string(c))
	}
}

func (e *yamlEmitter) single(s string, indent int, key bool) {
	e.indicator("'", true, false)
	r := []rune(s)
	breaks := false
	for i, c := range r {
		switch {
		case c == ' ':
			if i > 0 && i < len(r)-1 && e.folds(r, i, r[i-1] == ' ', key) {
				e.startLine(indent)
				continue
			}
			e.put(" ")
		case isYAMLBreak(c):
			if !breaks && c == '\n' {
				e.put("\n")
			}
			e.put(string(c))
			e.fresh, e.blank = true, true
			breaks = true
			continue
		default:
			if breaks {
				e.startLine(indent)
			}
			if c == '\'' {
				e.put("'")
			}
			e.put(string(c))
			e.fresh = false
		}
		breaks = false
	}
	if breaks {
		e.startLine(indent)
	}
	e.indicator("'", false, false)
}

var yamlEscapes = map[rune]string{
	0: "0", 7: "a", 8: "b", 9: "t", '\n': "n", 0xb: "v", 0xc: "f", '\r': "r", 0x1b: "e", '"': `"`, '\\': `\`,
	0x85: "N", 0xa0: "_", 0x2028: "L", 0x2029: "P",
}

func yamlEscape(c rune) string {
	if s, ok := yamlEscapes[c]; ok {
		return `\` + s
	}
	switch {
	case c <= 0xff:
		return fmt.Sprintf(`\x%02X`, c)
	case c <= 0xffff:
		return fmt.Sprintf(`\u%04X`, c)
	}
	return fmt.Sprintf(`\U%08X`, c)
}

func (e *yamlEmitter) double(s string, indent int, key bool) {
	e.indicator(`"`, true, false)
	r := []rune(s)
	afterBlank := false
	for i, c := range r {
		switch {
		case c == '"' || c == '\\' || isYAMLBreak(c) || !isYAMLPrintable(c):
			e.put(yamlEscape(c))
			afterBlank = false
			continue
		case c == ' ' && !key && !afterBlank && e.column > e.style.width && i > 0 && i < len(r)-1:
			e.startLine(indent)
			if r[i+1] == ' ' {
				e.put(`\`)
			}
		default:
			e.put(string(c))
		}
		e.fresh = false
		afterBlank = c == ' '
	}
	e.indicator(`"`, false, false)
}

func (e *yamlEmitter) literal(s string, indent int) {
	e.indicator("|", true, false)
	hint := ""
	if s[0] == ' ' || isYAMLBreak([]rune(s)[0]) {
		hint = fmt.Sprint(e.style.indent)
	}
	chomp := chomping(s)
	e.put(hint + chomp + "\n")
	e.open = chomp == "+"
	lineStart := true
	for _, c := range s {
		if isYAMLBreak(c) {
			e.put(string(c))
			lineStart = true
			continue
		}
		if lineStart {
			e.fresh, e.blank = true, true
			e.startLine(indent)
		}
		e.put(string(c))
		lineStart = false
	}
}

func chomping(s string) string {
	r := []rune(s)
	n := len(r)
	switch {
	case !isYAMLBreak(r[n-1]):
		return "-"
	case n == 1 || isYAMLBreak(r[n-2]):
		return "+"
	}
	return ""
}

const yamlBreaks = "\r\n\u0085\u2028\u2029"

func isYAMLBreak(c rune) bool { return strings.ContainsRune(yamlBreaks, c) }

func isYAMLPrintable(c rune) bool {
	return c == '\n' || c >= ' ' && c <= '~' || c >= 0xa0 && c <= 0xfffd && c != 0xfeff
}

// yamlAnalysis says which styles can hold a text.
type yamlAnalysis struct{ multiline, plain, single, block bool }

func analyzeYAML(s string) yamlAnalysis {
	r := []rune(s)
	if len(r) == 0 {
		return yamlAnalysis{plain: true, single: true}
	}
	blankAt := func(i int) bool {
		return i < 0 || i >= len(r) || r[i] == ' ' || r[i] == '\t' || r[i] == 0 || isYAMLBreak(r[i])
	}
	special, breakSpace, spaceBreak, multiline := false, false, false, false
	indicators := strings.HasPrefix(s, "---") || strings.HasPrefix(s, "...")
	for i, c := range r {
		indicators = indicators || yamlIndicator(c, i == 0, blankAt(i-1), blankAt(i+1))
		special = special || !isYAMLPrintable(c)
		multiline = multiline || isYAMLBreak(c)
		breakSpace = breakSpace || c == ' ' && i > 0 && isYAMLBreak(r[i-1])
		spaceBreak = spaceBreak || isYAMLBreak(c) && i > 0 && r[i-1] == ' '
	}
	last := r[len(r)-1]
	edges := r[0] == ' ' || last == ' ' || isYAMLBreak(r[0]) || isYAMLBreak(last)
	unquotable := spaceBreak || special
	return yamlAnalysis{
		multiline: multiline,
		plain:     !edges && !breakSpace && !unquotable && !multiline && !indicators,
		single:    !breakSpace && !unquotable,
		block:     last != ' ' && !unquotable,
	}
}

// yamlIndicator says whether a character keeps a text from being plain.
func yamlIndicator(c rune, first, afterBlank, beforeBlank bool) bool {
	switch {
	case c == ':' || first && (c == '?' || c == '-'):
		return beforeBlank
	case first:
		return strings.ContainsRune("#,[]{}&*!|>'\"%@`", c)
	}
	return c == '#' && afterBlank
}

// yamlImplicit are the plain texts that YAML 1.1 reads as something other than a string.
var yamlImplicit = regexp.MustCompile(`^(?:` +
	`yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF` +
	`|~|null|Null|NULL||<<|=|!|&|\*` +
	`|[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+` +
	`|[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?` +
	`|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)` +
	`|[0-9]{4}-[0-9]{2}-[0-9]{2}` +
	`|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?` +
	`)$`)

func yamlResolves(s string) bool { return yamlImplicit.MatchString(s) }
