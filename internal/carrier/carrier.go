// Package carrier holds the one mutable record that a request takes through
// the whole chain.
//
// Context values flow down and never up, and each WithContext copies the
// request. So the first of our layers puts one Record into the
// context, and the others fill it in: the outermost layer then sees the
// principal and the reason of a refusal that was decided deep inside, for one
// context write instead of one per layer.
//
// The Record is itself the context.Context that carries it (one allocation
// instead of two), and it is never pooled: net/http may still read a response
// header that points into it after the handler has returned, and
// http.TimeoutHandler may leave a handler running that still writes to it.
package carrier

import (
	"context"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
)

// Facts are the findings of the layers about a request so far.
type Facts struct {
	CorrelationID string
	Traceparent   string // well-formed (W3C Trace Context), as it came in

	// Outer is the outermost layer, an *httperr.Middleware. It decides the form of
	// a refusal.
	Outer any
	Hash  *CredentialHash // of the outermost layer

	// Client, Scheme and Host come from a trusted proxy, or from the
	// connection itself; zero until a layer resolved them.
	Client netip.Addr
	Scheme string
	Host   string

	// Principal is an *authn.Principal; it is untyped because this package
	// imports nothing of ours. The strings are the parts of it that
	// identify the principal and its credential.
	Principal  any
	Issuer     string
	Subject    string
	TokenID    string
	AuthMethod string
	Challenges []string // how to authenticate, for a request without a principal; not to be changed
	Credential string   // keyed hash of a credential that was refused

	Route string // pattern of the router, never the raw path
	Rule  string // authorization requirement that decided
	Limit string // name of the limit that refused

	Code   string // code of the refusal
	Cause  error  // private cause of the refusal
	Status int    // status decided without a response having been written
	Events Events // in the vocabulary of the audit trail
}

// TraceID returns the trace-id of Traceparent. It names and is never trusted.
func (f *Facts) TraceID() string {
	const start, end = 3, 35 // behind the version
	if len(f.Traceparent) < end {
		return ""
	}
	return f.Traceparent[start:end]
}

// Events is a set of the events that an audit trail has a word for. Package audit gives
// the words.
type Events uint16

// The events. They have the order of the words in package audit.
const (
	AuthFailed Events = 1 << iota
	AuthSucceeded
	AuthzDenied
	RateLimited
	ValidateRejected
	SessionReuse
	KeyExpired
	Lockout
	Panic
	StoreDegraded
)

// A Record carries Facts. Its methods may be called from several goroutines,
// also after the request has ended.
type Record struct {
	context.Context // the context it was attached to

	mu    sync.Mutex
	facts Facts

	bodyError atomic.Pointer[error] // see NoteBodyError

	// The headers of a response out of the usual chain: 1 of the correlation
	// ID, 7 of headers.API, 2 of each limiter; 4 of a refusal. A header beyond these,
	// such as that of cors, costs an allocation of its own, and every request
	// pays for room that it does not use: two more would take the memory that the
	// outermost layer allocates to the next size class.
	used   atomic.Int32
	values [14]string
}

type key struct{}

// From returns the record of ctx, or nil.
func From(ctx context.Context) *Record {
	rec, _ := ctx.Value(key{}).(*Record)
	return rec
}

// Ensure returns the record of r and the request that carries it: r itself if
// it already does, otherwise a copy of r.
func Ensure(r *http.Request) (*Record, *http.Request) {
	if rec := From(r.Context()); rec != nil {
		return rec, r
	}
	rec := new(Record)
	return rec, rec.Attach(r)
}

// Attach returns a copy of r that carries rec. It must be called once, before
// rec is shared: a Record that is part of a larger allocation starts here.
func (rec *Record) Attach(r *http.Request) *http.Request {
	rec.Context = r.Context()
	return r.WithContext(rec)
}

// Value implements context.Context.
func (rec *Record) Value(k any) any {
	if k == (key{}) {
		return rec
	}
	return rec.Context.Value(k)
}

// String keeps a context that is printed by mistake from printing the facts.
func (rec *Record) String() string { return "sallyport request record" }

// GoString is String for the verb %#v.
func (rec *Record) GoString() string { return rec.String() }

// Update lets f change the facts. f must neither block nor keep the pointer.
func (rec *Record) Update(f func(*Facts)) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	f(&rec.facts)
}

// Facts returns a copy of the facts.
func (rec *Record) Facts() Facts {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return rec.facts
}

// client returns the Client of the facts.
func (rec *Record) client() netip.Addr {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return rec.facts.Client
}

// Panicked reports whether a panic was noted.
func (rec *Record) Panicked() bool {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return rec.facts.Events&Panic != 0
}

// NoteBodyError stores the first error with which the body of the request could
// not be read.
func (rec *Record) NoteBodyError(err error) {
	if rec.bodyError.Load() == nil {
		rec.bodyError.CompareAndSwap(nil, &err)
	}
}

// BodyError returns the error that NoteBodyError stored, or nil.
func (rec *Record) BodyError() error {
	if err := rec.bodyError.Load(); err != nil {
		return *err
	}
	return nil
}

// Values returns n strings for response-header values that no other request
// and no other header shares. They come out of the record's own array while it
// lasts, so that most headers cost no allocation; a nil Record allocates.
//
// A caller that sets several headers cuts them out with a capped slice,
// v[i:i+1:i+1], so that an append by a handler cannot reach a neighbour.
func (rec *Record) Values(n int) []string {
	if rec != nil && rec.used.Load() < int32(len(rec.values)) {
		end := int(rec.used.Add(int32(n)))
		if end <= len(rec.values) {
			return rec.values[end-n : end : end]
		}
	}
	return make([]string, n)
}

// SetHeader sets one response header. name must be in canonical form.
func (rec *Record) SetHeader(h http.Header, name, value string) {
	v := rec.Values(1)
	v[0] = value
	h[name] = v
}
