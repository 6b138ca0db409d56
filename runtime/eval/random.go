package eval

import (
	"crypto/rand"
	"crypto/sha512"
	"encoding/binary"
	"math"
	"math/big"

	"pbc/ir/value"
)

var randomsTable = []*Plugin{
	{Name: "random", Params: "start=none, step=none, seed=none", Doc: "Return a random item or number.", python: "rand", fn: randomFilter},
	{Name: "shuffle", Params: "seed=none", Doc: "Return a list in random order.", python: "randomize_list", fn: shuffleFilter},
}

// source gives random bits.
type source interface {
	// bits returns a number of k random bits, k from 1 to 64.
	bits(k int) uint64
}

type systemRandom struct{}

func (systemRandom) bits(k int) uint64 {
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

// seeded returns Random(seed).
func seeded(seed val) (source, error) {
	var n *big.Int
	switch x := seed.(type) {
	case string, *value.Str, []byte:
		s, err := toText(x)
		if err != nil {
			return nil, err
		}
		h := sha512.Sum512([]byte(s))
		n = new(big.Int).SetBytes(append([]byte(s), h[:]...))
	case int64, *big.Int, bool:
		n = new(big.Int).Abs(num(x).big())
	case float64:
		n = new(big.Int).SetUint64(hashFloat(x))
	case *undef:
		return nil, x.Fail()
	default:
		return nil, typeErr("The only supported seed types are: None,\nint, float, str, bytes, and bytearray.")
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

// below returns a number from 0 to n-1, as Random._randbelow does.
func below(s source, n uint64) uint64 {
	k := 64 - leadingZeros(n)
	r := s.bits(k)
	for r >= n {
		r = s.bits(k)
	}
	return r
}

func leadingZeros(n uint64) int {
	z := 0
	for bit := uint64(1) << 63; bit > 0 && n&bit == 0; bit >>= 1 {
		z++
	}
	return z
}

// chooser is the source that a filter's seed asks for.
func chooser(c *call, seed val) (source, error) {
	if seed == nil {
		c.ctx.Volatile()
		return systemRandom{}, nil
	}
	return seeded(seed)
}

func randomFilter(c *call) (val, error) {
	s, err := chooser(c, c.opt(3, nil))
	if err != nil {
		return nil, err
	}
	start, step := c.opt(1, nil), c.opt(2, nil)
	if isInteger(c.args[0]) {
		return randomInt(s, c.args[0], start, step)
	}
	if _, isBool := c.args[0].(bool); isBool {
		return randomInt(s, c.args[0], start, step)
	}
	it, err := iter(c.args[0])
	if err != nil {
		if u := use(c.args[0]); u != nil {
			return nil, u
		}
		return nil, filterErr("random can only be used on sequences and integers")
	}
	for _, v := range []val{start, step} {
		given, err := truth(v)
		if err != nil {
			return nil, err
		}
		if given {
			return nil, filterErr("start and step can only be used with integer values")
		}
	}
	if len(it) == 0 {
		return nil, raise("IndexError", "Cannot choose from an empty sequence")
	}
	return it[below(s, uint64(len(it)))], nil
}

// randomInt is randrange(start, end, step).
func randomInt(s source, end, start, step val) (val, error) {
	stop, err := asInt(end)
	if err != nil {
		return nil, err
	}
	from, by := int64(0), int64(1)
	if start != nil {
		if from, err = asInt(start); err != nil {
			return nil, err
		}
	}
	if step != nil {
		if by, err = asInt(step); err != nil {
			return nil, err
		}
		if by == 0 {
			by = 1
		}
	}
	n := (&value.Range{Start: from, Stop: stop, Step: by}).Len()
	if n <= 0 {
		if by == 1 {
			return nil, valueErr("empty range for randrange() (%d, %d, %d)", from, stop, stop-from)
		}
		return nil, valueErr("empty range for randrange()")
	}
	return from + by*int64(below(s, uint64(n))), nil
}

func shuffleFilter(c *call) (val, error) {
	if err := use(c.args[0]); err != nil {
		return nil, err
	}
	it, err := iter(c.args[0])
	if err != nil {
		return c.args[0], nil
	}
	r := append([]val{}, it...)
	seed := c.opt(1, nil)
	if given, err := truth(seed); err != nil || !given {
		seed = nil
	}
	s, err := chooser(c, seed)
	if err != nil {
		return &list{V: r}, nil
	}
	for i := len(r) - 1; i > 0; i-- {
		j := below(s, uint64(i+1))
		r[i], r[j] = r[j], r[i]
	}
	return &list{V: r}, nil
}

func randomChoice(f *frame, terms []val, _ *dict) ([]val, error) {
	f.run.e.volatile = true
	if len(terms) == 0 {
		return nil, nil
	}
	return []val{terms[below(systemRandom{}, uint64(len(terms)))]}, nil
}
