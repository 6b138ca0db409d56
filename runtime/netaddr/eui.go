package netaddr

import (
	"fmt"
	"math/big"
	"strings"
)

// EUI is a hardware address of 48 or 64 bits.
type EUI struct {
	Bits int
	N    uint64
}

// euiForm is one way to write hardware addresses: so many groups of low to high digits.
type euiForm struct {
	seps         string
	groups       int
	low, high    int
	bits, digits int // of the whole; digits is what each group counts for
}

var euiForms = []euiForm{
	{":-", 6, 1, 2, 48, 2},
	{":-.", 3, 1, 4, 48, 4},
	{"-:", 2, 5, 6, 48, 6},
	{"", 1, 11, 12, 48, 12},
	{":-", 8, 1, 2, 64, 2},
	{":-.", 4, 1, 4, 64, 4},
	{"", 1, 16, 16, 64, 16},
}

// ParseEUI reads a hardware address in any of its usual forms.
func ParseEUI(s string) (EUI, bool) {
	for _, f := range euiForms {
		if f.seps == "" {
			if n, ok := f.join([]string{s}); ok {
				return EUI{f.bits, n}, true
			}
		}
		for _, sep := range f.seps {
			if n, ok := f.join(strings.Split(s, string(sep))); ok {
				return EUI{f.bits, n}, true
			}
		}
	}
	return EUI{}, false
}

func (f euiForm) join(groups []string) (uint64, bool) {
	if len(groups) != f.groups {
		return 0, false
	}
	var n uint64
	for _, g := range groups {
		if len(g) < f.low || len(g) > f.high {
			return 0, false
		}
		var part uint64
		for i := range len(g) {
			d := strings.IndexByte("0123456789abcdef", g[i]|0x20)
			if d < 0 || g[i] < '0' {
				return 0, false
			}
			part = part<<4 | uint64(d)
		}
		n = n<<(4*f.digits) | part
	}
	return n, true
}

// euiStyle is how a 48-bit address is written: its groups' format and bits, and what is between them.
type euiStyle struct {
	format, sep string
	bits        int
}

var euiStyles = map[string]euiStyle{
	"bare":       {"%012X", "", 48},
	"cisco":      {"%04x", ".", 16},
	"eui48":      {"%02X", "-", 8},
	"win":        {"%02X", "-", 8},
	"linux":      {"%02x", ":", 8},
	"unix":       {"%x", ":", 8},
	"pgsql":      {"%06x", ":", 24},
	"postgresql": {"%06x", ":", 24},
	"psql":       {"%06x", ":", 24},
}

// IsEUIStyle says whether Format knows the style.
func IsEUIStyle(style string) bool { _, ok := euiStyles[style]; return ok }

// Format writes the address in a style of ansible.utils.hwaddr. One of 64 bits does not fit any.
func (e EUI) Format(style string) (string, error) {
	f := euiStyles[style]
	if e.Bits == 64 && e.N>>48 != 0 {
		return "", fmt.Errorf("integer out of bounds: '%#x'!", e.N)
	}
	var r []string
	for at := 48 - f.bits; at >= 0; at -= f.bits {
		r = append(r, fmt.Sprintf(f.format, e.N>>at&(1<<f.bits-1)))
	}
	return strings.Join(r, f.sep), nil
}

// SLAAC is the address that a host with this hardware address gives itself in the network of that prefix.
func (e EUI) SLAAC(prefix Addr) (Addr, bool) {
	id := e.N
	if e.Bits == 48 {
		id = e.N>>24<<40 | 0xfffe000000 | e.N&0xffffff
	}
	id ^= 0x0200000000000000
	return Addr{V: 6, N: prefix.N}.Add(new(big.Int).SetUint64(id))
}
