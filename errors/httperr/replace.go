package httperr

import (
	"maps"
	"net/http"
	"strings"

	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// Seal replaces every response of next that has a status of 500 or above and
// that Write did not write. The client gets the envelope of that status. Use Seal
// for handlers that you do not control: the body of their failures (a stack
// trace, a page of a proxy, the text of a database error) is never sent. If the
// handler fails, panics or returns an error, its headers are not sent either;
// only the names that layers of a chain set are kept, such as Set-Cookie and
// Link.
//
// A failure of a request that was cancelled is answered with 499, as by [Write]. So
// put Seal around httputil.ReverseProxy and http.TimeoutHandler, which answer 502
// and 503 if the client leaves.
//
// Seal decides by the status, before the first byte of the body. It buffers
// nothing, and a response with a lower status streams as it would without Seal.
func Seal(next http.Handler) http.Handler {
	if nilcheck.Nil(next) {
		panic("httperr: Seal of a nil http.Handler")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t, w := ensureTracker(w)
		t.sealedRequest = r
		defer t.finishSealed()
		next.ServeHTTP(w, r)
	})
}

// finishSealed ends a response that was replaced. It removes trailers that the
// handler set later, in a header map that it obtained before the replacement. It
// also stops a panic with http.ErrAbortHandler: httputil.ReverseProxy aborts when
// it gets errReplaced, but the response to the client is already complete.
func (t *tracker) finishSealed() {
	if !t.replaced {
		return
	}
	if p := recover(); p != nil && p != http.ErrAbortHandler {
		defer panic(p)
	}
	maps.DeleteFunc(t.under.Header(), func(name string, _ []string) bool { return strings.HasPrefix(name, http.TrailerPrefix) })
}

// muxErrors has the Error for each status with which a ServeMux itself refuses.
var muxErrors = map[int]*Error{
	http.StatusBadRequest:       errBadRequest, // the target "*" with a method other than OPTIONS
	http.StatusNotFound:         ErrNotFound,
	http.StatusMethodNotAllowed: ErrMethodNotAllowed,
}

// sealedErrors has the Error for each status of a failure that has a code of its
// own.
var sealedErrors = map[int]*Error{
	http.StatusInternalServerError: ErrInternal,
	http.StatusNotImplemented:      {Status: 501, Code: "not_implemented", Message: "The server does not support this. Use another operation."},
	http.StatusBadGateway:          {Status: 502, Code: "bad_gateway", Message: "A service behind this one failed. Try again later."},
	http.StatusServiceUnavailable:  errUnavailable,
	http.StatusGatewayTimeout:      errTimeout,
}

// replace writes an Error in place of the response of the handler, if WrapMux or
// Seal must replace a response with this status. It reports whether it did.
func (t *tracker) replace(status int) bool {
	var e *Error
	r := t.muxRequest
	if r != nil && r.Pattern == "" {
		e = muxErrors[status]
	}
	if e == nil && t.sealedRequest != nil && status >= 500 {
		r, e = t.sealedRequest, sealedError(t.sealedRequest, status)
	}
	if e == nil {
		return false
	}
	Write(t, r, e)
	t.replaced = true
	return true
}

// sealedError returns the Error that replaces a response with this status. If a
// layer in between, such as http.TimeoutHandler, buffered a refusal of Write and
// sends it now, sealedError returns the Error of that refusal.
func sealedError(r *http.Request, status int) *Error {
	rec := carrier.From(r.Context())
	if rec != nil {
		if f := rec.Facts(); f.Status == status && f.Cause != nil {
			if e := outermost(f.Outer).recognise(r, f.Cause); e.Status == status {
				return e
			}
		}
	}
	e := sealedErrors[status]
	if e == nil {
		if status > 599 {
			status = http.StatusInternalServerError
		}
		e = &Error{Status: status, Code: ErrInternal.Code, Message: ErrInternal.Message}
	}
	if rec != nil && rec.BodyError() != nil {
		return e.With(rec.BodyError()) // the likely cause, since the handler tells none
	}
	return e
}

// keepSafeHeaders removes from h every name that is not in safeHeaders. A list of
// names to remove would miss the next X-Debug-Something. It removes
// Content-Encoding only if withEncoding is true; see tracker.ownsEncoding.
func keepSafeHeaders(h http.Header, withEncoding bool) {
	maps.DeleteFunc(h, func(name string, _ []string) bool {
		return !safeHeaders[name] && (name != headerEncoding || withEncoding)
	})
}

// safeHeaders holds the names that layers of a chain set. All other headers may
// come from the failing handler.
var safeHeaders = func() map[string]bool {
	m := make(map[string]bool)
	for _, name := range []string{
		"Access-Control-Allow-Credentials", "Access-Control-Allow-Headers", "Access-Control-Allow-Methods",
		"Access-Control-Allow-Origin", "Access-Control-Expose-Headers", "Access-Control-Max-Age",
		"Allow", "Clear-Site-Data", "Connection", "Content-Security-Policy", "Content-Security-Policy-Report-Only",
		"Cross-Origin-Embedder-Policy", "Cross-Origin-Embedder-Policy-Report-Only", "Cross-Origin-Opener-Policy",
		"Cross-Origin-Opener-Policy-Report-Only", "Cross-Origin-Resource-Policy", "Date", "Deprecation", "Integrity-Policy",
		"Integrity-Policy-Report-Only", "Link", "Origin-Agent-Cluster", "Permissions-Policy", "Permissions-Policy-Report-Only",
		"RateLimit", "RateLimit-Policy",
		"Referrer-Policy", "Reporting-Endpoints", "Retry-After", "Set-Cookie", "Strict-Transport-Security", "Sunset", "Vary",
		"X-Content-Type-Options", "X-DNS-Prefetch-Control", "X-Frame-Options",
		"X-Permitted-Cross-Domain-Policies", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-XSS-Protection",
	} {
		m[http.CanonicalHeaderKey(name)] = true
	}
	return m
}()
