package jwks

import (
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

// newTransport returns a transport that leaves nothing behind: no connection is
// kept for the quarter of an hour until the next request, and none of its
// goroutines outlives a request by more than a moment.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  environmentProxy,
		DialContext:            (&net.Dialer{Timeout: 3 * time.Second}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    3 * time.Second,
		ResponseHeaderTimeout:  4 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		DisableKeepAlives:      true,
		DisableCompression:     true,
	}
}

// newLocalTransport is newTransport for http, which is accepted for this machine
// alone. Whether it is this machine that answers is not for a name server or a
// proxy to say: "localhost" is a name like any other to a resolver without a
// hosts file, and to net/http a "LOCALHOST" goes to the proxy, in the clear.
func newLocalTransport() *http.Transport {
	t := newTransport()
	t.Proxy = nil
	t.DialContext = (&net.Dialer{Timeout: 3 * time.Second, Control: onlyLoopback}).DialContext
	return t
}

// onlyLoopback sees the address that a name has been resolved to.
func onlyLoopback(_, address string, _ syscall.RawConn) error {
	if to, err := netip.ParseAddrPort(address); err != nil || !to.Addr().Unmap().IsLoopback() {
		return errNotLocal
	}
	return nil
}

// environmentProxy hides what net/http says of a proxy that it cannot parse,
// for its text has the password of the proxy.
func environmentProxy(r *http.Request) (*url.URL, error) {
	u, err := http.ProxyFromEnvironment(r)
	if err != nil {
		return nil, errProxy
	}
	return u, nil
}

var (
	errProxy     = errors.New("the proxy of the environment is not a URL")
	errNotLocal  = errors.New("http to an address that is not of this machine")
	errRedirects = errors.New("more than 3 redirects")
	errElsewhere = errors.New("a redirect to another scheme, host or port")
	errEncoding  = errors.New("the body has a content coding, though none was accepted")
	errHTML      = errors.New("the body is an HTML page")
	errSize      = errors.New("the body is longer than 1 MiB")
)

// redirect follows an issuer around its own house only.
func redirect(r *http.Request, via []*http.Request) error {
	if len(via) > 3 {
		return errRedirects
	}
	if first := via[0].URL; r.URL.Scheme != first.Scheme || r.URL.User != nil || hostPort(r.URL) != hostPort(first) {
		return errElsewhere
	}
	return nil
}

// hostPort returns the host, with a port that is always there.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return strings.ToLower(u.Hostname()) + ":" + port
}

// fetch gets the set. ctx bounds the time that all of it takes.
func (r *RemoteKeys) fetch(ctx context.Context) (keys map[string]Key, fresh time.Duration, skipped []error, err error) {
	body, fresh, err := r.get(ctx)
	if err != nil {
		// The outermost text is that of net/http with the whole URL.
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err
		}
		return nil, 0, nil, fmt.Errorf("jwks: JWKS of %s: %w", r.source, err)
	}
	keys, skipped, err = parseJWKS(body, r.cfg.Algorithm)
	return keys, fresh, skipped, err
}

func (r *RemoteKeys) get(ctx context.Context) ([]byte, time.Duration, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.cfg.URL, nil)
	if err != nil {
		return nil, 0, err
	}
	req.Header.Set("Accept", "application/jwk-set+json, application/json")
	// Said explicitly, a transport does not decompress on its own account.
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
	// Issuers call the set all kinds of things, and its format is strict enough
	// to tell. A page is refused by name because the log then says what it is:
	// a login, a maintenance notice, or a wrong URL.
	if typ, _, err := mime.ParseMediaType(res.Header.Get("Content-Type")); err == nil && (typ == "text/html" || typ == "application/xhtml+xml") {
		return nil, 0, errHTML
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxSetSize+1))
	switch {
	case err != nil:
		return nil, 0, err
	case len(body) > maxSetSize:
		return nil, 0, errSize
	}
	return body, freshFor(res.Header), nil
}

const (
	minFresh     = time.Minute
	defaultFresh = 15 * time.Minute
	maxFresh     = time.Hour
)

// freshFor returns how long a response may be used without asking again (RFC
// 9111, section 5.2.2), within bounds: an issuer that forbids caching is not
// asked with each token, and one that allows a year of it can still withdraw a
// key. What cannot be understood counts as zero.
func freshFor(h http.Header) time.Duration {
	age, fresh := time.Duration(-1), defaultFresh
	for _, directive := range strings.Split(strings.Join(h.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.Trim(directive, " \t"), "=")
		switch strings.ToLower(name) {
		case "no-store", "no-cache":
			return minFresh
		case "max-age":
			d := seconds(strings.Trim(value, `"`))
			if age >= 0 && d != age {
				return minFresh // two that differ: neither can be believed
			}
			age, fresh = d, d
		}
	}
	if age >= 0 {
		fresh -= seconds(strings.Trim(h.Get("Age"), " \t"))
	}
	return min(max(fresh, minFresh), maxFresh)
}

// seconds reads delta-seconds (RFC 9111, section 1.2.2). A year stands for all
// that is longer.
func seconds(s string) time.Duration {
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
