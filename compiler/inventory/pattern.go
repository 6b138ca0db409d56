package inventory

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/dlclark/regexp2/v2"

	"pbc/compiler/diag"
)

// The grammar of a host pattern, Ansible docs "Patterns: targeting hosts and groups":
//
//	pattern = part {("," | ":") part}
//	part    = ["&" | "!"] (name | glob | "~" regex) ["[" index | from ":" [to] "]"]
//
// Parts without a sign are united in order, then those with & intersected, then those with ! removed.
var (
	subscripted = regexp.MustCompile(`(?s)^(.+)\[(?:(-?[0-9]+)|([0-9]+)([:-])([0-9]*))\]$`)
	colonParts  = regexp.MustCompile(`(?:[^\s:\[\]]|\[[^\]]*\])+`)
)

// matchTimeout bounds one match of a regular expression of a pattern.
const matchTimeout = 5 * time.Second

// SplitPattern splits a host pattern into its parts.
func SplitPattern(pattern string) []string {
	var parts []string
	if strings.Contains(pattern, ",") {
		parts = strings.Split(pattern, ",")
	} else if _, _, err := parseAddress(pattern, true); err == nil {
		parts = []string{pattern}
	} else {
		parts = colonParts.FindAllString(pattern, -1)
	}
	kept := []string{}
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			kept = append(kept, p)
		}
	}
	return kept
}

// order sorts the parts of a pattern as they apply.
func order(parts []string) []string {
	var regular, and, not []string
	for _, p := range parts {
		switch {
		case p == "":
		case p[0] == '!':
			not = append(not, p)
		case p[0] == '&':
			and = append(and, p)
		default:
			regular = append(regular, p)
		}
	}
	if regular == nil {
		regular = []string{"all"}
	}
	return append(append(regular, and...), not...)
}

// SetLimit limits what Match returns to a pattern: --limit. A part "@file" stands for the patterns in that
// file, one a line. An empty limit is none.
func (inv *Inventory) SetLimit(limit string) error {
	inv.limit = nil
	for _, p := range SplitPattern(limit) {
		if p[0] != '@' {
			inv.limit = append(inv.limit, p)
			continue
		}
		info, err := os.Stat(p[1:])
		if err != nil {
			return fmt.Errorf("Unable to find limit file b'%s'", p[1:])
		}
		if info.IsDir() {
			return fmt.Errorf("Limit starting with \"@\" must be a file, not a directory: b'%s'", p[1:])
		}
		b, err := os.ReadFile(p[1:])
		if err != nil {
			return err
		}
		for _, line := range strings.Split(string(b), "\n") {
			inv.limit = append(inv.limit, strings.TrimSpace(line))
		}
	}
	return nil
}

// ErrNoHosts says that an inventory with hosts has none left for a run.
var ErrNoHosts = errors.New("Specified inventory, host pattern and/or --limit leaves us with no hosts to target.")

// Check sets the limit as ansible-playbook does at its start: it warns when there is no host but the
// implicit localhost, and fails with ErrNoHosts when the limit leaves none.
func (inv *Inventory) Check(limit string) error {
	all, err := inv.Match("all")
	if err != nil {
		return err
	}
	if len(all) == 0 && !inv.opts.NoLocalWarning {
		inv.warn("provided hosts list is empty, only localhost is available. Note that the implicit localhost does not match 'all'")
	}
	if err := inv.SetLimit(limit); err != nil {
		return err
	}
	left, err := inv.Match("all")
	if err == nil && len(left) == 0 && len(all) > 0 {
		err = ErrNoHosts
	}
	return err
}

// Match returns the hosts that patterns name, in Ansible's order, as far as the limit allows; several
// patterns are one with a comma between. A part that names nothing is warned of.
func (inv *Inventory) Match(patterns ...string) ([]*Host, error) {
	var parts []string
	for _, p := range patterns {
		parts = append(parts, SplitPattern(p)...)
	}
	hosts, err := inv.evaluate(parts)
	if err != nil {
		return nil, err
	}
	if inv.limit != nil {
		allowed, err := inv.evaluate(inv.limit)
		if err != nil {
			return nil, err
		}
		hosts = filter(hosts, allowed, true)
	}
	return unique(hosts), nil
}

