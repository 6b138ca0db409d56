package callback

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/python"
)

// screenDefault is Ansible's callback "default".
type screenDefault struct {
	printer
	strategy   string
	lastBanner string          // ID of the task whose banner was printed last
	lastName   string          // the name given when the task started
	named      bool            // lastName is to be used
	handlers   map[string]bool // IDs of the handlers that have started
	noSkipped  bool            // skipped tasks and items have no line, though their banners stay
}

func newDefault(s *Screen, o Options) *screenDefault {
	return &screenDefault{printer: printer{screen: s, opt: o}, handlers: map[string]bool{}}
}

// newDebug returns ansible.posix.debug: default with the output of commands shown as it is.
func newDebug(s *Screen, o Options) Callback {
	c := newDefault(s, o)
	c.own = debugStyle
	return c
}

// newSkippy returns ansible.posix.skippy: default without what was skipped.
func newSkippy(s *Screen, o Options) Callback {
	c := newDefault(s, o)
	c.noSkipped = true
	return c
}

// Close has nothing to do: everything has been printed.
func (c *screenDefault) Close() error { return nil }

// Handle prints what the default callback prints for e.
func (c *screenDefault) Handle(e Event) {
	switch e := e.(type) {
	case PlaybookStart:
		c.playbookStart(e)
	case PlayStart:
		c.playStart(e)
	case NoHostsMatched:
		c.screen.Display("skipping: no hosts matched", ColorSkip)
	case NoHostsRemaining:
		c.screen.Banner("NO MORE HOSTS LEFT")
	case TaskStart:
		c.taskStart(e.Task)
	case HostStart:
		c.hostStart(e)
	case Result:
		c.result(e)
	case ItemResult:
		c.item(e)
	case Retry:
		c.retry(e)
	case Async:
		c.async(e)
	case Included:
		c.included(e)
	case Notified:
		if c.screen.Verbosity > 1 {
			c.screen.screenOnly(fmt.Sprintf("NOTIFIED HANDLER %s for %s", e.Handler, e.Host), ColorVerbose)
		}
	case Stats:
		c.stats(e)
	}
}

func (c *screenDefault) playbookStart(e PlaybookStart) {
	if c.screen.Verbosity > 1 {
		c.screen.Banner("PLAYBOOK: " + path.Base(e.Path))
	}
	if c.screen.Verbosity > 3 {
		c.showOptions(e.Options)
	}
	if c.opt.Check && c.opt.CheckModeMarkers {
		c.screen.Banner("DRY RUN")
	}
}

func (c *screenDefault) showOptions(o *value.Dict) {
	if args := elements(o, "args"); len(args) > 0 {
		words := make([]string, len(args))
		for i, a := range args {
			words[i] = text(a)
		}
		c.screen.screenOnly("Positional arguments: "+strings.Join(words, " "), ColorVerbose)
	}
	for i := range o.Len() {
		if k := text(o.K[i]); k != "args" && truthy(o.V[i]) {
			c.screen.screenOnly(k+": "+text(o.V[i]), ColorVerbose)
		}
	}
}

func (c *screenDefault) playStart(e PlayStart) {
	msg := "PLAY"
	if name := strings.TrimFunc(e.Name, python.IsSpaceRune); name != "" {
		msg = "PLAY [" + name + "]"
	}
	c.strategy = e.Strategy
	c.screen.Banner(msg + c.checkMarker(e.CheckMode))
}

func (c *screenDefault) checkMarker(checkMode bool) string {
	if checkMode && c.opt.CheckModeMarkers {
		return " [CHECK MODE]"
	}
	return ""
}

var freeStrategies = withInternalNames("free", "host_pinned")

func (c *screenDefault) taskStart(t *Task) {
	if t.Handler {
		c.handlers[t.ID] = true
	}
	c.named = !freeStrategies[c.strategy]
	if !c.named {
		return
	}
	c.lastName = strings.TrimFunc(t.Name, python.IsSpaceRune)
	if c.opt.DisplaySkippedHosts && c.opt.DisplayOKHosts {
		c.banner(t)
	}
}

