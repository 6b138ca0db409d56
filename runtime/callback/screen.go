package callback

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"pbc/ir/failure"
	"pbc/runtime/python"
)

// Screen is standard output and standard error with Ansible's display rules. Make one with NewScreen.
// It is not safe for concurrent use.
type Screen struct {
	Out, Err io.Writer
	// Columns is the width for banners and wrapped text: the terminal's less one, at least 79.
	Columns   int
	Verbosity int
	// Palette colours the output; the zero Palette does not.
	Palette Palette
	// VerboseToStderr sends verbose messages to Err (VERBOSE_TO_STDERR).
	VerboseToStderr bool
	// Deprecations shows deprecation warnings (DEPRECATION_WARNINGS).
	Deprecations bool

	// Tagged prints warnings and errors as dialect tagged does; Source gives the texts of which it shows lines.
	Tagged bool
	Source failure.ReadFile

	// Log, when not nil, gets what log_path gets: everything but debugging, without colours.
	Log io.Writer
	// LogVerbosity is how many -v the log has, where that is more than Verbosity (LOG_VERBOSITY).
	LogVerbosity int
	// LogPrefix begins each entry of the log, one of that level; nil begins it with nothing.
	LogPrefix func(level string) string
	// Cow draws a banner's text, nil for the plain one.
	Cow func(text string) (string, error)

	warned, deprecated, failed map[string]bool
}

// minColumns is the width where there is no terminal, or a narrower one.
const minColumns = 79

// NewScreen returns a screen without colours, as wide as Ansible takes a file to be.
func NewScreen(out, err io.Writer) *Screen {
	return &Screen{
		Out: out, Err: err, Columns: minColumns, Deprecations: true,
		warned: map[string]bool{}, deprecated: map[string]bool{}, failed: map[string]bool{},
	}
}

// SetTerminalWidth takes the width of the terminal at standard output, 0 when there is none.
func (s *Screen) SetTerminalWidth(columns int) { s.Columns = max(minColumns, columns-1) }

// Colored says whether text is coloured.
func (s *Screen) Colored() bool { return s.Palette != Palette{} }

// Paint puts the codes of a role around each line of text.
func (s *Screen) Paint(text string, c Color) string { return s.Palette.paint(text, c) }

// Display prints text on standard output and ends its line.
func (s *Screen) Display(text string, c Color) { s.Message(Message{Text: text, Color: c}) }

// Message prints a text as m says. A final newline is never doubled nor coloured.
func (s *Screen) Message(m Message) {
	if s.Tagged {
		m.Text = strings.ReplaceAll(m.Text, "\r\n", "\n")
	}
	text, hadNewline := strings.CutSuffix(m.Text, "\n")
	text = s.Paint(text, m.Color)
	if hadNewline || !m.NoNewline {
		text += "\n"
	}
	w := s.Out
	if m.Stderr {
		w = s.Err
	}
	if s.Tagged && !utf8.ValidString(text) {
		s.warnTagged(`Non UTF-8 encoded data replaced with "?" while displaying text to stdout/stderr.`)
		text = strings.ToValidUTF8(text, "?")
	}
	// Ansible ignores that nobody reads; what cannot be written cannot be told either.
	_, _ = io.WriteString(w, printable(text))
	if !m.ScreenOnly && (s.Tagged || m.Color != ColorDebug) { // which 2.19 logs as any other
		s.log(m.Text, m.Level)
	}
}

// log writes an entry of the log file.
func (s *Screen) log(text, level string) {
	if s.Log == nil {
		return
	}
	prefix := ""
	if s.LogPrefix != nil {
		prefix = s.LogPrefix(cmp.Or(level, "INFO"))
	}
	_, _ = io.WriteString(s.Log, prefix+strings.TrimLeft(text, "\n")+"\n")
}

// screenOnly prints a text that does not go to the log.
func (s *Screen) screenOnly(text string, c Color) {
	s.Message(Message{Text: text, Color: c, ScreenOnly: true})
}

// printable replaces each byte that is not UTF-8 by a question mark.
func printable(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		if r == utf8.RuneError && n == 1 {
			b.WriteByte('?')
		} else {
			b.WriteString(text[:n])
		}
		text = text[n:]
	}
	return b.String()
}

