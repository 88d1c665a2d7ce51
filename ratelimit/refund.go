package ratelimit

import (
	"context"
	"net/http"

	"github.com/go-sallyport/sallyport/internal/statuswriter"
)

// Succeeded is for Config.RefundIf: it refunds successes, so that only failures count.
// It reports whether the status is below 400.
func Succeeded(status int) bool { return status < http.StatusBadRequest }

// Failed is for Config.RefundIf: it refunds failures, so that only successes count. It
// reports whether the status is 400 or above. That includes the answer of an
// http.TimeoutHandler, which belongs outside, see Config.RefundIf.
func Failed(status int) bool { return status >= http.StatusBadRequest }

// refundByStatus runs next, for which d was granted, and refunds d if RefundIf returns
// true. Running requests count: if a request were charged after its end, a thousand
// guesses sent at once would all be free until the first has failed.
func (l *Limiter) refundByStatus(next http.Handler, w http.ResponseWriter, r *http.Request, d Decision) {
	status, w := statuswriter.Wrap(w)
	returned := false
	defer func() {
		code := status.Code()
		if code == 0 {
			if code = http.StatusOK; !returned {
				code = http.StatusInternalServerError // the status of the answer to a panic
			}
		}
		if l.refundIf(code) {
			// The client may have left by now, but its refund is still due. storeFailed
			// has already told the breaker about an error of the store.
			_ = l.Refund(context.WithoutCancel(r.Context()), d, d.Granted)
		}
	}()
	next.ServeHTTP(w, r)
	returned = true
}
