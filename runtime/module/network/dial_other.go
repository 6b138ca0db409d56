//go:build !linux

package network

import (
	"context"
	"net"
	"net/netip"
)

func lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, errUnknownHost
	}
	return addrs, nil
}

func connect(ctx context.Context, to netip.AddrPort) (stream, error) {
	return (&net.Dialer{}).DialContext(ctx, "tcp", to.String())
}
