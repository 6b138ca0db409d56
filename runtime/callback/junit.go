package callback

import (
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"pbc/ir/value"
	"pbc/runtime/python"
)

// JUnitOptions are the settings of the junit callback, which only the environment has.
type JUnitOptions struct {
	OutputDir     string // empty is ~/.ansible.log
	TaskClass     bool   // one class for each file: leaves the line out of the class
	RelativePath  string // paths are relative to this folder
	FailOnChange  bool
	FailOnIgnore  bool
	SkipSetup     bool // leaves the setup tasks out
	HideArguments bool
	CasePrefix    string
	OutOfTreePath string // replaces what is outside of RelativePath
	HasOutOfTree  bool
}

// readJUnit reads the settings; anything but the one word is the default, as in Ansible.
func readJUnit(get Lookup) JUnitOptions {
	env := func(name string) string {
		s, _ := get(Setting{Env: []string{name}})
		return s
	}
	is := func(name, word string) bool { return strings.ToLower(env(name)) == word }
	outOfTree, hasOutOfTree := get(Setting{Env: []string{"JUNIT_REPLACE_OUT_OF_TREE_PATH"}})
	hide, hasHide := get(Setting{Env: []string{"JUNIT_HIDE_TASK_ARGUMENTS"}})
	return JUnitOptions{
		OutputDir: env("JUNIT_OUTPUT_DIR"), TaskClass: is("JUNIT_TASK_CLASS", "true"), RelativePath: env("JUNIT_TASK_RELATIVE_PATH"),
		FailOnChange: is("JUNIT_FAIL_ON_CHANGE", "true"), FailOnIgnore: is("JUNIT_FAIL_ON_IGNORE", "true"),
		SkipSetup: is("JUNIT_INCLUDE_SETUP_TASKS_IN_REPORT", "false"), HideArguments: hasHide && strings.ToLower(hide) != "false",
		CasePrefix: env("JUNIT_TEST_CASE_PREFIX"), OutOfTreePath: outOfTree, HasOutOfTree: hasOutOfTree,
	}
}

// junit is Ansible's callback "junit": a report with one test case for each task and host.
type junit struct {
	printer
	set      JUnitOptions
	playbook string
	play     string
	tasks    []*junitTask
	byID     map[string]*junitTask
	err      error
}

type junitTask struct {
	name, path, play, action string
	started                  time.Time
	cases                    []*junitCase
}

type junitCase struct {
	host, status string
	res          *value.Dict
	included     string
	finished     time.Time
}

const junitPlugin = "ansible.plugins.callback.junit"

func newJUnit(s *Screen, o Options) Callback {
	set := o.JUnit
	o.ResultFormat, o.PrettyResults = "json", nil
	return &junit{printer: printer{screen: s, opt: o}, set: set, byID: map[string]*junitTask{}}
}

// Close returns the error that writing the report met.
func (c *junit) Close() error { return c.err }

// Handle gathers the results, and writes the report with the statistics.
func (c *junit) Handle(e Event) {
	switch e := e.(type) {
	case PlaybookStart:
		base := filepath.Base(e.Path)
		c.playbook = strings.TrimSuffix(base, filepath.Ext(base))
	case PlayStart:
		c.play = e.Name
	case TaskStart:
		c.start(e.Task)
	case Included:
		if e.Task != nil {
			c.finish(e.Task, &junitCase{host: "include", status: "included", included: e.describe()})
		}
	case Result:
		c.result(e)
	case Stats:
		c.report()
	}
}

// describe is Python's repr of an included file.
func (e Included) describe() string {
	reprOf := func(d *value.Dict) string {
		if d == nil {
			return "{}"
		}
		s, err := value.Repr(d)
		if err != nil {
			return err.Error()
		}
		return s
	}
	return fmt.Sprintf("%s (args=%s vars=%s): [%s]", e.File, reprOf(e.Args), reprOf(e.Vars), strings.Join(e.Hosts, ", "))
}

