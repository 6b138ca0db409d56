package main

import (
	"context"
	"flag"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pbc/agent"
	"pbc/compiler/effect"
	"pbc/ir/value"
	"pbc/runtime/module"
	"pbc/runtime/module/builtin"
)

var (
	orderPlays = flag.Int("order.plays", 120, "random plays of the order test; 2000 before a release")
	orderSeed  = flag.Uint64("order.seed", 1, "seed of the first random play")
)

// call is one run of a module on a host.
type call struct {
	task, who  string // the task, and the host that the task is for
	nth        int    // of that task for that host
	open       bool
	start, end int // in the order of all starts and ends
	group      int // the calls of one task, in the order of the strict run
}

func (c *call) key() string { return fmt.Sprintf("%s/%s/%d", c.task, c.who, c.nth) }

// stage is a run: the hosts, and what they did.
type stage struct {
	mu    sync.Mutex
	delay *rand.Rand
	slow  string // a host that takes longer
	clock int
	calls []*call
	count map[string]int
}

// agent serves a host whose modules only note that they ran.
func (s *stage) agent(host string) io.ReadWriteCloser {
	near, far := net.Pipe()
	go func() {
		_ = agent.Serve(far, agent.Options{Local: true, Modules: func(_ context.Context, c *module.Call) *value.Dict { return s.run(host, c) }})
		far.Close()
	}()
	return near
}

func (s *stage) pause(host string) {
	s.mu.Lock()
	d := time.Duration(s.delay.IntN(200)) * time.Microsecond
	s.mu.Unlock()
	if host == s.slow {
		d *= 5
	}
	time.Sleep(d) // the others get ahead, or fall behind: that is what is tested
}

func (s *stage) run(host string, c *module.Call) *value.Dict {
	v, ok := c.Args.GetStr("_raw_params")
	if !ok {
		v, _ = c.Args.GetStr("path")
	}
	text, _ := value.Text(v)
	parts := strings.SplitN(strings.Fields(text + " x")[0], "/", 3)
	o := &call{task: parts[0], open: c.Name == "ansible.builtin.command"}
	if len(parts) > 1 {
		o.who = parts[1]
	}
	s.mu.Lock()
	s.count[o.task+"/"+o.who]++
	o.nth = s.count[o.task+"/"+o.who]
	s.clock++
	o.start = s.clock
	s.calls = append(s.calls, o)
	s.mu.Unlock()
	s.pause(host)
	s.mu.Lock()
	s.clock++
	o.end = s.clock
	s.mu.Unlock()
	h := fnv.New32a()
	io.WriteString(h, o.key())
	d := value.DictOf("changed", h.Sum32()%3 == 0, "rc", int64(h.Sum32()%7), "text", text)
	if h.Sum32()%7 == 1 {
		d.SetStr("failed", true)
		d.SetStr("msg", "as it happens")
	}
	if h.Sum32()%29 == 3 {
		return value.DictOf("unreachable", true, "msg", "gone for now", "changed", false)
	}
	return d
}

// outcome is what a run showed, and what it did.
type outcome struct {
	shown string
	code  int
	calls []*call
}

