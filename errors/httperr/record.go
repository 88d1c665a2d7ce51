package httperr

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/sanitize"
)

// emit gives the record of a request that is over to the sink and to Observe.
// Neither may break what has already been answered, nor the other: a panic of
// theirs is logged.
func (m *Middleware) emit(r *http.Request, rec *carrier.Record, t *tracker, start time.Time, aborted bool) {
	status := status(t, aborted)
	if m.observe == nil && !m.wanted(r, status >= 500 || rec.Panicked()) {
		return // nobody will read it, and it costs as much as all before
	}
	f := rec.Facts()
	code, why := refusal(t, f, status, aborted)
	bytes := t.bytes
	if r.Method == http.MethodHead {
		bytes = 0 // net/http has sent none of what the handler wrote
	}
	record := audit.Record{
		Time:          start,
		Duration:      time.Since(start),
		CorrelationID: f.CorrelationID,
		TraceID:       f.TraceID(),
		Method:        method(r.Method),
		Route:         "unmatched",
		Status:        status,
		Bytes:         bytes,
		Aborted:       aborted,
		Peer:          carrier.Peer(r),
		Client:        f.Client,
		Principal:     f.Subject,
		Issuer:        f.Issuer,
		TokenID:       f.TokenID,
		Auth:          f.AuthMethod,
		Credential:    f.Credential,
		Rule:          f.Rule,
		Limit:         f.Limit,
		Code:          code,
		Events:        audit.Events(f.Events),
		Cause:         cause(why),
	}
	m.guarded(r, f.CorrelationID, func() error {
		record.Route = m.route(r, f.Route)
		return nil
	})
	ctx := r.Context()
	if ctx.Err() != nil {
		// The client left; the record of it must be written all the same.
		ctx = context.WithoutCancel(ctx)
	}
	m.guarded(r, f.CorrelationID, func() error { return m.sink.Emit(ctx, record) })
	if m.observe != nil {
		m.guarded(r, f.CorrelationID, func() error {
			m.observe(record)
			return nil
		})
	}
}

// cause returns what err says beyond the code, which the record has already.
func cause(err error) error {
	if e, ok := err.(*Error); ok {
		return e.Cause
	}
	return err
}

// wanted reports whether the sink takes the record of a request.
func (m *Middleware) wanted(r *http.Request, failed bool) (yes bool) {
	s, ok := m.sink.(interface {
		Enabled(ctx context.Context, failed bool) bool
	})
	yes = true
	if ok {
		defer ignorePanic()
		yes = s.Enabled(r.Context(), failed)
	}
	return yes
}

// refusal returns the code that the client saw, and why. What the facts say was
// perhaps never sent: behind http.TimeoutHandler a handler may still refuse
// when the client has long been answered.
func refusal(t *tracker, f carrier.Facts, status int, aborted bool) (code string, why error) {
	switch {
	case t.refused:
		return t.code, t.err
	case f.Status == status:
		return f.Code, f.Cause
	case aborted || f.Events&carrier.Panic != 0:
		return "", f.Cause
	}
	return "", nil
}

// ignorePanic is deferred around what must not harm a request that is over.
func ignorePanic() { _ = recover() }

// guarded runs f and logs how it failed.
func (m *Middleware) guarded(r *http.Request, id string, f func() error) {
	log := func(what string) {
		defer ignorePanic()
		m.logger.LogAttrs(r.Context(), slog.LevelError, "audit failed", slog.String("correlation_id", id), slog.String("error", sanitize.Text(what)))
	}
	defer func() {
		if p := recover(); p != nil {
			log(fmt.Sprint(p))
		}
	}()
	if err := f(); err != nil && !errors.Is(err, audit.ErrDropped) {
		log(err.Error())
	}
}

// status returns what was sent, or 0 if the connection was broken off before.
func status(t *tracker, aborted bool) int {
	switch {
	case t.hijacked:
		return http.StatusSwitchingProtocols
	case t.status != 0 || aborted:
		return t.status
	}
	return http.StatusOK // net/http sends it when the handler says nothing
}

// route returns the pattern of the router without its method, or "unmatched".
func (m *Middleware) route(r *http.Request, noted string) string {
	pattern := noted
	if pattern == "" && m.routeOf != nil {
		pattern = m.routeOf(r)
	}
	if pattern == "" && matched(r) {
		pattern = r.Pattern
	}
	if pattern = path(pattern); pattern == "" {
		return "unmatched"
	}
	return pattern
}

// method bounds the values of the label: a client may send any token.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodConnect, http.MethodOptions, http.MethodTrace:
		return m
	}
	return "other"
}
