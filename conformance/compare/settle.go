package compare

import (
	"regexp"
	"slices"
	"strings"
)

// Ansible tells what items and retries come to from the thread that receives it, and results from its main thread: the next host's first items
// may come before or after this host's result, in the event log and on the screen.

// settleResults moves each result before the items and retries of other hosts that stand right before it.
func settleResults(events []Event) {
	for i, e := range events {
		switch e.Event {
		case "ok", "failed", "skipped", "unreachable", "notify":
			to := i
			for to > 0 && events[to-1].Host != e.Host && (strings.HasPrefix(events[to-1].Event, "item_") || events[to-1].Event == "retry") {
				to--
			}
			copy(events[to+1:i+1], events[to:i])
			events[to] = e
		}
	}
}

// Where a host's start stands among the results of others depends on how many forks there are, and on how fast they are.

// What Ansible's default callback shows of a host: that it starts, its result, an item or a retry, each with all lines up to the next.
var (
	startLine = regexp.MustCompile(`^ \[started (?:TASK|HANDLER): .* on ([^ ]+)\]$`)
	shownLine = regexp.MustCompile(`^(?:ok|changed|skipping|failed|fatal|FAILED - RETRYING): \[([^\] ]+)`)
	itemLine  = regexp.MustCompile(`^(?:FAILED - RETRYING: |\w+: \[[^\]]*\] (?:=> )?\(item=)`)
)

// unsettled are texts of which one is on a screen whose order may not be settled.
var unsettled = []string{"(item=", "FAILED - RETRYING: ", " [started "}

// An entry of the screen is what it shows of one event.
type entry struct {
	kind       byte // 's' for a start, 'i' for an item or retry, 'r' for a result, 0 for anything else
	host, text string
}

// passes says whether an entry is to stand before one that was shown before it.
func (e entry) passes(before entry) bool {
	switch e.kind {
	case 's':
		return before.kind == 'i' || before.kind == 'r'
	case 'r':
		return before.kind == 'i' && before.host != e.host
	}
	return false
}

// readEntry is the entry that a line begins.
func readEntry(line string) entry {
	if m := startLine.FindStringSubmatch(strings.TrimSuffix(line, "\n")); m != nil {
		return entry{'s', m[1], line}
	}
	m := shownLine.FindStringSubmatch(line)
	switch {
	case m == nil:
		return entry{0, "", line}
	case itemLine.MatchString(line):
		return entry{'i', m[1], line}
	}
	return entry{'r', m[1], line}
}

// settleScreen moves results before the items and retries of other hosts, as settleResults does, in what the default callback shows, and the
// starts of all hosts before the first result.
func settleScreen(text string) string {
	if !slices.ContainsFunc(unsettled, func(word string) bool { return strings.Contains(text, word) }) {
		return text
	}
	var entries []entry
	current, before := -1, "" // the entry that further lines belong to; what is told of an error before the line of its host
	for line := range strings.Lines(text) {
		e := readEntry(line)
		switch {
		case e.kind == 0 && (before != "" || strings.HasPrefix(line, "[ERROR]: Task failed")):
			before += line
			continue
		case e.kind == 0 && current >= 0 && line != "\n":
			entries[current].text += line
			continue
		}
		e.text, before = before+line, ""
		for current = len(entries); current > 0 && e.passes(entries[current-1]); {
			current--
		}
		entries = slices.Insert(entries, current, e)
	}
	var b strings.Builder
	for _, e := range entries {
		b.WriteString(e.text)
	}
	return b.String() + before
}