// Unlimited is the inventory as it is now without the limit of the command line; what Match has to warn of is told to warn.
func (inv *Inventory) Unlimited(warn func(string)) *Inventory {
	own := *inv
	own.opts.Warn, own.limit, own.patterns = warn, nil, nil
	return &own
}

func unique(hosts []*Host) []*Host {
	seen := map[*Host]bool{}
	kept := hosts[:0:0]
	for _, h := range hosts {
		if !seen[h] {
			kept = append(kept, h)
		}
		seen[h] = true
	}
	return kept
}

// filter keeps the hosts that are in others, or those that are not.
func filter(hosts, others []*Host, in bool) []*Host {
	set := map[*Host]bool{}
	for _, h := range others {
		set[h] = true
	}
	kept := hosts[:0:0]
	for _, h := range hosts {
		if set[h] == in {
			kept = append(kept, h)
		}
	}
	return kept
}

func (inv *Inventory) evaluate(parts []string) ([]*Host, error) {
	var hosts []*Host
	for _, p := range order(parts) {
		if h := inv.hosts[p]; h != nil {
			hosts = append(hosts, h)
			continue
		}
		found, err := inv.matchPart(p)
		if err != nil {
			return nil, err
		}
		switch p[0] {
		case '!':
			hosts = filter(hosts, found, false)
		case '&':
			hosts = filter(hosts, found, true)
		default:
			hosts = append(hosts, filter(found, hosts, false)...)
		}
	}
	return hosts, nil
}

// matchPart returns the hosts of one part. It remembers them, so that a part is warned of once.
func (inv *Inventory) matchPart(part string) ([]*Host, error) {
	if part[0] == '&' || part[0] == '!' {
		part = part[1:]
	}
	if part == "" {
		return nil, &diag.Diagnostic{Kind: diag.Invalid, Exit: 250, Msg: "Unexpected Exception, this is probably a bug: string index out of range"}
	}
	if inv.patternsAt != inv.generation || inv.patterns == nil {
		inv.patterns, inv.patternsAt = map[string][]*Host{}, inv.generation
	}
	if hosts, ok := inv.patterns[part]; ok {
		return hosts, nil
	}
	expr, sub := inv.subscript(part)
	hosts, err := inv.enumerate(expr)
	if err == nil && sub != nil && len(hosts) > 0 {
		if hosts, err = sub.apply(hosts); err != nil {
			err = fmt.Errorf("No hosts matched the subscripted pattern '%s'", part)
		}
	}
	if err != nil {
		return nil, err
	}
	inv.patterns[part] = hosts
	return hosts, nil
}

// slice is a subscript: one index, or a range whose end is included.
type slice struct {
	from, to int
	one      bool
}

func (inv *Inventory) subscript(part string) (string, *slice) {
	if part[0] == '~' {
		return part, nil
	}
	m := subscripted.FindStringSubmatch(part)
	if m == nil {
		return part, nil
	}
	if m[2] != "" {
		n, _ := strconv.Atoi(m[2])
		return m[1], &slice{from: n, one: true}
	}
	s := &slice{to: -1}
	s.from, _ = strconv.Atoi(m[3])
	if m[5] != "" {
		s.to, _ = strconv.Atoi(m[5])
	}
	if m[4] == "-" {
		inv.warn("Use [x:y] inclusive subscripts instead of [x-y] which has been removed")
	}
	return m[1], s
}

var errIndex = errors.New("list index out of range")

// apply is Ansible's: a range that ends at 0 is the one host it starts with.
func (s *slice) apply(hosts []*Host) ([]*Host, error) {
	if s.one || s.to == 0 {
		i := s.from
		if i < 0 {
			i += len(hosts)
		}
		if i < 0 || i >= len(hosts) {
			return nil, errIndex
		}
		return hosts[i : i+1], nil
	}
	end := len(hosts)
	if s.to != -1 {
		end = min(s.to+1, end)
	}
	if s.from >= end {
		return nil, nil
	}
	return hosts[s.from:end], nil
}

