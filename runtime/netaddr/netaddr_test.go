package netaddr

import (
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The rows are what ipaddress of Python 3.11 says: loopback, multicast, private, public, reserved, unspecified,
// IPv4-mapped, 6to4, Teredo.
func TestKinds(t *testing.T) {
	order := []string{"loopback", "multicast", "private", "public", "reserved", "unspecified", "ipv6_ipv4_mapped", "ipv6_sixtofour", "ipv6_teredo"}
	for _, row := range []string{
		"127.0.0.1 T F T F F F F F F",
		"::1 T F T F T F F F F",
		"::ffff:127.0.0.1 F F T F T F T F F",
		"::ffff:10.0.0.1 F F T F T F T F F",
		"::ffff:8.8.8.8 F F F T T F T F F",
		"100.64.0.1 F F F F F F F F F",
		"::ffff:100.64.0.1 F F F T T F T F F",
		"2002::1 F F T F F F F T F",
		"2001::1 F F T F F F F F T",
		"2001:db8::1 F F T F F F F F F",
		"fe80::1%eth0 F F T F F F F F F",
		"fe80::1 F F T F F F F F F",
		"0.0.0.0 F F T F F T F F F",
		":: F F T F T T F F F",
		"224.0.0.1 F T F T F F F F F",
		"ff02::1 F T F T F F F F F",
		"240.0.0.1 F F T F T F F F F",
		"192.0.0.1 F F T F F F F F F",
		"192.0.0.9 F F F T F F F F F",
		"255.255.255.255 F F T F T F F F F",
		"2001:1::1 F F F T F F F F F",
		"8.8.8.8 F F F T F F F F F",
		"2606:4700::1111 F F F T F F F F F",
		"64:ff9b::1 F F F T T F F F F",
		"192.88.99.1 F F F T F F F F F",
		"2001:4:112::1 F F F T F F F F F",
	} {
		f := strings.Fields(row)
		t.Run(f[0], func(t *testing.T) {
			a, ok := StrictAddr(f[0])
			if !ok {
				t.Fatal("no address")
			}
			var got []string
			for _, k := range order {
				got = append(got, map[bool]string{true: "T", false: "F"}[Kinds[k](a)])
			}
			if diff := cmp.Diff(f[1:], got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		text, want string
		partial    bool
	}{
		{"10.0.0.5/24", "10.0.0.5/24", false},
		{"10.0.0.5", "10.0.0.5/32", false},
		{"10.0.0.5/255.255.0.0", "10.0.0.5/16", false},
		{"10.0.0.5/0.0.0.255", "10.0.0.5/24", false},
		{"10.0.0.5/0.0.0.0", "10.0.0.5/0", false},
		{"10.0.0.5/255.0.255.0", "", false},
		{"10.0.0.5/33", "", false},
		{"10.0.0.5/-1", "", false},
		{"10.0.0.05", "", false},
		{"10/8", "", false},
		{"10/8", "10.0.0.0/8", true},
		{"10.1", "10.1.0.0/32", true},
		{"10.1.2.3.4", "", true},
		{"FE80::1/64", "fe80::1/64", false},
		{"fe80::1%eth0", "", false},
		{"::1.2.3.4", "::1.2.3.4/128", false},
		{"::ffff:1.2.3.4", "::ffff:1.2.3.4/128", false},
		{"::ffff", "::ffff/128", false},
		{"fe80::/ffff::", "fe80::/16", false},
		{"", "", false},
		{"1:2:3", "", false},
	} {
		t.Run(c.text, func(t *testing.T) {
			got := ""
			if n, err := (Options{Partial: c.partial}).Parse(c.text); err == nil {
				got = n.String()
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func parsed(t *testing.T, list string) []Network {
	t.Helper()
	var r []Network
	for _, s := range strings.Fields(list) {
		n, err := Options{}.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		r = append(r, n)
	}
	return r
}

func TestMerge(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"nothing", "", ""},
		{"apart keep their host bits", "10.0.5.1/24 10.0.0.1/24", "10.0.0.1/24 10.0.5.1/24"},
		{"neighbours", "10.0.0.0/25 10.0.0.128/25", "10.0.0.0/24"},
		{"inside", "10.0.0.0/8 10.1.0.0/16", "10.0.0.0/8"},
		{"odd", "10.0.0.1 10.0.0.2 10.0.0.3", "10.0.0.1/32 10.0.0.2/31"},
		{"all", "0.0.0.0/1 128.0.0.0/1", "0.0.0.0/0"},
		{"versions", "::/127 10.0.0.0/32 ::2/127", "10.0.0.0/32 ::/126"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, n := range Merge(parsed(t, c.in)) {
				got = append(got, n.String())
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("got %s, want %s", s, c.want)
			}
		})
	}
}

func TestSpan(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"10.0.0.1 10.0.0.200", "10.0.0.0/24"},
		{"10.0.0.1 192.168.0.1 11.0.0.1", "0.0.0.0/0"},
		{"10.0.0.0/24 10.0.1.0/24", "10.0.0.0/23"},
		{"10.0.0.0/24 ::1", "IP sequence cannot contain both IPv4 and IPv6!"},
	} {
		t.Run(c.in, func(t *testing.T) {
			n, err := Span(parsed(t, c.in))
			got := n.String
			if err != nil {
				got = err.Error
			}
			if got() != c.want {
				t.Errorf("got %s, want %s", got(), c.want)
			}
		})
	}
}

func TestEUI(t *testing.T) {
	for _, c := range []struct {
		text, style, want string
	}{
		{"00:1b:77:49:54:fd", "bare", "001B774954FD"},
		{"0-1b-77-49-54-fd", "unix", "0:1b:77:49:54:fd"},
		{"001b.7749.54fd", "linux", "00:1b:77:49:54:fd"},
		{"01b774954fd", "cisco", "001b.7749.54fd"},
		{"001b77-4954fd", "win", "00-1B-77-49-54-FD"},
		{"001B774954FD", "psql", "001b77:4954fd"},
		{"00:1b:77:49:54", "bare", "none"},
		{"00:1b:77:49:54:fg", "bare", "none"},
		{"00:1b:77:49:54:\x10f", "bare", "none"},
		{"00:1b:77:ff:fe:49:54:fd", "bare", "integer out of bounds: '0x1b77fffe4954fd'!"},
	} {
		t.Run(c.text, func(t *testing.T) {
			got := "none"
			if e, ok := ParseEUI(c.text); ok {
				s, err := e.Format(c.style)
				if got = s; err != nil {
					got = err.Error()
				}
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestAt(t *testing.T) {
	n := parsed(t, "10.0.0.77/24")[0]
	for _, c := range []struct {
		index int64
		want  string
	}{{0, "10.0.0.0"}, {255, "10.0.0.255"}, {256, ""}, {-1, "10.0.0.255"}, {-256, "10.0.0.0"}, {-257, ""}} {
		a, ok := n.At(big.NewInt(c.index))
		got := ""
		if ok {
			got = a.String()
		}
		if got != c.want {
			t.Errorf("%d: got %q, want %q", c.index, got, c.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"10.0.0.5/24", "::1.2.3.4/ffff::", "10/8", "0:0:0:0:0:0", "fe80::1%x", "1/2/3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if n, err := (Options{Partial: true}).Parse(s); err == nil {
			again, err := Options{}.Parse(n.String())
			if err != nil || again.String() != n.String() {
				t.Errorf("%q is read as %s, that as %s, %v", s, n, again, err)
			}
		}
		if n, err := StrictNetwork(s); err == nil && !n.IsFirst() {
			t.Errorf("%q has host bits", s)
		}
		if e, ok := ParseEUI(s); ok && e.Bits != 48 && e.Bits != 64 {
			t.Errorf("%q has %d bits", s, e.Bits)
		}
	})
}
