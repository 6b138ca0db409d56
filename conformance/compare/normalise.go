package compare

import (
	"encoding/json"
	"os"
	"os/user"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A rule takes away what two runs of one program may differ in. The tables below are all that is normalised.
type rule struct {
	name    string
	pattern *regexp.Regexp
	to      string
}

var rules = []rule{
	{"date and time with a fraction", regexp.MustCompile(`\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{1,6}\b`), "<time>"},
	{"duration", regexp.MustCompile(`\b\d+:\d\d:\d\d\.\d{6}\b`), "<delta>"},
	{"stat's numbers", regexp.MustCompile(`(\\?"(?:atime|mtime|ctime|btime|birthtime|inode|dev|blocks)\\?": )[\d.]+`), "${1}<number>"},
	{"stat's version, a job's number", regexp.MustCompile(`(\\?"(?:version|ansible_job_id)\\?": \\?")j?[\d.]{4,}(\\?")`), "${1}<number>${2}"},
	{"pid", regexp.MustCompile(`(\\?"(?:pid|ppid)\\?": )\d+`), "${1}<number>"},
	{"working folders on the host", regexp.MustCompile(`ansible-tmp-[A-Za-z0-9.-]+`), "ansible-tmp-<name>"},
	{"an unpacked module's folder", regexp.MustCompile(`(ansible_\w+_payload_)[a-z0-9_]{8}\b`), "${1}<name>"},
	{"Ansible's folders on the controller", regexp.MustCompile(`ansible-local-[a-z0-9_]+`), "ansible-local-<name>"},
	{"the file of copy's content", regexp.MustCompile(`(ansible-local-<name>/\.)[a-z0-9_]{8}\b`), "${1}<name>"},
	{"Python's temporary names", regexp.MustCompile(`\b(tmp)[a-z0-9_]{8}\b`), "${1}<name>"},
	{"a copied text's name", regexp.MustCompile(`("_original_basename": "\.)[a-z0-9_]{8}"`), `${1}<name>"`},
	{"an atomic move's names", regexp.MustCompile(`\.ansible_tmp[a-z0-9_]{8}`), ".ansible_tmp<name>"},
	{"tempfile's names", regexp.MustCompile(`\bansible\.[a-z0-9_]{8}\b`), "ansible.<name>"},
	{"what omit holds", regexp.MustCompile(`__omit_place_holder__[0-9a-f]{40}`), "__omit_place_holder__<text>"},
	{"backup names", regexp.MustCompile(`\.\d+\.\d{4}-\d\d-\d\d@\d\d:\d\d:\d\d~`), ".<backup>~"},
	{"the recording plugin", regexp.MustCompile(`(?m)^Loading callback plugin pbc_events .*\n`), ""},
}

var notDigit = regexp.MustCompile(`\D`)

// numbers are the keys of results whose number means nothing.
var numbers = map[string]bool{
	"atime": true, "mtime": true, "ctime": true, "btime": true, "birthtime": true, "inode": true, "dev": true, "blocks": true,
	"pid": true, "ppid": true,
}

// mine are the keys of results that name the running user or group.
var mine = map[string]string{
	"uid": "uid", "gid": "gid", "owner": "user", "group": "group", "pw_name": "user", "gr_name": "group",
}

// A Normaliser takes away what may differ between runs. Make it with NewNormaliser; it is safe for concurrent use.
type Normaliser struct {
	rules []rule
	self  map[string]string // uid, gid, user, group of the running user
}

// NewNormaliser makes a normaliser for what the calling user ran.
func NewNormaliser() *Normaliser {
	n := &Normaliser{rules: slices.Clone(rules), self: map[string]string{
		"uid": strconv.Itoa(os.Getuid()), "gid": strconv.Itoa(os.Getgid()),
	}}
	if u, err := user.Current(); err == nil {
		n.self["user"] = u.Username
		folder := regexp.MustCompile(regexp.QuoteMeta(u.HomeDir + "/.ansible/tmp"))
		n.rules = append(n.rules, rule{"the running user's home, where Ansible works on a host", folder, "<home>/.ansible/tmp"})
	}
	if g, err := user.LookupGroupId(n.self["gid"]); err == nil {
		n.self["group"] = g.Name
	}
	for key, kind := range mine {
		value := n.self[kind]
		if value == "" {
			continue
		}
		pattern := regexp.MustCompile(`(\\?"` + key + `\\?": \\?"?)` + regexp.QuoteMeta(value) + `(\\?"|[,}\n]|$)`)
		n.rules = append(n.rules, rule{"the running user's " + key, pattern, "${1}<me>${2}"})
	}
	return n
}

// Outcome gives a normalised copy of o.
func (n *Normaliser) Outcome(o Outcome) Outcome {
	var out Outcome
	for _, run := range o.Runs {
		out.Runs = append(out.Runs, n.run(run))
	}
	return out
}

func (n *Normaliser) run(r Run) Run {
	out := Run{Exit: r.Exit, Stdout: settleScreen(n.text(r.Stdout)), Stderr: n.text(r.Stderr), CPU: r.CPU}
	for _, e := range r.Events {
		e.Item, e.Hosts, e.Custom = n.value("", e.Item), n.value("", e.Hosts), n.value("", e.Custom)
		e.Name, e.Task, e.File = n.text(e.Name), n.text(e.Task), n.text(e.File)
		e.Result = n.value("", e.Result)
		out.Events = append(out.Events, e)
	}
	settleResults(out.Events)
	for _, e := range r.Tree {
		e.Path, e.Text = n.text(e.Path), n.text(e.Text)
		out.Tree = append(out.Tree, e)
	}
	return out
}

func (n *Normaliser) text(s string) string {
	for _, r := range n.rules {
		s = r.pattern.ReplaceAllString(s, r.to)
	}
	return s
}

// value normalises what stands under key in a result.
func (n *Normaliser) value(key string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, item := range v {
			out[k] = n.value(k, item)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = n.value(key, item)
		}
		return out
	case json.Number:
		if numbers[key] {
			return "<number>"
		}
		if kind, ok := mine[key]; ok && v.String() == n.self[kind] {
			return "<me>"
		}
		return v
	case string:
		return n.string(key, v)
	}
	return v
}

func (n *Normaliser) string(key, s string) string {
	if kind, ok := mine[key]; ok && s != "" && s == n.self[kind] {
		return "<me>"
	}
	if key == "version" && len(s) >= 4 && !notDigit.MatchString(s) {
		return "<number>"
	}
	if key == "exception" || key == "module_stderr" {
		s = withoutFrames(s)
	}
	return n.text(s)
}

// withoutFrames takes the frames out of a Python traceback: what is left is what was said before it, and the error itself, its last line.
func withoutFrames(s string) string {
	before, trace, found := strings.Cut(s, "Traceback (most recent call last):\n")
	if !found {
		return s
	}
	lines := strings.Split(strings.TrimRight(trace, "\n"), "\n")
	return before + "<traceback>\n" + lines[len(lines)-1]
}
