package faults

import (
	"context"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// proxy stands between a client and its server and spoils what they say.
type proxy struct {
	tb    testing.TB
	addr  string
	inner *toxiproxy.Proxy
}

func newProxy(tb testing.TB, upstream string) *proxy {
	tb.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	p := &proxy{tb: tb, inner: toxiproxy.NewProxy(server, "redis", "", upstream)}
	var err error
	for range 20 {
		// Below the ports of outgoing connections: a client that dials one of
		// those while nobody listens there can be connected to itself.
		p.inner.Listen = net.JoinHostPort("127.0.0.1", strconv.Itoa(10000+rand.IntN(5000)))
		if err = p.inner.Start(); err == nil {
			p.addr = p.inner.Listen
			tb.Cleanup(p.refuse)
			return p
		}
	}
	tb.Fatalf("proxy: %v", err)
	return nil
}

// add brings a toxic into every connection, those that are open included.
func (p *proxy) add(toxic string) {
	if _, err := p.inner.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
		p.tb.Errorf("proxy: %s: %v", toxic, err)
	}
}

// heal takes every toxic out. Connections that were black holes are closed.
func (p *proxy) heal() { p.inner.Toxics.ResetToxics(context.Background()) }

// refuse closes every connection and listens no more.
func (p *proxy) refuse() { p.inner.Stop() }

// accept ends refuse, with connections to upstream from now on.
func (p *proxy) accept(upstream string) {
	p.inner.Upstream = upstream
	if err := p.inner.Start(); err != nil {
		p.tb.Errorf("proxy: %v", err)
	}
}

// The toxics. A reset on the way down loses the reply to a command that has
// been executed, one on the way up loses the command.
const (
	resetDown     = `{"name":"t","type":"reset_peer","stream":"downstream","attributes":{"timeout":0}}`
	resetUp       = `{"name":"t","type":"reset_peer","stream":"upstream","attributes":{"timeout":0}}`
	blackHoleDown = `{"name":"t","type":"timeout","stream":"downstream","attributes":{"timeout":0}}`
	blackHoleUp   = `{"name":"t","type":"timeout","stream":"upstream","attributes":{"timeout":0}}`
	cutDown       = `{"name":"t","type":"limit_data","stream":"downstream","attributes":{"bytes":2}}`
	cutUp         = `{"name":"t","type":"limit_data","stream":"upstream","attributes":{"bytes":40}}`
	slowBytes     = `{"name":"t","type":"slicer","stream":"downstream","attributes":{"average_size":1,"size_variation":0,"delay":500}}`
	crawl         = `{"name":"t","type":"slicer","stream":"downstream","attributes":{"average_size":1,"size_variation":0,"delay":50000}}`
	late          = `{"name":"t","type":"latency","stream":"downstream","attributes":{"latency":200,"jitter":0}}`
)
