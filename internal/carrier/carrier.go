// Package carrier holds the one mutable record that a request takes through the whole
// chain.
//
// # Use
//
//	rec, c := carrier.Ensure(r)
//	defer carrier.Restore(r, c)
//	rec.Update(func(f *carrier.Facts) { f.Limit = "login" })
//	next.ServeHTTP(w, c) // inner layers find rec with carrier.From
//	refused := rec.Facts().Code
//
// # Invariant
//
// Context values flow only down, and each WithContext copies the request. So the
// middleware of this library that runs first puts one Record into the context, and all
// others fill in its facts. The outermost layer then sees the principal and the reason
// of a refusal that an inner layer decided. This costs one context write instead of one
// for each layer.
//
// The Record is itself the context.Context that carries it, and it holds the copy of the
// request: one allocation instead of three. It is never pooled, because net/http may still
// read a response header that points into it after the handler has returned, and
// http.TimeoutHandler may leave a handler running that still writes to it.
//
// # Place in the chain
//
// Every middleware package uses the carrier. The carrier imports no package of this
// library.
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
	Traceparent   string // well-formed (W3C Trace Context), as the client sent it

	// Outer is the outermost layer, an *httperr.Middleware. A layer that writes a
	// refusal gets from it how to write the refusal.
	Outer any
	Hash  *CredentialHash // set by the outermost layer

	// Client, Scheme and Host come from a trusted proxy or from the connection itself.
	// They are zero until a layer has resolved them.
	Client netip.Addr
	Scheme string
	Host   string

	// Principal is an *authn.Principal. Its type is any because this package imports no
	// package of the library. Issuer, Subject, TokenID and AuthMethod are copies of the
	// identifying parts of the principal and its credential.
	Principal  any
	Issuer     string
	Subject    string
	TokenID    string
	AuthMethod string
	Peer       any         // a *mtls.Peer: the caller by its certificate, beside Principal
	Challenges *Challenges // of the innermost layer that authenticates; do not change
	Credential string      // keyed hash of a refused credential

	Route string // pattern of the router, never the raw path
	Rule  string // authorization requirement that decided
	Limit string // name of the limit that refused

	// Reason is the reason that a decider gave for the decision of Rule, or "". The layer that
	// sets Rule sets it too.
	Reason string

	Code   string // code of the refusal
	Cause  error  // private cause of the refusal
	Status int    // status of a decision for which no response was written
	Events Events // what happened, in the vocabulary of the audit trail

	Ignored uint32 // members of the body that validate did not know and ignored

	// Owned says that the principal owns the object that the innermost guard of objects
	// has checked. A guard sets it for the owner and clears it for each other caller whom
	// it admits.
	Owned bool
}

// Challenges are for the responses of an inner layer. They are the same for all requests.
type Challenges struct {
	NoCredentials    []string // the values of WWW-Authenticate for a client without a principal
	ResourceMetadata string   // URL of the metadata for bearer challenges (RFC 9728, section 5.1), or ""
	Headers          []string // fields other than Authorization and Cookie from which a credential is read
}

// TraceID returns the trace-id of Traceparent. Use it as a name only, and do not trust
// it.
func (f *Facts) TraceID() string {
	const start, end = 3, 35 // after the version
	if len(f.Traceparent) < end {
		return ""
	}
	return f.Traceparent[start:end]
}

// Events is a set of the events that an audit trail has a word for. Package audit
// defines the words.
type Events uint16

// The events. Package audit lists their words in the same order.
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
	ClaimsUnread
	ExpiredIgnored
)

// A Record carries Facts. Several goroutines may call its methods, also after the
// request has ended.
type Record struct {
	context.Context // the context of the request before Attach
	request         http.Request

	mu    sync.Mutex
	facts Facts

	bodyError atomic.Pointer[error] // see NoteBodyError

	promised [2]Promise    // the first promises: of headers and cors
	more     *morePromises // nil for most requests

	// The array has room for the response headers of the usual chain: 1 for the
	// correlation ID, 8 for headers.API, 3 for cors, 2 for each limiter, 4 for a refusal.
	// Further headers cost an allocation of their own. Every request pays for room that it
	// does not use: one more string would take the allocation of the outermost layer to
	// the next size class, 1408 bytes.
	used     atomic.Int32
	promises uint8 // number of elements of promised in use
	values   [19]string
}

type key struct{}

// From returns the record of ctx, or nil.
func From(ctx context.Context) *Record {
	rec, _ := ctx.Value(key{}).(*Record)
	return rec
}

// Ensure returns the record of r and the request that carries it. That request is r
// itself if r already carries a record, otherwise a copy of r.
func Ensure(r *http.Request) (*Record, *http.Request) {
	if rec := From(r.Context()); rec != nil {
		return rec, r
	}
	rec := new(Record)
	return rec, rec.Attach(r)
}

// Attach returns a copy of r that carries rec. Call it once, before rec is shared. A
// layer whose Record is part of a larger allocation calls it instead of Ensure.
func (rec *Record) Attach(r *http.Request) *http.Request {
	rec.Context = r.Context()
	rec.request = *r.WithContext(rec) // the compiler keeps the intermediate copy on the stack
	return &rec.request
}

// Restore notes in r what the handlers of c, a copy of r, have noted in c, as if there were no
// copy: the pattern of a ServeMux, and a parsed form, whose temporary files net/http deletes
// through its own request. A layer that called Ensure or Attach defers it. It writes nothing
// that has not changed, because a test may serve one request several times at a time.
func Restore(r, c *http.Request) {
	if r.Pattern != c.Pattern {
		r.Pattern = c.Pattern
	}
	if r.MultipartForm != c.MultipartForm {
		r.MultipartForm = c.MultipartForm
	}
}

// Value implements context.Context.
func (rec *Record) Value(k any) any {
	if k == (key{}) {
		return rec
	}
	return rec.Context.Value(k)
}

// String keeps the facts secret if the context is printed by mistake.
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

// Panicked reports whether a layer has recorded a panic.
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

// Values returns n strings for response-header values that no other request and no
// other header shares. They come out of the record's own array while it lasts, so that
// most headers cost no allocation. A nil Record allocates.
//
// A caller that sets several headers cuts the strings out with a capped slice,
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
