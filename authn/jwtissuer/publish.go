package jwtissuer

import (
	"crypto/sha256"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
)

// A publication is the response for one set of keys. It is built once per change of the
// set, and not for each request.
type publication struct {
	schedule *keySchedule
	expires  time.Time // when the first key drops out; zero if no key does
	body     []byte
	size     string
	etag     string
}

var refuseMethod = httperr.ErrMethodNotAllowed.WithHeader("Allow", "GET, HEAD")

// JWKS returns the handler that publishes the public keys as a JWK Set (RFC 7517, section
// 5), usually as GET /.well-known/jwks.json and without authentication. It answers GET
// and HEAD, and sends 304 to a client that already has the set. Other methods are refused
// with 405. Caches may keep the response for MaxAge. It never contains a member of a
// private key.
func (i *Issuer) JWKS() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			httperr.Write(w, r, refuseMethod)
			return
		}
		p := i.publication(time.Now())
		fresh := matchesETag(r.Header["If-None-Match"], p.etag)
		h, v := w.Header(), carrier.From(r.Context()).Values(5)
		set := func(n int, name, value string) {
			v[n] = value
			h[name] = v[n : n+1 : n+1]
		}
		set(0, "Cache-Control", i.maxAge)
		set(1, "Etag", p.etag)
		set(2, "X-Content-Type-Options", "nosniff")
		if fresh {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		set(3, "Content-Type", "application/jwk-set+json")
		set(4, "Content-Length", p.size)
		w.WriteHeader(http.StatusOK)
		if r.Method == http.MethodGet {
			_, _ = w.Write(p.body) // if the client has left, the error does not matter
		}
	})
}

// publication returns the publication at now. If two requests find it outdated, both
// build the same one.
func (i *Issuer) publication(now time.Time) *publication {
	schedule := i.at(now)
	if p := i.lastPublication.Load(); p != nil && p.schedule == schedule && (p.expires.IsZero() || now.Before(p.expires)) {
		return p
	}
	published, until := schedule.publishedAt(now, i.overlap)
	body := []byte(`{"keys":[`)
	for n, k := range published {
		if n > 0 {
			body = append(body, ',')
		}
		body = append(body, k.jwk...)
	}
	body = append(body, "]}\n"...)
	sum := sha256.Sum256(body)
	p := &publication{schedule: schedule, expires: until, body: body, size: strconv.Itoa(len(body)), etag: `"` + jwa.Encode(sum[:16]) + `"`}
	i.lastPublication.Store(p)
	return p
}

// matchesETag reports whether values, the values of If-None-Match (RFC 9110, section
// 13.1.2), contain etag, compared weakly. It searches for etag and does not split the
// list: splitting would let a client spend milliseconds of the server with a megabyte of
// commas.
func matchesETag(values []string, etag string) bool {
	for _, value := range values {
		if strings.Trim(value, " \t") == "*" {
			return true
		}
		before, after, found := strings.Cut(value, etag)
		before = strings.TrimRight(strings.TrimSuffix(before, "W/"), " \t")
		after = strings.TrimLeft(after, " \t")
		if found && (before == "" || strings.HasSuffix(before, ",")) && (after == "" || after[0] == ',') {
			return true
		}
	}
	return false
}
