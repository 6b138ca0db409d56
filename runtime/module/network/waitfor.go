// Package network has the modules that look at sockets without speaking HTTP: wait_for.
package network

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"syscall"
	"time"

	"pbc/ir/value"
	"pbc/runtime/argspec"
	"pbc/runtime/module"
	"pbc/runtime/module/posix"
	"pbc/runtime/pyre"
)

var waitForSpec = &argspec.Spec{Args: []argspec.Arg{
	{Name: "host", Default: "127.0.0.1"},
	{Name: "timeout", Type: argspec.Int, Default: int64(300)},
	{Name: "connect_timeout", Type: argspec.Int, Default: int64(5)},
	{Name: "delay", Type: argspec.Int, Default: int64(0)},
	{Name: "port", Type: argspec.Int},
	{Name: "active_connection_states", Type: argspec.List, Elements: argspec.Str,
		Default: value.NewList("ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "SYN_RECV", "SYN_SENT", "TIME_WAIT")},
	{Name: "path", Type: argspec.Path},
	{Name: "search_regex"},
	{Name: "state", Default: "started", Choices: argspec.Choices("absent", "drained", "present", "started", "stopped")},
	{Name: "exclude_hosts", Type: argspec.List, Elements: argspec.Str},
	{Name: "sleep", Type: argspec.Int, Default: int64(1)},
	{Name: "msg"},
}}

// WaitFor is ansible.builtin.wait_for.
func WaitFor() module.Module {
	return module.New("ansible.builtin.wait_for", "wait_for", module.Open, waitForSpec, waitFor)
}

// states are the connection states by their number in /proc/net/tcp.
var states = map[string]string{"ESTABLISHED": "01", "SYN_SENT": "02", "SYN_RECV": "03", "FIN_WAIT1": "04", "FIN_WAIT2": "05", "TIME_WAIT": "06"}

// waiting is one task of wait_for.
type waiting struct {
	ctx        context.Context
	t          *module.Task
	host, path string
	port       int64
	state      string
	re         *pyre.Regexp
	start      time.Time
	groups     *value.List
	named      *value.Dict
}

func waitFor(ctx context.Context, t *module.Task) (*value.Dict, error) {
	w := &waiting{ctx: ctx, t: t, host: t.Str("host"), path: t.Str("path"), port: t.Int("port"), state: t.Str("state"),
		groups: value.NewList(), named: value.NewDict()}
	if err := w.check(); err != nil {
		return nil, err
	}
	w.start = time.Now()
	w.sleep(t.Int("delay"))
	if err := w.wait(); err != nil {
		return nil, err
	}
	return value.DictOf("state", w.state, "port", t.Get("port"), "search_regex", t.Get("search_regex"), "match_groups", w.groups,
		"match_groupdict", w.named, "path", t.Get("path"), "elapsed", w.elapsed()), nil
}

func (w *waiting) elapsed() int64 { return int64(time.Since(w.start) / time.Second) }

// sleep waits, unless the task is over.
func (w *waiting) sleep(seconds int64) {
	if seconds <= 0 {
		return
	}
	timer := time.NewTimer(time.Duration(seconds) * time.Second)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-w.ctx.Done():
	}
}

func (w *waiting) check() error {
	if w.t.Has("search_regex") {
		re, err := pyre.Compile(w.t.Str("search_regex"), pyre.Bytes|pyre.Multiline)
		if err != nil {
			return module.Fail("Invalid regular expression: %s", err)
		}
		w.re = re
	}
	refuse := func(msg string) error { return module.FailWith(msg, "elapsed", int64(0)) }
	switch {
	case w.port != 0 && w.path != "":
		return refuse("port and path parameter can not both be passed to wait_for")
	case w.path != "" && w.state == "stopped":
		return refuse("state=stopped should only be used for checking a port in the wait_for module")
	case w.path != "" && w.state == "drained":
		return refuse("state=drained should only be used for checking a port in the wait_for module")
	case w.t.Has("exclude_hosts") && w.state != "drained":
		return refuse("exclude_hosts should only be with state=drained")
	}
	for _, s := range w.t.Strings("active_connection_states") {
		if states[s] == "" {
			return refuse(fmt.Sprintf("unknown active_connection_state (%s) defined", s))
		}
	}
	return nil
}

// wait polls until the condition holds or time is up.
func (w *waiting) wait() error {
	end := w.start.Add(time.Duration(w.t.Int("timeout")) * time.Second)
	if w.port == 0 && w.path == "" && w.state != "drained" {
		w.sleep(w.t.Int("timeout"))
		return nil
	}
	var holds func(time.Time) (bool, error)
	switch w.state {
	case "absent", "stopped":
		holds = w.stopped
	case "drained":
		d, err := newDraining(w)
		if err != nil {
			return err
		}
		holds = d.drained
	default:
		holds = w.started
	}
	for time.Now().Before(end) && w.ctx.Err() == nil {
		ok, err := holds(end)
		if ok || err != nil {
			return err
		}
		w.sleep(w.t.Int("sleep"))
	}
	return w.timeout()
}

func (w *waiting) fail(msg string) error {
	if m := w.t.Str("msg"); m != "" {
		msg = m
	}
	return module.FailWith(msg, "elapsed", w.elapsed())
}

func (w *waiting) timeout() error {
	search := w.t.Str("search_regex")
	at := fmt.Sprintf("%s:%d", w.host, w.port)
	switch {
	case w.state == "drained":
		return w.fail("Timeout when waiting for " + at + " to drain")
	case w.state == "absent" || w.state == "stopped":
		if w.port != 0 {
			return w.fail("Timeout when waiting for " + at + " to stop.")
		}
		return w.fail("Timeout when waiting for " + w.path + " to be absent.")
	case w.port != 0 && search != "":
		return w.fail("Timeout when waiting for search string " + search + " in " + at)
	case w.port != 0:
		return w.fail("Timeout when waiting for " + at)
	case search != "":
		return w.fail("Timeout when waiting for search string " + search + " in " + w.path)
	}
	return w.fail("Timeout when waiting for file " + w.path)
}

func (w *waiting) dial(seconds int64) (stream, error) {
	return dial(w.ctx, w.host, w.port, time.Duration(seconds)*time.Second)
}

// refused turns the error of a dial into that of the task, which has none when nobody answered.
func refused(err error) error {
	var f *module.Failure
	if errors.As(err, &f) {
		return err
	}
	return nil
}

func (w *waiting) stopped(time.Time) (bool, error) {
	if w.path != "" {
		return syscall.Access(w.path, 0) != nil, nil
	}
	c, err := w.dial(w.t.Int("connect_timeout"))
	if err != nil {
		return true, refused(err)
	}
	return false, c.Close()
}

func (w *waiting) started(end time.Time) (bool, error) {
	if w.path != "" {
		return w.pathReady()
	}
	left := int64(math.Ceil(time.Until(end).Seconds()))
	c, err := w.dial(min(w.t.Int("connect_timeout"), left))
	if err != nil {
		return false, refused(err)
	}
	defer func() { _ = c.Close() }()
	if w.re == nil {
		return true, nil
	}
	var data []byte
	buf := make([]byte, 1024)
	_ = c.SetReadDeadline(end)
	for {
		n, err := c.Read(buf)
		data = append(data, buf[:n]...)
		if n > 0 {
			if m, err := w.re.Search(string(data)); m != nil || err != nil {
				return m != nil, err
			}
		}
		if err != nil {
			return false, nil
		}
	}
}

func (w *waiting) pathReady() (bool, error) {
	st, err := os.Stat(w.path)
	if errors.Is(err, syscall.ENOENT) {
		return false, nil
	}
	if err != nil {
		return false, w.fail(fmt.Sprintf("Failed to stat %s, %s", w.path, posix.Strerror(posix.Errno(err))))
	}
	if w.re == nil {
		return true, nil
	}
	if !w.t.Tagged() && st.Mode().IsRegular() && st.Size() == 0 {
		return false, &module.PyException{Class: "ValueError", Msg: "cannot mmap an empty file"}
	}
	data, err := os.ReadFile(w.path)
	if err != nil {
		return false, nil
	}
	m, err := w.re.Search(string(data))
	if m == nil {
		return false, err
	}
	for i, name := range w.re.Groups() {
		g, took := m.Group(i + 1)
		var v value.Value = g
		if !took {
			v = nil
		}
		w.groups.V = append(w.groups.V, v)
		if name != "" {
			w.named.SetStr(name, v)
		}
	}
	return true, nil
}

// draining counts the connections to a port in /proc/net/tcp and tcp6.
type draining struct {
	w            *waiting
	ips, exclude map[string]bool
}

func newDraining(w *waiting) (*draining, error) {
	if !posix.Exists("/proc/net/tcp") {
		return nil, module.Fail("Failed to import the required Python library (psutil) on %s's Python.", hostname())
	}
	d := &draining{w: w, ips: map[string]bool{}, exclude: map[string]bool{}}
	if err := d.resolve(w.host, d.ips); err != nil {
		return nil, err
	}
	for _, h := range w.t.Strings("exclude_hosts") {
		if err := d.resolve(h, d.exclude); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func hostname() string { h, _ := os.Hostname(); return h }

// resolve adds a host's addresses as /proc/net shows them.
func (d *draining) resolve(host string, to map[string]bool) error {
	addrs, err := lookup(d.w.ctx, host)
	if errors.Is(err, errUnknownHost) {
		return &module.PyException{Class: "socket.gaierror", Msg: "[Errno -2] Name or service not known"}
	}
	for _, a := range addrs {
		long := a.As16()
		to[procHex(long[:])] = true
		if a = a.Unmap(); a.Is4() {
			short := a.As4()
			to[procHex(short[:])] = true
		}
	}
	return err
}

// procHex writes an address as /proc/net does: words of four bytes, each little-endian.
func procHex(ip []byte) string {
	var b strings.Builder
	for i := 0; i+4 <= len(ip); i += 4 {
		fmt.Fprintf(&b, "%02X%02X%02X%02X", ip[i+3], ip[i+2], ip[i+1], ip[i])
	}
	return b.String()
}

const (
	any4, any6, mapped6, mappedAny = "00000000", "00000000000000000000000000000000", "0000000000000000FFFF0000", "0000000000000000FFFF000000000000"
)

func (d *draining) drained(time.Time) (bool, error) {
	want := map[string]bool{}
	for _, s := range d.w.t.Strings("active_connection_states") {
		want[states[s]] = true
	}
	port := fmt.Sprintf("%04X", d.w.port)
	n := 0
	for file, anyIP := range map[string]string{"/proc/net/tcp": any4, "/proc/net/tcp6": any6} {
		data, _ := os.ReadFile(file)
		for line := range strings.Lines(string(data)) {
			f := strings.Fields(line)
			if len(f) < 4 || f[1] == "local_address" || !want[f[3]] {
				continue
			}
			ip, p, _ := strings.Cut(f[1], ":")
			remote, _, _ := strings.Cut(f[2], ":")
			ours := d.ips[ip] || d.ips[anyIP] || strings.HasPrefix(ip, mapped6) && d.ips[mappedAny]
			if p == port && !d.exclude[remote] && ours {
				n++
			}
		}
	}
	return n == 0, nil
}