func (c *junit) start(t *Task) {
	if c.byID[t.ID] != nil {
		return
	}
	name := strings.TrimFunc(t.Name, python.IsSpaceRune)
	if args := argsText(t.Args); args != "" && !t.NoLog && !c.set.HideArguments {
		name += " " + args
	}
	x := &junitTask{name: name, path: t.Path, play: c.play, action: t.Action, started: c.opt.now()}
	c.byID[t.ID] = x
	c.tasks = append(c.tasks, x)
}

func (c *junit) result(e Result) {
	status := map[Status]string{OK: "ok", Skipped: "skipped", Failed: "failed"}[e.Status]
	if status == "" { // unreachable: the plugin knows nothing of it
		return
	}
	if e.Status == Failed && e.Ignored && !c.set.FailOnIgnore {
		status = "ok"
	}
	c.finish(e.Task, &junitCase{host: e.Host, status: status, res: cleanDict(e.Task, e.Result)})
}

func (c *junit) finish(t *Task, x *junitCase) {
	method := "v2_runner_on_" + x.status
	if x.status == "included" {
		method = "v2_playbook_on_include"
	}
	task := c.byID[t.ID]
	if task == nil {
		c.broke(method, junitPlugin, errors.New("'"+t.ID+"'"))
		return
	}
	if c.set.FailOnChange && x.status == "ok" && truthyKey(x.res, "changed") {
		x.status = "failed"
	}
	switch {
	case x.status == "failed" && strings.Contains(task.name, "EXPECTED FAILURE"):
		x.status = "ok"
	case strings.Contains(task.name, "TOGGLE RESULT") && x.status == "failed":
		x.status = "ok"
	case strings.Contains(task.name, "TOGGLE RESULT") && x.status == "ok":
		x.status = "failed"
	}
	if !strings.HasPrefix(task.name, c.set.CasePrefix) && x.status != "failed" {
		return
	}
	x.finished = c.opt.now()
	if err := task.add(x); err != nil {
		c.broke(method, junitPlugin, err)
	}
}

// add adds a host's case; only the cases of includes may come more than once.
func (t *junitTask) add(x *junitCase) error {
	for i, old := range t.cases {
		if old.host != x.host {
			continue
		}
		if x.status != "included" {
			return fmt.Errorf("%s: %s: %s: duplicate host callback: %s", t.path, t.play, t.name, x.host)
		}
		x.included = old.included + "\n" + x.included
		t.cases[i] = x
		return nil
	}
	t.cases = append(t.cases, x)
	return nil
}

var setupActions = withInternalNames("setup")

func (c *junit) report() {
	var r junitReport
	for _, t := range c.tasks {
		if c.set.SkipSetup && setupActions[t.action] {
			continue
		}
		for _, x := range t.cases {
			c.writeCase(&r, t, x)
		}
	}
	dir := c.set.OutputDir
	if dir == "" {
		home, _ := os.UserHomeDir()
		dir = filepath.Join(home, ".ansible.log")
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		c.err = err
		return
	}
	name := fmt.Sprintf("%s-%s.xml", c.playbook, value.FloatRepr(float64(c.opt.now().UnixMicro())/1e6))
	c.err = os.WriteFile(filepath.Join(dir, name), []byte(r.document(c.playbook)), 0o666)
}

var lineOfClass = regexp.MustCompile(`\.yml:[0-9]+$`)

func (c *junit) class(path string) string {
	if c.set.RelativePath != "" && path != "" {
		if rel, err := filepath.Rel(c.set.RelativePath, path); err == nil {
			path = rel
		}
	}
	if c.set.HasOutOfTree && strings.HasPrefix(path, "../") {
		path = c.set.OutOfTreePath + filepath.Base(path)
	}
	if c.set.TaskClass {
		path = lineOfClass.ReplaceAllString(path, "")
	}
	return path
}