// needBanner prints the task's banner unless it was the last one printed.
func (c *screenDefault) needBanner(t *Task) {
	if c.lastBanner != t.ID {
		c.banner(t)
	}
}

func (c *screenDefault) banner(t *Task) {
	prefix, name := "TASK", c.lastName
	if c.handlers[t.ID] {
		prefix = "RUNNING HANDLER"
	}
	if !c.named {
		name = strings.TrimFunc(t.Name, python.IsSpaceRune)
	}
	args := ""
	if c.opt.DisplayArgs && !t.NoLog {
		args = " " + argsText(t.Args)
	}
	c.screen.Banner(prefix + " [" + name + args + "]" + c.checkMarker(t.CheckMode))
	if c.screen.Verbosity >= 2 {
		c.taskPath(t)
	}
	c.lastBanner = t.ID
}

func argsText(args *value.Dict) string {
	var parts []string
	for i := range args.Len() {
		parts = append(parts, text(args.K[i])+"="+text(args.V[i]))
	}
	return strings.Join(parts, ", ")
}

func (c *screenDefault) taskPath(t *Task) {
	if t.Path != "" {
		c.screen.Display("task path: "+t.Path, ColorDebug)
	}
}

func (c *screenDefault) hostStart(e HostStart) {
	if !c.opt.ShowPerHostStart {
		return
	}
	kind, name := "TASK", e.Task.RawName
	if e.Task.Handler {
		kind = "HANDLER"
	}
	if name == "" || e.Task.Tagged { // whose tasks have the name of the banner by now
		name = e.Task.Name
	}
	c.screen.Display(fmt.Sprintf(" [started %s: %s on %s]", kind, name, e.Host), ColorOK)
}

func (c *screenDefault) result(e Result) {
	v := cleanResult(e)
	switch e.Status {
	case Failed:
		c.failed(v, e.Ignored)
	case Unreachable:
		c.unreachable(v, e.Ignored)
	case Skipped:
		c.skipped(v)
	default:
		if (c.opt.Diff || e.Task.Diff) && has(e.Result, "diff") {
			c.fileDiff(v)
		}
		c.ok(v)
	}
}

func (c *screenDefault) failed(v view, ignored bool) {
	c.needBanner(v.task)
	c.problems(v)
	v.dropForDebug()
	c.exception(v.res, c.opt.DisplayFailedStderr)
	c.warn(v.res)
	if !v.takeItems() {
		if c.screen.Verbosity < 2 && c.opt.ShowPathOnFailure {
			c.taskPath(v.task)
		}
		c.fatal(v, "FAILED!", ColorError)
	}
	if ignored {
		c.screen.Display("...ignoring", ColorSkip)
	}
}

// takeItems removes the results of a loop, which have been shown one by one, and says whether v had any.
func (v view) takeItems() bool { return v.task.Loop && v.res.Del("results") }

func (c *screenDefault) fatal(v view, what string, color Color) {
	msg := fmt.Sprintf("fatal: [%s]: %s => %s", v.hostLabel(), what, c.dump(v.res, 0))
	c.screen.Message(Message{Text: msg, Color: color, Stderr: c.opt.DisplayFailedStderr})
}

func (c *screenDefault) unreachable(v view, ignored bool) {
	c.needBanner(v.task)
	c.problems(v)
	c.fatal(v, "UNREACHABLE!", ColorUnreachable)
	if ignored {
		c.screen.Display("...ignoring", ColorSkip)
	}
}

func (c *screenDefault) skipped(v view) {
	if !c.opt.DisplaySkippedHosts || c.noSkipped {
		return
	}
	v.dropForDebug()
	c.needBanner(v.task)
	c.problems(v)
	v.takeItems()
	c.line("skipping: ["+v.host+"]", v, ColorSkip)
}

// outcome is how a result that is no failure is told, and whether it is.
func (c *screenDefault) outcome(v view) (word string, color Color, shown bool) {
	if truthyKey(v.res, "changed") {
		return "changed", ColorChanged, true
	}
	return "ok", ColorOK, c.opt.DisplayOKHosts
}

