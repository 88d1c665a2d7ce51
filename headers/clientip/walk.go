package clientip

import (
	"net"
	"net/http"
	"net/netip"

	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/field"
)

// The walk runs for every request. It reads the header from the right and stops
// at the client, the first entry that is not the address of a trusted proxy. So
// its cost depends only on the entries that the proxies wrote, and never on the
// entries that a client prepends. It allocates only in two cases: at most once
// per hop for an element with a superfluous escape, and once for an entry that
// has the characters of an address but is no address.

// Check finds the client of r. It changes neither r nor its record.
func (m *Middleware) Check(r *http.Request) Decision {
	peer := carrier.Peer(r)
	d := Decision{Client: peer, Peer: peer}
	proto, host := "", ""
	switch {
	case m.trusts(r, peer):
		proto, host = m.walk(&d, r.Header)
	case !peer.IsValid():
		d.Reason = reasonNoPeer
	case m.header == direct:
		d.Reason = reasonDirect
	default:
		d.Reason = reasonUntrusted
	}
	d.Scheme = clientScheme(r, proto)
	if d.Host = host; !m.forwardedHost || !validHost(host) {
		d.Host = ""
		if validHost(r.Host) {
			d.Host = r.Host
		}
	}
	return d
}

// trusts reports whether the peer is a trusted proxy. This must be checked
// before the header is read: the first fix of the advisories did not check it
// (GHSA-j6qf-3m9c-vwj3).
func (m *Middleware) trusts(r *http.Request, peer netip.Addr) bool {
	if peer.IsValid() {
		return m.proxies.contains(peer)
	}
	if !m.unixSocket {
		return false
	}
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return ok && local.Network() == "unix"
}

// walk moves d.Client from the peer, which is trusted, to the farthest address
// that trusted proxies vouch for. It returns the scheme and the host that the
// proxies named.
func (m *Middleware) walk(d *Decision, h http.Header) (proto, host string) {
	forwarded := m.header == Forwarded
	c := cursor{lines: h[string(m.header)], allowQuotes: forwarded}
	if !forwarded {
		// Only a single value counts. If there are two values, nobody knows which
		// hop wrote which value.
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
		case !forwarded:
			addr, _ = parseEntry(entry)
		default:
			if e, ok = parseElement(entry); ok {
				addr, reason = parseNode(e.node)
			}
		}
		if forwarded {
			// The element that is read last decides, because its hop is the
			// nearest to the client. If this element is malformed, proto and host
			// are empty.
			proto, host = e.proto, e.host
		}
		switch {
		case !addr.IsValid():
			d.Reason = reason
			return proto, host
		case !m.proxies.contains(addr):
			d.Client, d.Reason = addr, reasonResolved
			return proto, host
		case d.Hops == m.maxHops:
			d.Reason = reasonTooMany
			return proto, host
		}
		d.Client, d.Reason = addr, reasonAllTrusted
	}
}
