package httperr

import (
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/go-sallyport/sallyport/internal/carrier"
)

// Config configures the outermost layer. The zero Config is safe: it trusts no
// inbound correlation ID and logs to slog.Default.
type Config struct {
	_ [0]func()

	// Logger receives one record per request, and the stack of each panic.
	// Nil is slog.Default() as it is when New is called. To write no record,
	// give it slog.DiscardHandler.
	Logger *slog.Logger

	// TrustInbound reports whether the peer that sent the request may choose
	// the correlation ID, because it is a gateway of yours. It is asked only
	// for requests that carry exactly one X-Correlation-ID of
	// [A-Za-z0-9._-]{1,64}; every other is ignored. Nil trusts nobody: an ID
	// that a stranger chooses can be made to collide with another request's.
	TrustInbound func(*http.Request) bool
}

// Middleware is the outermost layer. It is safe for concurrent use. The zero
// Middleware is not usable; make one with New.
type Middleware struct {
	logger *slog.Logger
	trust  func(*http.Request) bool
}

// New returns the outermost layer. No Config is refused today; the error is
// there so that one can be tomorrow.
func New(cfg Config) (*Middleware, error) {
	m := &Middleware{logger: cfg.Logger, trust: cfg.TrustInbound}
	if m.logger == nil {
		m.logger = slog.Default()
	}
	return m, nil
}

// exchange is all that one request needs here, in one allocation.
type exchange struct {
	rec     carrier.Record
	writer  connTracker
	m       *Middleware
	request *http.Request
	start   time.Time
	done    bool // next has returned
}

// Handler runs next with a correlation ID, which it echoes in X-Correlation-ID
// before next runs, recovers its panics, and writes one record afterwards.
//
// A panic is answered with 500 internal_error. If the response has already
// begun, or the panic is http.ErrAbortHandler, the connection is aborted
// instead: nothing is ever appended to half a response.
//
// Inside another Handler of this package it only runs next.
func (m *Middleware) Handler(next http.Handler) http.Handler {
	if next == nil {
		panic("httperr: Handler of a nil http.Handler")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if trackerOf(w) != nil && carrier.From(r.Context()) != nil {
			next.ServeHTTP(w, r)
			return
		}
		x := &exchange{m: m, start: time.Now()}
		rec := carrier.From(r.Context())
		if rec == nil {
			rec = &x.rec
			r = rec.Attach(r)
		}
		x.request = r
		id := ""
		if m.trust != nil {
			if id = inbound(r); id != "" && !m.trust(r) {
				id = ""
			}
		}
		if id == "" {
			id = newID()
		}
		rec.Update(func(f *carrier.Facts) { f.CorrelationID = id })
		rec.SetHeader(w.Header(), headerCorrelation, id)

		t, w := track(w, &x.writer)
		defer x.finish(rec, t, w)
		next.ServeHTTP(w, r)
		x.done = true
	})
}

// finish runs deferred, whichever way next ended: by returning, by a panic, or
// by runtime.Goexit, which leaves neither.
func (x *exchange) finish(rec *carrier.Record, t *tracker, w http.ResponseWriter) {
	p := recover()
	abort := p == http.ErrAbortHandler || p == nil && !x.done
	if p != nil && !abort {
		x.m.logPanic(x.request, rec, p, debug.Stack())
		if abort = t.committed(); !abort {
			Write(w, x.request, ErrInternal.With(errPanic))
		}
		rec.Update(func(f *carrier.Facts) { f.Code, f.Cause = "panic", errPanic })
	}
	x.m.record(x.request, rec, t, time.Since(x.start), abort)
	if p != nil && abort {
		panic(http.ErrAbortHandler)
	}
}

var errPanic = errors.New("panic")
