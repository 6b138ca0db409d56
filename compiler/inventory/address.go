package inventory

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"pbc/ir/value"
)

// wordRune is Python's \w outside of ASCII.
func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

// digitRune is Python's \d.
func digitRune(r rune) bool { return unicode.Is(unicode.Nd, r) }

const (
	numericRange = `\[(?:[0-9]+:[0-9]+)(?::[0-9]+)?\]`
	hexRange     = `\[(?:[0-9a-f]+:[0-9a-f]+)(?::[0-9]+)?\]`
	alnumRange   = `\[(?:[a-z]:[a-z]|[0-9]+:[0-9]+)(?::[0-9]+)?\]`
	ipv4Part     = `(?:[01]?[0-9]{1,2}|2[0-4][0-9]|25[0-5]|` + numericRange + `)`
	ipv6Part     = `(?:[0-9a-f]{1,4}|` + hexRange + `)`
	word         = `[\p{L}\p{N}_]`
)

// The shapes of addresses. Any part of one may be a range such as [1:9] or [a:f:2].
var (
	bracketedPort = regexp.MustCompile(`^\[(.+)\]:([0-9]+)$`)
	hostPort      = regexp.MustCompile(`^((?:[^:\[\]]|\[[^\]]*\])*):([0-9]+)$`)
	ipv4          = regexp.MustCompile(`(?i)^(?:` + ipv4Part + `\.){3}` + ipv4Part + `$`)
	ipv6          = regexp.MustCompile(ipv6Shape())
	label         = regexp.MustCompile(`(?i)^(?:` + word + `|` + alnumRange + `)(?:(?:` + word + `|-)|` + alnumRange + `)*$`)
)

// ipv6Shape spells out the ways to write an IPv6 address. Only the first and the last alternative are
// anchored at the far end, as in Ansible.
func ipv6Shape() string {
	alternatives := []string{
		`^(?:P:){7}P`, `(?:P:){1,6}:`, `(?:P:)(?::P){1,6}`, `(?:P:){2}(?::P){1,5}`, `(?:P:){3}(?::P){1,4}`,
		`(?:P:){4}(?::P){1,3}`, `(?:P:){5}(?::P){1,2}`, `(?:P:){6}(?::P)`, `:(?::P){1,6}`, `P?::`,
		`(?:0:){6}(?:P\.){3}P`, `::(?:ffff:)?(?:P\.){3}P`, `(?:0:){5}ffff:(?:P\.){3}P$`,
	}
	return `(?i)^(?:` + strings.ReplaceAll(strings.Join(alternatives, "|"), "P", ipv6Part) + `)`
}

func isHostname(s string) bool {
	for _, l := range strings.Split(s, ".") {
		if !label.MatchString(l) || strings.HasSuffix(l, "-") || strings.HasSuffix(l, "_") {
			return false
		}
	}
	return true
}

// SplitAddress splits an address that may have a port, 0 when there is none. ok is false for what is no address.
func SplitAddress(address string) (host string, port int64, ok bool) {
	host, text, err := parseAddress(address, false)
	if err != nil {
		return "", 0, false
	}
	port, _ = strconv.ParseInt(text, 10, 64)
	return host, port, true
}

// parseAddress splits an address into host and port; port is "" when there is none.
func parseAddress(address string, ranges bool) (host, port string, err error) {
	for _, shape := range []*regexp.Regexp{bracketedPort, hostPort} {
		if m := shape.FindStringSubmatch(address); m != nil {
			address, port = m[1], m[2]
		}
	}
	if address == "" || !ipv4.MatchString(address) && !ipv6.MatchString(address) && !isHostname(address) {
		return "", "", fmt.Errorf("Not a valid network hostname: %s", address)
	}
	if !ranges && strings.Contains(address, "[") {
		return "", "", errors.New("Detected range in host but was asked to ignore ranges")
	}
	return address, port, nil
}

