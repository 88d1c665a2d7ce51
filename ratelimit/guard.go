package ratelimit

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/field"
)

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
