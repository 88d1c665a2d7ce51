package faults

import (
	"context"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/Shopify/toxiproxy/v2/stream"
	"github.com/Shopify/toxiproxy/v2/toxics"
	"github.com/rs/zerolog"
)

// A proxy stands between a client and its server and disturbs their connections.
type proxy struct {
	tb    testing.TB
	addr  string
	inner *toxiproxy.Proxy
}

func newProxy(tb testing.TB, upstream string) *proxy {
	tb.Helper()
	p := &proxy{tb: tb}
	var err error
	for range 20 {
		// Use a port below the ports of outgoing connections. A client that dials one
		// of those without a listener can be connected to itself.
		p.addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(10000+rand.IntN(5000)))
		if err = p.listen(upstream); err == nil {
			tb.Cleanup(p.refuse)
			return p
		}
	}
	tb.Fatalf("proxy: %v", err)
	return nil
}

func (p *proxy) listen(upstream string) error {
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	p.inner = toxiproxy.NewProxy(server, "redis", p.addr, upstream)
	return p.inner.Start()
}

// add brings a toxic into every connection, open connections included.
func (p *proxy) add(toxic string) {
	p.within(time.Second, func(inner *toxiproxy.Proxy) {
		if _, err := inner.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
			p.tb.Errorf("proxy: %s: %v", toxic, err)
		}
	})
}

// heal removes every toxic. Connections that were black holes are closed.
func (p *proxy) heal() {
	p.within(time.Second, func(inner *toxiproxy.Proxy) { inner.Toxics.ResetToxics(context.Background()) })
}

// within calls change, and starts the proxy anew if change does not return. Toxiproxy
// waits forever for a toxic with data for a client that has hung up.
func (p *proxy) within(limit time.Duration, change func(*toxiproxy.Proxy)) {
	inner, done := p.inner, make(chan struct{})
	go func() {
		defer close(done)
		change(inner)
	}()
	select {
	case <-done:
	case <-time.After(limit):
		p.refuse()
		p.accept(inner.Upstream)
	}
}

// refuse closes every connection and stops listening.
func (p *proxy) refuse() { p.inner.Stop() }

// accept ends refuse. The proxy then connects to upstream, without toxics.
func (p *proxy) accept(upstream string) {
	if err := p.listen(upstream); err != nil {
		p.tb.Errorf("proxy: %v", err)
	}
}

// A drip lets one byte through at a time. The slicer of toxiproxy does so too, but does
// not stop while it waits for its reader.
type drip struct {
	Delay int64 `json:"delay"` // µs before each byte
}

func (d *drip) Pipe(stub *toxics.ToxicStub) {
	for {
		select {
		case <-stub.Interrupt:
			return
		case c := <-stub.Input:
			if c == nil {
				stub.Close()
				return
			}
			for i := range c.Data {
				select {
				case <-stub.Interrupt:
					_ = stub.WriteOutput(&stream.StreamChunk{Data: c.Data[i:], Timestamp: c.Timestamp}, dripPatience) // the reader may be gone
					return
				case <-time.After(time.Duration(d.Delay) * time.Microsecond):
				}
				if stub.WriteOutput(&stream.StreamChunk{Data: c.Data[i : i+1], Timestamp: c.Timestamp}, dripPatience) != nil {
					stub.Close()
					return
				}
			}
		}
	}
}

const dripPatience = 50 * time.Millisecond

// The toxics. A reset on the way down loses the reply to a command that has run. A
// reset on the way up loses the command.
const (
	resetDown     = `{"name":"t","type":"reset_peer","stream":"downstream","attributes":{"timeout":0}}`
	resetUp       = `{"name":"t","type":"reset_peer","stream":"upstream","attributes":{"timeout":0}}`
	blackHoleDown = `{"name":"t","type":"timeout","stream":"downstream","attributes":{"timeout":0}}`
	blackHoleUp   = `{"name":"t","type":"timeout","stream":"upstream","attributes":{"timeout":0}}`
	cutDown       = `{"name":"t","type":"limit_data","stream":"downstream","attributes":{"bytes":2}}`
	cutUp         = `{"name":"t","type":"limit_data","stream":"upstream","attributes":{"bytes":40}}`
	slowBytes     = `{"name":"t","type":"drip","stream":"downstream","attributes":{"delay":500}}`
	crawl         = `{"name":"t","type":"drip","stream":"downstream","attributes":{"delay":50000}}`
	late          = `{"name":"t","type":"latency","stream":"downstream","attributes":{"latency":200,"jitter":0}}`
)
