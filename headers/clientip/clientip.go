package clientip

import (
	"context"
	"net/http"
	"net/netip"

	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// Middleware finds out who sent a request. It is safe for concurrent use. The
// zero Middleware is not usable; make one with New.
type Middleware struct {
	header    string // canonical name
	forwarded bool   // header is Forwarded
	direct    bool
	proxies   ranges
	unix      bool
	host      bool
	hops      int
	observe   func(*http.Request, Decision)
}

// A Decision is what was found out about a request.
type Decision struct {
	// Client is the address of the client: never IPv4-mapped, without a zone.
	// It is invalid only if neither the connection nor a trusted proxy named
	// one, as on a Unix-domain socket.
	Client netip.Addr

	// Peer is the other end of the connection, written likewise.
	Peer netip.Addr

	// Scheme is "http" or "https", as the client used it.
	Scheme string

	// Host is what the client asked for: a name or an address and perhaps a
	// port. It is well-formed or empty, and it is still the client's choice:
	// compare it with a list before using it.
	Host string

	// Hops is how many trusted proxies in a row the request came through.
	Hops int

	// Reason says how Client was found:
	//
	//	direct          no proxy is configured
	//	untrusted_peer  the peer is no proxy, so it is the client
	//	resolved        the first entry that is no proxy is the client
	//	all_trusted     every entry is a proxy: a proxy sent it itself
	//	absent          the peer is a proxy and sent no header
	//	unidentified    a proxy did not say whom it speaks for (RFC 7239, section 6)
	//	malformed       a proxy passed on what is no address
	//	too_many_hops   the row of proxies is longer than Config.MaxHops
	//	no_peer         the connection has no address
	//
	// In the last five, and in all_trusted, Client is the farthest proxy of the
	// row, or invalid if there is none.
	Reason string
}

const (
	reasonDirect       = "direct"
	reasonUntrusted    = "untrusted_peer"
	reasonResolved     = "resolved"
	reasonAllTrusted   = "all_trusted"
	reasonAbsent       = "absent"
	reasonUnidentified = "unidentified"
	reasonMalformed    = "malformed"
	reasonTooMany      = "too_many_hops"
	reasonNoPeer       = "no_peer"
)

// Handler puts address, scheme and host of the client into the record of the
// request and runs next. It refuses nothing. It panics if next is nil.
func (m *Middleware) Handler(next http.Handler) http.Handler {
	if nilcheck.Nil(next) {
		panic("clientip: Handler of a nil http.Handler")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec, r := carrier.Ensure(r)
		d := m.Check(r)
		rec.Update(func(f *carrier.Facts) { f.Client, f.Scheme, f.Host = d.Client, d.Scheme, d.Host })
		if m.observe != nil {
			m.observe(r, d)
		}
		next.ServeHTTP(w, r)
	})
}

// FromContext returns the address of the client of the request that ctx belongs
// to. ok is false outside the chain, and if there is none: whoever limits or
// allows by address must then refuse.
func FromContext(ctx context.Context) (addr netip.Addr, ok bool) {
	addr = facts(ctx).Client
	return addr, addr.IsValid()
}

// Scheme returns "http" or "https" as the client used it, or "" outside the
// chain.
func Scheme(ctx context.Context) string { return facts(ctx).Scheme }

// Host returns the host that the client asked for, or "" outside the chain and
// if it was malformed. Compare it with a list before using it.
func Host(ctx context.Context) string { return facts(ctx).Host }

func facts(ctx context.Context) carrier.Facts {
	if rec := carrier.From(ctx); rec != nil {
		return rec.Facts()
	}
	return carrier.Facts{}
}