// Banner prints a headline filled with asterisks to the width of the screen, after an empty line.
func (s *Screen) Banner(text string) {
	if s.Cow != nil {
		cow, err := s.Cow(text)
		if err == nil {
			s.Display(cow+"\n", NoColor)
			return
		}
		s.Warn(Warning{Text: "somebody cleverly deleted cowsay or something during the PB run.  heh."})
	}
	text = strings.TrimFunc(text, python.IsSpaceRune)
	width, ok := textWidth(text)
	if !ok {
		width = len([]rune(text))
	}
	stars := strings.Repeat("*", max(s.Columns-width, 3))
	s.Display("\n"+text+" "+stars, NoColor)
}

// Warn prints a warning on standard error: the first time only, but for one that says Again.
func (s *Screen) Warn(w Warning) {
	if s.Tagged {
		if w.Chain != nil {
			w.Text = w.Chain.Text(s.Source)
		}
		s.warnTagged(w.Text)
		return
	}
	w.Text = printable(w.Text)
	text := "\n[WARNING]: \n" + w.Text
	if !w.Formatted {
		text = strings.Join(python.Wrapper{Width: s.Columns}.Wrap("[WARNING]: "+w.Text), "\n") + "\n"
	}
	if w.Again && !s.warned[text] {
		s.Message(Message{Text: text, Color: ColorWarn, Stderr: true})
		return
	}
	s.once(s.warned, text, text, ColorWarn)
}

// Deprecate prints a deprecation warning on standard error, the first time only, but for one that says Again.
func (s *Screen) Deprecate(d Deprecation) {
	if !s.Deprecations {
		return
	}
	if s.Tagged {
		s.deprecateTagged(d)
		return
	}
	text := strings.Join(python.Wrapper{Width: s.Columns, KeepSpace: true}.Wrap(d.sentence()), "\n") + "\n"
	shown := strings.TrimFunc(text, python.IsSpaceRune)
	if d.Again && !s.deprecated[text] {
		s.Message(Message{Text: shown, Color: ColorDeprecate, Stderr: true})
		return
	}
	s.once(s.deprecated, text, shown, ColorDeprecate)
}

// sentence is the whole deprecation warning on one line.
func (d Deprecation) sentence() string {
	text := strings.TrimFunc(d.Text, python.IsSpaceRune)
	if text != "" && !strings.ContainsAny(text[len(text)-1:], "!?.") {
		text += "."
	}
	if d.Whole {
		return "[DEPRECATION WARNING]: " + text
	}
	parts := []string{"[DEPRECATION WARNING]: " + text, "This feature will be removed"}
	switch d.Collection {
	case "":
	case "ansible.builtin":
		parts = append(parts, "from ansible-core")
	default:
		parts = append(parts, "from "+d.Collection)
	}
	switch {
	case d.Date != "":
		parts = append(parts, "in a release after "+d.Date+".")
	case d.Version != "":
		parts = append(parts, "in version "+d.Version+".")
	default:
		parts = append(parts, "in a future release.")
	}
	parts = append(parts, "Deprecation warnings can be disabled by setting deprecation_warnings=False in ansible.cfg.")
	return strings.Join(parts, " ")
}

// Fail prints an error on standard error, the first time only.
func (s *Screen) Fail(e ErrorMessage) {
	if s.Tagged {
		s.failTagged(e.Text, true)
		return
	}
	text := "ERROR! " + e.Text
	if e.Wrap {
		text = strings.Join(python.Wrapper{Width: s.Columns}.Wrap("\n[ERROR]: "+e.Text), "\n") + "\n"
	}
	s.once(s.failed, text, text, ColorError)
}

func (s *Screen) once(seen map[string]bool, key, text string, c Color) {
	if seen[key] {
		return
	}
	seen[key] = true
	s.Message(Message{Text: text, Color: c, Stderr: true})
}

// Verbose prints a message when the verbosity is at least its level. A log that has a greater verbosity gets what is printed a
// second time, as Ansible's does.
func (s *Screen) Verbose(v Verbose) {
	text := v.Text
	if v.Host != "" {
		text = fmt.Sprintf("<%s> %s", v.Host, text)
	}
	if s.Verbosity >= v.Level {
		s.Message(Message{Text: text, Color: ColorVerbose, Stderr: s.VerboseToStderr})
	}
	if s.LogVerbosity > s.Verbosity && s.LogVerbosity >= v.Level {
		s.log(text, "")
	}
}

// handle prints the events that Ansible prints outside of its callbacks, and says whether e was one.
func (s *Screen) handle(e Event) bool {
	switch e := e.(type) {
	case Warning:
		s.Warn(e)
	case Deprecation:
		s.Deprecate(e)
	case Verbose:
		s.Verbose(e)
	case Message:
		s.Message(e)
	case ErrorMessage:
		s.Fail(e)
	default:
		return false
	}
	return true
}
