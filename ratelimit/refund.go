package ratelimit

import (
	"context"
	"net/http"

	"github.com/go-sallyport/sallyport/internal/statuswriter"
)

// Succeeded is for Config.RefundIf: it gives back what has succeeded, so that
// only failures count. It reports whether the status is below 400.
func Succeeded(status int) bool { return status < http.StatusBadRequest }

// Failed is for Config.RefundIf: it gives back what has failed, so that only
// successes count. It reports whether the status is 400 or above, so also what
// an http.TimeoutHandler answers: that belongs outside, see Config.RefundIf.
func Failed(status int) bool { return status >= http.StatusBadRequest }

// refundByStatus runs next, for which d was granted, and refunds that if RefundIf
// says so. What is running counts: were it charged afterwards, a thousand
// guesses sent at once would all be free until the first has failed.
func (l *Limiter) refundByStatus(next http.Handler, w http.ResponseWriter, r *http.Request, d Decision) {
	status, w := statuswriter.Wrap(w)
	returned := false
	defer func() {
		code := status.Code()
		if code == 0 {
			if code = http.StatusOK; !returned {
				code = http.StatusInternalServerError // what a panic is answered with
			}
		}
		if l.refundIf(code) {
			// The client may have left by now and is due its refund nevertheless.
			// What the store says to it has gone to the breaker.
			_ = l.Refund(context.WithoutCancel(r.Context()), d, d.Granted)
		}
	}()
	next.ServeHTTP(w, r)
	returned = true
}
