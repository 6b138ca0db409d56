package cli

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"pbc/ir/value"
	"pbc/runtime/python"
)

// action is what an option does.
type action uint8

const (
	store   action = iota // takes an argument, the last one counts
	flag                  // takes none
	count                 // takes none, counts
	collect               // takes an argument, all count
	help                  // prints the help
	version               // prints the version
)

// option is a row of the table of options.
type option struct {
	strings []string
	dest    string
	action  action
	group   int    // index into groups
	mutex   string // options with the same one exclude each other
	isInt   bool
	intName string // what the type is called in errors, "" for int
	choices []string
	meta    string // the metavar, "" for the dest
	banned  bool   // refused as if it were unknown, and not in the help
	help    string // %s is the default
}

func (o *option) name() string { return strings.Join(o.strings, "/") }

func (o *option) takesArg() bool { return o.action == store || o.action == collect }

func (o *option) metavar() string {
	switch {
	case o.meta != "":
		return o.meta
	case o.choices != nil:
		return "{" + strings.Join(o.choices, ",") + "}"
	}
	return strings.ToUpper(o.dest)
}

// Exit says that the command line is dealt with: what to print, and the exit code.
type Exit struct {
	Code           int
	Stdout, Stderr string
}

func (e *Exit) Error() string { return "exit code " + strconv.Itoa(e.Code) }

// usageError is an argparse error; it ends the parsing.
type usageError struct{ msg string }

func (e *usageError) Error() string { return e.msg }

func argumentError(o *option, format string, args ...any) error {
	return &usageError{"argument " + o.name() + ": " + fmt.Sprintf(format, args...)}
}

var (
	errHelp    = errors.New("help")
	errVersion = errors.New("version")
)

// word is an argument as argparse classifies it: an option, maybe an unknown one, or a positional.
type word struct {
	isOption bool
	o        *option // nil for an unknown option
	str      string  // the option string meant
	explicit *string
}

// parser is one parse of a command line by argparse's algorithm.
type parser struct {
	options []*option
	byName  map[string]*option
	names   []string // of byName, in the order of the table
	args    []string
	words   []word
	dashes  int // index of the first "--", or len(args)
	values  map[string][]string
	counts  map[string]int
	given   []*option
	spelled []string // the options that were given, each as it is spelled in full
	rest    []string // positionals
	taken   bool     // the positionals have been consumed
	extras  []string
	takes   Operands
}

func newParser(options []*option) *parser {
	p := &parser{options: options, byName: map[string]*option{}, values: map[string][]string{}, counts: map[string]int{}}
	for _, o := range options {
		for _, s := range o.strings {
			p.byName[s] = o
			p.names = append(p.names, s)
		}
	}
	return p
}

// parse reads the arguments.
func (p *parser) parse(args []string) error {
	if err := p.parseKnown(args); err != nil {
		return err
	}
	return unrecognized(p.extras)
}

func unrecognized(extras []string) error {
	if len(extras) == 0 {
		return nil
	}
	return &usageError{"unrecognized arguments: " + strings.Join(extras, " ")}
}

// parseKnown reads the arguments, and leaves those that nobody knows in extras. Positionals that follow options after others have been read are not
// recognised: argparse takes them all at once.
func (p *parser) parseKnown(args []string) error {
	p.args = args
	if err := p.classify(); err != nil {
		return err
	}
	last := -1
	for i, w := range p.words {
		if w.isOption {
			last = i
		}
	}
	at := 0
	for at <= last {
		next := at
		for !p.words[next].isOption {
			next++
		}
		if at != next {
			if end := p.positionals(at); end > at {
				at = end
				continue
			}
			p.extras = append(p.extras, args[at:next]...)
			at = next
		}
		var err error
		if at, err = p.option(at); err != nil {
			return err
		}
	}
	end := p.positionals(at)
	p.extras = append(p.extras, args[end:]...)
	if !p.taken && p.takes < Optional {
		return &usageError{"the following arguments are required: " + positional}
	}
	return nil
}

func (p *parser) classify() error {
	p.dashes = len(p.args)
	for i, a := range p.args {
		if a == "--" && p.dashes == len(p.args) {
			p.dashes = i
		}
		if i >= p.dashes {
			p.words = append(p.words, word{})
			continue
		}
		w, err := p.lookup(a)
		if err != nil {
			return err
		}
		p.words = append(p.words, w)
	}
	return nil
}

// firstOperand is the index of the first argument that is no option, or of a "--" before it; -1 for none. The error is about any argument.
func (p *parser) firstOperand(args []string) (int, error) {
	first := -1
	for i, a := range args {
		w := word{}
		if a != "--" {
			var err error
			if w, err = p.lookup(a); err != nil {
				return 0, err
			}
		}
		if first < 0 && !w.isOption {
			first = i
		}
		if a == "--" {
			break
		}
	}
	return first, nil
}

var negativeNumber = regexp.MustCompile(`^-\d+$|^-\d*\.\d+$`)

