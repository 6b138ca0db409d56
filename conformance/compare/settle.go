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

// shown is what Ansible's default callback shows of a host: its result, or an item or a retry, with all lines up to the next.
var (
	shownLine = regexp.MustCompile(`^(?:ok|changed|skipping|failed|fatal|FAILED - RETRYING): \[([^\] ]+)`)
	itemLine  = regexp.MustCompile(`^(?:FAILED - RETRYING: |\w+: \[[^\]]*\] (?:=> )?\(item=)`)
)

// An entry of the screen is what it shows of one event: of an item or a retry of host, or, where host is "", of anything else.
type entry struct{ host, text string }

// settleScreen moves results before the items and retries of other hosts, as settleResults does, in what the default callback shows.
func settleScreen(text string) string {
	if !strings.Contains(text, "(item=") && !strings.Contains(text, "FAILED - RETRYING: ") {
		return text
	}
	var entries []entry
	current, before := -1, "" // the entry that further lines belong to; what is told of an error before the line of its host
	for line := range strings.Lines(text) {
		m := shownLine.FindStringSubmatch(line)
		switch {
		case m == nil && before == "" && strings.HasPrefix(line, "[ERROR]: Task failed"), m == nil && before != "":
			before += line
			continue
		case m == nil && current >= 0 && line != "\n":
			entries[current].text += line
			continue
		}
		current = len(entries)
		e := entry{"", before + line}
		before = ""
		switch {
		case m == nil:
		case itemLine.MatchString(line):
			e.host = m[1]
		default:
			for current > 0 && entries[current-1].host != "" && entries[current-1].host != m[1] {
				current--
			}
		}
		entries = slices.Insert(entries, current, e)
	}
	var b strings.Builder
	for _, e := range entries {
		b.WriteString(e.text)
	}
	return b.String() + before
}
