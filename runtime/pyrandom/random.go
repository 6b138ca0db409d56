package pyrandom

import (
	"crypto/rand"
	"crypto/sha512"
	"encoding/binary"
	"math"
	"math/big"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/exception"
	"pbc/runtime/python"
)

// Text returns n characters chosen from chars: by Python's Random(seed), or unpredictable
// when seed is nil.
func Text(chars string, n int, seed value.Value) (string, error) {
	if chars == "" {
		return "", exception.Raise("IndexError", "Cannot choose from an empty sequence")
	}
	src := Source(System{})
	if seed != nil {
		s, err := Seeded(seed)
		if err != nil {
			return "", err
		}
		src = s
	}
	set := []rune(chars)
	var b strings.Builder
	for range n {
		b.WriteRune(set[Below(src, uint64(len(set)))])
	}
	return b.String(), nil
}

// Source gives random bits.
type Source interface {
	// bits returns a number of k random bits, k from 1 to 64.
	bits(k int) uint64
}

// System draws from the system's source, as random.SystemRandom does.
type System struct{}

func (System) bits(k int) uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return binary.BigEndian.Uint64(b[:]) >> (64 - k)
}

// twister is MT19937, as Python's random.Random uses it.
type twister struct {
	mt [624]uint32
	i  int
}

func (t *twister) seed(s uint32) {
	t.mt[0] = s
	for i := 1; i < len(t.mt); i++ {
		t.mt[i] = 1812433253*(t.mt[i-1]^t.mt[i-1]>>30) + uint32(i)
	}
	t.i = len(t.mt)
}

// seedArray is init_by_array.
func (t *twister) seedArray(key []uint32) {
	t.seed(19650218)
	n := len(t.mt)
	i, j := 1, 0
	for range max(n, len(key)) {
		t.mt[i] = (t.mt[i] ^ (t.mt[i-1]^t.mt[i-1]>>30)*1664525) + key[j] + uint32(j)
		i++
		j++
		if i >= n {
			t.mt[0] = t.mt[n-1]
			i = 1
		}
		if j >= len(key) {
			j = 0
		}
	}
	for range n - 1 {
		t.mt[i] = (t.mt[i] ^ (t.mt[i-1]^t.mt[i-1]>>30)*1566083941) - uint32(i)
		i++
		if i >= n {
			t.mt[0] = t.mt[n-1]
			i = 1
		}
	}
	t.mt[0] = 0x80000000
}

func (t *twister) next() uint32 {
	n := len(t.mt)
	if t.i >= n {
		for k := range n {
			y := t.mt[k]&0x80000000 | t.mt[(k+1)%n]&0x7fffffff
			t.mt[k] = t.mt[(k+397)%n] ^ y>>1 ^ (y&1)*0x9908b0df
		}
		t.i = 0
	}
	y := t.mt[t.i]
	t.i++
	y ^= y >> 11
	y ^= y << 7 & 0x9d2c5680
	y ^= y << 15 & 0xefc60000
	return y ^ y>>18
}

// bits is getrandbits: words of 32 bits, the first the lowest, the last cut at its top.
func (t *twister) bits(k int) uint64 {
	if k <= 32 {
		return uint64(t.next() >> (32 - k))
	}
	low := uint64(t.next())
	return uint64(t.next()>>(64-k))<<32 | low
}

// Seeded returns Random(seed).
func Seeded(seed value.Value) (Source, error) {
	var n *big.Int
	switch x := seed.(type) {
	case string, *value.Str, []byte:
		s, err := python.ToText(x)
		if err != nil {
			return nil, err
		}
		h := sha512.Sum512([]byte(s))
		n = new(big.Int).SetBytes(append([]byte(s), h[:]...))
	case int64, *big.Int, bool:
		n = new(big.Int).Abs(python.Num(x).Big())
	case float64:
		n = new(big.Int).SetUint64(hashFloat(x))
	case *value.Undef:
		return nil, x.Fail()
	default:
		return nil, exception.TypeError("The only supported seed types are: None,\nint, float, str, bytes, and bytearray.")
	}
	var key []uint32
	mask := big.NewInt(math.MaxUint32)
	for n = new(big.Int).Set(n); n.Sign() > 0; n.Rsh(n, 32) {
		key = append(key, uint32(new(big.Int).And(n, mask).Uint64()))
	}
	if len(key) == 0 {
		key = []uint32{0}
	}
	t := &twister{}
	t.seedArray(key)
	return t, nil
}

// hashFloat is the absolute value of Python's hash of a float, modulo 2**61 - 1.
func hashFloat(f float64) uint64 {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return 314159
	}
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 61), big.NewInt(1))
	r, _ := new(big.Rat).SetString(new(big.Rat).SetFloat64(math.Abs(f)).String())
	inv := new(big.Int).ModInverse(r.Denom(), p)
	h := new(big.Int).Mul(r.Num(), inv)
	return h.Mod(h, p).Uint64()
}

// Below returns a number from 0 to n-1, as Random._randbelow does.
func Below(s Source, n uint64) uint64 {
	k := 64 - leadingZeros(n)
	r := s.bits(k)
	for r >= n {
		r = s.bits(k)
	}
	return r
}

// BelowBig is Below for numbers of any size.
func BelowBig(s Source, n *big.Int) *big.Int {
	for {
		r := new(big.Int)
		for at := 0; at < n.BitLen(); at += 32 { // the lowest bits come first
			word := new(big.Int).SetUint64(s.bits(min(32, n.BitLen()-at)))
			r.Or(r, word.Lsh(word, uint(at)))
		}
		if r.Cmp(n) < 0 {
			return r
		}
	}
}

func leadingZeros(n uint64) int {
	z := 0
	for bit := uint64(1) << 63; bit > 0 && n&bit == 0; bit >>= 1 {
		z++
	}
	return z
}
