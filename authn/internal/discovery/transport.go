package discovery

import (
	"cmp"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/claim"
)

// NewHTTPClient returns a client for requests to an issuer. A nil transport is
// NewTransport(httpHosts).
func NewHTTPClient(transport http.RoundTripper, httpHosts []string) *http.Client {
	if transport == nil {
		transport = NewTransport(httpHosts)
	}
	return &http.Client{Transport: transport, CheckRedirect: checkRedirect}
}

// Transport chooses the transport of a request by its URL.
type Transport struct {
	HTTPS     *http.Transport // uses the proxy of the environment
	Loopback  *http.Transport // for http; connects only to loopback addresses
	NamedHost *http.Transport // for http to one of httpHosts
	httpHosts []string
}

// NewTransport returns the default transport of requests to an issuer. httpHosts are the
// hosts for which http may connect to any address.
func NewTransport(httpHosts []string) *Transport {
	t := &Transport{HTTPS: newTransport(), Loopback: newTransport(), NamedHost: newTransport(), httpHosts: httpHosts}
	// A name server or a proxy must not be able to change the target of a request without
	// TLS. A resolver without a hosts file sends a query for "localhost" like for any other
	// name, and net/http sends a request for "LOCALHOST" to the proxy, in the clear.
	t.HTTPS.Proxy = proxyFromEnvironment
	t.Loopback.DialContext = (&net.Dialer{Timeout: 3 * time.Second, Control: requireLoopback}).DialContext
	return t
}

// RoundTrip implements http.RoundTripper.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	switch {
	case r.URL.Scheme == "https":
		return t.HTTPS.RoundTrip(r)
	case claim.IsHost(r.URL.Hostname(), t.httpHosts):
		return t.NamedHost.RoundTrip(r)
	}
	return t.Loopback.RoundTrip(r)
}

// newTransport returns a transport that leaves nothing behind. It keeps no connection
// until the next request, a quarter of an hour later, and its goroutines end within a
// moment after each request.
func newTransport() *http.Transport {
	return &http.Transport{
		DialContext:            (&net.Dialer{Timeout: 3 * time.Second}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    3 * time.Second,
		ResponseHeaderTimeout:  4 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		DisableKeepAlives:      true,
		DisableCompression:     true,
	}
}

// requireLoopback checks the address that a name was resolved to.
func requireLoopback(_, address string, _ syscall.RawConn) error {
	if to, err := netip.ParseAddrPort(address); err != nil || !to.Addr().Unmap().IsLoopback() {
		return ErrNotLocal
	}
	return nil
}

// proxyFromEnvironment hides the error of net/http for a proxy URL that cannot be parsed,
// because its text contains the password of the proxy.
func proxyFromEnvironment(r *http.Request) (*url.URL, error) {
	u, err := http.ProxyFromEnvironment(r)
	if err != nil {
		return nil, errProxy
	}
	return u, nil
}

// The errors of a request to an issuer. They contain no part of the response.
var (
	ErrNotLocal       = errors.New("http to an address that is not of this machine")
	ErrSize           = errors.New("the body is longer than 1 MiB")
	errProxy          = errors.New("the proxy of the environment is not a URL")
	errRedirects      = errors.New("more than 3 redirects")
	errRedirectTarget = errors.New("a redirect to another scheme, host or port")
	errEncoding       = errors.New("the body has a content coding, though none was accepted")
	errHTML           = errors.New("the body is an HTML page")
)

// checkRedirect follows redirects only within the scheme, host and port of the first
// request.
func checkRedirect(r *http.Request, via []*http.Request) error {
	if len(via) > 3 {
		return errRedirects
	}
	if first := via[0].URL; r.URL.Scheme != first.Scheme || r.URL.User != nil || hostPort(r.URL) != hostPort(first) {
		return errRedirectTarget
	}
	return nil
}

// hostPort returns the host in lower case and the port, with the default port of the
// scheme if u has no port.
func hostPort(u *url.URL) string {
	port := cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
	return strings.ToLower(u.Hostname()) + ":" + port
}
