package main

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// relay stands for a network: a listener whose connections reach target after a round-trip time, and are
// counted. The kernel's own netem is not to be had without root.
type relay struct {
	net.Listener
	target   string
	rtt      time.Duration
	up, down atomic.Int64 // bytes that crossed towards the target, and back
}

func startRelay(target string, rtt time.Duration) (*relay, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &relay{Listener: l, target: target, rtt: rtt}
	go r.accept()
	return r, nil
}

func (r *relay) port() int { return r.Addr().(*net.TCPAddr).Port }

func (r *relay) accept() {
	for {
		c, err := r.Accept()
		if err != nil {
			return
		}
		go r.carry(c)
	}
}

// carry joins one connection with the target. The handshake of TCP, which loopback makes at once, costs a
// round trip here.
func (r *relay) carry(c net.Conn) {
	defer c.Close()
	time.Sleep(r.rtt)
	t, err := net.Dial("tcp", r.target)
	if err != nil {
		return
	}
	defer t.Close()
	var both sync.WaitGroup
	both.Go(func() { r.flow(t, c, &r.up) })
	both.Go(func() { r.flow(c, t, &r.down) })
	both.Wait()
}

// parcel is what one read brought, and when it is due at the other end.
type parcel struct {
	due  time.Time
	data []byte
}

func (r *relay) flow(dst, src net.Conn, count *atomic.Int64) {
	line := make(chan parcel, 1024)
	go func() {
		defer close(line)
		for {
			buf := make([]byte, 32<<10)
			n, err := src.Read(buf)
			if n > 0 {
				count.Add(int64(n))
				line <- parcel{time.Now().Add(r.rtt / 2), buf[:n]}
			}
			if err != nil {
				return
			}
		}
	}()
	for p := range line {
		time.Sleep(time.Until(p.due))
		if _, err := dst.Write(p.data); err != nil {
			break
		}
	}
	if t, ok := dst.(*net.TCPConn); ok {
		t.CloseWrite()
	}
	for range line { // the reader may still hold a parcel
	}
}
