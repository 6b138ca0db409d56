package callback

import (
	"fmt"
	"strings"

	"pbc/ir/value"
)

// minimal is Ansible's callback "minimal": one block for each host's result.
type minimal struct{ printer }

func newMinimal(s *Screen, o Options) Callback { return &minimal{printer{screen: s, opt: o}} }

// Close has nothing to do.
func (c *minimal) Close() error { return nil }

// Handle prints the results of tasks and ignores all else.
func (c *minimal) Handle(e Event) {
	switch e := e.(type) {
	case Result:
		c.result(e)
	case ItemResult:
		if e.Task.Diff && (e.Status == OK) {
			c.fileDiff(cleanResult(Result(e)))
		}
	}
}

func (c *minimal) result(e Result) {
	v := cleanResult(e)
	switch e.Status {
	case Failed:
		c.problems(v)
		c.exception(v.res, false)
		c.warn(v.res)
		c.show(v, "FAILED", "FAILED!", ColorError, has(v.res, "module_stderr"))
	case Unreachable:
		c.problems(v)
		c.screen.Display(v.host+" | UNREACHABLE! => "+c.dump(v.res, 4), ColorUnreachable)
	case Skipped:
		c.screen.Display(v.host+" | SKIPPED", ColorSkip)
	default:
		if (c.opt.Diff || e.Task.Diff) && has(e.Result, "diff") {
			c.fileDiff(cleanResult(e))
		}
		c.problems(v)
		v.dropForDebug()
		c.warn(v.res)
		word, color := okWord(v.res)
		c.show(v, word, word, color, has(v.res, "ansible_job_id"))
	}
}

// okWord is the word and the colour of a result that did not fail.
func okWord(res *value.Dict) (string, Color) {
	if truthyKey(res, "changed") {
		return "CHANGED", ColorChanged
	}
	return "SUCCESS", ColorOK
}

// show prints the output of a command as it is under its caption, unless asJSON, and other results as JSON.
func (c *minimal) show(v view, caption, word string, color Color, asJSON bool) {
	if !rawActions[v.task.Action] || asJSON {
		c.screen.Display(v.host+" | "+word+" => "+c.dump(v.res, 4), color)
		return
	}
	msg := fmt.Sprintf("%s | %s | rc=%s >>\n", v.host, caption, rcText(v.res))
	msg += textKey(v.res, "stdout") + textKey(v.res, "stderr") + textKey(v.res, "msg") + "\n"
	c.screen.Display(msg, color)
}

func rcText(res *value.Dict) string {
	if !has(res, "rc") {
		return "-1"
	}
	return textKey(res, "rc")
}

func (c *minimal) fileDiff(v view) {
	diff, ok := v.res.GetStr("diff")
	if !ok || !truthy(diff) {
		return
	}
	shown, err := c.diffText(diff)
	if err != nil {
		c.broke("v2_on_file_diff", "ansible.plugins.callback.minimal", err)
		return
	}
	c.screen.Display(shown, NoColor)
}

// oneline is Ansible's callback "oneline": one line for each host's result.
type oneline struct{ printer }

func newOneline(s *Screen, o Options) Callback {
	o.ResultFormat, o.PrettyResults = "json", nil // options that this callback does not have
	return &oneline{printer{screen: s, opt: o}}
}

// Close has nothing to do.
func (c *oneline) Close() error { return nil }

// Handle prints the results of tasks and ignores all else.
func (c *oneline) Handle(e Event) {
	r, ok := e.(Result)
	if !ok {
		return
	}
	v := cleanResult(r)
	switch r.Status {
	case Failed:
		c.failed(v)
	case Unreachable:
		c.screen.Display(v.host+" | UNREACHABLE!: "+textKey(v.res, "msg"), ColorUnreachable)
	case Skipped:
		c.screen.Display(v.host+" | SKIPPED", ColorSkip)
	default:
		word, color := okWord(v.res)
		if rawActions[v.task.Action] && !has(v.res, "ansible_job_id") {
			c.screen.Display(c.command(v, word), color)
			return
		}
		c.screen.Display(v.host+" | "+word+" => "+c.flat(v.res), color)
	}
}

func (c *oneline) failed(v view) {
	if e, ok := v.res.GetStr("exception"); ok {
		msg := "An exception occurred during task execution. The full traceback is:\n" + strings.ReplaceAll(text(e), "\n", "")
		if c.screen.Verbosity < 3 {
			msg = "An exception occurred during task execution. To see the full traceback, use -vvv. The error was: " + lastLine(text(e))
		}
		if rawActions[v.task.Action] && !has(v.res, "module_stderr") {
			msg = c.command(v, "FAILED")
		}
		c.screen.Display(msg, ColorError)
	}
	c.screen.Display(v.host+" | FAILED! => "+c.flat(v.res), ColorError)
}

func (c *oneline) command(v view, caption string) string {
	flat := func(key string) string {
		return strings.NewReplacer("\n", "\\n", "\r", "\\r").Replace(textKey(v.res, key))
	}
	msg := fmt.Sprintf("%s | %s | rc=%s | (stdout) %s", v.host, caption, rcText(v.res), flat("stdout"))
	if truthyKey(v.res, "stderr") {
		msg += " (stderr) " + flat("stderr")
	}
	return msg
}

// flat is a result as JSON without line breaks.
func (c *oneline) flat(res *value.Dict) string {
	return strings.ReplaceAll(c.dump(res, noIndent), "\n", "")
}
