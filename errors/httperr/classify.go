package httperr

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"os"

	"github.com/go-sallyport/sallyport/internal/carrier"
)

// classifyError finds the response of err. What is not recognised is an internal
// error: a message that nobody meant for a client is never shown to one.
func (m *Middleware) classifyError(r *http.Request, err error) *Error {
	left := errors.Is(err, context.Canceled) && cancelled(r)
	if e, ok := errors.AsType[*Error](err); ok && e != nil {
		if left && e.Status >= 500 {
			return errClientClosed.With(err) // no store was down, nobody waited for it
		}
		return e.public()
	}
	for _, f := range m.classify {
		if e := f(err); e != nil {
			return e.public()
		}
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return ErrBodyTooLarge.With(err)
	}
	switch {
	case err == nil:
		return ErrInternal.With(errors.New("httperr: a refusal without a reason"))
	case left:
		return errClientClosed.With(err)
	case errors.Is(err, context.DeadlineExceeded):
		return errTimeout.With(err)
	case errors.Is(err, http.ErrHandlerTimeout):
		return ErrRequestTimeout.With(err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		if fromClient(r, err) {
			return ErrRequestTimeout.With(err)
		}
		return errTimeout.With(err)
	}
	return ErrInternal.With(err)
}

// cancelled reports whether the request itself was cancelled, and not only what
// a layer inside made of its context: an errgroup that cancels its siblings is
// our failure, not the client's.
func cancelled(r *http.Request) bool {
	ctx := r.Context()
	if rec := carrier.From(ctx); rec != nil {
		ctx = rec.Context // as the outermost of our layers got it
	}
	return errors.Is(ctx.Err(), context.Canceled)
}

// fromClient tells a client that was too slow to send its body from a database
// that was too slow to answer: both end in the same error of package os. Only
// the address tells them apart; HTTP/2 reports the client's without one.
func fromClient(r *http.Request, err error) bool {
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return false // a file or a pipe
	}
	op, ok := errors.AsType[*net.OpError](err)
	return !ok || op.Addr != nil && op.Addr.String() == r.RemoteAddr
}
