package clientip

import (
	"net"
	"net/http"
	"net/netip"

	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/field"
)

// This file decides whom to believe, for every request. It reads the header
// from the right and stops at the first entry that no trusted proxy wrote, so
// that its cost depends on the proxies and never on what a client prepends. It
// changes nothing, and allocates nothing either, save once per hop at most for
// a proxy that escapes what needs no escape, and once for one that passes on
// what looks like an address and is none.

// Check decides about r. It changes neither r nor its record.
func (m *Middleware) Check(r *http.Request) Decision {
	peer := carrier.Peer(r)
	d := Decision{Client: peer, Peer: peer}
	proto, host := "", ""
	switch {
	case m.trusts(r, peer):
		proto, host = m.walk(&d, r.Header)
	case !peer.IsValid():
		d.Reason = reasonNoPeer
	case m.direct:
		d.Reason = reasonDirect
	default:
		d.Reason = reasonUntrusted
	}
	d.Scheme = scheme(r, proto)
	if d.Host = host; !m.host || !validHost(host) {
		d.Host = ""
		if validHost(r.Host) {
			d.Host = r.Host
		}
	}
	return d
}

// trusts reports whether the peer is a proxy of ours: the first question, and
// the one that the first cure of the advisories forgot (GHSA-j6qf-3m9c-vwj3).
func (m *Middleware) trusts(r *http.Request, peer netip.Addr) bool {
	if peer.IsValid() {
		return m.proxies.contain(peer)
	}
	if !m.unix {
		return false
	}
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return ok && local.Network() == "unix"
}

// walk moves d.Client from the peer, which is trusted, to the farthest address
// that is vouched for, and returns what the proxies said of scheme and host.
func (m *Middleware) walk(d *Decision, h http.Header) (proto, host string) {
	c := cursor{lines: h[m.header], quotes: m.forwarded}
	if !m.forwarded {
		// One value each: of two it is unknown which hop wrote which.
		proto, _, _ = field.One(h, "X-Forwarded-Proto")
		host, _, _ = field.One(h, "X-Forwarded-Host")
	}
	d.Reason = reasonAbsent
	for d.Hops = 1; ; d.Hops++ {
		entry, more, ok := c.prev()
		if !more {
			return proto, host
		}
		var addr netip.Addr
		var e element
		reason := reasonMalformed
		switch {
		case !ok:
		case !m.forwarded:
			addr, _ = parseEntry(entry)
		default:
			if e, ok = parseElement(entry); ok {
				addr, reason = parseNode(e.node)
			}
		}
		if m.forwarded {
			// Of the element that is farthest from us, for that hop is nearest
			// to the client; of nobody's, if that one cannot be read.
			proto, host = e.proto, e.host
		}
		switch {
		case !addr.IsValid():
			d.Reason = reason
			return proto, host
		case !m.proxies.contain(addr):
			d.Client, d.Reason = addr, reasonResolved
			return proto, host
		case d.Hops == m.hops:
			d.Reason = reasonTooMany
			return proto, host
		}
		d.Client, d.Reason = addr, reasonAllTrusted
	}
}
