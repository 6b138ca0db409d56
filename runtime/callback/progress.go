package callback

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Progress draws one line below the output of a terminal, saying how many hosts of the play have run a task, and for which hosts the
// run waits: those that are furthest behind. The line is wiped before anything else is printed, and when the run ends: what
// stays on the screen is Ansible's output alone.
//
//	[17/20] install packages: web3 web7 db1
//
// Where that is too long the task's name leaves room for the hosts, of which the first are named.
type Progress struct {
	w       io.Writer  // the terminal
	columns func() int // its width now
	hosts   []string   // of the play, in its order
	doing   map[string]Doing
	drawn   string // the line that is on the terminal
	aside   bool   // somebody else writes there
}

// NewProgress returns a progress line on the terminal w, which tells how many columns it has, and takes the
// screen's writers over so that it can wipe the line before they write. Give it to Join after the
// callback that prints on s. It is for terminals only.
func NewProgress(s *Screen, w io.Writer, columns func() int) *Progress {
	p := &Progress{w: w, columns: columns, doing: map[string]Doing{}}
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

// Handle follows the hosts and redraws the line. After a message it does not, which may be a prompt.
func (p *Progress) Handle(e Event) {
	switch e := e.(type) {
	case PlayStart:
		p.hosts, p.doing = nil, map[string]Doing{}
	case Aside:
		p.wipe()
		p.aside = !e.Ended
	case Doing:
		if _, known := p.doing[e.Host]; !known {
			p.hosts = append(p.hosts, e.Host)
		}
		p.doing[e.Host] = e
		p.draw()
	case Result, ItemResult:
		p.draw()
	}
}

// Close wipes the line.
func (p *Progress) Close() error {
	p.wipe()
	return nil
}

const wipeLine = "\r\033[K"

func (p *Progress) wipe() {
	if p.drawn != "" {
		_, _ = io.WriteString(p.w, wipeLine)
	}
	p.drawn = ""
}

func (p *Progress) draw() {
	line := p.line(p.columns() - 1)
	if line == p.drawn || p.aside {
		return
	}
	p.wipe()
	_, _ = io.WriteString(p.w, line)
	p.drawn = line
}

// line is what is to be shown in so many columns, "" while no host runs anything.
func (p *Progress) line(columns int) string {
	var behind []string
	var last Doing
	for _, h := range p.hosts {
		d := p.doing[h]
		if d.At == nil || d.Done || d.Gone {
			continue
		}
		order := slices.Compare(d.At, last.At)
		switch {
		case behind == nil || order < 0:
			behind, last = []string{h}, d
		case order == 0:
			behind = append(behind, h)
		}
	}
	if behind == nil {
		return ""
	}
	past := 0
	for _, d := range p.doing {
		if d.Gone || d.At != nil && (slices.Compare(d.At, last.At) > 0 || d.Done && slices.Equal(d.At, last.At)) {
			past++
		}
	}
	far := fmt.Sprintf("[%d/%d] ", past, len(p.hosts))
	who := ": " + strings.Join(behind, " ")
	task := strings.TrimSpace(last.Task)
	room := columns - columnsOf(far)
	if fits := max(room-columnsOf(who), room/2); columnsOf(task) > fits {
		task = cutToWidth(task, fits-1) + "…"
	}
	return cutToWidth(far+task+who, columns)
}

// columnsOf is how many columns a text takes that cutToWidth would leave whole.
func columnsOf(s string) int {
	n := 0
	for _, c := range s {
		n += max(runeWidth(c), 0)
	}
	return n
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
