package httperr

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"time"

	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
	"github.com/go-sallyport/sallyport/internal/sanitize"
)

// Config configures the outermost layer. The zero Config is safe: it trusts no
// inbound correlation ID and logs to slog.Default.
type Config struct {
	_ [0]func()

	// Logger receives the stack of each panic, what Sink failed to take, and
	// the records if Sink is nil. Nil is slog.Default() as it is when New is
	// called.
	Logger *slog.Logger

	// Sink receives one record per request, after the response. Nil is
	// audit.Log(Logger); to write none, give Logger a slog.DiscardHandler.
	Sink audit.Sink

	// Observe receives the same record, for metrics. Nil is off.
	Observe func(audit.Record)

	// Encoder writes the body of every refusal. Nil is the envelope of this
	// package; see also ProblemJSON.
	Encoder Encoder

	// Route returns the pattern that a router other than http.ServeMux matched,
	// without values of the request; "" if none. It is called after the
	// handler. For chi:
	//
	//	func(r *http.Request) string { return chi.RouteContext(r.Context()).RoutePattern() }
	Route func(*http.Request) string

	// Classify names errors that this package does not know, such as those of
	// a store: each function returns the Error for an error of its own, and
	// nil for any other. They are asked in order, before the built-in rules
	// and after an *Error in the tree of the error.
	Classify []func(error) *Error

	// TrustInbound reports whether the peer that sent the request may choose
	// the correlation ID, because it is a gateway of yours; see TrustPeers. It
	// is asked only for requests that carry exactly one X-Correlation-ID of
	// [A-Za-z0-9._-]{1,64}; every other is ignored. Nil trusts nobody: an ID
	// that a stranger chooses can be made to collide with another request's.
	TrustInbound func(*http.Request) bool

	// CredentialKey keys the hashes under which refused credentials appear in
	// the record, so that one can be followed from request to request without
	// being known: 16 hexadecimal digits of HMAC-SHA-256, of the whole
	// credential or, beyond 256 bytes, of its first and last 128. 32 bytes or
	// more; nil is a random key per process.
	CredentialKey []byte
}

// Middleware is the outermost layer. It is safe for concurrent use. The zero
// Middleware is not usable; make one with New.
type Middleware struct {
	logger   *slog.Logger
	sink     audit.Sink
	observe  func(audit.Record)
	encoder  Encoder
	routeOf  func(*http.Request) string
	classify []func(error) *Error
	trust    func(*http.Request) bool
	hash     *carrier.CredentialHash
}

// New returns the outermost layer. It refuses, with all faults joined, nil
// entries in Classify, a Sink or an Encoder that is a nil pointer or function,
// an Encoder without a content type, and a CredentialKey of less than 32 bytes.
func New(cfg Config) (*Middleware, error) {
	m := &Middleware{
		logger:   cfg.Logger,
		sink:     cfg.Sink,
		observe:  cfg.Observe,
		encoder:  cfg.Encoder,
		routeOf:  cfg.Route,
		classify: slices.Clone(cfg.Classify),
		trust:    cfg.TrustInbound,
	}
	if m.logger == nil {
		m.logger = slog.Default()
	}
	if m.sink == nil {
		m.sink = audit.Log(m.logger)
	}
	if m.encoder == nil {
		m.encoder = envelope{}
	}
	key := slices.Clone(cfg.CredentialKey)
	if key == nil {
		key = make([]byte, 32)
		_, _ = rand.Read(key) // it never fails
	}
	m.hash = carrier.NewCredentialHash(key)
	faults := ConfigFaults{Package: "httperr"}
	for i, f := range m.classify {
		if f == nil {
			faults.Add(fmt.Sprintf("Classify[%d]", i), nil, "is nil", "leave it out")
		}
	}
	if nilcheck.Nil(m.sink) {
		faults.Add("Sink", nil, "is a nil pointer or function", "leave it out, or check the error of what made it")
	}
	if nilcheck.Nil(m.encoder) {
		faults.Add("Encoder", nil, "is a nil pointer or function", "leave it out, or check the error of what made it")
	} else if t := m.encoder.ContentType(); !validContentType(t) {
		faults.Add("Encoder", t, "its ContentType is not a media type", `return one such as "application/json"`)
	}
	if len(key) < 32 {
		faults.Add("CredentialKey", nil, fmt.Sprintf("%d bytes can be guessed", len(key)), "use 32 random bytes, or nil")
	}
	if err := faults.Err(); err != nil {
		return nil, err
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
	if nilcheck.Nil(next) {
		panic("httperr: Handler of a nil http.Handler")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := carrier.From(r.Context())
		if rec != nil && rec.Facts().Outer != nil {
			next.ServeHTTP(w, r)
			return
		}
		x := &exchange{m: m, start: time.Now()}
		if rec == nil {
			rec = &x.rec
			r = rec.Attach(r)
		}
		x.request = r
		t, w := track(w, &x.writer)
		defer x.finish(rec, t, w)
		t.id = m.identify(rec, r, x.start)
		rec.SetHeader(w.Header(), headerCorrelation, t.id)
		next.ServeHTTP(w, r)
		x.done = true
	})
}

// finish runs deferred, whichever way next ended: by returning, by a panic, or
// by runtime.Goexit, which leaves neither.
func (x *exchange) finish(rec *carrier.Record, t *tracker, w http.ResponseWriter) {
	p := recover()
	abort := (p == http.ErrAbortHandler || p == nil && !x.done) && !t.drop
	if p != nil && p != http.ErrAbortHandler {
		x.m.logPanic(x.request, rec, p, debug.Stack())
		if abort = t.committed() && !t.drop; !abort && !t.drop {
			Write(w, x.request, ErrInternal.With(errPanic))
		}
		rec.Update(func(f *carrier.Facts) { f.Cause, f.Events = errPanic, f.Events|carrier.Panic })
	}
	x.m.emit(x.request, rec, t, x.start, abort)
	if p != nil && abort {
		panic(http.ErrAbortHandler)
	}
}

var errPanic = errors.New("panic")

func (m *Middleware) logPanic(r *http.Request, rec *carrier.Record, p any, stack []byte) {
	defer ignorePanic() // of the logger: the client must get its answer
	m.logger.LogAttrs(r.Context(), slog.LevelError, "panic",
		slog.String("correlation_id", rec.Facts().CorrelationID),
		slog.String("value", sanitize.Text(fmt.Sprint(p))),
		slog.String("stack", string(stack)),
	)
}
