package fact

import (
	"strings"

	"pbc/ir/value"
)

// cmdlineFacts gives the kernel's command line twice: cmdline keeps the last value of a repeated
// option, proc_cmdline all of them.
func cmdlineFacts(p *probe) (*value.Dict, error) {
	text, ok := p.sys.text("/proc/cmdline")
	if !ok {
		return value.NewDict(), nil
	}
	last, all := value.NewDict(), value.NewDict()
	pieces, closed := splitQuoted(text)
	if !closed { // Ansible drops a line it cannot split
		pieces = nil
	}
	for _, piece := range pieces {
		k, v, ok := strings.Cut(piece, "=")
		if !ok {
			last.SetStr(k, true)
			all.SetStr(k, true)
			continue
		}
		last.SetStr(k, v)
		old, had := all.GetStr(k)
		list, _ := old.(*value.List)
		switch {
		case list != nil:
			list.V = append(list.V, v)
		case had:
			all.SetStr(k, value.NewList(old, v))
		default:
			all.SetStr(k, v)
		}
	}
	return value.DictOf("cmdline", last, "proc_cmdline", all), nil
}

// splitQuoted is Python's shlex.split(s, posix=False): a quote groups only at the start of a word,
// which ends with it, and stays in the word. closed is false when a quote does not end.
func splitQuoted(s string) (r []string, closed bool) {
	const space = " \t\r\n"
	for {
		s = strings.TrimLeft(s, space)
		if s == "" {
			return r, true
		}
		end := strings.IndexAny(s, space)
		if s[0] == '"' || s[0] == '\'' {
			i := strings.IndexByte(s[1:], s[0])
			if i < 0 {
				return nil, false
			}
			end = i + 2
		}
		if end < 0 {
			end = len(s)
		}
		r = append(r, s[:end])
		s = s[end:]
	}
}
