package netaddr

import (
	"errors"
	"math/big"
	"slices"
)

// span is a range of addresses; whole is the network it is, when it was not merged with another.
type span struct {
	v           int
	first, last *big.Int
	whole       *Network
}

// Merge returns the fewest networks that hold the same addresses. A network that was merged with none is
// returned as it was given, with its host bits.
func Merge(nets []Network) []Network {
	var spans []span
	for i, n := range nets {
		spans = append(spans, span{n.V, n.First().N, n.Last().N, &nets[i]})
	}
	slices.SortStableFunc(spans, func(a, b span) int {
		if a.v != b.v {
			return a.v - b.v
		}
		if c := a.last.Cmp(b.last); c != 0 {
			return c
		}
		return a.first.Cmp(b.first)
	})
	for i := len(spans) - 1; i > 0; i-- {
		a, b := spans[i-1], spans[i]
		if a.v == b.v && new(big.Int).Sub(b.first, one).Cmp(a.last) <= 0 {
			first := a.first
			if b.first.Cmp(first) < 0 {
				first = b.first
			}
			spans[i-1] = span{v: b.v, first: first, last: b.last}
			spans = slices.Delete(spans, i, i+1)
		}
	}
	var r []Network
	for _, s := range spans {
		if s.whole != nil {
			r = append(r, *s.whole)
		} else {
			r = append(r, s.cover()...)
		}
	}
	return r
}

// cover returns the networks that are together exactly the span.
func (s span) cover() []Network {
	var r []Network
	end := new(big.Int).Add(s.last, one)
	for at := s.first; at.Cmp(end) < 0; {
		bits := Width(s.v)
		if at.Sign() != 0 {
			bits = int(at.TrailingZeroBits())
		}
		if room := new(big.Int).Sub(end, at).BitLen() - 1; room < bits {
			bits = room
		}
		r = append(r, Network{Addr{s.v, at}, Width(s.v) - bits})
		at = new(big.Int).Add(at, new(big.Int).Lsh(one, uint(bits)))
	}
	return r
}

// Span returns the smallest network that holds all of nets, which are two at least.
func Span(nets []Network) (Network, error) {
	low, high := nets[0], nets[0]
	for _, n := range nets[1:] {
		if n.less(low) {
			low = n
		}
		if high.less(n) {
			high = n
		}
	}
	if low.V != high.V {
		return Network{}, errors.New("IP sequence cannot contain both IPv4 and IPv6!")
	}
	last, prefix, width := high.Last().N, high.Prefix, Width(high.V)
	for prefix > 0 && last.Cmp(low.First().N) > 0 {
		prefix--
		last = new(big.Int).AndNot(last, mask(width-prefix))
	}
	return Network{Addr{low.V, last}, prefix}, nil
}
