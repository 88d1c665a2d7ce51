package httperr

import (
	"context"
	"errors"
	"io"
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
// never sent to one. failed says that the handler failed, even if the response
// puts that down to the client.
func (m *Middleware) classifyError(r *http.Request, err error) (e *Error, failed bool) {
	if a, ok := errors.AsType[answerer](err); ok {
		err = a.Answer(r, err)
	}
	e = m.recognise(r, err)
	if failed = e.Status >= 500; failed && !errors.Is(err, errPanic) {
		if fault := clientFault(r, err); fault != nil {
			e = fault.With(err)
		}
	}
	return e, failed
}

// recognise returns the response of err, as if the client had done nothing wrong.
func (m *Middleware) recognise(r *http.Request, err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok && e != nil {
		return e.validated()
	}
	for _, f := range m.cfg.Classify {
		if e := f(err); e != nil {
			return e.validated()
		}
	}
	if isTooLarge(err) {
		return ErrBodyTooLarge.With(err)
	}
	switch {
	case err == nil:
		return ErrInternal.With(errors.New("httperr: a refusal without a reason"))
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

// clientFault returns the Error of a request that failed because the client broke
// it off, or nil. Otherwise a client could cause failures of the server, and with
// them alerts, as often as it likes.
//
// If the client left, every failure is put down to that: many drivers return an
// error of their own then, which does not wrap context.Canceled. If the body could
// not be read, only the failure with that very error is.
func clientFault(r *http.Request, err error) *Error {
	if rec := carrier.From(r.Context()); rec != nil {
		if bodyErr := rec.BodyError(); bodyErr != nil && errors.Is(err, bodyErr) {
			switch {
			case isTooLarge(bodyErr):
				return ErrBodyTooLarge
			case errors.Is(bodyErr, os.ErrDeadlineExceeded):
				return ErrRequestTimeout
			case errors.Is(bodyErr, io.ErrUnexpectedEOF):
				return ErrBodyIncomplete // the client may still read the answer
			case requestCancelled(r): // after the deadline, since the server cancels after each failure of a connection
				return errClientClosed
			}
			return ErrBodyIncomplete
		}
	}
	if requestCancelled(r) {
		return errClientClosed
	}
	return nil
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

// isTooLarge reports whether err comes from http.MaxBytesReader.
func isTooLarge(err error) bool {
	_, ok := errors.AsType[*http.MaxBytesError](err)
	return ok
}

// fromClient reports whether a deadline error comes from the connection of the
// client. A client that is too slow to send its body and a database that is too
// slow to answer both cause os.ErrDeadlineExceeded; only the address differs. The
// error of an HTTP/2 client has no address: it is the client's if reading the body
// failed with it. Without the outermost layer that is not known, and every such
// error of an HTTP/2 request counts as the client's.
func fromClient(r *http.Request, err error) bool {
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return false // a file or a pipe
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Addr != nil && op.Addr.String() == r.RemoteAddr
	}
	rec := carrier.From(r.Context())
	if rec == nil || rec.Facts().Outer == nil {
		return r.ProtoMajor >= 2
	}
	bodyErr := rec.BodyError()
	return bodyErr != nil && errors.Is(err, bodyErr)
}
