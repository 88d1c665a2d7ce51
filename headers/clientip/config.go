package clientip

import (
	"cmp"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
	"github.com/go-sallyport/sallyport/internal/network"
)

// Header names the one header in which the proxies write the address of the client: a
// list to which each proxy adds the address of its peer, or a [SingleHeader].
type Header string

const (
	// XForwardedFor is X-Forwarded-For, together with X-Forwarded-Proto and, if
	// Config.ForwardedHost is set, X-Forwarded-Host.
	XForwardedFor Header = "X-Forwarded-For"

	// Forwarded is Forwarded (RFC 7239), with its parameters proto and host.
	Forwarded Header = "Forwarded"

	direct Header = "none" // only set by Direct
)

// single begins a Header that SingleHeader has made.
const single = "single "

// SingleHeader returns a Header in which the outermost proxy writes one address, instead
// of a list, and overwrites what the client sent. Such headers are CF-Connecting-IP
// (Cloudflare), Fly-Client-IP (Fly), True-Client-IP (Akamai), CloudFront-Viewer-Address
// (CloudFront, whose value always ends in a port) and X-Real-IP (nginx, if you set it so).
// Ask the documentation of the proxy whether it removes the header of a client: a header
// that passes through lets each client choose its address.
func SingleHeader(name string) Header { return Header(single + http.CanonicalHeaderKey(name)) }

// Config says which proxies are trusted. The zero Config is refused, because
// this package cannot guess whether there is a proxy.
type Config struct {
	_ [0]func()

	// Proxies are the addresses of the proxies. Refused are prefixes wider than
	// /8 (IPv4) or /7 (IPv6), prefixes with host bits set, prefixes of
	// IPv4-mapped IPv6 addresses (write them as IPv4), and duplicates. With
	// TrustedHops or a SingleHeader, only the peer of the connection is compared.
	Proxies []netip.Prefix

	// DangerouslyAnyPeer trusts every peer of the connection, for platforms that do not
	// publish the addresses of their proxies (Fly, Render). A machine that can connect
	// without the proxy, such as a neighbour in the private network of the platform, then
	// chooses its address. It needs TrustedHops or a SingleHeader, and no Proxies.
	DangerouslyAnyPeer bool

	// Header is the header that the proxies write. Every other header is
	// ignored.
	Header Header

	// TrustedHops makes the entry with this number, counted from the right, the client:
	// 1 to 32. Set it to the number of entries that your proxies add to every request,
	// if their own addresses are not known or change, such as those of a CDN. A request
	// with fewer entries did not pass them all; its peer is the client. Zero compares
	// each entry with Proxies instead, which needs no number.
	TrustedHops int

	// ProtoHeader names the header in which the proxies write the scheme that the client
	// used, "http" or "https", such as CloudFront-Forwarded-Proto. Default:
	// X-Forwarded-Proto. Refused with Forwarded, which has the parameter proto.
	ProtoHeader string

	// UnixSocket also trusts every peer of a listener on a Unix-domain socket.
	// There the permissions of the file decide which processes can connect.
	UnixSocket bool

	// ForwardedHost also trusts X-Forwarded-Host, or host in Forwarded. Set it
	// only if the proxies overwrite this value: some of the large load
	// balancers pass on the value that the client sent.
	ForwardedHost bool

	// MaxHops is the maximum number of proxies in a row that are trusted, the
	// peer included: 1 to 32. Default: 8. Refused with TrustedHops and a SingleHeader.
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
	checkHeader(&cfg, &f)
	checkHops(&cfg, &f)
	checkPeers(&cfg, &f)
	if err := f.Err(); err != nil {
		return nil, err
	}
	name, isSingle := strings.CutPrefix(string(cfg.Header), single)
	m := &Middleware{
		header: name, forwarded: cfg.Header == Forwarded, direct: cfg.Header == direct,
		single: isSingle, withPort: isSingle && name == viewerAddress,
		proxies: newRanges(cfg.Proxies), anyPeer: cfg.DangerouslyAnyPeer, unixSocket: cfg.UnixSocket, trustedHops: cfg.TrustedHops,
		protoHeader:   http.CanonicalHeaderKey(cmp.Or(cfg.ProtoHeader, "X-Forwarded-Proto")),
		forwardedHost: cfg.ForwardedHost, maxHops: cmp.Or(cfg.MaxHops, defaultHops), observe: cfg.Observe,
	}
	return m, nil
}

// viewerAddress is CloudFront-Viewer-Address in its canonical spelling.
const viewerAddress = "Cloudfront-Viewer-Address"