// expandPattern is the hosts, and the port, of a host in an inventory, which may have ranges.
func expandPattern(pattern string) (hosts []string, port string, err error) {
	host, port, err := parseAddress(pattern, true)
	if err != nil {
		host, port = pattern, ""
	}
	hosts, err = expandRanges(host)
	return hosts, port, err
}

// maxRange bounds the hosts of one pattern.
const maxRange = 1 << 20

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// expandRanges replaces the ranges of a host name, the first one slowest.
func expandRanges(host string) ([]string, error) {
	if !strings.Contains(host, "[") {
		return []string{host}, nil
	}
	parts := strings.Split(strings.Replace(strings.Replace(host, "[", "|", 1), "]", "|", 1), "|")
	if len(parts) < 3 {
		return nil, fmt.Errorf("not enough values to unpack (expected 3, got %d)", len(parts))
	} else if len(parts) > 3 {
		return nil, errors.New("too many values to unpack (expected 3)")
	}
	items, err := rangeItems(parts[1])
	if err != nil {
		return nil, err
	}
	var all []string
	for _, item := range items {
		more, err := expandRanges(parts[0] + item + parts[2])
		if err != nil {
			return nil, err
		}
		if all = append(all, more...); len(all) > maxRange {
			return nil, fmt.Errorf("host range has more than %d hosts", maxRange)
		}
	}
	return all, nil
}

// rangeItems are the items of "begin:end" or "begin:end:step".
func rangeItems(text string) ([]string, error) {
	bounds := strings.Split(text, ":")
	if len(bounds) != 2 && len(bounds) != 3 {
		return nil, errors.New("host range must be begin:end or begin:end:step")
	}
	begin, end, step := bounds[0], bounds[1], "1"
	if len(bounds) == 3 {
		step = bounds[2]
	}
	if begin == "" {
		begin = "0"
	}
	if end == "" {
		return nil, errors.New("host range must specify end value")
	}
	width := 0
	if begin[0] == '0' && len(begin) > 1 {
		if width = len(begin); width != len(end) {
			return nil, errors.New("host range must specify equal-length begin and end formats")
		}
	}
	n, stepErr := pythonInt(step)
	i, j := strings.Index(letters, begin), strings.Index(letters, end)
	if i >= 0 && j >= 0 && i > j {
		return nil, errors.New("host range must have begin <= end")
	}
	if i >= 0 && j >= 0 && stepErr == nil && n > 0 {
		var items []string
		for ; i <= j; i += n {
			items = append(items, letters[i:i+1])
		}
		return items, nil
	}
	return numbers(begin, end, step, width)
}

func numbers(begin, end, step string, width int) ([]string, error) {
	var n [3]int
	for k, s := range []string{begin, end, step} {
		var err error
		if n[k], err = pythonInt(s); err != nil {
			return nil, err
		}
	}
	if n[2] == 0 {
		return nil, errors.New("range() arg 3 must not be zero")
	}
	if n[2] < 0 {
		return nil, nil
	}
	if (n[1]-n[0])/n[2] > maxRange {
		return nil, fmt.Errorf("host range has more than %d hosts", maxRange)
	}
	var items []string
	for i := n[0]; i <= n[1]; i += n[2] {
		items = append(items, fmt.Sprintf("%0*d", width, i))
	}
	return items, nil
}

// pythonInt is Python's int(v) where the result fits an int.
func pythonInt(v value.Value) (int, error) {
	switch x := v.(type) {
	case bool:
		if x {
			return 1, nil
		}
		return 0, nil
	case int64:
		return int(x), nil
	case float64:
		return int(x), nil
	}
	s, ok := value.Text(v)
	if t, is := v.(*value.Tmpl); is {
		s, ok = t.Src, true
	}
	if !ok {
		return 0, fmt.Errorf("int() argument must be a string, a bytes-like object or a real number, not '%s'", value.TypeName(v))
	}
	n, err := strconv.Atoi(strings.ReplaceAll(strings.TrimSpace(s), "_", ""))
	if err != nil {
		return 0, fmt.Errorf("invalid literal for int() with base 10: %s", value.StrRepr(s))
	}
	return n, nil
}
