package network

import (
	"context"
	"errors"
	"io"
	"math"
	"net/netip"
	"time"
)

// stream is an open connection.
type stream interface {
	io.ReadCloser
	SetReadDeadline(t time.Time) error
}

// errUnknownHost says that a name has no address.
var errUnknownHost = errors.New("name or service not known")

var errPort = errors.New("port must be 0-65535")

// dial connects to a host's addresses in their order until one answers, as Python's
// socket.create_connection does; the time is for each of them.
func dial(ctx context.Context, host string, port int64, limit time.Duration) (stream, error) {
	if port < 0 || port > math.MaxUint16 {
		return nil, errPort
	}
	addrs, err := lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	for _, a := range addrs {
		var c stream
		one, cancel := context.WithTimeout(ctx, limit)
		c, err = connect(one, netip.AddrPortFrom(a, uint16(port)))
		cancel()
		if err == nil {
			return c, nil
		}
	}
	return nil, err
}
