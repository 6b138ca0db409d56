// Package pyre is Python's re for patterns that come from playbooks: it translates a pattern to
// regexp2's syntax, keeps Python's numbering of groups, its bytes patterns, its empty matches, its
// replacement templates and its messages. Offsets are in bytes.
//
// A pattern is bounded in time and in the memory of its backtracking; one that passes a bound is an
// error, never "no match".
package pyre

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dlclark/regexp2/v2"

	"pbc/runtime/exception"
)

// Flags are the flags of re.compile.
type Flags uint8

// The flags a caller may want.
const (
	IgnoreCase Flags = 1 << iota
	Multiline
	DotAll
	// Bytes makes a bytes pattern: text is a run of bytes, and \w, \d, \s and \b know ASCII only.
	Bytes
)

// Bounds of one search.
const (
	maxTime      = 10 * time.Second
	maxBacktrack = 1 << 22 // entries of the stack, 8 bytes each
)

// Regexp is a compiled pattern. It is safe for concurrent use.
type Regexp struct {
	re    *regexp2.Regexp
	load  func() *regexp2.Regexp // instead of re: compiles at the first call
	flags Flags
	// lazy says that the pattern has a lazy quantifier or an alternative: an empty match may hide another
	lazy                   bool
	prefix, full, nonEmpty atomicRegexp // variants, made when asked for
}

// atomicRegexp is a pattern that somebody may be making.
type atomicRegexp = atomic.Pointer[Regexp]

// compiled holds the patterns of this process by flags and text.
var compiled = struct {
	sync.Mutex
	m map[string]*Regexp
}{m: map[string]*Regexp{}}

const maxCompiled = 512

// Compile compiles a pattern, once for all callers. The error is an exception re.error in Python's words.
func Compile(pattern string, flags Flags) (*Regexp, error) {
	key := string(rune(flags)) + pattern
	compiled.Lock()
	defer compiled.Unlock()
	if r, ok := compiled.m[key]; ok {
		return r, nil
	}
	t := &translator{src: decode(pattern, flags), flags: flags, ascii: flags&Bytes != 0}
	out, err := t.translate()
	if err != nil {
		return nil, err
	}
	r, err := engine(out, t.flags)
	if err != nil {
		return nil, err
	}
	if len(compiled.m) >= maxCompiled {
		clear(compiled.m)
	}
	compiled.m[key] = r
	return r, nil
}

// engine compiles a pattern that is translated already.
func engine(translated string, flags Flags) (*Regexp, error) {
	o := regexp2.None
	if flags&IgnoreCase != 0 {
		o |= regexp2.IgnoreCase
	}
	if flags&Multiline != 0 {
		o |= regexp2.Multiline
	}
	if flags&DotAll != 0 {
		o |= regexp2.Singleline
	}
	re, err := regexp2.Compile(translated, o, regexp2.OptionMaintainCaptureOrder(), regexp2.OptionMaxBacktrackingStackSize(maxBacktrack))
	if err != nil {
		return nil, exception.Raise(errorClass, "%s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	re.MatchTimeout = maxTime
	return &Regexp{re: re, flags: flags, lazy: strings.ContainsAny(translated, "?|")}, nil
}

// errorClass is Python's class for what is wrong with a pattern.
const errorClass = "re.error"

// Flags returns the flags, those that the pattern sets itself included.
func (r *Regexp) Flags() Flags { return r.flags }

// Groups returns the names of the pattern's groups in order, "" for one without a name.
func (r *Regexp) Groups() []string {
	re := r.engine()
	numbers := re.GetGroupNumbers()
	names := make([]string, 0, len(numbers)-1)
	for _, n := range numbers[1:] {
		name := re.GroupNameFromNumber(n)
		if name != "" && isDigit(name[0]) {
			name = ""
		}
		names = append(names, name)
	}
	return names
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// decode turns text into the characters a pattern sees.
func decode(s string, flags Flags) []rune {
	if flags&Bytes == 0 {
		return []rune(s)
	}
	rs := make([]rune, len(s))
	for i := 0; i < len(s); i++ {
		rs[i] = rune(s[i])
	}
	return rs
}

func encode(rs []rune, flags Flags) string {
	if flags&Bytes == 0 {
		return string(rs)
	}
	b := make([]byte, len(rs))
	for i, c := range rs {
		b[i] = byte(c)
	}
	return string(b)
}
