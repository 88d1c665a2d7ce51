package httpedge

import (
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/tls/tlsconf"
)

// A pipes is a listener whose connections are pipes in memory, so that the deadlines
// follow the clock of a synctest bubble.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

const (
	slowClients  = 200
	slowPatience = time.Minute
)

// slowConnections opens connections that send one byte of a header each second, and returns
// how many are still open after a time, and when the last one of the others was closed.
func slowConnections(p *pipes, patience time.Duration) (open int, last time.Duration) {
	const header = "GET / HTTP/1.1\r\nHost: a.example\r\nX-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	var mu sync.Mutex
	var wg sync.WaitGroup
	start := time.Now()
	for range slowClients {
		client, server := net.Pipe()
		p.conns <- server
		wg.Go(func() {
			defer func() { _ = client.Close() }()
			go func() { _, _ = io.Copy(io.Discard, client) }() // a pipe keeps no answer for later
			for i := 0; time.Since(start) < patience; i++ {
				if _, err := client.Write([]byte{header[i%len(header)]}); err != nil {
					mu.Lock()
					last = max(last, time.Since(start))
					mu.Unlock()
					return
				}
				time.Sleep(time.Second)
			}
			mu.Lock()
			open++
			mu.Unlock()
		})
	}
	wg.Wait()
	return open, last
}

// Two hundred clients that send a byte a second are gone a second after the time for a
// header.
func TestSlowConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		serveOurs(t, tlsconf.ServerConfig{Listener: p, PlainHTTP: true}, chain(t, http.HandlerFunc(show)))
		open, last := slowConnections(p, slowPatience)
		mwtest.Publish(t, "edge.slow", slowClients)
		mwtest.Publish(t, "edge.open", open)
		mwtest.Publish(t, "edge.gone", last)
		if open > 0 || last > 6*time.Second {
			t.Errorf("%d of %d are open, and the others were closed after %v", open, slowClients, last)
		}
	})
}

// The same clients detect a server without timeouts.
func TestSlowConnectionsDetectMistakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		servePlain(t, p, http.HandlerFunc(show))
		open, _ := slowConnections(p, slowPatience)
		mwtest.Publish(t, "edge.peer_open", open)
		if open != slowClients {
			t.Errorf("%d of %d are open", open, slowClients)
		}
	})
}

// manyLines is a request with twenty thousand of the shortest header lines.
var manyLines = "GET / HTTP/1.1\r\nHost: a.example\r\n" + strings.Repeat("a:\r\n", 20_000) + "\r\n"

// Twenty thousand header lines are refused, although none is long.
func TestManyHeaderLines(t *testing.T) {
	l := listen(t)
	serveOurs(t, tlsconf.ServerConfig{Listener: l, PlainHTTP: true}, chain(t, http.HandlerFunc(show)))
	got := send(t, l.Addr().String(), manyLines)
	refused := 0
	if got == "431" || got == "closed" { // net/http may close before the client has read
		refused = 20_000
	}
	mwtest.Publish(t, "edge.lines", refused)
	if refused == 0 {
		t.Error(got)
	}
}

// The same request detects the default of net/http, which is 1 MiB of any lines.
func TestManyHeaderLinesDetectMistakes(t *testing.T) {
	l := listen(t)
	servePlain(t, l, http.HandlerFunc(show))
	if got := send(t, l.Addr().String(), manyLines); !strings.HasPrefix(got, "200") {
		t.Error(got)
	}
}
