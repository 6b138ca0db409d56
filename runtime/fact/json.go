package fact

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"strconv"
	"strings"

	"pbc/ir/value"
)

// This file reads JSON as Python's json does: keys keep their order, ints are exact and told from
// floats, NaN and the infinities are numbers, the last of two equal keys counts.

var errJSON = errors.New("not JSON")

const maxJSONDepth = 500

type jsonText struct {
	s     string
	depth int
}

// parseJSON reads one JSON text.
func parseJSON(s string) (value.Value, error) {
	j := &jsonText{s: s}
	v, err := j.value()
	if j.space(); err != nil || j.s != "" {
		return nil, errJSON
	}
	return v, nil
}

func (j *jsonText) space() { j.s = strings.TrimLeft(j.s, " \t\r\n") }

func (j *jsonText) take(word string) bool {
	r, ok := strings.CutPrefix(j.s, word)
	j.s = r
	return ok
}

var jsonWords = []struct {
	word string
	v    value.Value
}{{"null", nil}, {"true", true}, {"false", false}, {"NaN", math.NaN()},
	{"Infinity", math.Inf(1)}, {"-Infinity", math.Inf(-1)}}

func (j *jsonText) value() (value.Value, error) {
	j.space()
	if j.depth++; j.depth > maxJSONDepth || j.s == "" {
		return nil, errJSON
	}
	defer func() { j.depth-- }()
	switch j.s[0] {
	case '{':
		return j.dict()
	case '[':
		return j.list()
	case '"':
		return j.string()
	}
	for _, w := range jsonWords {
		if j.take(w.word) {
			return w.v, nil
		}
	}
	return j.number()
}

func (j *jsonText) dict() (value.Value, error) {
	d := value.NewDict()
	err := j.items('{', '}', func() error {
		k, err := j.string()
		if j.space(); err != nil || !j.take(":") {
			return errJSON
		}
		v, err := j.value()
		d.SetStr(k, v)
		return err
	})
	return d, err
}

func (j *jsonText) list() (value.Value, error) {
	l := value.NewList()
	err := j.items('[', ']', func() error {
		v, err := j.value()
		l.V = append(l.V, v)
		return err
	})
	return l, err
}

// items reads what stands between two brackets, separated by commas.
func (j *jsonText) items(open, end byte, item func() error) error {
	j.take(string(open))
	if j.space(); j.take(string(end)) {
		return nil
	}
	for {
		j.space()
		if err := item(); err != nil {
			return err
		}
		j.space()
		if j.take(string(end)) {
			return nil
		}
		if !j.take(",") {
			return errJSON
		}
	}
}

func (j *jsonText) string() (string, error) {
	if !strings.HasPrefix(j.s, `"`) {
		return "", errJSON
	}
	for i := 1; i < len(j.s); i++ {
		switch j.s[i] {
		case '\\':
			i++
		case '"':
			var s string
			err := json.Unmarshal([]byte(j.s[:i+1]), &s)
			j.s = j.s[i+1:]
			return s, err
		}
	}
	return "", errJSON
}

func (j *jsonText) number() (value.Value, error) {
	end := strings.IndexFunc(j.s, func(r rune) bool { return !strings.ContainsRune("+-.0123456789eE", r) })
	if end < 0 {
		end = len(j.s)
	}
	n := j.s[:end]
	j.s = j.s[end:]
	if !json.Valid([]byte(n)) {
		return nil, errJSON
	}
	if strings.ContainsAny(n, ".eE") {
		f, _ := strconv.ParseFloat(n, 64) // out of range is infinite, as in Python
		return f, nil
	}
	b, ok := new(big.Int).SetString(n, 10)
	if !ok {
		return nil, errJSON
	}
	return value.NormInt(b), nil
}
