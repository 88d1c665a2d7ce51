package jwks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/discovery"
)

// rediscoverAfter is the time after which the metadata of the issuer are read again.
const rediscoverAfter = 24 * time.Hour

// fetch downloads and parses the set. ctx bounds the time for both.
func (r *RemoteKeys) fetch(ctx context.Context) (keys *keySet, lifetime time.Duration, skipped []error, err error) {
	body, header, err := r.download(ctx)
	if err == nil {
		keys, skipped, err = parseJWKS(body, r.cfg.Algorithm)
	}
	if err != nil {
		if r.cfg.Issuer != "" {
			r.keysURL = "" // the issuer may have moved its set
		}
		return nil, 0, skipped, err
	}
	return keys, freshnessLifetime(header), skipped, nil
}

// download returns the text of the set.
func (r *RemoteKeys) download(ctx context.Context) ([]byte, http.Header, error) {
	if err := r.discover(ctx); err != nil {
		return nil, nil, fmt.Errorf("jwks: %w", err)
	}
	body, header, err := discovery.Get(ctx, r.client, r.keysURL, "application/jwk-set+json, application/json")
	if err != nil {
		return nil, nil, fmt.Errorf("jwks: JWKS of %s: %w", r.source, err)
	}
	return body, header, nil
}

// discover sets the URL of the set, if it is not known or too old.
func (r *RemoteKeys) discover(ctx context.Context) error {
	if r.cfg.Issuer == "" || r.keysURL != "" && !hasPassed(r.rediscoverAt, time.Now()) {
		return nil
	}
	client := discovery.Client{HTTP: r.client, HTTPHosts: r.cfg.InsecureHTTPHosts}
	r.keysURL, r.source = "", r.cfg.Issuer
	m, err := client.Read(ctx, r.cfg.Issuer)
	if err != nil {
		return err
	}
	if err := client.CheckURL(m.Issuer, "jwks_uri", m.JWKSURI); err != nil {
		return err
	}
	r.keysURL, r.source, r.rediscoverAt = m.JWKSURI, withoutQuery(m.JWKSURI), time.Now().Add(rediscoverAfter)
	return nil
}

// withoutQuery returns a URL for reports, without its query, which may have a key in it.
func withoutQuery(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host + u.EscapedPath()
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
	n, err := strconv.ParseUint(s, 10, 64)
	if errors.Is(err, strconv.ErrRange) {
		return most * time.Second
	}
	return time.Duration(min(n, most)) * time.Second // n is 0 for any other error
}
