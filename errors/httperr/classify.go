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

// An answerer is an error whose answer depends on all of the error that it is in, such as a
// validate.Fault, which may be one of several.
type answerer interface {
	error
	Answer(r *http.Request, err error) error
}

// classifyError returns the response of err. An error that it does not recognise
// is an internal error, so that a message which was not written for clients is
// never sent to one.
func (m *Middleware) classifyError(r *http.Request, err error) *Error {
	if a, ok := errors.AsType[answerer](err); ok {
		err = a.Answer(r, err)
	}
	clientLeft := errors.Is(err, context.Canceled) && requestCancelled(r)
	if e, ok := errors.AsType[*Error](err); ok && e != nil {
		if clientLeft && e.Status >= 500 {
			return errClientClosed.With(err) // the store did not fail: its caller stopped waiting
		}
		return e.validated()
	}
	for _, f := range m.cfg.Classify {
		if e := f(err); e != nil {
			return e.validated()
		}
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return ErrBodyTooLarge.With(err)
	}
	switch {
	case err == nil:
		return ErrInternal.With(errors.New("httperr: a refusal without a reason"))
	case clientLeft:
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

// requestCancelled reports whether the request itself was cancelled. It ignores
// contexts that inner layers derived from the context of the request: if an
// errgroup cancels its siblings, the server failed and the client did not leave.
func requestCancelled(r *http.Request) bool {
	ctx := r.Context()
	if rec := carrier.From(ctx); rec != nil {
		ctx = rec.Context // the context that the outermost layer got
	}
	return errors.Is(ctx.Err(), context.Canceled)
}

// fromClient reports whether a deadline error comes from the connection of the
// client. A client that is too slow to send its body and a database that is too
// slow to answer both cause os.ErrDeadlineExceeded; only the address differs. The
// error of an HTTP/2 client has no address.
func fromClient(r *http.Request, err error) bool {
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return false // a file or a pipe
	}
	op, ok := errors.AsType[*net.OpError](err)
	return !ok || op.Addr != nil && op.Addr.String() == r.RemoteAddr
}