func (c *junit) writeCase(r *junitReport, t *junitTask, x *junitCase) {
	took := x.finished.Sub(t.started).Seconds()
	r.time += took
	r.tests++
	head := xmlAttrs("classname", c.class(t.path), "name", fmt.Sprintf("[%s] %s: %s", x.host, t.play, t.name), "time", value.FloatRepr(took))
	r.open("testcase" + head)
	switch {
	case x.status == "included":
		r.leaf("system-out", "", x.included)
	case x.status == "ok":
		r.leaf("system-out", "", c.dump(x.res, noIndent))
	case x.status == "skipped":
		reason := "skipped"
		if has(x.res, "skip_reason") {
			reason = textKey(x.res, "skip_reason")
		}
		r.leaf("skipped", "", reason)
		r.skipped++
	case chainOf(x.res) != nil:
		chain := chainOf(x.res)
		r.leaf("error", xmlAttrs("message", chain.Brief(), "type", "error"), tracesOf(chain))
		r.errors++
	case has(x.res, "exception"):
		trace := textKey(x.res, "exception")
		r.leaf("error", xmlAttrs("message", lastLine(trace), "type", "error"), trace)
		r.errors++
	default:
		msg := textKey(x.res, "msg")
		if !has(x.res, "msg") {
			msg = "rc=" + rcOrZero(x.res)
		}
		r.leaf("failure", xmlAttrs("message", msg, "type", "failure"), c.dump(x.res, noIndent))
		r.failures++
	}
	r.close("testcase")
}

func rcOrZero(res *value.Dict) string {
	if !has(res, "rc") {
		return "0"
	}
	return textKey(res, "rc")
}

// junitReport is the XML of the test cases, and their numbers.
type junitReport struct {
	b                                strings.Builder
	tests, errors, failures, skipped int
	time                             float64
}

const caseDepth = "\t\t"

func (r *junitReport) open(tag string)  { r.b.WriteString(caseDepth + "<" + tag + ">\n") }
func (r *junitReport) close(tag string) { r.b.WriteString(caseDepth + "</" + tag + ">\n") }

func (r *junitReport) leaf(tag, attrs, body string) {
	r.b.WriteString(caseDepth + "\t<" + tag + attrs)
	if body == "" {
		r.b.WriteString("/>\n")
		return
	}
	body = strings.ReplaceAll(strings.ReplaceAll(body, "\r\n", "\n"), "\r", "\n") // as XML parsers read it
	r.b.WriteString(">" + xmlEscape(body) + "</" + tag + ">\n")
}

func (r *junitReport) document(name string) string {
	n := func(i int) string { return fmt.Sprint(i) }
	exact := exactDecimal(r.time)
	suites := xmlAttrs("disabled", "0", "errors", n(r.errors), "failures", n(r.failures), "tests", n(r.tests), "time", exact)
	suite := xmlAttrs("disabled", "0", "errors", n(r.errors), "failures", n(r.failures), "name", name,
		"skipped", n(r.skipped), "tests", n(r.tests), "time", exact)
	head := "<?xml version=\"1.0\" ?>\n<testsuites" + suites + ">\n"
	if r.tests == 0 {
		return head + "\t<testsuite" + suite + "/>\n</testsuites>\n"
	}
	return head + "\t<testsuite" + suite + ">\n" + r.b.String() + "\t</testsuite>\n</testsuites>\n"
}

// exactDecimal is Python's str(decimal.Decimal(f)) of a time: all the digits a float has.
func exactDecimal(f float64) string {
	const digits = 60 // more than a float that measures seconds can have
	s := new(big.Float).SetFloat64(f).Text('f', digits)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

func xmlAttrs(kv ...string) string {
	var b strings.Builder
	for i := 0; i+1 < len(kv); i += 2 {
		b.WriteString(" " + kv[i] + `="` + xmlEscape(kv[i+1]) + `"`)
	}
	return b.String()
}

var xmlEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&quot;", ">", "&gt;")

func xmlEscape(s string) string { return xmlEscaper.Replace(s) }