// perform runs a playbook with an order.
func perform(t *testing.T, dir string, order effect.Order, seed uint64, hosts []string) outcome {
	t.Helper()
	forks := fmt.Sprint(pick(rand.New(rand.NewPCG(seed, 3)), 1, 2, 5, 50))
	s := sessionIn(t, dir, "-i", "hosts", "-f", forks)
	r := rand.New(rand.NewPCG(seed, uint64(order)+7))
	st := &stage{delay: r, slow: pick(r, hosts...), count: map[string]int{}}
	s.order, s.agents = order, st.agent
	code, err := s.play(compiled(t, s))
	if err != nil {
		t.Fatalf("run: %v", err)
	}
	if err := s.out.Close(); err != nil {
		t.Fatal(err)
	}
	shown, err := os.ReadFile(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	return outcome{shown: string(shown), code: code, calls: st.calls}
}

// sessionIn is a session in a folder that holds site.yml; what it shows goes to the file out.
func sessionIn(t *testing.T, dir string, args ...string) *session {
	t.Helper()
	t.Chdir(dir)
	f, err := os.Create("out")
	if err != nil {
		t.Fatal(err)
	}
	out, errs := os.Stdout, os.Stderr
	os.Stdout, os.Stderr = f, f
	t.Cleanup(func() { os.Stdout, os.Stderr = out, errs; f.Close() })
	return openTestSession(t, args...)
}

// grouped numbers the calls of a strict run by task: one task at a time.
func grouped(calls []*call) map[string]int {
	slices.SortFunc(calls, func(a, b *call) int { return a.start - b.start })
	groups := map[string]int{}
	n, last := 0, ""
	for _, c := range calls {
		if c.task != last {
			n, last = n+1, c.task
		}
		groups[c.key()] = n
	}
	return groups
}

// disorder finds a call that others could have seen at the wrong time.
func disorder(calls []*call, groups map[string]int, counts func(*call) bool) string {
	for _, c := range calls {
		g, ok := groups[c.key()]
		if !ok {
			return c.key() + " ran, and did not with strict order"
		}
		c.group = g
	}
	if len(calls) != len(groups) {
		return fmt.Sprintf("%d calls, and %d with strict order", len(calls), len(groups))
	}
	for _, o := range calls {
		for _, c := range calls {
			switch {
			case !counts(o):
			case c.group < o.group && c.end > o.start:
				return fmt.Sprintf("%s began before %s had ended", o.key(), c.key())
			case c.group > o.group && c.start < o.end:
				return fmt.Sprintf("%s began before %s had ended", c.key(), o.key())
			}
		}
	}
	return ""
}

// foundSeeds made plays that some version ran in another order, or never came to the end of.
var foundSeeds = []uint64{338, 7105, 40258, 60010}

// TestOrder runs random plays on several hosts of different speed, in every order, and holds them to what strict order shows:
// the same output to the byte, the same calls, and whatever others can see in its place among all calls.
func TestOrder(t *testing.T) {
	hosts := []string{"a", "b", "c", "d"}
	seeds := slices.Clone(foundSeeds)
	for i := range uint64(*orderPlays) {
		seeds = append(seeds, *orderSeed+i)
	}
	for _, seed := range seeds {
		files := randomPlaybook(seed, hosts)
		name := fmt.Sprintf("seed %d", seed)
		ok := t.Run(name, func(t *testing.T) { orderOf(t, seed, files, hosts) })
		if !ok {
			return
		}
	}
}

func orderOf(t *testing.T, seed uint64, files map[string]string, hosts []string) {
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want := perform(t, dir, effect.Strict, seed, hosts)
	groups := grouped(want.calls)
	type way struct {
		name   string
		order  effect.Order
		counts func(*call) bool
	}
	ways := []way{
		{"auto", effect.Auto, func(c *call) bool { return c.open }},
		{"free", effect.Free, func(c *call) bool { return strings.HasPrefix(c.task, "once") }},
	}
	if seed%10 == 0 { // what is held to must itself be the same every time
		ways = append(ways, way{"strict again", effect.Strict, func(*call) bool { return true }})
	}
	for _, o := range ways {
		got := perform(t, dir, o.order, seed, hosts)
		if got.code != want.code || got.shown != want.shown {
			t.Errorf("%s: exit code %d, want %d; output (- strict, + %s):\n%s", o.name, got.code, want.code, o.name, cmp.Diff(strings.Split(want.shown, "\n"), strings.Split(got.shown, "\n")))
		}
		if what := disorder(got.calls, groups, o.counts); what != "" {
			t.Errorf("%s: %s", o.name, what)
		}
	}
	if t.Failed() {
		t.Logf("strict:\n%s", want.shown)
		for name, text := range files {
			t.Logf("%s:\n%s", name, text)
		}
	}
}

// TestEffectsOfModules holds the effects that modules say of themselves to the table that barriers are made from.
func TestEffectsOfModules(t *testing.T) {
	for _, m := range builtin.All() {
		if e := effect.Known(m.Name); (e.Class <= effect.Local) != (m.Effect == module.Local) {
			t.Errorf("%s: the module says local: %v, the table says %s: %s", m.Name, m.Effect == module.Local, e.Class, e.Why)
		}
	}
}

// TestRoundTrips counts what hosts ask: nothing while they run what others cannot see, and once for each task that others can.
func TestRoundTrips(t *testing.T) {
	const hosts, tasks = 20, 20
	for _, tt := range []struct {
		name, task string
		want       int // questions of a host
	}{
		{"local tasks", "    - file: {path: x@, state: touch}\n", 0},
		{"commands", "    - command: x@\n", tasks},
		{"a command, and then local tasks", "    - @\n", 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			for i := range tasks {
				one := strings.ReplaceAll(tt.task, "@", fmt.Sprint(i))
				if tt.want == 2 {
					one = "    - command: x\n    - file: {path: x, state: touch}\n"
					if i > 0 {
						one = "    - file: {path: x, state: touch}\n"
					}
				}
				b.WriteString(one)
			}
			dir := t.TempDir()
			names := make([]string, hosts)
			for i := range names {
				names[i] = fmt.Sprintf("h%02d", i)
			}
			for name, text := range map[string]string{"hosts": strings.Join(names, "\n") + "\n", "site.yml": "- hosts: all\n  gather_facts: no\n  tasks:\n" + b.String()} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			s := sessionIn(t, dir, "-i", "hosts", "-f", "50")
			var mu sync.Mutex
			var streams []*trips
			s.observe = func(rw io.ReadWriteCloser) io.ReadWriteCloser {
				mu.Lock()
				defer mu.Unlock()
				streams = append(streams, &trips{ReadWriteCloser: rw})
				return streams[len(streams)-1]
			}
			s.agents = func(string) io.ReadWriteCloser { return silentAgent() }
			if code, err := s.play(compiled(t, s)); err != nil || code != 0 {
				t.Fatalf("run: code %d, %v", code, err)
			}
			if len(streams) != hosts {
				t.Fatalf("%d connections, want %d", len(streams), hosts)
			}
			for i, c := range streams {
				c.mu.Lock()
				if c.turns != tt.want {
					t.Errorf("connection %d took %d round trips, want %d", i, c.turns, tt.want)
				}
				c.mu.Unlock()
			}
		})
	}
}

