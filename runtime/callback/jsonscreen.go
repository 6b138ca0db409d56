package callback

import (
	"time"

	"pbc/ir/value"
)

// jsonScreen is the callback ansible.posix.json: one JSON document when the run ends.
type jsonScreen struct {
	printer
	plays    []*value.Dict
	lockstep bool
	started  map[hostTask]*value.Dict   // by host, in plays whose hosts do not wait for each other
	labels   map[hostTask][]value.Value // of the items of a loop that have ended
}

type hostTask struct{ host, task string }

func newJSONScreen(s *Screen, o Options) Callback {
	return &jsonScreen{printer: printer{screen: s, opt: o}, started: map[hostTask]*value.Dict{}, labels: map[hostTask][]value.Value{}}
}

// Close has nothing to do.
func (c *jsonScreen) Close() error { return nil }

// Handle gathers plays, tasks and results, and prints them with the statistics.
func (c *jsonScreen) Handle(e Event) {
	switch e := e.(type) {
	case PlayStart:
		c.lockstep = e.Strategy == "" || e.Strategy == "linear" || e.Strategy == "debug"
		c.plays = append(c.plays, value.DictOf("play", c.opening(e.Name, e.ID, e.Path), "tasks", &value.List{}))
	case TaskStart:
		if c.lockstep {
			c.addTask(e.Task)
		}
	case HostStart:
		if !c.lockstep {
			c.started[hostTask{e.Host, e.Task.ID}] = c.addTask(e.Task)
		}
	case ItemResult:
		key := hostTask{e.Host, e.Task.ID}
		label, _ := e.Result.GetStr("_ansible_item_label")
		c.labels[key] = append(c.labels[key], label)
	case Result:
		c.result(e)
	case Stats:
		c.stats(e)
	}
}

// timestamp is the time as Python's isoformat writes it, in UTC.
func timestamp(t time.Time) string {
	f := "2006-01-02T15:04:05"
	if t.Nanosecond() >= 1000 {
		f += ".000000"
	}
	return t.UTC().Format(f) + "Z"
}

func (c *jsonScreen) opening(name, id, path string) *value.Dict {
	return value.DictOf("name", name, "id", id, "path", path, "duration", value.DictOf("start", timestamp(c.opt.now())))
}

func (c *jsonScreen) addTask(t *Task) *value.Dict {
	task := value.DictOf("task", c.opening(t.Name, t.ID, t.Path), "hosts", value.NewDict())
	tasks := c.tasks()
	tasks.V = append(tasks.V, task)
	return task
}

// tasks are those of the play that runs.
func (c *jsonScreen) tasks() *value.List {
	if len(c.plays) == 0 {
		return &value.List{}
	}
	v, _ := c.plays[len(c.plays)-1].GetStr("tasks")
	return v.(*value.List)
}

func (c *jsonScreen) result(e Result) {
	key := hostTask{e.Host, e.Task.ID}
	labels := c.labels[key]
	delete(c.labels, key)
	task := c.started[key]
	delete(c.started, key)
	if task == nil {
		tasks := c.tasks()
		if len(tasks.V) == 0 {
			return
		}
		task = tasks.V[len(tasks.V)-1].(*value.Dict)
	}
	res := cleanDict(e.Task, e.Result)
	switch e.Status {
	case Failed:
		res.SetStr("failed", true)
	case Skipped:
		res.SetStr("skipped", true)
	}
	switch {
	case e.Task.Tagged:
		res = stripInternal(res, shownMarks).(*value.Dict)
		showMarks(res, labels)
		showCensored(res)
	case e.Status != Unreachable && !workerless[shortName(e.Task.Action)]:
		showMarks(res, labels)
	}
	res.SetStr("action", e.Task.Action)
	entry(task, "hosts").SetStr(e.Host, res)
	end := timestamp(c.opt.now())
	entry(entry(task, "task"), "duration").SetStr("end", end)
	entry(entry(c.plays[len(c.plays)-1], "play"), "duration").SetStr("end", end)
}

// workerless are the actions that no worker of Ansible's runs.
var workerless = map[string]bool{"meta": true, "include": true, "include_tasks": true, "include_role": true}

// showMarks adds what Ansible's workers leave in the results of tasks that no_log does not hide, or in those of each item.
//
// Observed: ansible-core 2.14, ansible.posix.json.
func showMarks(res *value.Dict, labels []value.Value) {
	const hidden, label = "_ansible_no_log", "_ansible_item_label"
	if _, censored := res.GetStr("censored"); censored {
		return
	}
	v, _ := res.GetStr("results")
	items, ok := v.(*value.List)
	if !ok || len(items.V) != len(labels) {
		res.SetStr(hidden, false)
		return
	}
	marked := &value.List{V: append([]value.Value{}, items.V...)}
	res.SetStr("results", marked)
	for i, v := range items.V {
		if item, ok := v.(*value.Dict); ok {
			item = item.Copy()
			item.SetStr(hidden, false)
			item.SetStr(label, labels[i])
			marked.V[i] = item
		}
	}
}

// shownMarks are the internal keys that results of dialect tagged have for callbacks: errors and warnings are in objects of their own.
var shownMarks = map[string]bool{
	"_ansible_verbose_always": true, "_ansible_verbose_override": true, "_ansible_delegated_vars": true, "_ansible_no_log": true, "_ansible_item_label": true,
}

// showCensored adds the mark of what no_log hides, which dialect tagged shows.
func showCensored(res *value.Dict) {
	const hidden = "_ansible_no_log"
	if _, ok := res.GetStr("censored"); ok {
		res.SetStr(hidden, true)
	}
	for _, e := range elements(res, "results") {
		if item, ok := e.(*value.Dict); ok && has(item, "censored") {
			item.SetStr(hidden, true) // a copy of ours: stripInternal made it
		}
	}
}

func entry(d *value.Dict, key string) *value.Dict {
	v, _ := d.GetStr(key)
	return v.(*value.Dict)
}

func (c *jsonScreen) stats(e Stats) {
	summary, custom, global := value.NewDict(), value.NewDict(), value.NewDict()
	for _, h := range sortedHosts(e.Hosts) {
		summary.SetStr(h.Host, h.dict())
	}
	if c.opt.ShowCustomStats && e.Custom != nil {
		custom = e.Custom.Copy()
		if run, ok := custom.GetStr("_run"); ok {
			global, _ = run.(*value.Dict)
			custom.Del("_run")
		}
	}
	plays := &value.List{}
	for _, p := range c.plays {
		plays.V = append(plays.V, p)
	}
	doc := value.DictOf("plays", plays, "stats", summary, "custom_stats", custom, "global_custom_stats", global)
	s, err := value.JSON(doc, value.JSONOptions{Indent: max(c.opt.JSONIndent, 0), SortKeys: true, ASCII: true})
	if err != nil {
		c.broke("v2_playbook_on_stats", "ansible_collections.ansible.posix.plugins.callback.json", err)
		return
	}
	c.screen.Display(s, NoColor)
}