func (c *screenDefault) ok(v view) {
	if v.task.Include {
		c.needBanner(v.task)
		return
	}
	word, color, shown := c.outcome(v)
	if !shown {
		return
	}
	c.needBanner(v.task)
	c.problems(v)
	c.warn(v.res)
	if v.takeItems() {
		return
	}
	msg := word + ": [" + v.hostLabel() + "]"
	v.dropForDebug()
	c.line(msg, v, color)
}

// line prints a host's line, with the whole result when it is wanted.
func (c *screenDefault) line(msg string, v view, color Color) {
	if c.isVerbose(v, 0) {
		msg += " => " + c.dump(v.res, 0)
	}
	c.screen.Display(msg, color)
}

// fileDiff prints the differences that a changed result, or each of its items, brings.
func (c *screenDefault) fileDiff(v view) {
	results := []value.Value{v.res}
	if v.task.Loop && has(v.res, "results") {
		results = elements(v.res, "results")
	}
	for _, r := range results {
		d, ok := r.(*value.Dict)
		if !ok || !truthyKey(d, "diff") || !truthyKey(d, "changed") {
			continue
		}
		diff, _ := d.GetStr("diff")
		shown, err := c.diffText(diff)
		if err != nil {
			c.broke("v2_on_file_diff", "ansible.plugins.callback.default", err)
			return
		}
		if shown != "" {
			c.needBanner(v.task)
			c.screen.Display(shown, NoColor)
		}
	}
}

func (c *screenDefault) item(e ItemResult) {
	v := cleanResult(Result(e))
	switch e.Status {
	case Failed, Unreachable:
		c.itemFailed(v)
	case Skipped:
		c.itemSkipped(v)
	default:
		if e.Task.Diff {
			c.fileDiff(v)
		}
		c.itemOK(v)
	}
}

func (c *screenDefault) itemOK(v view) {
	if v.task.Include {
		return
	}
	word, color, shown := c.outcome(v)
	if !shown {
		return
	}
	c.needBanner(v.task)
	c.problems(v)
	msg := fmt.Sprintf("%s: [%s] => (item=%s)", word, v.hostLabel(), v.itemLabel())
	v.dropForDebug()
	c.line(msg, v, color)
}

func (c *screenDefault) itemFailed(v view) {
	c.needBanner(v.task)
	label := v.hostLabel()
	c.problems(v)
	v.dropForDebug()
	c.exception(v.res, c.opt.DisplayFailedStderr)
	c.warn(v.res)
	msg := fmt.Sprintf("failed: [%s] (item=%s) => %s", label, v.itemLabel(), c.dump(v.res, 0))
	c.screen.Message(Message{Text: msg, Color: ColorError, Stderr: c.opt.DisplayFailedStderr})
}

func (c *screenDefault) itemSkipped(v view) {
	if !c.opt.DisplaySkippedHosts || c.noSkipped {
		return
	}
	c.needBanner(v.task)
	c.problems(v)
	v.dropForDebug()
	c.line(fmt.Sprintf("skipping: [%s] => (item=%s) ", v.host, v.itemLabel()), v, ColorSkip)
}

func (c *screenDefault) retry(e Retry) {
	v := cleanResult(Result{Host: e.Host, Task: e.Task, DelegateTo: e.DelegateTo, Result: e.Result})
	name := e.Name
	if name == "" {
		name = e.Task.Name
	}
	left := intKey(v.res, "retries") - intKey(v.res, "attempts")
	msg := fmt.Sprintf("FAILED - RETRYING: [%s]: %s (%d retries left).", v.hostLabel(), name, left)
	if c.isVerbose(v, 2) {
		msg += "Result was: " + c.dump(v.res, 0)
	}
	c.screen.Display(msg, ColorDebug)
}

func intKey(d *value.Dict, key string) int64 {
	v, _ := d.GetStr(key)
	n, _ := v.(int64)
	return n
}

