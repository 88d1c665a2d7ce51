package audit

import (
	"context"
	"net/netip"
	"time"
)

// Record is what is known of a request once it is over. Fields that do not
// apply are zero.
type Record struct {
	Time     time.Time     // when the request came in
	Duration time.Duration // until the last layer was done with it

	CorrelationID string
	TraceID       string // trace-id of W3C Trace Context, 32 hexadecimal digits

	Method  string     // a method of RFC 9110 or RFC 5789, or "other"
	Route   string     // pattern of the router without method, or "unmatched"
	Status  int        // status of the response; 0 if it was aborted before it began
	Bytes   int64      // of the body that was sent
	Aborted bool       // the connection was broken off
	Peer    netip.Addr // other end of the connection: the client, or a proxy
	Client  netip.Addr // address of the client, if a layer resolved it

	Principal  string // subject of the principal
	Issuer     string // who vouches for it; the two together are an identity
	TokenID    string // identifier of the credential: jti, or ID of the key
	Auth       string // kind of credential that was judged, such as "jwt"
	Credential string // keyed hash of a credential that was refused
	Rule       string // requirement of authorization that decided
	Limit      string // name of the limit that refused
	Code       string // code of the refusal, as the client saw it
	Events     Events

	// Cause is why a request was refused beyond what Code says, for the log
	// alone. Its text may hold anything; package safelog masks it.
	Cause error
}

// Sink takes the records. It must be safe for concurrent use. It is called in
// the course of the request, after the response; an error, or a panic, is logged
// by the outermost layer.
type Sink interface {
	Emit(ctx context.Context, r Record) error
}

// The Func type makes a Sink of a function.
type Func func(ctx context.Context, r Record) error

// Emit calls f.
func (f Func) Emit(ctx context.Context, r Record) error { return f(ctx, r) }
