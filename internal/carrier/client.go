package carrier

import (
	"net/http"
	"net/netip"
)

// Peer returns the other end of the connection of r, in the form for
// comparisons of addresses: never IPv4-mapped, without a zone. It is invalid if
// RemoteAddr is not an address with a port; net/http writes one for TCP.
func Peer(r *http.Request) netip.Addr {
	ap, _ := netip.ParseAddrPort(r.RemoteAddr)
	return ap.Addr().Unmap().WithZone("")
}

// ClientAddr returns the address of the client of r: the one that a layer has
// resolved, else that of the peer. It is invalid if neither is known. A layer that
// limits or allows by address must then be at least as strict as for a known one.
func ClientAddr(r *http.Request) netip.Addr {
	if rec := From(r.Context()); rec != nil {
		if client := rec.client(); client.IsValid() {
			return client.Unmap().WithZone("")
		}
	}
	return Peer(r)
}

// Secure reports whether the client used https: as a layer has resolved it, else
// as the connection is.
func Secure(r *http.Request) bool {
	if rec := From(r.Context()); rec != nil {
		if scheme := rec.Facts().Scheme; scheme != "" {
			return scheme == "https"
		}
	}
	return r.TLS != nil
}