// lookup says which option an argument is.
func (p *parser) lookup(a string) (word, error) {
	if a == "" || a[0] != '-' || a == "-" {
		return word{}, nil
	}
	if o := p.byName[a]; o != nil {
		return word{true, o, a, nil}, nil
	}
	if name, arg, ok := strings.Cut(a, "="); ok {
		if o := p.byName[name]; o != nil {
			return word{true, o, name, &arg}, nil
		}
	}
	found := p.prefixed(a)
	if len(found) > 1 {
		var names []string
		for _, w := range found {
			names = append(names, w.str)
		}
		return word{}, &usageError{"ambiguous option: " + a + " could match " + strings.Join(names, ", ")}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	if negativeNumber.MatchString(a) || strings.Contains(a, " ") {
		return word{}, nil
	}
	return word{true, nil, a, nil}, nil
}

// prefixed finds the options that an argument may abbreviate.
func (p *parser) prefixed(a string) []word {
	var found []word
	if strings.HasPrefix(a, "--") {
		name, arg, ok := strings.Cut(a, "=")
		for _, s := range p.names {
			if !strings.HasPrefix(s, name) {
				continue
			}
			w := word{true, p.byName[s], s, nil}
			if ok {
				w.explicit = &arg
			}
			found = append(found, w)
		}
		return found
	}
	// The second character of an argument need not be of one byte.
	_, width := utf8.DecodeRuneInString(a[1:])
	short, glued := a[:1+width], a[1+width:]
	for _, s := range p.names {
		if s == short {
			found = append(found, word{true, p.byName[s], s, &glued})
		} else if strings.HasPrefix(s, a) {
			found = append(found, word{true, p.byName[s], s, nil})
		}
	}
	return found
}

// positionals takes the arguments from at up to the next option, when there are any and none were taken.
func (p *parser) positionals(at int) int {
	end, any := at, false
	for end < len(p.words) && !p.words[end].isOption {
		any = any || end != p.dashes
		end++
	}
	if p.taken || !any && (p.takes < Optional || end == at) { // a "--" alone is none of several
		return at
	}
	p.taken = true
	for i := at; i < end; i++ {
		if i == p.dashes {
			continue
		}
		if p.takes == Optional && len(p.rest) == 1 {
			return i
		}
		p.rest = append(p.rest, p.args[i])
	}
	return end
}

type step struct {
	o   *option
	arg *string
}

// option takes the option at that index, or the several short ones there.
func (p *parser) option(at int) (int, error) {
	w := p.words[at]
	if w.o == nil {
		p.extras = append(p.extras, p.args[at])
		return at + 1, nil
	}
	var steps []step
	for w.explicit != nil && !w.o.takesArg() {
		arg := *w.explicit
		if strings.HasPrefix(w.str, "--") || arg == "" {
			return 0, argumentError(w.o, "ignored explicit argument %s", value.StrRepr(arg))
		}
		steps = append(steps, step{w.o, nil})
		p.spelled = append(p.spelled, w.str)
		_, width := utf8.DecodeRuneInString(arg)
		letter := arg[:width]
		next := p.byName["-"+letter]
		if next == nil {
			return 0, argumentError(w.o, "ignored explicit argument %s", value.StrRepr(arg))
		}
		w = word{true, next, "-" + letter, nil}
		if rest := arg[width:]; rest != "" {
			w.explicit = &rest
		}
	}
	p.spelled = append(p.spelled, w.str)
	end := at + 1
	if w.o.takesArg() && w.explicit == nil && !w.o.banned {
		if end >= len(p.words) || p.words[end].isOption || end == p.dashes {
			return 0, argumentError(w.o, "expected one argument")
		}
		w.explicit = &p.args[end]
		end++
	}
	for _, s := range append(steps, step{w.o, w.explicit}) {
		if err := p.take(s.o, s.arg); err != nil {
			return 0, err
		}
	}
	return end, nil
}

// take does what an option does.
func (p *parser) take(o *option, arg *string) error {
	if o.banned {
		return &usageError{"unrecognized arguments: " + p.spelled[len(p.spelled)-1]}
	}
	if o.choices != nil && !slices.Contains(o.choices, *arg) {
		return argumentError(o, "invalid choice: %s (choose from %s)", value.StrRepr(*arg), quoted(o.choices))
	}
	if o.isInt {
		if _, err := pythonInt(*arg); err != nil {
			return argumentError(o, "invalid %s value: %s", cmp.Or(o.intName, "int"), value.StrRepr(*arg))
		}
	}
	for _, g := range p.options { // argparse names the first of the table that conflicts
		if g != o && o.mutex != "" && g.mutex == o.mutex && p.isGiven(g) {
			return argumentError(o, "not allowed with argument %s", g.name())
		}
	}
	p.given = append(p.given, o)
	switch o.action {
	case help:
		return errHelp
	case version:
		return errVersion
	case count:
		p.counts[o.dest]++
	case flag:
		p.values[o.dest] = []string{"true"}
	case store:
		p.values[o.dest] = []string{*arg}
	case collect:
		p.values[o.dest] = append(p.values[o.dest], *arg)
	}
	return nil
}

// quoted are texts as Python shows them in a list.
func quoted(list []string) string {
	var out []string
	for _, s := range list {
		out = append(out, value.StrRepr(s))
	}
	return strings.Join(out, ", ")
}

func (p *parser) isGiven(o *option) bool {
	for _, g := range p.given {
		if g == o {
			return true
		}
	}
	return false
}

// pythonInt is int(s), as far as an int goes.
func pythonInt(s string) (int, error) {
	v, ok := python.ParseInt(s, 10)
	switch n := v.(type) {
	case int64:
		return int(n), nil
	case *big.Int:
		return n.Sign() * math.MaxInt, nil
	}
	if !ok {
		return 0, strconv.ErrSyntax
	}
	return 0, strconv.ErrRange
}

// sorted are options in the order of the help.
func sorted(options []*option) []*option {
	s := append([]*option(nil), options...)
	sort.SliceStable(s, func(i, j int) bool {
		a, b := s[i].strings, s[j].strings
		for k := 0; k < len(a) && k < len(b); k++ {
			if a[k] != b[k] {
				return a[k] < b[k]
			}
		}
		return len(a) < len(b)
	})
	return s
}
