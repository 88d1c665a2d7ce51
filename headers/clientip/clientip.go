package clientip

import (
	"context"
	"net/http"
	"net/netip"

	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// Middleware finds the client of a request. It is safe for concurrent use. The
// zero Middleware is not usable; make one with New.
type Middleware struct {
	header        string // its name in canonical spelling
	forwarded     bool   // header is Forwarded
	direct        bool   // no header is read
	single        bool   // header has one address
	withPort      bool   // the value of header always ends in a port
	proxies       ranges
	anyPeer       bool
	unixSocket    bool
	trustedHops   int
	protoHeader   string
	forwardedHost bool
	maxHops       int
	observe       func(*http.Request, Decision)
}

// A Decision is the result of Check for one request.
type Decision struct {
	// Client is the address of the client: never IPv4-mapped, without a zone.
	// It is invalid only if neither the connection nor a trusted proxy has
	// given an address, for example on a Unix-domain socket.
	Client netip.Addr

	// Peer is the other end of the connection: never IPv4-mapped, without a
	// zone.
	Peer netip.Addr

	// Scheme is "http" or "https", as the client used it.
	Scheme string

	// SchemeReason says how Scheme was found:
	//
	//	connection  from the connection: its peer is no trusted proxy
	//	proxy       the proxies named it
	//	absent      from the connection: the proxies named no scheme
	//	malformed   from the connection: the proxies named neither http nor https
	//	conflict    "http", because the proxies named both http and https
	//
	// "absent", "malformed" and "conflict" can make package tlsconf redirect a request
	// over https to itself again and again.
	SchemeReason string

	// Host is the host that the client asked for: a name or an address, and
	// optionally a port. It is well-formed or empty. The client chooses it, so
	// compare it with a list before using it.
	Host string

	// Hops is the number of trusted proxies in a row.
	Hops int

	// Reason says how Client was found:
	//
	//	direct          no proxy is configured
	//	untrusted_peer  the peer is no proxy, so it is the client
	//	resolved        the first entry that is no proxy is the client
	//	all_trusted     every entry is a proxy: a proxy itself sent the request
	//	absent          the peer is a proxy and sent no header
	//	unidentified    a proxy hid the address of its peer (RFC 7239, section 6)
	//	malformed       an entry is not an address
	//	too_many_hops   the row of proxies is longer than Config.MaxHops
	//	too_few_hops    fewer entries than Config.TrustedHops: a proxy was passed by
	//	no_peer         the connection has no address
	//
	// In the last six cases, and with all_trusted, Client is the farthest
	// proxy of the row, or invalid if no proxy has an address. With TrustedHops and a
	// SingleHeader this is the peer.
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
	reasonTooFew       = "too_few_hops"
	reasonNoPeer       = "no_peer"
)

// Handler puts the client's address, scheme and host into the record of the
// request and runs next. It refuses no request. It panics if next is nil.
func (m *Middleware) Handler(next http.Handler) http.Handler {
	if nilcheck.Nil(next) {
		panic("clientip: Handler of a nil http.Handler")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, outer *http.Request) {
		rec, r := carrier.Ensure(outer)
		defer carrier.Restore(outer, r)
		d := m.Check(r)
		rec.Update(func(f *carrier.Facts) { f.Client, f.Scheme, f.Host = d.Client, d.Scheme, d.Host })
		if m.observe != nil {
			m.observe(r, d)
		}
		next.ServeHTTP(w, r)
	})
}

// FromContext returns the client's address of the request that ctx belongs to.
// ok is false outside the chain, and if no address was found. A caller that
// limits or allows requests by address must then refuse.
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
