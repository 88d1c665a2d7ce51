package jwks

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// newTransport returns a transport that leaves nothing behind. It keeps no connection
// until the next request, a quarter of an hour later, and its goroutines end within a
// moment after each request.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  proxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 3 * time.Second}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    3 * time.Second,
		ResponseHeaderTimeout:  4 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		DisableKeepAlives:      true,
		DisableCompression:     true,
	}
}

// newLoopbackTransport is newTransport for http, which is accepted only for this machine.
// A name server or a proxy must not be able to change the target. A resolver without a
// hosts file sends a query for "localhost" like for any other name, and net/http sends a
// request for "LOCALHOST" to the proxy, in the clear.
func newLoopbackTransport() *http.Transport {
	t := newTransport()
	t.Proxy = nil
	t.DialContext = (&net.Dialer{Timeout: 3 * time.Second, Control: requireLoopback}).DialContext
	return t
}

// requireLoopback checks the address that a name was resolved to.
func requireLoopback(_, address string, _ syscall.RawConn) error {
	if to, err := netip.ParseAddrPort(address); err != nil || !to.Addr().Unmap().IsLoopback() {
		return errNotLocal
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

var (
	errProxy          = errors.New("the proxy of the environment is not a URL")
	errNotLocal       = errors.New("http to an address that is not of this machine")
	errRedirects      = errors.New("more than 3 redirects")
	errRedirectTarget = errors.New("a redirect to another scheme, host or port")
	errEncoding       = errors.New("the body has a content coding, though none was accepted")
	errHTML           = errors.New("the body is an HTML page")
	errSize           = errors.New("the body is longer than 1 MiB")
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

// fetch downloads and parses the set. ctx bounds the time for both.
func (r *RemoteKeys) fetch(ctx context.Context) (keys map[string]Key, lifetime time.Duration, skipped []error, err error) {
	body, lifetime, err := r.download(ctx)
	if err != nil {
		// The outermost error is the *url.Error of net/http, whose text has the whole
		// URL.
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err
		}
		return nil, 0, nil, fmt.Errorf("jwks: JWKS of %s: %w", r.source, err)
	}
	keys, skipped, err = parseJWKS(body, r.cfg.Algorithm)
	return keys, lifetime, skipped, err
}

func (r *RemoteKeys) download(ctx context.Context) ([]byte, time.Duration, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.cfg.URL, nil)
	if err != nil {
		return nil, 0, err
	}
	req.Header.Set("Accept", "application/jwk-set+json, application/json")
	// With this field set explicitly, a transport does not decompress the body by itself.
	req.Header.Set("Accept-Encoding", "identity")
	res, err := r.client.Do(req)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return nil, 0, fmt.Errorf("the status is %d", res.StatusCode)
	}
	if c := res.Header.Get("Content-Encoding"); c != "" && !strings.EqualFold(c, "identity") {
		return nil, 0, errEncoding
	}
	// Issuers send the set with many content types, and its format is strict enough to
	// recognize it. HTML pages are refused by their type, so that the log shows a page: a
	// login, a maintenance notice, or a wrong URL.
	typ, _, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err == nil && (typ == "text/html" || typ == "application/xhtml+xml") {
		return nil, 0, errHTML
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxSetSize+1))
	switch {
	case err != nil:
		return nil, 0, err
	case len(body) > maxSetSize:
		return nil, 0, errSize
	}
	return body, freshnessLifetime(res.Header), nil
}

const (
	minFreshness     = time.Minute
	defaultFreshness = 15 * time.Minute
	maxFreshness     = time.Hour
)

// freshnessLifetime returns the time for which a response may be used without a new
// request (RFC 9111, section 5.2.2), within bounds. The lower bound holds if an issuer
// forbids caching, so that not every token causes a request. The upper bound holds if an
// issuer allows a year, so that it can still withdraw a key. A value that cannot be
// parsed counts as zero.
func freshnessLifetime(h http.Header) time.Duration {
	age, fresh := time.Duration(-1), defaultFreshness
	for _, directive := range strings.Split(strings.Join(h.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.Trim(directive, " \t"), "=")
		switch strings.ToLower(name) {
		case "no-store", "no-cache":
			return minFreshness
		case "max-age":
			d := parseDeltaSeconds(strings.Trim(value, `"`))
			if age >= 0 && d != age {
				return minFreshness // two different values: trust neither
			}
			age, fresh = d, d
		}
	}
	if age >= 0 {
		fresh -= parseDeltaSeconds(strings.Trim(h.Get("Age"), " \t"))
	}
	return min(max(fresh, minFreshness), maxFreshness)
}

// parseDeltaSeconds parses delta-seconds (RFC 9111, section 1.2.2). The result is at most
// a year.
func parseDeltaSeconds(s string) time.Duration {
	const most = 365 * 24 * 60 * 60
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0
		}
	}
	if len(s) > 8 {
		return most * time.Second
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return time.Duration(min(n, most)) * time.Second
}
