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
	d := Decision{Client: peer, Peer: peer, SchemeReason: schemeConnection}
	proto, host := "", ""
	switch {
	case m.direct && peer.IsValid():
		d.Reason = reasonDirect
	case m.trusts(r, peer):
		proto, host = m.read(&d, r.Header)
	case !peer.IsValid():
		d.Reason = reasonNoPeer
	default:
		d.Reason = reasonUntrusted
	}
	d.Scheme = clientScheme(r, proto, &d)
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
	if m.anyPeer {
		return true
	}
	if peer.IsValid() {
		return m.proxies.contains(peer)
	}
	if !m.unixSocket {
		return false
	}
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return ok && local.Network() == "unix"
}

// read finds d.Client in the header h of a trusted peer, and returns the scheme and the
// host that the proxies named.
func (m *Middleware) read(d *Decision, h http.Header) (proto, host string) {
	d.Hops = 1
	if !m.forwarded {
		proto, d.SchemeReason = agreed(h[m.protoHeader])
		host, _ = agreed(h["X-Forwarded-Host"])
	}
	var last element
	switch {
	case m.single:
		m.readSingle(d, h)
	case m.trustedHops > 0:
		last = m.count(d, h)
	default:
		last = m.walk(d, h)
	}
	if m.forwarded {
		// The element that is read last decides, because its hop is the nearest to the
		// client. If this element is malformed, proto and host are empty.
		proto, host, d.SchemeReason = last.proto, last.host, schemeProxy
		if proto == "" {
			d.SchemeReason = schemeAbsent
		}
	}
	return proto, host
}

// readSingle takes the one address of a header of one value.
func (m *Middleware) readSingle(d *Decision, h http.Header) {
	value, found, ok := field.One(h, m.header)
	var addr netip.Addr
	switch {
	case !found:
		d.Reason = reasonAbsent
		return
	case ok && m.withPort:
		addr = parseWithPort(value)
	case ok:
		addr, _ = parseEntry(value)
	}
	if d.Reason = reasonMalformed; addr.IsValid() {
		d.Client, d.Reason = addr, reasonResolved
	}
}

// count takes the entry whose number, from the right, is trustedHops.
func (m *Middleware) count(d *Decision, h http.Header) element {
	c := m.cursor(h)
	if len(c.lines) == 0 {
		d.Reason = reasonAbsent
		return element{}
	}
	for d.Hops = 1; ; d.Hops++ {
		addr, e, reason := c.next()
		switch {
		case reason == reasonAbsent:
			d.Reason, d.Hops = reasonTooFew, 1
			return element{}
		case d.Hops < m.trustedHops && !c.broken:
		case addr.IsValid():
			d.Client, d.Reason = addr, reasonResolved
			return e
		default:
			d.Reason = reason
			return e
		}
	}
}

// walk moves d.Client from the peer, which is trusted, to the farthest address
// that trusted proxies vouch for. It returns the element that was read last.
func (m *Middleware) walk(d *Decision, h http.Header) (last element) {
	c := m.cursor(h)
	d.Reason = reasonAbsent
	for d.Hops = 1; ; d.Hops++ {
		addr, e, reason := c.next()
		if reason == reasonAbsent {
			return last
		}
		last = e
		switch {
		case !addr.IsValid():
			d.Reason = reason
			return last
		case !m.proxies.contains(addr):
			d.Client, d.Reason = addr, reasonResolved
			return last
		case d.Hops == m.maxHops:
			d.Reason = reasonTooMany
			return last
		}
		d.Client, d.Reason = addr, reasonAllTrusted
	}
}

func (m *Middleware) cursor(h http.Header) cursor {
	return cursor{lines: h[m.header], forwarded: m.forwarded}
}

// next returns the address of the next entry to the left, and its element in Forwarded. If
// addr is invalid, reason says why: "absent" if there is no further entry.
func (c *cursor) next() (addr netip.Addr, e element, reason string) {
	entry, more, ok := c.prev()
	for empty := 0; c.forwarded && more && ok && entry == ""; empty++ {
		if empty == maxEmpty {
			c.broken = true
			return addr, e, reasonMalformed
		}
		entry, more, ok = c.prev()
	}
	switch {
	case !more:
		return addr, e, reasonAbsent
	case !ok:
		return addr, e, reasonMalformed
	case !c.forwarded:
		addr, _ = parseEntry(entry)
		return addr, e, reasonMalformed
	}
	if e, ok = parseElement(entry); !ok {
		return addr, element{}, reasonMalformed
	}
	addr, reason = parseNode(e.node)
	return addr, e, reason
}
