package callback

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// profileTasks is the callback ansible.posix.profile_tasks: when each task began, how long the one before
// took, and the longest at the end.
type profileTasks struct {
	printer
	begun, last time.Time // of the run, of the last line
	tasks       []*taskTime
	current     *taskTime
}

func newProfileTasks(s *Screen, o Options) Callback {
	now := o.now()
	return &profileTasks{printer: printer{screen: s, opt: o}, begun: now, last: now}
}

// Close has nothing to do.
func (c *profileTasks) Close() error { return nil }

// Handle prints the time line of each task, and the summary with the statistics.
func (c *profileTasks) Handle(e Event) {
	switch e := e.(type) {
	case TaskStart:
		c.timeLine()
		c.stop()
		c.start(e.Task)
	case Stats:
		c.timeLine()
		c.screen.Display(filled("", "="), NoColor)
		c.stop()
		c.summary()
	}
}

func (c *profileTasks) timeLine() {
	now := c.opt.now()
	msg := fmt.Sprintf("%s (%s)       %s", now.Format("Monday 02 January 2006  15:04:05 -0700"), clockTime(now.Sub(c.last)), clockTime(now.Sub(c.begun)))
	c.last = now
	c.screen.Display(filled(msg, "*"), NoColor)
}

// clockTime is a length of time as hours, minutes, seconds and thousandths.
func clockTime(d time.Duration) string {
	ms := d.Milliseconds()
	return fmt.Sprintf("%d:%02d:%02d.%03d", ms/3600000, ms/60000%60, ms/1000%60, ms%1000)
}

func (c *profileTasks) stop() {
	if c.current != nil {
		c.current.elapsed += c.opt.now().Sub(c.current.started)
	}
	c.current = nil
}

// start begins to measure a task; one that runs again, for another batch of hosts, adds to its time.
func (c *profileTasks) start(t *Task) {
	for _, x := range c.tasks {
		if x.id == t.ID {
			c.current = x
		}
	}
	if c.current == nil {
		c.current = &taskTime{id: t.ID, name: t.Name}
		c.tasks = append(c.tasks, c.current)
	}
	c.current.started = c.opt.now()
	if c.screen.Verbosity >= 2 {
		c.current.path = t.Path
	}
}

func (c *profileTasks) summary() {
	times := slices.Clone(c.tasks)
	sortTimes(times, c.opt.TaskOrder)
	if n := c.opt.TaskLimit; n >= 0 && n < len(times) {
		times = times[:n]
	}
	for _, x := range times {
		msg := dashed(x.name, c.screen.Columns-9) + fmt.Sprintf("%s%s", strings.Repeat("-", max(0, 9-len(x.seconds()))), x.seconds())
		if x.path != "" {
			msg += "\n" + dashed(x.path, c.screen.Columns)
		}
		c.screen.Display(msg, NoColor)
	}
}

func (x *taskTime) seconds() string { return fmt.Sprintf(" %.02fs", x.elapsed.Seconds()) }

// dashed is text and a blank, filled up with dashes.
func dashed(text string, width int) string {
	text += " "
	return text + strings.Repeat("-", max(0, width-len([]rune(text))))
}

// taskTime is what profile_tasks knows of a task.
type taskTime struct {
	id, name, path string
	started        time.Time
	elapsed        time.Duration
}

// sortTimes orders task times by their length; equal ones keep the order of the run.
func sortTimes(times []*taskTime, order string) {
	switch order {
	case "descending":
		slices.SortStableFunc(times, func(a, b *taskTime) int { return int(b.elapsed - a.elapsed) })
	case "ascending":
		slices.SortStableFunc(times, func(a, b *taskTime) int { return int(a.elapsed - b.elapsed) })
	}
}

// filled is text filled up to 80 columns with a character; the blank at its end is Ansible's.
func filled(text string, with string) string {
	width := 79
	if text != "" {
		text += " "
		width -= len([]rune(text))
	}
	return text + strings.Repeat(with, max(width, 3)) + " "
}

// timer is the callback ansible.posix.timer: how long the run took.
type timer struct {
	printer
	begun time.Time
}

func newTimer(s *Screen, o Options) Callback { return &timer{printer{screen: s, opt: o}, o.now()} }

// Close has nothing to do.
func (c *timer) Close() error { return nil }

// Handle prints the length of the run with the statistics.
func (c *timer) Handle(e Event) {
	if _, ok := e.(Stats); !ok {
		return
	}
	s := int(c.opt.now().Sub(c.begun).Seconds())
	c.screen.Display(fmt.Sprintf("Playbook run took %d days, %d hours, %d minutes, %d seconds", s/86400, s/3600%24, s/60%60, s%60), NoColor)
}
