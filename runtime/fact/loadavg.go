package fact

import (
	"strconv"

	"pbc/ir/value"
)

// loadavgFacts gives the averages that getloadavg(3) does: on Linux those of sysinfo(2), in 1/65536.
func loadavgFacts(p *probe) (*value.Dict, error) {
	l, ok := kernelLoads()
	if p.sys.Root != "" || !ok {
		l, ok = fileLoads(p.sys)
	}
	if !ok {
		return value.NewDict(), nil
	}
	return value.DictOf("loadavg", value.DictOf("1m", l[0], "5m", l[1], "15m", l[2])), nil
}

// fileLoads reads the rounded averages that /proc tells.
func fileLoads(sys *System) (r [3]float64, ok bool) {
	w := words(sys.textOr("/proc/loadavg", ""))
	if len(w) < len(r) {
		return r, false
	}
	for i := range r {
		f, err := strconv.ParseFloat(w[i], 64)
		if err != nil {
			return r, false
		}
		r[i] = f
	}
	return r, true
}
