package callback

import (
	"regexp"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/python"
	"pbc/runtime/pyyaml"
)

// dumpYAML renders a result for callback_result_format=yaml: a block of YAML below the line.
func (p *printer) dumpYAML(d *value.Dict, indent int) string {
	if p.lossy() {
		omitLines(d)
	}
	return "\n" + p.yamlBlock(d, indent)
}

// lossy says that results are to be read rather than exact.
func (p *printer) lossy() bool { return p.opt.PrettyResults == nil || *p.opt.PrettyResults }

// omitLines leaves out the lists of lines that repeat stdout and stderr.
func omitLines(d *value.Dict) {
	for _, k := range []string{"stdout", "stderr"} {
		if has(d, k) && has(d, k+"_lines") {
			d.SetStr(k+"_lines", "<omitted>")
		}
	}
}

const (
	yamlWidth  = 80
	yamlIndent = 2
	blockSteps = 4 // columns by which the block is set in when the indent is not given
)

func (p *printer) yamlBlock(d *value.Dict, indent int) string {
	style := yamlStyle{indent: yamlIndent, width: yamlWidth, block: exactBlock}
	if indent >= 2 && indent < 10 {
		style.indent = indent
	}
	if p.lossy() {
		style.block = readableBlock
	}
	if indent <= 0 {
		indent = blockSteps
	}
	return indentLines(emitYAML(d, style), indent)
}

// indentLines is Python's textwrap.indent: lines of white space only stay as they are.
func indentLines(s string, n int) string {
	var b strings.Builder
	for _, l := range splitLines(s) {
		if strings.TrimFunc(l, python.IsSpaceRune) != "" {
			b.WriteString(strings.Repeat(" ", n))
		}
		b.WriteString(l)
	}
	return b.String()
}

// exactBlock writes texts of several lines as blocks where that loses nothing.
func exactBlock(s string) (string, bool) {
	return s, strings.ContainsAny(s, "\n\u0085\u2028\u2029")
}

var blanksBeforeBreak = regexp.MustCompile(" +([\n\u0085\u2028\u2029])")

// readableBlock takes from a text of several lines what would keep it from being a block.
func readableBlock(s string) (string, bool) {
	if _, block := exactBlock(s); !block {
		return s, false
	}
	s = python.ExpandTabs(strings.TrimRightFunc(s, python.IsSpaceRune), 8)
	s = strings.Map(func(c rune) rune {
		if pyyaml.IsPrintable(c) || c == 0x85 || c >= 0x10000 {
			return c
		}
		return -1
	}, s)
	return blanksBeforeBreak.ReplaceAllString(s, "$1"), true
}

// communityWidth is where community.general.yaml folds.
const communityWidth = 1000

// newYAMLScreen returns the callback community.general.yaml: default with results in YAML.
func newYAMLScreen(s *Screen, o Options) Callback {
	c := newDefault(s, o)
	c.own = communityStyle
	return c
}

// dumpCommunityYAML puts changed and skipped on the line, and all else below it.
func (p *printer) dumpCommunityYAML(res *value.Dict) string {
	if truthyKey(res, "_ansible_no_log") {
		return `{"censored": "The output has been hidden due to the fact that 'no_log: true' was specified for this result"}`
	}
	d := p.abridge(res)
	dumped := ""
	for _, k := range []string{"changed", "skipped"} {
		if has(d, k) {
			dumped += k + "=" + strings.ToLower(textKey(d, k)) + " "
			d.Del(k)
		}
	}
	omitLines(d)
	if d.Len() > 0 {
		dumped += "\n" + emitYAML(d, yamlStyle{indent: yamlIndent, width: communityWidth, block: communityBlock})
	}
	return strings.TrimRightFunc(strings.ReplaceAll(dumped, "\n", "\n  "), python.IsSpaceRune)
}

var blanksBeforeNewline = regexp.MustCompile(" +\n")

func communityBlock(s string) (string, bool) {
	if !strings.ContainsAny(s, "\n\r\x1c\x1d\x1e\u0085\u2028\u2029") {
		return s, false
	}
	s = strings.TrimRightFunc(s, python.IsSpaceRune)
	s = strings.Map(func(c rune) rune {
		if c >= ' ' && c < 0x7f || c >= '\t' && c <= '\r' || c >= 0xa0 {
			return c
		}
		return -1
	}, s)
	s = strings.NewReplacer("\v", "", "\f", "", "\r", "").Replace(python.ExpandTabs(s, 8))
	return blanksBeforeNewline.ReplaceAllString(s, "\n"), true
}
