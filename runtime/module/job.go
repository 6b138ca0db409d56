package module

import "pbc/ir/value"

// JobFlags makes booleans of what the result of a job says by 0 and 1, which dialect tagged has so.
//
// Observed: ansible-core 2.19.
func JobFlags(res *value.Dict) {
	for _, k := range []string{"started", "finished", "failed"} {
		if n, ok := res.GetStr(k); ok && (n == value.Value(int64(0)) || n == value.Value(int64(1))) {
			res.SetStr(k, n == value.Value(int64(1)))
		}
	}
}