// enumerate returns the hosts of the groups that an expression matches, and the hosts that it matches
// when there are no such groups or it is a glob or a regular expression.
func (inv *Inventory) enumerate(expr string) ([]*Host, error) {
	match, err := matcher(strings.ToValidUTF8(expr, "\uFFFD"))
	if err != nil {
		return nil, fmt.Errorf("Invalid host list pattern: %s", expr)
	}
	var hosts []*Host
	anyGroup := false
	for _, g := range inv.groupOrder {
		if match(g.Name) {
			anyGroup = true
			hosts = append(hosts, g.Hosts()...)
		}
	}
	if !anyGroup || expr[0] == '~' || strings.ContainsAny(expr, ".?*[") {
		for _, h := range inv.hostOrder {
			if match(h.Name) {
				hosts = append(hosts, h)
			}
		}
	}
	if len(hosts) == 0 && localhosts[expr] {
		hosts = append(hosts, inv.Host(expr))
	}
	if len(hosts) > 0 || anyGroup || expr == "all" {
		return hosts, nil
	}
	msg := "Could not match supplied host pattern, ignoring: " + expr
	switch inv.opts.PatternMismatch {
	case "", "warning":
		inv.warn("%s", msg)
	case "error":
		return nil, errors.New(msg)
	}
	return nil, nil
}

// matcher compiles an expression: Python's fnmatch, or with ~ a regular expression that has to match
// from the start.
func matcher(expr string) (func(string) bool, error) {
	if expr[0] != '~' {
		re, err := regexp.Compile(globShape(expr))
		if err != nil {
			return nil, err
		}
		return re.MatchString, nil
	}
	re, err := regexp2.Compile(`\A(?:`+strings.ReplaceAll(expr[1:], "(?P<", "(?<")+`)`, regexp2.None)
	if err != nil {
		return nil, err
	}
	re.MatchTimeout = matchTimeout
	return func(s string) bool {
		ok, err := re.MatchString(s)
		return ok && err == nil
	}, nil
}

// globShape is the regular expression of Python's fnmatch.
func globShape(glob string) string {
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	for i := 0; i < len(glob); i++ {
		switch c := glob[i]; c {
		case '*':
			b.WriteString(".*")
		case '?':
			b.WriteByte('.')
		case '[':
			set, n := globSet(glob[i:])
			b.WriteString(set)
			i += n - 1
		default:
			b.WriteString(regexp.QuoteMeta(glob[i : i+1]))
		}
	}
	b.WriteString(`\z`)
	return b.String()
}

// globSet is the class of a glob that starts with "[", and its length there; one that is not closed is a
// bracket.
func globSet(glob string) (string, int) {
	end := 1
	if end < len(glob) && glob[end] == '!' {
		end++
	}
	if end < len(glob) && glob[end] == ']' {
		end++
	}
	for end < len(glob) && glob[end] != ']' {
		end++
	}
	if end >= len(glob) {
		return `\[`, 1
	}
	set := strings.NewReplacer(`\`, `\\`, `[`, `\[`, `]`, `\]`, `&`, `\&`, `~`, `\~`).Replace(glob[1:end])
	switch {
	case strings.HasPrefix(set, "!"):
		set = "^" + set[1:]
	case strings.HasPrefix(set, "^"):
		set = `\` + set
	}
	return "[" + set + "]", end + 1
}

// OrderError is an order that there is not. Ansible takes it for a fault in its options.
type OrderError struct{ Order string }

func (e *OrderError) Error() string {
	return "Invalid 'order' specified for inventory hosts: " + e.Order
}

// Order returns hosts in the order of a play's keyword order: "inventory" (or ""), "sorted",
// "reverse_sorted", "reverse_inventory" or "shuffle"; for any other order an *OrderError.
func Order(hosts []*Host, order string) ([]*Host, error) {
	out := append([]*Host(nil), hosts...)
	switch order {
	case "", "inventory":
	case "sorted":
		sort.SliceStable(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	case "reverse_sorted":
		sort.SliceStable(out, func(i, j int) bool { return out[i].Name > out[j].Name })
	case "reverse_inventory":
		for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
			out[i], out[j] = out[j], out[i]
		}
	case "shuffle":
		rand.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	default:
		return nil, &OrderError{order}
	}
	return out, nil
}
