package carrier

import (
	"net/http"
	"net/netip"
)

// Peer returns the other end of the connection of r, in the one form in which
// addresses are compared: never IPv4-mapped, without a zone. It is invalid if
// RemoteAddr is not an address with a port, which is all that net/http writes
// there for TCP.
func Peer(r *http.Request) netip.Addr {
	if a, ok := peer4(r.RemoteAddr); ok {
		return a
	}
	ap, _ := netip.ParseAddrPort(r.RemoteAddr)
	return ap.Addr().Unmap().WithZone("")
}

// peer4 is Peer of an IPv4 address and a port in decimal, which is what most
// requests come from, in a quarter of the time. It leaves all else to netip.
func peer4(s string) (a netip.Addr, ok bool) {
	var b [5]uint16 // the port is last
	part, digits := 0, 0
	for i := range len(s) {
		switch c := s[i]; {
		case '0' <= c && c <= '9':
			n := uint32(b[part])*10 + uint32(c-'0')
			if part < 4 && (n > 255 || digits > 0 && b[part] == 0) || n > 65535 {
				return a, false
			}
			b[part] = uint16(n)
			digits++
		case digits > 0 && (c == '.' && part < 3 || c == ':' && part == 3):
			part, digits = part+1, 0
		default:
			return a, false
		}
	}
	return netip.AddrFrom4([4]byte{byte(b[0]), byte(b[1]), byte(b[2]), byte(b[3])}), part == 4 && digits > 0
}

// ClientAddr returns the address of the client of r: the one that a layer has
// resolved, else that of the peer. It is invalid if neither is known; whoever
// limits or allows by address must then not let pass what a known one would
// have to ask for.
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
