package sessionfaults

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// A proxy is a network between a store and its server that can fail.
type proxy struct {
	addr string
	hole atomic.Bool // swallows everything that arrives, in both directions

	mu    sync.Mutex
	conns map[*net.TCPConn]bool
}

func newProxy(tb testing.TB, upstream string) *proxy {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	p := &proxy{addr: l.Addr().String(), conns: map[*net.TCPConn]bool{}}
	tb.Cleanup(func() { _ = l.Close(); p.reset() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return // the test is over
			}
			server, err := net.Dial("tcp", upstream)
			if err != nil {
				_ = client.Close()
				continue
			}
			a, b := client.(*net.TCPConn), server.(*net.TCPConn)
			p.mu.Lock()
			p.conns[a], p.conns[b] = true, true
			p.mu.Unlock()
			go p.carry(a, b)
			go p.carry(b, a)
		}
	}()
	return p
}

// carry copies what comes from one connection to the other, until one of them ends.
func (p *proxy) carry(from, to *net.TCPConn) {
	defer p.forget(from)
	defer p.forget(to)
	buf := make([]byte, 16<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		if p.hole.Load() {
			continue
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

func (p *proxy) forget(c *net.TCPConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
	_ = c.Close()
}

// reset closes all connections, so that both sides get a reset.
func (p *proxy) reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.SetLinger(0)
		_ = c.Close()
	}
	clear(p.conns)
}
