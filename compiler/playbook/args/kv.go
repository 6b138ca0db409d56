package args

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// KV is one name=value.
type KV struct{ Key, Value string }

// Args is what a text of arguments holds: pairs in order, each name once, and what is no pair.
type Args struct {
	Pairs  []KV
	Raw    string // the free form, joined
	HasRaw bool
}

func (a *Args) set(k, v string) {
	for i := range a.Pairs {
		if a.Pairs[i].Key == k {
			a.Pairs[i].Value = v
			return
		}
	}
	a.Pairs = append(a.Pairs, KV{k, v})
}

// rawOptions are the only names that free-form modules read from their text.
var rawOptions = map[string]bool{
	"creates": true, "removes": true, "chdir": true, "executable": true, "warn": true,
	"stdin": true, "stdin_add_newline": true, "strip_empty_ends": true,
}

// ErrUnparsable is Ansible's message for text that Split refuses with ErrIndex.
var ErrUnparsable = errors.New("Unable to parse argument string")

// ParseKV reads a text of arguments. freeForm is for command, shell, raw and script, whose text is kept
// as it is but for a few options.
func ParseKV(text string, freeForm, newer bool) (Args, error) {
	var a Args
	params, err := Split(text, newer)
	if errors.Is(err, ErrIndex) {
		return a, fmt.Errorf("%w. %w", ErrUnparsable, err)
	}
	if err != nil {
		return a, err
	}
	var raw []string
	for _, p := range params {
		x, err := unescape(p)
		if err != nil {
			return a, err
		}
		if !strings.Contains(x, "=") {
			raw = append(raw, p)
			continue
		}
		at := equals(x)
		switch {
		case at < 0:
			raw = append(raw, strings.ReplaceAll(x, `\=`, "="))
		case freeForm && !rawOptions[x[:at]]:
			raw = append(raw, p)
		default:
			a.set(strings.TrimSpace(x[:at]), Unquote(strings.TrimSpace(x[at+1:])))
		}
	}
	if len(raw) > 0 {
		a.Raw, a.HasRaw = Join(raw), true
	}
	return a, nil
}

// equals is the place of the first "=" that is neither at the start nor escaped, -1 when there is none.
func equals(x string) int {
	for i := 1; i < len(x); i++ {
		if x[i] == '=' && x[i-1] != '\\' {
			return i
		}
	}
	return -1
}

// Unquote takes away one pair of equal quotes around s, unless the last one is escaped.
func Unquote(s string) string {
	n := len(s)
	if n > 1 && s[0] == s[n-1] && (s[0] == '"' || s[0] == '\'') && s[n-2] != '\\' {
		return s[1 : n-1]
	}
	return s
}

var escape = regexp.MustCompile(`\\(?:U[0-9a-fA-F]{8}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|N\{[^}]+\}|[\\'"abfnrtv])`)

var simpleEscapes = map[byte]string{
	'\\': `\`, '\'': "'", '"': `"`, 'a': "\a", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v",
}

// ErrNamedRune is returned for \N{NAME}, which pbc does not support.
var ErrNamedRune = errors.New(`escapes of the form \N{...} in arguments are not supported`)

func unescape(s string) (string, error) {
	if !strings.Contains(s, `\`) {
		return s, nil
	}
	var fault error
	out := escape.ReplaceAllStringFunc(s, func(m string) string {
		if t, ok := simpleEscapes[m[1]]; ok {
			return t
		}
		if m[1] == 'N' {
			fault = ErrNamedRune
			return m
		}
		n, err := strconv.ParseUint(m[2:], 16, 32)
		if err != nil || n > 0x10ffff {
			fault = fmt.Errorf("illegal Unicode character %s", m)
			return m
		}
		return string(rune(n))
	})
	return out, fault
}
