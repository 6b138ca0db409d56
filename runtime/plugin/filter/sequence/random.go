package sequence

import (
	"math/big"

	"pbc/ir/value"
	"pbc/runtime/exception"
	"pbc/runtime/plugin"
	"pbc/runtime/pyrandom"
	"pbc/runtime/python"
)

var randoms = []*plugin.Row{
	{Name: "random", Params: "start=none, step=none, seed=none", Hidden: 1, Doc: "Return a random item or number.", Python: "rand", Fn: randomFilter},
	{Name: "shuffle", Params: "seed=none", Doc: "Return a list in random order.", Python: "randomize_list", Fn: shuffleFilter},
}

// chooser is the source that a filter's seed asks for.
func chooser(c *python.Call, seed value.Value) (pyrandom.Source, error) {
	if seed == nil {
		c.Ctx.Volatile()
		return pyrandom.System{}, nil
	}
	return pyrandom.Seeded(seed)
}

func randomFilter(c *python.Call) (value.Value, error) {
	s, err := chooser(c, c.Opt(3, nil))
	if err != nil {
		return nil, err
	}
	start, step := c.Opt(1, nil), c.Opt(2, nil)
	if python.IsInteger(c.Args[0]) {
		return randomInt(s, c.Args[0], start, step)
	}
	if _, isBool := c.Args[0].(bool); isBool {
		return randomInt(s, c.Args[0], start, step)
	}
	it, err := python.Iter(c.Args[0])
	if err != nil {
		if u := python.Use(c.Args[0]); u != nil {
			return nil, u
		}
		return nil, exception.FilterError("random can only be used on sequences and integers")
	}
	for _, v := range []value.Value{start, step} {
		given, err := python.Truth(v)
		if err != nil {
			return nil, err
		}
		if given {
			return nil, exception.FilterError("start and step can only be used with integer values")
		}
	}
	if len(it) == 0 {
		return nil, exception.Raise("IndexError", "Cannot choose from an empty sequence")
	}
	return it[pyrandom.Below(s, uint64(len(it)))], nil
}

// randomInt is randrange(start, end, step).
func randomInt(s pyrandom.Source, end, start, step value.Value) (value.Value, error) {
	if big, ok := end.(*big.Int); ok && big.Sign() > 0 && start == nil && step == nil {
		return value.NormInt(pyrandom.BelowBig(s, big)), nil
	}
	stop, err := python.AsInt(end)
	if err != nil {
		return nil, err
	}
	from, by := int64(0), int64(1)
	if start != nil {
		if from, err = python.AsInt(start); err != nil {
			return nil, err
		}
	}
	if step != nil {
		if by, err = python.AsInt(step); err != nil {
			return nil, err
		}
		if by == 0 {
			by = 1
		}
	}
	n := (&value.Range{Start: from, Stop: stop, Step: by}).Len()
	if n <= 0 {
		if by == 1 {
			return nil, exception.ValueError("empty range for randrange() (%d, %d, %d)", from, stop, stop-from)
		}
		return nil, exception.ValueError("empty range for randrange()")
	}
	return from + by*int64(pyrandom.Below(s, uint64(n))), nil
}

func shuffleFilter(c *python.Call) (value.Value, error) {
	if err := python.Use(c.Args[0]); err != nil {
		return nil, err
	}
	it, err := python.Iter(c.Args[0])
	if err != nil {
		return c.Args[0], nil
	}
	r := append([]value.Value{}, it...)
	seed := c.Opt(1, nil)
	if given, err := python.Truth(seed); err != nil || !given {
		seed = nil
	}
	s, err := chooser(c, seed)
	if err != nil {
		return &value.List{V: r}, nil
	}
	for i := len(r) - 1; i > 0; i-- {
		j := pyrandom.Below(s, uint64(i+1))
		r[i], r[j] = r[j], r[i]
	}
	return &value.List{V: r}, nil
}
