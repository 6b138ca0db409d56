package ir

import (
	"errors"
	"fmt"
)

// maxNesting bounds arrays and maps within each other. Values bound themselves at value.MaxDepth.
const maxNesting = 1200

// scan checks that b is one msgpack value: every length fits into the bytes that are there, and nesting is
// bounded. It takes no memory that b's size does not pay for, and does not look into extensions.
func scan(b []byte) error {
	s := scanner{b: b}
	left := []int{1} // values still to come, by level
	for len(left) > 0 {
		top := len(left) - 1
		if left[top] == 0 {
			left = left[:top]
			continue
		}
		left[top]--
		n, err := s.value()
		if err != nil {
			return err
		}
		if n > 0 {
			if len(left) >= maxNesting {
				return errors.New("nested too deep")
			}
			left = append(left, n)
		}
	}
	if len(s.b) > 0 {
		return fmt.Errorf("%d bytes after the value", len(s.b))
	}
	return nil
}

type scanner struct{ b []byte }

var errEnds = errors.New("the data ends within a value")

// number reads an unsigned number of n bytes.
func (s *scanner) number(n int) (int, error) {
	if len(s.b) < n {
		return 0, errEnds
	}
	var x uint64
	for _, c := range s.b[:n] {
		x = x<<8 | uint64(c)
	}
	s.b = s.b[n:]
	return int(x), nil
}

func (s *scanner) skip(n int) (int, error) {
	if n < 0 || n > len(s.b) {
		return 0, fmt.Errorf("%d bytes claimed where %d are left", n, len(s.b))
	}
	s.b = s.b[n:]
	return 0, nil
}

// several checks a claim of n values below.
func (s *scanner) several(n int) (int, error) {
	if n < 0 || n > len(s.b) {
		return 0, fmt.Errorf("%d values claimed in %d bytes", n, len(s.b))
	}
	return n, nil
}

// value passes one code with what belongs to it and returns how many values follow below it.
func (s *scanner) value() (below int, err error) {
	c, err := s.number(1)
	switch {
	case err != nil:
		return 0, err
	case c <= 0x7f || c >= 0xe0: // small ints
		return 0, nil
	case c <= 0x8f:
		return s.several(2 * (c & 0xf))
	case c <= 0x9f:
		return s.several(c & 0xf)
	case c <= 0xbf:
		return s.skip(c & 0x1f)
	case c == 0xc1:
		return 0, errors.New("code c1, which means nothing")
	case c <= 0xc3: // nil, false, true
		return 0, nil
	}
	return s.long(c)
}

// shapes tells, by code from c4 on, how many bytes the length has and what is added to it for a type byte;
// a width of 0 means that the code has extra bytes only.
var shapes = [...]struct{ width, extra int }{
	{1, 0}, {2, 0}, {4, 0}, // bin
	{1, 1}, {2, 1}, {4, 1}, // ext
	{0, 4}, {0, 8}, // floats
	{0, 1}, {0, 2}, {0, 4}, {0, 8}, // uint
	{0, 1}, {0, 2}, {0, 4}, {0, 8}, // int
	{0, 2}, {0, 3}, {0, 5}, {0, 9}, {0, 17}, // fixext
	{1, 0}, {2, 0}, {4, 0}, // str
	{2, 0}, {4, 0}, // array
	{2, 0}, {4, 0}, // map
}

func (s *scanner) long(c int) (int, error) {
	shape := shapes[c-0xc4]
	n, err := s.number(shape.width)
	switch {
	case err != nil:
		return 0, err
	case c >= 0xde:
		if n > len(s.b) { // before it is doubled
			return s.several(n)
		}
		return s.several(2 * n)
	case c >= 0xdc:
		return s.several(n)
	}
	return s.skip(n + shape.extra)
}
