package argspec

import (
	"math/big"
	"sort"
	"strings"

	"pbc/ir/value"
)

// Masked is what stands for a value that may not be shown.
const Masked = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"

// Secrets are the texts that no result may show.
type Secrets map[string]bool

// Add adds every text and number in v.
func (s Secrets) Add(v value.Value) {
	switch x := v.(type) {
	case nil, bool:
	case string, *value.Str:
		if t, _ := value.Text(x); t != "" {
			s[t] = true
		}
	case *value.Dict:
		for _, e := range x.V {
			s.Add(e)
		}
	case *value.List:
		for _, e := range x.V {
			s.Add(e)
		}
	case value.Tuple:
		for _, e := range x {
			s.Add(e)
		}
	case int64, *big.Int, float64:
		if t, err := value.ToStr(x); err == nil {
			s[t] = true
		}
	}
}

// Scrub returns v without the secrets: texts equal to one and numbers that contain one become Masked,
// inside other texts eight asterisks stand for it. Keys of dictionaries stay.
func (s Secrets) Scrub(v value.Value) value.Value {
	if len(s) == 0 {
		return v
	}
	return s.scrub(s.sorted(), v)
}

// sorted gives long secrets first, so that none leaves a part of itself behind.
func (s Secrets) sorted() []string {
	r := make([]string, 0, len(s))
	for k := range s {
		r = append(r, k)
	}
	sort.Slice(r, func(i, j int) bool {
		if len(r[i]) != len(r[j]) {
			return len(r[i]) > len(r[j])
		}
		return r[i] < r[j]
	})
	return r
}

func (s Secrets) scrub(order []string, v value.Value) value.Value {
	switch x := v.(type) {
	case string:
		return s.scrubText(order, x)
	case *value.Str:
		return s.scrubText(order, x.S)
	case *value.Dict:
		d := value.NewDict()
		for i, k := range x.K {
			_ = d.Set(k, s.scrub(order, x.V[i]))
		}
		return d
	case *value.List:
		l := value.NewList()
		for _, e := range x.V {
			l.V = append(l.V, s.scrub(order, e))
		}
		return l
	case value.Tuple:
		l := value.NewList()
		for _, e := range x {
			l.V = append(l.V, s.scrub(order, e))
		}
		return l
	case nil, bool, int64, *big.Int, float64:
		return s.scrubScalar(order, v)
	}
	return v
}

func (s Secrets) scrubText(order []string, t string) value.Value {
	if s[t] {
		return Masked
	}
	for _, secret := range order {
		t = strings.ReplaceAll(t, secret, "********")
	}
	return t
}

func (s Secrets) scrubScalar(order []string, v value.Value) value.Value {
	t, err := value.ToStr(v)
	if err != nil {
		return v
	}
	for _, secret := range order {
		if strings.Contains(t, secret) {
			return Masked
		}
	}
	return v
}