// checkHeader adds a fault for each setting that does not fit the Header.
func checkHeader(cfg *Config, f *httperr.ConfigFaults) {
	name, isSingle := strings.CutPrefix(string(cfg.Header), single)
	switch {
	case cfg.Header == XForwardedFor || cfg.Header == Forwarded:
	case cfg.Header == direct:
		checkDirect(cfg, f)
	case cfg.Header == "":
		f.Add("Header", nil, "no model of trust is chosen", "use clientip.Direct(), or set Header and Proxies")
	case !isSingle:
		f.Add("Header", cfg.Header, "not a list that this package reads",
			"write clientip.XForwardedFor, clientip.Forwarded or clientip.SingleHeader(\"name\")")
	case name == string(XForwardedFor) || name == string(Forwarded):
		f.Add("Header", name, "a list, whose first entries the client writes",
			"write clientip.XForwardedFor or clientip.Forwarded")
	case !field.Token(name):
		f.Add("Header", name, "not the name of a header", "write it as in SingleHeader(\"CF-Connecting-IP\")")
	}
	switch {
	case cfg.ProtoHeader == "":
	case cfg.Header == Forwarded:
		f.Add("ProtoHeader", cfg.ProtoHeader, "Forwarded has the parameter proto", "remove it")
	case !field.Token(cfg.ProtoHeader):
		f.Add("ProtoHeader", cfg.ProtoHeader, "not the name of a header", "write it as in \"CloudFront-Forwarded-Proto\"")
	case field.EqualFold(cfg.ProtoHeader, name):
		f.Add("ProtoHeader", cfg.ProtoHeader, "the header of the address", "name the header of the scheme")
	}
}

// checkDirect adds a fault if Direct is combined with a setting for proxies.
func checkDirect(cfg *Config, f *httperr.ConfigFaults) {
	peers := len(cfg.Proxies) > 0 || cfg.UnixSocket || cfg.DangerouslyAnyPeer
	if peers || cfg.ForwardedHost || cfg.MaxHops != 0 || cfg.TrustedHops != 0 || cfg.ProtoHeader != "" {
		f.Add("Header", nil, "Direct reads no header, and proxies are configured", "set Header to what they write, or remove the rest")
	}
}

// checkHops adds a fault for each wrong number of proxies.
func checkHops(cfg *Config, f *httperr.ConfigFaults) {
	isSingle := strings.HasPrefix(string(cfg.Header), single)
	if cfg.TrustedHops < 0 || cfg.TrustedHops > maxHopsLimit {
		f.Add("TrustedHops", cfg.TrustedHops, "out of range",
			fmt.Sprintf("write 1 to %d, or 0 to compare each entry with Proxies", maxHopsLimit))
	}
	if cfg.TrustedHops != 0 && isSingle {
		f.Add("TrustedHops", cfg.TrustedHops, "the header has one address", "remove it")
	}
	if cfg.MaxHops < 0 || cfg.MaxHops > maxHopsLimit {
		f.Add("MaxHops", cfg.MaxHops, "out of range", fmt.Sprintf("write 1 to %d, or 0 for %d", maxHopsLimit, defaultHops))
	}
	if cfg.MaxHops != 0 && (cfg.TrustedHops != 0 || isSingle) {
		f.Add("MaxHops", cfg.MaxHops, "without effect: no row of proxies is followed", "remove it")
	}
}

// checkPeers adds a fault for each wrong setting of the trusted peers.
func checkPeers(cfg *Config, f *httperr.ConfigFaults) {
	reads := cfg.Header != "" && cfg.Header != direct
	byAddress := cfg.TrustedHops == 0 && !strings.HasPrefix(string(cfg.Header), single)
	switch {
	case cfg.DangerouslyAnyPeer && (len(cfg.Proxies) > 0 || cfg.UnixSocket):
		f.Add("DangerouslyAnyPeer", true, "Proxies or UnixSocket would have no effect",
			"remove DangerouslyAnyPeer: known proxies are better")
	case cfg.DangerouslyAnyPeer && reads && byAddress:
		f.Add("DangerouslyAnyPeer", true, "the addresses of the proxies decide which entry is the client",
			"set TrustedHops, or a SingleHeader")
	case reads && !cfg.DangerouslyAnyPeer && len(cfg.Proxies) == 0 && !cfg.UnixSocket:
		f.Add("Proxies", nil, "no proxy is trusted, so that the header would never be read",
			"list the proxies, or use clientip.Direct()")
	}
	for i, p := range cfg.Proxies {
		if reason, fix := prefixFault(p); reason != "" {
			f.Add(fmt.Sprintf("Proxies[%d]", i), p, reason, fix)
		} else if slices.Contains(cfg.Proxies[:i], p) {
			f.Add(fmt.Sprintf("Proxies[%d]", i), p, "given twice", "remove one of them")
		}
	}
}

// prefixFault returns the reason why p is refused and the fix, or "" twice.
func prefixFault(p netip.Prefix) (reason, fix string) {
	if reason, fix = network.Fault(p); reason == "" && network.Wide(p) {
		return "wider than any network of proxies: clients would be trusted as well", "list the addresses of the proxies"
	}
	return reason, fix
}
