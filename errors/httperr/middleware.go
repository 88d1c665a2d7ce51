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

	// Logger receives the stack of each panic, each failure of Sink, Observe
	// and Route, and the records if Sink is nil. Nil is the logger that
	// slog.Default returns when New is called.
	Logger *slog.Logger

	// Sink receives one record per request, after the response. Nil is
	// audit.Log(Logger). To write no records, give Logger a slog.DiscardHandler.
	Sink audit.Sink

	// Observe receives the same record without its Path, for metrics. Nil is off.
	Observe func(audit.Record)

	// Encoder writes the body of every refusal. Nil is the envelope of this
	// package; see also ProblemJSON.
	Encoder Encoder

	// Route returns the pattern that a router other than http.ServeMux matched,
	// or "" if no pattern matched. The pattern must not hold values of the
	// request. Route is called after the handler, with the request that Handler
	// got. Most routers keep the pattern in a copy of the request, which Route never
	// sees: see NoteRoute for these routers. For chi, with Handler passed to Use:
	//
	//	func(r *http.Request) string { return chi.RouteContext(r.Context()).RoutePattern() }
	Route func(*http.Request) string

	// Classify recognises errors that this package does not know, such as the
	// errors of a store. Each function returns an Error for an error that it
	// recognises, and nil for every other error. An *Error in the tree of the
	// error comes first, then these functions in order, then the built-in
	// rules.
	Classify []func(error) *Error

	// CorrelationHeader is the name of the header that has the correlation ID, in
	// requests, in responses and in the requests of Propagate. Empty is
	// X-Correlation-ID; another common name is X-Request-ID. Names of headers that have
	// another meaning are refused.
	CorrelationHeader string

	// TrustInbound reports whether the peer that sent the request may choose
	// the correlation ID, because the peer is a gateway of yours; see
	// TrustPeers. It is called only for requests that carry exactly one
	// CorrelationHeader of the form [A-Za-z0-9._-]{1,64}. All other values of
	// that header are ignored. Nil trusts no peer: a stranger could choose an
	// ID that another request has already.
	TrustInbound func(*http.Request) bool

	// CredentialKey is the key of the hashes that stand for refused credentials
	// in the records. A hash lets you follow one credential from request to
	// request without knowing it. The hash is the first 16 hexadecimal digits of
	// HMAC-SHA-256 over the whole credential; of a credential longer than 256
	// bytes only the first and the last 128 bytes are hashed. The key has 32
	// bytes or more; nil is a random key for each Middleware.
	CredentialKey []byte
}

// Middleware is the outermost layer. It is safe for concurrent use. Make one
// with New; the zero Middleware is not usable.
type Middleware struct {
	cfg  Config // with defaults, and without CredentialKey
	hash *carrier.CredentialHash
}

