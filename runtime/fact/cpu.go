package fact

import (
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"pbc/ir/value"
)

// counts is an ordered map from an id of /proc/cpuinfo to a number; the first entry decides.
type counts struct {
	keys []string
	n    map[string]int
}

func (c *counts) set(key string, n int) {
	if c.n == nil {
		c.n = map[string]int{}
	}
	if _, ok := c.n[key]; !ok {
		c.keys = append(c.keys, key)
	}
	c.n[key] = n
}

func (c *counts) has(key string) bool { _, ok := c.n[key]; return ok }

func (c *counts) first() int {
	if len(c.keys) == 0 {
		return 0
	}
	return c.n[c.keys[0]]
}

// cpuinfo is what /proc/cpuinfo says.
type cpuinfo struct {
	list           *value.List // every line that names a processor
	entries        int
	vendors        int
	models         int
	processors     int
	socket, core   string
	sockets, cores counts
	reported       int // s390x's own number of processors
	lastThread     int // s390x's highest number of a thread, -1 when not told
	flags          *value.List
	paravirtual    bool
	err            error
}

func (p *probe) cpu() (*value.Dict, error) {
	d := value.NewDict()
	if _, ok := p.sys.raw("/proc/cpuinfo"); !ok {
		return d, nil
	}
	xen := p.sys.exists("/proc/xen")
	if l := p.sys.lines("/sys/hypervisor/type"); !xen && len(l) > 0 {
		xen = strip(l[0]) == "xen"
	}
	c := &cpuinfo{list: value.NewList(), reported: -1, lastThread: -1}
	for _, line := range p.sys.lines("/proc/cpuinfo") {
		k, v, _ := strings.Cut(line, ":")
		c.read(strip(k), strip(v), xen)
	}
	if c.err != nil {
		return nil, c.err
	}
	d.SetStr("processor", c.list)
	if c.flags != nil && p.tagged() {
		d.SetStr("flags", c.flags)
	}
	if c.reported >= 0 && !p.tagged() {
		d.SetStr("processor_cores", int64(c.reported))
	}
	arch := p.fact("platform", "architecture")
	n := c.entries
	if c.vendors > 0 && c.vendors == c.models {
		n = c.vendors
	}
	for _, prefix := range []string{"armv", "aarch", "ppc"} {
		if strings.HasPrefix(arch, prefix) {
			n = c.processors
		}
	}
	switch {
	case arch != "s390x":
		d.Update(c.topology(n, p.tagged()))
		if !c.paravirtual || p.tagged() {
			d.SetStr("processor_nproc", int64(p.usableCPUs(c.processors)))
		}
	case p.tagged():
		if c.lastThread < 0 {
			return nil, errMalformed("/proc/cpuinfo", "max thread id")
		}
		threads := c.lastThread + 1
		d.Update(value.DictOf("processor_count", int64(1), "processor_cores", rounded(max(c.reported, 0), threads),
			"processor_threads_per_core", int64(threads), "processor_vcpus", int64(max(c.reported, 0)),
			"processor_nproc", int64(p.usableCPUs(max(c.reported, 0)))))
	}
	return d, nil
}

// rounded is Python's round(a / b): halves go to the even number.
func rounded(a, b int) int64 { return int64(math.RoundToEven(float64(a) / float64(b))) }

// usableCPUs is how many processors this process may use; a folder that stands for a machine has
// what its /proc/cpuinfo lists.
func (p *probe) usableCPUs(listed int) int {
	if p.sys.Root != "" {
		return listed
	}
	return runtime.NumCPU()
}

