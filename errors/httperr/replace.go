package httperr

import (
	"net/http"
	"strings"

	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// Seal replaces every response of next with a status of 500 or above that is
// not one of Write's by the envelope of that status. What handlers you do not
// control write when they fail (a stack trace, a page of a proxy, the text of a
// database error) is never sent, and neither are their headers, also of those
// that panic or return an error; but for the names that the layers of a chain
// set, such as Set-Cookie and Link.
//
// The status decides, before the first byte of a body: nothing is buffered, and
// a response that began well streams as it would without Seal.
func Seal(next http.Handler) http.Handler {
	if nilcheck.Nil(next) {
		panic("httperr: Seal of a nil http.Handler")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := trackerOf(w)
		if t == nil {
			t, w = track(w, new(connTracker))
		}
		t.sealed = r
		defer t.finishSealed()
		next.ServeHTTP(w, r)
	})
}

// finishSealed ends a response that was replaced, and is whole. It removes the
// trailers that the handler has set since, in a header map that it had got hold
// of before; and if the handler, told that no more of its own would be sent,
// aborts, as httputil.ReverseProxy does, that no longer means the response.
func (t *tracker) finishSealed() {
	if !t.drop {
		return
	}
	if p := recover(); p != nil && p != http.ErrAbortHandler {
		defer panic(p)
	}
	h := t.under.Header()
	for name := range h {
		if strings.HasPrefix(name, http.TrailerPrefix) {
			delete(h, name)
		}
	}
}

var (
	errNotImplemented = &Error{Status: http.StatusNotImplemented, Code: "not_implemented", Message: "The server does not support this."}
	errBadGateway     = &Error{Status: http.StatusBadGateway, Code: "bad_gateway", Message: "A service behind this one failed."}
)

// replace answers in place of the handler, if the status it is about to send
// calls for that.
func (t *tracker) replace(status int) bool {
	var e *Error
	var r *http.Request
	switch {
	case t.onMux != nil && t.onMux.Pattern == "" && status == http.StatusNotFound:
		r, e = t.onMux, ErrNotFound
	case t.onMux != nil && t.onMux.Pattern == "" && status == http.StatusMethodNotAllowed:
		r, e = t.onMux, ErrMethodNotAllowed
	case t.onMux != nil && t.onMux.Pattern == "" && status == http.StatusBadRequest:
		r, e = t.onMux, errBadRequest // the target "*", with a method other than OPTIONS
	case t.sealed != nil && status >= 500:
		r, e = t.sealed, sealedError(t.sealed, status)
	default:
		return false
	}
	Write(t, r, e)
	t.drop = true
	return true
}

// sealedError returns the Error for a failure that a handler has written. It
// may be a refusal of ours that a layer between, such as http.TimeoutHandler,
// has buffered: then it stays the same.
func sealedError(r *http.Request, status int) *Error {
	if rec := carrier.From(r.Context()); rec != nil {
		if f := rec.Facts(); f.Status == status && f.Cause != nil {
			if e := outermost(f.Outer).classifyError(r, f.Cause); e.Status == status {
				return e
			}
		}
	}
	switch status {
	case http.StatusNotImplemented:
		return errNotImplemented
	case http.StatusBadGateway:
		return errBadGateway
	case http.StatusServiceUnavailable:
		return errUnavailable
	case http.StatusGatewayTimeout:
		return errTimeout
	case http.StatusInternalServerError:
		return ErrInternal
	}
	if status > 599 {
		status = http.StatusInternalServerError
	}
	return &Error{Status: status, Code: ErrInternal.Code, Message: ErrInternal.Message}
}

// keepSafeHeaders removes what a failing handler may have put into h, which is
// all but the names that layers of a chain set: a list of what to remove would
// miss the next X-Debug-Something.
func keepSafeHeaders(h http.Header) {
	for name := range h {
		if !safeHeaders[name] {
			delete(h, name)
		}
	}
}

var safeHeaders = func() map[string]bool {
	m := make(map[string]bool)
	for _, name := range []string{
		"Access-Control-Allow-Credentials", "Access-Control-Allow-Headers", "Access-Control-Allow-Methods",
		"Access-Control-Allow-Origin", "Access-Control-Expose-Headers", "Access-Control-Max-Age",
		"Allow", "Clear-Site-Data", "Connection", "Content-Security-Policy", "Content-Security-Policy-Report-Only",
		"Cross-Origin-Embedder-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy",
		"Date", "Deprecation", "Link", "Origin-Agent-Cluster", "Permissions-Policy", "RateLimit", "RateLimit-Policy",
		"Referrer-Policy", "Reporting-Endpoints", "Retry-After", "Set-Cookie", "Strict-Transport-Security", "Sunset", "Vary",
		"X-Content-Type-Options", "X-Correlation-ID", "X-DNS-Prefetch-Control", "X-Frame-Options",
		"X-Permitted-Cross-Domain-Policies", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-XSS-Protection",
	} {
		m[http.CanonicalHeaderKey(name)] = true
	}
	return m
}()
