package conformance

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"pbc/conformance/compare"
)

// Costs keeps what scenarios cost in processor time, so that the dear ones can be found. Its zero value is ready; scenarios that
// run at the same time may share one.
type Costs struct {
	mu   sync.Mutex
	rows map[string]*cost
}

// cost is what one scenario took of either program.
type cost struct{ oracle, subject time.Duration }

// spent adds what the oracle and pbc did for a scenario; either may be the zero outcome.
func (c *Costs) spent(scenario string, oracle, subject compare.Outcome) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rows == nil {
		c.rows = map[string]*cost{}
	}
	row := c.rows[scenario]
	if row == nil {
		row = &cost{}
		c.rows[scenario] = row
	}
	row.oracle += oracle.CPU()
	row.subject += subject.CPU()
}

// Table tells what all took together, and the scenarios that took most, at most limit of them.
func (c *Costs) Table(limit int) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all cost
	var names []string
	for name, row := range c.rows {
		all.oracle += row.oracle
		all.subject += row.subject
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		x, y := c.rows[a], c.rows[b]
		return cmp.Or(cmp.Compare(y.oracle+y.subject, x.oracle+x.subject), strings.Compare(a, b))
	})
	var b strings.Builder
	line := func(name string, row cost) {
		fmt.Fprintf(&b, "%-40s %8.2f %8.2f\n", name, row.oracle.Seconds(), row.subject.Seconds())
	}
	fmt.Fprintf(&b, "%-40s %8s %8s\n", "processor seconds of", "oracle", "pbc")
	line("all", all)
	for _, name := range names[:min(limit, len(names))] {
		line(name, *c.rows[name])
	}
	return b.String()
}
