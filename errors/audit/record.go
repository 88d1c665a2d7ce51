package audit

import (
	"context"
	"net/netip"
	"time"
)

// Record describes a finished request. Fields that do not apply are zero.
//
// Path helps to find the cause of a request that no route matched. It is at most
// 128 bytes of the path without the query. A segment that may be an identifier or
// a secret, because it has a digit, a character other than ASCII letters, dots,
// hyphens and underscores, or more than 24 bytes, is "*"; a version such as v1
// stays. A client can send any number of different paths, so Path is in no metric
// and no alert: the record for Config.Observe of package httperr has none.
type Record struct {
	Time     time.Time     // arrival of the request
	Duration time.Duration // from Time until the last layer returned

	CorrelationID string
	TraceID       string // trace-id of W3C Trace Context, 32 hexadecimal digits

	Method  string     // a method of RFC 9110 or RFC 5789, or "other"
	Route   string     // pattern of the router without method, or "unmatched"
	Path    string     // masked path of an unmatched request; only in the record for the Sink
	Status  int        // status of the response; 0 if it was aborted before it began
	Bytes   int64      // bytes of the body that was sent
	Aborted bool       // the connection was aborted
	Peer    netip.Addr // other end of the connection: the client, or a proxy
	Client  netip.Addr // address of the client, if a layer resolved it

	Principal  string // subject of the principal
	Issuer     string // issuer of the principal; issuer and subject together are an identity
	TokenID    string // identifier of the credential: jti, or ID of the key
	Auth       string // kind of credential that was verified, such as "jwt"
	Credential string // keyed hash of a credential that was refused
	Rule       string // authorization requirement that decided
	Reason     string // reason that a Decider of package authz gave, such as the IDs of policies
	Limit      string // name of the limit that refused the request
	Code       string // code of the refusal, as the client saw it
	Events     Events
	Ignored    int // members of the body that package validate did not know and ignored

	// Cause is the error behind a refusal. It tells more than Code and is only
	// for the log. Its text, and the text of Reason, may hold anything; package safelog masks
	// both.
	Cause error
}

// Sink takes the records. It must be safe for concurrent use. Emit is called
// after the response, but the request ends only when Emit returns. The outermost
// layer logs an error or a panic of Emit. Emit must not call runtime.Goexit, which
// would end the connection of the client; behind Async it only loses the record.
type Sink interface {
	Emit(ctx context.Context, r Record) error
}

// Func is a function that implements Sink.
type Func func(ctx context.Context, r Record) error

// Emit calls f.
func (f Func) Emit(ctx context.Context, r Record) error { return f(ctx, r) }
