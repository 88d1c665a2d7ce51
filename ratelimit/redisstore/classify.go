package redisstore

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// ErrUnavailable is the refusal of a request about which Redis could not be
// asked, if nobody else decides: 503 with Retry-After (RFC 9110, sections
// 15.6.4 and 10.2.3).
var ErrUnavailable = ratelimit.ErrUnavailable

// A Kind says what kept a decision from being made, for a metric or an alarm.
type Kind string

// The kinds of [Error].
const (
	Canceled   Kind = "canceled"     // the caller's context was cancelled
	Deadline   Kind = "deadline"     // no answer in time; units may or may not have been spent
	Refused    Kind = "refused"      // no connection could be made
	Reset      Kind = "reset"        // the connection broke; units may or may not have been spent
	EOF        Kind = "eof"          // the server closed the connection; units may or may not have been spent
	Pool       Kind = "pool"         // no connection was free, or the server has too many
	Closed     Kind = "closed"       // the Store is closed
	Down       Kind = "cluster_down" // CLUSTERDOWN or MASTERDOWN
	Moved      Kind = "moved"        // MOVED, ASK, TRYAGAIN or CROSSSLOT that redirects did not solve
	ReadOnly   Kind = "read_only"    // a replica was asked, as after a failover
	Loading    Kind = "loading"      // the server reads its data, or runs a long script
	NoScript   Kind = "no_script"    // the script was unknown, even when sent in full
	OOM        Kind = "oom"          // maxmemory is reached
	NoAuth     Kind = "no_auth"      // NOAUTH, WRONGPASS or NOPERM
	Corrupt    Kind = "corrupt"      // the key holds what this package did not write
	Unexpected Kind = "unexpected"   // anything else
)

// An Error is why a [ratelimit.Counter] has decided nothing. Nothing in it is
// fit for a client.
type Error struct {
	Kind Kind
	Err  error
}

// Error reads "redisstore: deadline: i/o timeout".
func (e *Error) Error() string { return "redisstore: " + string(e.Kind) + ": " + e.Err.Error() }

// Unwrap returns the error of the network or of Redis.
func (e *Error) Unwrap() error { return e.Err }

// OfKey reports whether Redis has answered and only what it holds of this key is
// of no use, which is Kind [Corrupt]: no reason to leave it alone, see
// [ratelimit.Counter].
func (e *Error) OfKey() bool { return e.Kind == Corrupt }

// Classify returns ErrUnavailable with err as its cause if err comes from this
// package, and nil otherwise. It fits Classify of the Config of package errors.
func Classify(err error) *httperr.Error {
	if e, ok := errors.AsType[*Error](err); ok && e != nil {
		return ErrUnavailable.With(err)
	}
	return nil
}

var errCorrupt = errors.New("the key holds something else")

// wrap gives err its Kind.
func wrap(err error) error {
	if err == nil {
		return nil
	}
	err = unseal(err)
	if _, ok := errors.AsType[*Error](err); ok {
		return err
	}
	return &Error{Kind: kindOf(err), Err: err}
}

func kindOf(err error) Kind {
	if e, ok := errors.AsType[redis.Error](err); ok {
		return kindOfReply(e.Error())
	}
	if n, ok := errors.AsType[net.Error](err); ok && n.Timeout() {
		return Deadline
	}
	op, ok := errors.AsType[*net.OpError](err)
	switch {
	case errors.Is(err, errCorrupt):
		return Corrupt
	case errors.Is(err, context.Canceled):
		return Canceled
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return Deadline
	case errors.Is(err, redis.ErrPoolTimeout), errors.Is(err, redis.ErrPoolExhausted):
		return Pool
	case errors.Is(err, redis.ErrClosed):
		return Closed
	case errors.Is(err, syscall.ECONNREFUSED), ok && op.Op == "dial":
		return Refused
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, net.ErrClosed):
		return Reset
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return EOF
	}
	return Unexpected
}

var replies = []struct {
	word string
	kind Kind
}{
	{"CLUSTERDOWN", Down},
	{"MASTERDOWN", Down},
	{"MOVED", Moved},
	{"ASK", Moved},
	{"TRYAGAIN", Moved},
	{"CROSSSLOT", Moved},
	{"READONLY", ReadOnly},
	{"LOADING", Loading},
	{"BUSY", Loading},
	{"NOSCRIPT", NoScript},
	{"OOM", OOM},
	{"NOAUTH", NoAuth},
	{"WRONGPASS", NoAuth},
	{"NOPERM", NoAuth},
	{"WRONGTYPE", Corrupt},
}

// kindOfReply knows a reply by its first word. Servers before 7.0 put an error
// that a script ran into behind a prefix of their own and a dash.
func kindOfReply(text string) Kind {
	if strings.HasPrefix(text, "ERR max number of clients") {
		return Pool
	}
	word, _, _ := strings.Cut(text, " ")
	for _, r := range replies {
		if word == r.word || strings.Contains(text, "-"+r.word+" ") {
			return r.kind
		}
	}
	return Unexpected
}
