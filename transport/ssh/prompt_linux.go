package ssh

import (
	"net"
	"syscall"
)

// promptConn acknowledges what it reads at once. Without that the kernel delays an acknowledgement by
// 40 ms in the middle of the handshake, where client and server take turns with small packets.
type promptConn struct {
	net.Conn
	raw syscall.RawConn
}

func prompt(c net.Conn) net.Conn {
	t, ok := c.(*net.TCPConn)
	if !ok {
		return c
	}
	raw, err := t.SyscallConn()
	if err != nil {
		return c
	}
	p := &promptConn{c, raw}
	p.quickAck()
	return p
}

// Read implements net.Conn.
func (p *promptConn) Read(b []byte) (int, error) {
	n, err := p.Conn.Read(b)
	p.quickAck()
	return n, err
}

func (p *promptConn) quickAck() {
	_ = p.raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1)
	})
}
