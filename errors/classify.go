package httperr

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
)

// classify finds the response of err. What is not recognised is an internal
// error: a message that nobody meant for a client is never shown to one.
func classify(r *http.Request, err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.public()
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return errBodyTooLarge.With(err)
	}
	switch {
	case err == nil:
		return ErrInternal.With(errors.New("httperr: a refusal without a reason"))
	case errors.Is(err, context.Canceled):
		// Only if the request itself was cancelled did the client leave. An
		// errgroup that cancels its siblings is our failure, not the client's.
		if errors.Is(r.Context().Err(), context.Canceled) {
			return errClientClosed.With(err)
		}
	case errors.Is(err, context.DeadlineExceeded):
		return errTimeout.With(err)
	case errors.Is(err, http.ErrHandlerTimeout):
		return errBodyTimeout.With(err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		if fromClient(r, err) {
			return errBodyTimeout.With(err)
		}
		return errTimeout.With(err)
	}
	return ErrInternal.With(err)
}

// fromClient tells a client that was too slow to send its body from a database
// that was too slow to answer: both end in the same error of package os. Only
// the address tells them apart; HTTP/2 reports the client's without one.
func fromClient(r *http.Request, err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return !ok || op.Addr != nil && op.Addr.String() == r.RemoteAddr
}
