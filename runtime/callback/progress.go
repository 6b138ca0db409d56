package callback

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Progress draws one line below the output of a terminal, saying which hosts the run waits for. The
// line is wiped before anything else is printed, and when the run ends: what stays on the screen is
// Ansible's output alone.
type Progress struct {
	w       io.Writer // the terminal
	columns int
	task    string
	waiting []string
	drawn   bool
}

// NewProgress returns a progress line on the terminal w, of the given number of columns, and takes the
// screen's writers over so that it can wipe the line before they write. Give it to Join after the
// callback that prints on s. It is for terminals only.
func NewProgress(s *Screen, w io.Writer, columns int) *Progress {
	p := &Progress{w: w, columns: columns}
	s.Out, s.Err = wiper{p, s.Out}, wiper{p, s.Err}
	return p
}

// wiper wipes the progress line before it writes.
type wiper struct {
	p *Progress
	w io.Writer
}

// Write implements io.Writer.
func (x wiper) Write(b []byte) (int, error) {
	x.p.wipe()
	return x.w.Write(b)
}

// Handle follows the tasks and redraws the line.
func (p *Progress) Handle(e Event) {
	switch e := e.(type) {
	case TaskStart:
		p.task, p.waiting = strings.TrimSpace(e.Task.Name), nil
	case HostStart:
		p.waiting = append(p.waiting, e.Host)
	case Result:
		p.waiting = slices.DeleteFunc(p.waiting, func(h string) bool { return h == e.Host })
	case Stats:
		p.waiting = nil
	}
	p.draw()
}

// Close wipes the line.
func (p *Progress) Close() error {
	p.wipe()
	return nil
}

const wipeLine = "\r\033[K"

func (p *Progress) wipe() {
	if p.drawn {
		_, _ = io.WriteString(p.w, wipeLine)
	}
	p.drawn = false
}

func (p *Progress) draw() {
	p.wipe()
	if len(p.waiting) == 0 {
		return
	}
	line := fmt.Sprintf("[%d] %s: %s", len(p.waiting), p.task, strings.Join(p.waiting, " "))
	_, _ = io.WriteString(p.w, cutToWidth(line, p.columns-1))
	p.drawn = true
}

// cutToWidth leaves as much of a text, free of control characters, as fits into the columns.
func cutToWidth(s string, columns int) string {
	var b strings.Builder
	for _, c := range s {
		w := runeWidth(c)
		if w < 0 {
			continue
		}
		if columns -= w; columns < 0 {
			break
		}
		b.WriteRune(c)
	}
	return b.String()
}
