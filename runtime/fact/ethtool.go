package fact

import (
	"strconv"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/pyre"
)

// ethtool adds an interface's features and time stamping, where the tool is installed.
func (n *network) ethtool(f *value.Dict) error {
	tool := n.sys.look("ethtool")
	if tool == "" {
		return nil
	}
	if out := n.sys.run(n.ctx, []string{tool, "-k", n.device}); out.Code == 0 {
		features := value.NewDict()
		for _, l := range splitLines(strip(out.Stdout)) {
			if l == "" || strings.HasSuffix(l, ":") {
				continue
			}
			kv := strings.Split(l, ": ")
			if len(kv) != 2 {
				return errMalformed("ethtool -k", l)
			}
			if kv[1] != "" {
				features.SetStr(strings.ReplaceAll(strip(kv[0]), "-", "_"), strip(kv[1]))
			}
		}
		f.SetStr("features", features)
	}
	out := n.sys.run(n.ctx, []string{tool, "-T", n.device})
	if out.Code != 0 {
		return nil
	}
	f.SetStr("timestamping", lowerMatches(`SOF_TIMESTAMPING_(\w+)`, out.Stdout))
	f.SetStr("hw_timestamp_filters", lowerMatches(`HWTSTAMP_FILTER_(\w+)`, out.Stdout))
	if m := pyre.MustCompile(`PTP Hardware Clock: (\d+)`).FindStringSubmatch(out.Stdout); m != nil {
		i, _ := strconv.ParseInt(m[1], 10, 64)
		f.SetStr("phc_index", i)
	}
	return nil
}

func lowerMatches(pattern, text string) *value.List {
	l := value.NewList()
	for _, m := range pyre.MustCompile(pattern).FindAllStringSubmatch(text) {
		l.V = append(l.V, strings.ToLower(m[1]))
	}
	return l
}
