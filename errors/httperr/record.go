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

// emit makes the record of a finished request and passes it to the sink and to
// Observe. A panic in one of them is logged: it must not reach the response,
// which is already sent, nor the other one.
func (m *Middleware) emit(r *http.Request, rec *carrier.Record, t *tracker, start time.Time, aborted bool) {
	status := statusSent(t, aborted)
	if m.cfg.Observe == nil && !m.sinkWants(r, status >= 500 || rec.Panicked()) {
		return // no reader wants the record, which costs as much as all the work before it
	}
	f := rec.Facts()
	code, err := codeAndCause(t, f, status, aborted)
	bytes := t.bytes
	if r.Method == http.MethodHead {
		bytes = 0 // net/http does not send the body that the handler wrote
	}
	record := audit.Record{
		Time:          start,
		Duration:      time.Since(start),
		CorrelationID: f.CorrelationID,
		TraceID:       f.TraceID(),
		Method:        methodLabel(r.Method),
		Route:         unmatched,
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
		Reason:        f.Reason,
		Limit:         f.Limit,
		Code:          code,
		Events:        audit.Events(f.Events),
		Ignored:       int(f.Ignored),
		Cause:         privateCause(err, code),
	}
	m.runLogged(r, f.CorrelationID, func() error {
		record.Route = m.route(r, f.Route)
		return nil
	})
	ctx := r.Context()
	if ctx.Err() != nil {
		// The client left, but its request needs a record as well.
		ctx = context.WithoutCancel(ctx)
	}
	m.runLogged(r, f.CorrelationID, func() error {
		logged := record
		if record.Route == unmatched {
			logged.Path = maskedPath(r.URL.Path) // for the Sink alone, since a client can send any number of paths
		}
		return m.cfg.Sink.Emit(ctx, logged)
	})
	if m.cfg.Observe != nil {
		m.runLogged(r, f.CorrelationID, func() error {
			m.cfg.Observe(record)
			return nil
		})
	}
}

// privateCause returns err. If err is the Error with this code, privateCause
// returns the cause of that Error, because the record has the code already.
func privateCause(err error, code string) error {
	if e, ok := err.(*Error); ok && e.Code == code {
		return e.Cause
	}
	return err
}

// sinkWants reports whether the sink takes the record of a request. A sink
// without an Enabled method takes every record.
func (m *Middleware) sinkWants(r *http.Request, failed bool) (yes bool) {
	yes = true
	defer ignorePanic()
	if s, ok := m.cfg.Sink.(interface {
		Enabled(context.Context, bool) bool
	}); ok {
		yes = s.Enabled(r.Context(), failed)
	}
	return yes
}

// codeAndCause returns the code that the client saw and the error behind it. It
// uses the facts only if they belong to the status that was sent: behind
// http.TimeoutHandler a handler may refuse after the client got its answer.
func codeAndCause(t *tracker, f carrier.Facts, status int, aborted bool) (code string, err error) {
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

// ignorePanic is deferred where a panic must not harm a finished request.
func ignorePanic() { _ = recover() }

// runLogged runs f and logs its error or its panic.
func (m *Middleware) runLogged(r *http.Request, id string, f func() error) {
	log := func(text string) {
		defer ignorePanic()
		m.cfg.Logger.LogAttrs(r.Context(), slog.LevelError, "audit failed",
			slog.String("correlation_id", id),
			slog.String("error", sanitize.Text(text)),
		)
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

// statusSent returns the status that was sent, or 0 if the connection was aborted
// before the response began.
func statusSent(t *tracker, aborted bool) int {
	switch {
	case t.hijacked:
		return http.StatusSwitchingProtocols
	case t.status != 0 || aborted:
		return t.status
	}
	return http.StatusOK // net/http sends it if the handler writes nothing
}

// methodLabel returns m if it is a known method, else "other". A client may send
// any token as a method, and metrics need a bounded set of labels.
func methodLabel(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodConnect, http.MethodOptions, http.MethodTrace:
		return m
	}
	return "other"
}
