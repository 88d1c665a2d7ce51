package carrier

import (
	"net/http"
	"net/netip"
)

// Peer returns the address of the other end of the connection of r, in the one form in
// which addresses are compared: never IPv4-mapped, without a zone. It is invalid if
// RemoteAddr is not an address with a port. For TCP, net/http always writes an address
// with a port there.
func Peer(r *http.Request) netip.Addr {
	ap, _ := netip.ParseAddrPort(r.RemoteAddr)
	return ap.Addr().Unmap().WithZone("")
}

// ClientAddr returns the address of the client of r: the address that a layer has
// resolved, else the address of the peer. It is invalid if both are unknown. A caller
// that limits or allows by address must not treat an unknown address better than a
// known one.
func ClientAddr(r *http.Request) netip.Addr {
	if rec := From(r.Context()); rec != nil {
		if client := rec.Facts().Client; client.IsValid() {
			return client.Unmap().WithZone("")
		}
	}
	return Peer(r)
}

// Secure reports whether the client used https: by the scheme that a layer has
// resolved, else by the connection.
func Secure(r *http.Request) bool {
	_, secure := Origin(r)
	return secure
}

// Origin returns the host that the client asked for, with its port, and whether the client
// used https: as a layer has resolved them, else by the request itself.
func Origin(r *http.Request) (host string, secure bool) {
	host, secure = r.Host, r.TLS != nil
	rec := From(r.Context())
	if rec == nil {
		return host, secure
	}
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if rec.facts.Scheme != "" {
		secure = rec.facts.Scheme == "https"
	}
	if rec.facts.Host != "" {
		host = rec.facts.Host
	}
	return host, secure
}