func (c *screenDefault) async(e Async) {
	v := cleanResult(Result{Host: e.Host, Task: e.Task, Result: e.Result})
	get := func(d *value.Dict, key string) string {
		x, _ := d.GetStr(key)
		return text(x)
	}
	jid, _ := v.res.GetStr("ansible_job_id")
	switch e.Step {
	case AsyncPoll:
		msg := fmt.Sprintf("ASYNC POLL on %s: jid=%s started=%s finished=%s", e.Host, text(jid), get(v.res, "started"), get(v.res, "finished"))
		c.screen.Display(msg, ColorDebug)
	case AsyncOK:
		c.screen.Display(fmt.Sprintf("ASYNC OK on %s: jid=%s", e.Host, text(jid)), ColorDebug)
	case AsyncFailed:
		if sub, ok := v.res.GetStr("async_result"); ok && !truthy(jid) {
			d, _ := sub.(*value.Dict)
			jid, _ = d.GetStr("ansible_job_id")
		}
		c.screen.Display(fmt.Sprintf("ASYNC FAILED on %s: jid=%s", e.Host, text(jid)), ColorDebug)
	}
}

func (c *screenDefault) included(e Included) {
	msg := fmt.Sprintf("included: %s for %s", e.File, strings.Join(e.Hosts, ", "))
	switch {
	case e.NoLog:
		msg += " => (item=(censored due to no_log))"
	case truthy(e.Label):
		msg += " => (item=" + text(e.Label) + ")"
	}
	c.screen.Display(msg, ColorIncluded)
}

func (c *screenDefault) stats(e Stats) {
	c.screen.Banner("PLAY RECAP")
	for _, h := range sortedHosts(e.Hosts) {
		c.screen.screenOnly(c.recapLine(h, &c.screen.Palette), NoColor)
		c.screen.log(c.recapLine(h, &Palette{}), "")
	}
	c.screen.screenOnly("", NoColor)
	if e.Custom.Len() > 0 && c.opt.ShowCustomStats {
		c.customStats(e.Custom)
	}
	if c.opt.Check && c.opt.CheckModeMarkers {
		c.screen.Banner("DRY RUN")
	}
}

func sortedHosts(hosts []HostStats) []HostStats {
	return slices.SortedStableFunc(slices.Values(hosts), func(a, b HostStats) int { return strings.Compare(a.Host, b.Host) })
}

func (c *screenDefault) recapLine(h HostStats, p *Palette) string {
	numbers := []struct {
		name  string
		n     int
		color Color
	}{
		{"ok", h.OK, ColorOK}, {"changed", h.Changed, ColorChanged}, {"unreachable", h.Unreachable, ColorUnreachable},
		{"failed", h.Failed, ColorError}, {"skipped", h.Skipped, ColorSkip}, {"rescued", h.Rescued, ColorOK},
		{"ignored", h.Ignored, ColorWarn},
	}
	parts := make([]string, len(numbers))
	for i, x := range numbers {
		parts[i] = fmt.Sprintf("%s=%-4d", x.name, x.n)
		if x.n != 0 {
			parts[i] = p.paint(parts[i], x.color)
		}
	}
	return recapHost(h, p) + " : " + strings.Join(parts, " ")
}

// recapHost pads the host's name; with colours the codes count as characters.
func recapHost(h HostStats, p *Palette) string {
	if *p == (Palette{}) {
		return fmt.Sprintf("%-26s", h.Host)
	}
	color := ColorOK
	switch {
	case h.Failed != 0 || h.Unreachable != 0:
		color = ColorError
	case h.Changed != 0:
		color = ColorChanged
	}
	return fmt.Sprintf("%-37s", p.paint(h.Host, color))
}

func (c *screenDefault) customStats(custom *value.Dict) {
	c.screen.Banner("CUSTOM STATS: ")
	var keys []string
	for _, k := range custom.K {
		keys = append(keys, text(k))
	}
	slices.Sort(keys)
	for _, k := range keys {
		if k != "_run" {
			c.screen.Display("\t"+k+": "+c.statsText(custom, k), NoColor)
		}
	}
	if has(custom, "_run") {
		c.screen.screenOnly("", NoColor)
		c.screen.Display("\tRUN: "+c.statsText(custom, "_run"), NoColor)
	}
	c.screen.screenOnly("", NoColor)
}

func (c *screenDefault) statsText(custom *value.Dict, key string) string {
	v, _ := custom.GetStr(key)
	d, _ := v.(*value.Dict)
	return strings.ReplaceAll(c.dump(d, 1), "\n", "")
}
