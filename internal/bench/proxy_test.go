package bench

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A proxy stands between a client and a server. It delays the data, and it can fall
// silent, as a black hole in the network does.
type proxy struct {
	addr   string
	target string
	delay  time.Duration // of each direction
	silent atomic.Bool   // discard all data, and keep the connections

	mu    sync.Mutex
	conns []net.Conn
	wg    sync.WaitGroup
}

func startProxy(tb testing.TB, target string, roundTrip time.Duration) *proxy {
	tb.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	p := &proxy{addr: ln.Addr().String(), target: target, delay: roundTrip / 2}
	p.wg.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			p.serve(c)
		}
	})
	tb.Cleanup(func() {
		_ = ln.Close()
		p.mu.Lock()
		for _, c := range p.conns {
			_ = c.Close()
		}
		p.mu.Unlock()
		p.wg.Wait()
	})
	return p
}

func (p *proxy) serve(client net.Conn) {
	p.keep(client)
	if p.silent.Load() {
		return // the kernel accepts the connection, and no server answers
	}
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		_ = client.Close()
		return
	}
	p.keep(server)
	p.wg.Go(func() { p.pump(client, server) })
	p.wg.Go(func() { p.pump(server, client) })
}

func (p *proxy) keep(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns = append(p.conns, c)
}

// pump forwards data, each piece delay after it arrived. Pieces that follow each other
// closely do not wait for each other.
func (p *proxy) pump(from, to net.Conn) {
	type piece struct {
		due  time.Time
		data []byte
	}
	line := make(chan piece, 1024)
	p.wg.Go(func() {
		defer to.Close()
		for x := range line {
			if d := time.Until(x.due); d > 0 {
				time.Sleep(d)
			}
			if _, err := to.Write(x.data); err != nil {
				break
			}
		}
		for range line { // the reader must not block
		}
	})
	defer close(line)
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		if !p.silent.Load() {
			line <- piece{time.Now().Add(p.delay), append([]byte(nil), buf[:n]...)}
		}
	}
}

// The proxy is useful only if it adds exactly that delay, also for many connections at
// once.
func TestProxyDelays(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				buf := make([]byte, 64)
				for {
					n, err := c.Read(buf)
					if err != nil {
						return
					}
					_, _ = c.Write(buf[:n])
				}
			}()
		}
	}()
	const trip, many = 20 * time.Millisecond, 32
	p := startProxy(t, ln.Addr().String(), trip)
	start := time.Now()
	var wg sync.WaitGroup
	for range many {
		wg.Go(func() {
			c, err := net.Dial("tcp", p.addr)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			sent, buf := time.Now(), make([]byte, 4)
			_, _ = c.Write([]byte("ping"))
			if n, err := c.Read(buf); err != nil || string(buf[:n]) != "ping" {
				t.Errorf("%q, %v", buf[:n], err)
			}
			if took := time.Since(sent); took < trip {
				t.Errorf("a round trip of %v", took)
			}
		})
	}
	wg.Wait()
	if took := time.Since(start); took > trip*many/2 {
		t.Errorf("%d round trips side by side took %v", many, took)
	}

	c, err := net.Dial("tcp", p.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	p.silent.Store(true)
	_, _ = c.Write([]byte("ping"))
	_ = c.SetReadDeadline(time.Now().Add(3 * trip))
	if n, err := c.Read(make([]byte, 4)); err == nil {
		t.Errorf("%d bytes out of a black hole", n)
	}
}