// silentAgent is an agent whose modules do nothing.
func silentAgent() io.ReadWriteCloser {
	near, far := net.Pipe()
	go func() {
		_ = agent.Serve(far, agent.Options{Local: true, Modules: func(context.Context, *module.Call) *value.Dict { return value.DictOf("changed", true) }})
		far.Close()
	}()
	return near
}

// TestManyHosts runs 20 tasks on 50 and on 500 hosts: what a host costs is the same, and little.
func TestManyHosts(t *testing.T) {
	few, many := costOf(t, 50), costOf(t, 500)
	t.Logf("50 hosts: %s; 500 hosts: %s", few, many)
	if limit := uint64(1 << 20); many.memory > limit {
		t.Errorf("500 hosts took %d KB each, agents included, want at most %d", many.memory>>10, limit>>10)
	}
	if many.allocated > 2*few.allocated {
		t.Errorf("a host of 500 had %d KB allocated, one of 50 %d KB: want as much", many.allocated>>10, few.allocated>>10)
	}
}

// hostCost is what a host cost in a run: bytes in use at the most, and allocated in all.
type hostCost struct{ memory, allocated uint64 }

func (c hostCost) String() string {
	return fmt.Sprintf("%d KB in use, %d KB allocated for each", c.memory>>10, c.allocated>>10)
}

func costOf(t *testing.T, hosts int) hostCost {
	t.Helper()
	dir := t.TempDir()
	var inventory, play strings.Builder
	for i := range hosts {
		fmt.Fprintf(&inventory, "host%03d number=%d\n", i, i)
	}
	play.WriteString("- hosts: all\n  gather_facts: no\n  tasks:\n")
	for i := range 20 {
		fmt.Fprintf(&play, "    - name: step %d\n      file: {path: 'x{{ number }}', state: touch}\n      register: r%d\n", i, i)
	}
	for name, text := range map[string]string{"hosts": inventory.String(), "site.yml": play.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := sessionIn(t, dir, "-i", "hosts", "-f", "50")
	s.agents = func(string) io.ReadWriteCloser { return silentAgent() }
	u := compiled(t, s)
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var most uint64
	done, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		for tick := time.NewTicker(20 * time.Millisecond); ; {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapInuse+m.StackInuse)
			select {
			case <-tick.C:
			case <-done:
				tick.Stop()
				return
			}
		}
	}()
	code, err := s.play(u)
	close(done)
	<-watched
	if err != nil || code != 0 {
		t.Fatalf("run: code %d, %v", code, err)
	}
	runtime.ReadMemStats(&now)
	n := uint64(hosts)
	return hostCost{memory: (most - min(most, before.HeapInuse+before.StackInuse)) / n, allocated: (now.TotalAlloc - before.TotalAlloc) / n}
}
