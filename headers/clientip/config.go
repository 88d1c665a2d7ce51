package clientip

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/network"
)

// Header names the one header to which each proxy adds the address of its peer.
type Header string

const (
	// XForwardedFor is X-Forwarded-For, together with X-Forwarded-Proto and, if
	// Config.ForwardedHost is set, X-Forwarded-Host.
	XForwardedFor Header = "X-Forwarded-For"

	// Forwarded is Forwarded (RFC 7239), with its parameters proto and host.
	Forwarded Header = "Forwarded"

	direct Header = "none" // only set by Direct
)

// Config says which proxies are trusted. The zero Config is refused, because
// this package cannot guess whether there is a proxy.
type Config struct {
	_ [0]func()

	// Proxies are the addresses of the proxies. Refused are prefixes wider than
	// /8 (IPv4) or /7 (IPv6), prefixes with host bits set, prefixes of
	// IPv4-mapped IPv6 addresses (write them as IPv4), and duplicates.
	Proxies []netip.Prefix

	// Header is the header that the proxies write. Every other header is
	// ignored.
	Header Header

	// UnixSocket also trusts every peer of a listener on a Unix-domain socket.
	// There the permissions of the file decide which processes can connect.
	UnixSocket bool

	// ForwardedHost also trusts X-Forwarded-Host, or host in Forwarded. Set it
	// only if the proxies overwrite this value: some of the large load
	// balancers pass on the value that the client sent.
	ForwardedHost bool

	// MaxHops is the maximum number of proxies in a row that are trusted, the
	// peer included: 1 to 32. Default: 8.
	MaxHops int

	// Observe is told the decision on every request that reaches Handler,
	// before the response begins. It must not block. Nil is off.
	Observe func(*http.Request, Decision)
}

// Direct returns the Config for a service without a proxy in front: the peer of
// the connection is the client, and no header is read.
func Direct() Config { return Config{Header: direct} }

const (
	defaultHops  = 8
	maxHopsLimit = 32
)

// New compiles cfg. It returns all faults of cfg at once, joined, each a
// *httperr.ConfigError.
func New(cfg Config) (*Middleware, error) {
	f := httperr.ConfigFaults{Package: "clientip"}
	switch cfg.Header {
	case XForwardedFor, Forwarded:
		if len(cfg.Proxies) == 0 && !cfg.UnixSocket {
			f.Add("Proxies", nil, "no proxy is trusted, so that the header would never be read",
				"list the proxies, or use clientip.Direct()")
		}
	case direct:
		if len(cfg.Proxies) > 0 || cfg.UnixSocket || cfg.ForwardedHost || cfg.MaxHops != 0 {
			f.Add("Header", nil, "Direct reads no header, and proxies are configured", "set Header to what they write, or remove the rest")
		}
	case "":
		f.Add("Header", nil, "no model of trust is chosen", "use clientip.Direct(), or set Header and Proxies")
	default:
		f.Add("Header", cfg.Header, "not a header that this package reads", "write clientip.XForwardedFor or clientip.Forwarded")
	}
	if cfg.MaxHops < 0 || cfg.MaxHops > maxHopsLimit {
		f.Add("MaxHops", cfg.MaxHops, "out of range", fmt.Sprintf("write 1 to %d, or 0 for %d", maxHopsLimit, defaultHops))
	}
	for i, p := range cfg.Proxies {
		if reason, fix := prefixFault(p); reason != "" {
			f.Add(fmt.Sprintf("Proxies[%d]", i), p, reason, fix)
		} else if slices.Contains(cfg.Proxies[:i], p) {
			f.Add(fmt.Sprintf("Proxies[%d]", i), p, "given twice", "remove one of them")
		}
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	m := &Middleware{
		header: cfg.Header, proxies: newRanges(cfg.Proxies), unixSocket: cfg.UnixSocket,
		forwardedHost: cfg.ForwardedHost, maxHops: cfg.MaxHops, observe: cfg.Observe,
	}
	if m.maxHops == 0 {
		m.maxHops = defaultHops
	}
	return m, nil
}

// prefixFault returns the reason why p is refused and the fix, or "" twice.
func prefixFault(p netip.Prefix) (reason, fix string) {
	if reason, fix = network.Fault(p); reason == "" && network.Wide(p) {
		return "wider than any network of proxies: clients would be trusted as well", "list the addresses of the proxies"
	}
	return reason, fix
}
