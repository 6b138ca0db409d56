package netaddr

// networks reads constants.
func networks(list ...string) []Network {
	r := make([]Network, len(list))
	for i, s := range list {
		n, err := Options{}.Parse(s)
		if err != nil {
			panic(err)
		}
		r[i] = n
	}
	return r
}

// What netaddr knows of the registries of special addresses.
var (
	multicast = networks("224.0.0.0/4", "ff00::/8")
	loopback  = networks("127.0.0.0/8", "::1/128")
	linkLocal = networks("169.254.0.0/16", "fe80::/10")
	private   = networks("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "239.0.0.0/8",
		"fc00::/7", "fec0::/10", "169.254.0.0/16", "fe80::/10")
)

func (n Network) in(list []Network) bool {
	for _, o := range list {
		if o.Contains(n) {
			return true
		}
	}
	return false
}

// IsMulticast says whether all of n is multicast.
func (n Network) IsMulticast() bool { return n.in(multicast) }

// IsPrivate says whether all of n is for use inside of organisations, or link-local.
func (n Network) IsPrivate() bool { return n.in(private) }

// IsLoopback says whether the address of n is a loopback address.
func (n Network) IsLoopback() bool { return n.Host().in(loopback) }

// IsLinkLocal says whether the address of n is good on one link only.
func (n Network) IsLinkLocal() bool { return n.Host().in(linkLocal) }

// IsPublic says whether the address of n is one that hosts of the Internet have.
func (n Network) IsPublic() bool {
	h := n.Host()
	return !h.IsMulticast() && !h.IsPrivate() && !h.IsLoopback() && !h.IsNetmask() && !h.IsHostmask()
}

// Host is the address of n alone, as a network of one.
func (n Network) Host() Network { return Network{n.Addr, Width(n.V)} }