// New returns the outermost layer, or all faults of cfg joined. It refuses nil
// functions in Classify, a Sink or an Encoder that is a nil pointer or function,
// an Encoder whose ContentType is not a media type, a CorrelationHeader that is
// not the name of a header or has another meaning, and a CredentialKey of less than
// 32 bytes.
func New(cfg Config) (*Middleware, error) {
	cfg.Classify = slices.Clone(cfg.Classify)
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	if cfg.Sink == nil {
		cfg.Sink = audit.Log(cfg.Logger)
	}
	if cfg.Encoder == nil {
		cfg.Encoder = envelope{}
	}
	if cfg.CorrelationHeader == "" {
		cfg.CorrelationHeader = defaultCorrelationHeader
	}
	key := slices.Clone(cfg.CredentialKey)
	if key == nil {
		key = make([]byte, 32)
		_, _ = rand.Read(key) // it never fails
	}
	cfg.CredentialKey = nil
	faults := ConfigFaults{Package: "httperr"}
	for i, f := range cfg.Classify {
		if f == nil {
			faults.Add(fmt.Sprintf("Classify[%d]", i), nil, "is nil", "leave it out")
		}
	}
	if nilcheck.Nil(cfg.Sink) {
		faults.Add("Sink", nil, "is a nil pointer or function", "leave it out, or check the error of what made it")
	}
	if nilcheck.Nil(cfg.Encoder) {
		faults.Add("Encoder", nil, "is a nil pointer or function", "leave it out, or check the error of what made it")
	} else if t := cfg.Encoder.ContentType(); !validContentType(t) {
		faults.Add("Encoder", t, "its ContentType is not a media type", `return one such as "application/json"`)
	}
	checkCorrelationHeader(&faults, cfg.CorrelationHeader)
	cfg.CorrelationHeader = http.CanonicalHeaderKey(cfg.CorrelationHeader)
	if len(key) < 32 {
		faults.Add("CredentialKey", nil, fmt.Sprintf("%d bytes can be guessed", len(key)), "use 32 random bytes, or nil")
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	return &Middleware{cfg: cfg, hash: carrier.NewCredentialHash(key)}, nil
}

// CorrelationHeader returns the name of the header that has the correlation ID, in canonical
// form.
func (m *Middleware) CorrelationHeader() string { return m.cfg.CorrelationHeader }

// exchange holds the state of one request in a single allocation.
type exchange struct {
	rec     carrier.Record
	writer  connTracker
	body    trackedBody
	outer   *http.Request // as net/http knows it, or a layer outside
	request *http.Request
	start   time.Time
}

// Handler gives each request a correlation ID and sets it in the response header
// Config.CorrelationHeader before next runs. It recovers panics of next, and it writes
// one record when next has ended.
//
// A panic is answered with 500 internal_error. If the response has already
// begun, or the panic is http.ErrAbortHandler, Handler aborts the connection
// instead: an error body must never follow the first part of another response.
//
// Inside another Handler of this package, Handler only runs next.
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
		x := &exchange{outer: r, start: time.Now()}
		if rec == nil {
			rec = &x.rec
			r = rec.Attach(r)
		}
		x.request = r
		trackBody(r, rec, &x.body)
		t, w := track(w, &x.writer)
		t.outermost, t.rec = m, rec
		defer x.finish(rec, t, w)
		t.id = m.assignID(rec, r, x.start)
		rec.SetHeader(w.Header(), m.cfg.CorrelationHeader, t.id)
		next.ServeHTTP(w, r)
		t.returned = true
		if !t.committed() {
			t.settle(http.StatusOK) // net/http sends the headers, and no method of t is called
		}
	})
}

// finish is deferred, so it runs however next ended: by a return, by a panic, or
// by runtime.Goexit. After Goexit, returned is false and recover returns nil.
func (x *exchange) finish(rec *carrier.Record, t *tracker, w http.ResponseWriter) {
	p := recover()
	carrier.Restore(x.outer, x.request)
	abort := (p == http.ErrAbortHandler || p == nil && !t.returned) && !t.replaced
	if p != nil && p != http.ErrAbortHandler {
		t.outermost.logPanic(x.request, rec, p, debug.Stack())
		if abort = t.committed() && !t.replaced; !abort && !t.replaced {
			Write(w, x.request, ErrInternal.With(errPanic))
		}
		rec.Update(func(f *carrier.Facts) { f.Cause, f.Events = errPanic, f.Events|carrier.Panic })
	}
	t.outermost.emit(x.request, rec, t, x.start, abort)
	if p != nil && abort {
		panic(http.ErrAbortHandler)
	}
}

var errPanic = errors.New("panic")

func (m *Middleware) logPanic(r *http.Request, rec *carrier.Record, p any, stack []byte) {
	defer ignorePanic() // the client must get its answer even if the logger panics
	m.cfg.Logger.LogAttrs(r.Context(), slog.LevelError, "panic",
		slog.String("correlation_id", rec.Facts().CorrelationID),
		slog.String("value", sanitize.Text(fmt.Sprint(p))),
		slog.String("stack", string(stack)),
	)
}
