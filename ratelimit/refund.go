package ratelimit

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/field"
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

// Guard runs fn if key has room for one unit, and otherwise returns the refusal. It is
// for a key that only the handler knows, such as the address in a decoded body:
//
//	validate.Handler(func(ctx context.Context, in *Reset) (*Sent, error) {
//		return nil, byMail.Guard(ctx, ratelimit.StringKey(in.Email), func() error { return send(ctx, in.Email) })
//	})
//
// The refusal is a *httperr.Error with the headers of [Decision.Refusal], so a handler
// returns it or passes it to httperr.Write. The request record names the limit, as after
// [Limiter.Handler]. Otherwise Guard returns the error of fn.
//
// Config.RefundIf gets the status that the error of fn stands for: that of an
// *httperr.Error, 500 for another error and for a panic, and 200 for nil. Config.Key,
// Tier, Cost, Deny and Observe read a request, and have no part in Guard. An admitted
// response carries no RateLimit headers.
func (l *Limiter) Guard(ctx context.Context, key Key, fn func() error) error {
	d := l.Take(ctx, key, 1)
	if rec := carrier.From(ctx); rec != nil && (!d.Allowed || d.Degraded) {
		d.noteIn(rec)
	}
	if !d.Allowed {
		return d.refusal(l.headers)
	}
	if l.refundIf == nil {
		return fn()
	}
	status := http.StatusInternalServerError // of a panic
	defer func() {
		if l.refundIf(status) {
			// As in refundByStatus: the client may have left, and storeFailed reports errors.
			_ = l.Refund(context.WithoutCancel(ctx), d, d.Granted)
		}
	}()
	err := fn()
	status = statusOf(err)
	return err
}

// statusOf returns the status of the response that err stands for.
func statusOf(err error) int {
	if err == nil {
		return http.StatusOK
	}
	if e, ok := errors.AsType[*httperr.Error](err); ok && e != nil {
		return e.Status
	}
	return http.StatusInternalServerError
}

// Refusal returns the error for a refused request with its headers, for a caller of
// [Limiter.Take] or [Limiter.Check] that returns it to httperr.Write: Retry-After, and
// RateLimit-Policy and RateLimit, which replace those of limiters further out. It is nil
// if d is admitted. Err is the same error without headers.
func (d *Decision) Refusal() error { return d.refusal(HeadersAlways) }

func (d *Decision) refusal(show Headers) error {
	if d.Allowed || d.Err == nil {
		return nil
	}
	e, ok := errors.AsType[*httperr.Error](d.Err)
	if !ok || d.RetryAfter <= 0 {
		return d.Err
	}
	e = e.WithHeader("Retry-After", strconv.FormatInt(field.Seconds(d.RetryAfter), 10))
	if t := d.taken.tier; show != HeadersNever && d.Name != "" && t != nil && t.policy != "" {
		e = e.WithHeader(headerPolicy, t.policy)
		e = e.WithHeader(headerState, t.limits[d.limit].stateText(d, new(stringArena)))
	}
	return e
}