func (c *cpuinfo) read(key, v string, xen bool) {
	num := func() int {
		n, err := strconv.Atoi(v)
		if err != nil {
			c.err = errMalformed("/proc/cpuinfo", key+": "+v)
		}
		return n
	}
	if xen && key == "flags" && !strings.Contains(v, "vme") {
		c.paravirtual = true
	}
	switch key {
	case "flags":
		c.flags = textList(words(v))
	case "max thread id":
		c.lastThread = num()
	case "model name", "Processor", "vendor_id", "cpu", "Vendor", "processor":
		c.list.V = append(c.list.V, v)
		c.entries++
		switch key {
		case "vendor_id":
			c.vendors++
		case "model name":
			c.models++
		case "processor":
			c.processors++
		}
	case "physical id":
		c.socket = "id " + v
		if !c.sockets.has(c.socket) {
			c.sockets.set(c.socket, 1)
		}
	case "core id":
		c.core = "id " + v
		if !c.sockets.has(c.core) { // Ansible looks among the sockets
			c.cores.set(c.core, 1)
		}
	case "cpu cores":
		c.sockets.set(c.socket, num())
	case "siblings":
		c.cores.set(c.core, num())
	case "# processors":
		c.reported = num()
	case "ncpus active":
		c.entries = num()
	}
}

// topology derives the numbers of sockets, cores and threads from the first of each.
func (c *cpuinfo) topology(n int, tagged bool) *value.Dict {
	sockets, cores, threads := n, 1, 1
	if c.paravirtual {
		return value.DictOf("processor_count", int64(n), "processor_cores", int64(n),
			"processor_threads_per_core", int64(1), "processor_vcpus", int64(n))
	}
	if len(c.sockets.keys) > 0 {
		sockets = len(c.sockets.keys)
		cores = max(1, c.sockets.first())
	}
	if len(c.cores.keys) > 0 {
		threads = c.cores.first()
	}
	if tagged {
		threads = int(rounded(threads, cores))
	} else {
		threads /= cores
	}
	return value.DictOf("processor_count", int64(sockets), "processor_cores", int64(cores),
		"processor_threads_per_core", int64(threads), "processor_vcpus", int64(threads*sockets*cores))
}

// memoryKeys are the lines of /proc/meminfo that count.
var memoryKeys = []string{"MemTotal", "SwapTotal", "MemFree", "SwapFree", "Buffers", "Cached", "SwapCached"}

func (p *probe) memory() (*value.Dict, error) {
	d, mb := value.NewDict(), map[string]int64{}
	if _, ok := p.sys.raw("/proc/meminfo"); !ok {
		return d, nil
	}
	for _, l := range p.sys.lines("/proc/meminfo") {
		key, v, _ := strings.Cut(l, ":")
		i := slices.Index(memoryKeys, key)
		if i < 0 {
			continue
		}
		kb, err := strconv.ParseInt(first(v), 10, 64)
		if err != nil {
			return nil, errMalformed("/proc/meminfo", l)
		}
		mb[key] = kb / 1024
		if i < 4 {
			d.SetStr(strings.ToLower(key)+"_mb", kb/1024)
		}
	}
	d.SetStr("memory_mb", memoryTable(mb))
	return d, nil
}

func memoryTable(mb map[string]int64) *value.Dict {
	get := func(k string) value.Value {
		if n, ok := mb[k]; ok {
			return n
		}
		return nil
	}
	// sum is the sum of the keys, with the sign given, None when one is missing.
	sum := func(sign int64, keys ...string) value.Value {
		n, ok := mb[keys[0]]
		for _, k := range keys[1:] {
			m, has := mb[k]
			n, ok = n+sign*m, ok && has
		}
		if !ok {
			return nil
		}
		return n
	}
	free := sum(1, "Cached", "MemFree", "Buffers")
	if n, ok := free.(int64); ok {
		mb["nocache"] = n
	}
	return value.DictOf(
		"real", value.DictOf("total", get("MemTotal"), "used", sum(-1, "MemTotal", "MemFree"), "free", get("MemFree")),
		"nocache", value.DictOf("free", free, "used", sum(-1, "MemTotal", "nocache")),
		"swap", value.DictOf("total", get("SwapTotal"), "free", get("SwapFree"),
			"used", sum(-1, "SwapTotal", "SwapFree"), "cached", get("SwapCached")))
}

func (p *probe) uptime() (*value.Dict, error) {
	text, ok := p.sys.text("/proc/uptime")
	if !ok {
		return value.NewDict(), nil
	}
	f, err := strconv.ParseFloat(first(text), 64)
	if err != nil {
		return nil, errMalformed("/proc/uptime", text)
	}
	return value.DictOf("uptime_seconds", int64(f)), nil
}
