package validate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strconv"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/validate/internal/check"
)

// Handler makes an http.Handler of a function from a decoded request to a result.
// It is [Handle] with a Schema of the zero Config. It panics if New refuses In, as
// http.ServeMux.Handle does for a faulty pattern: at the start of the program.
func Handler[In, Out any](fn func(context.Context, *In) (*Out, error)) http.Handler {
	return Handle(mustNew[In](), fn)
}

// Handle answers with the result of fn as JSON. The status is 200, or the result of its method
// StatusCode() int (200–299, or 304), or 204 if the result is nil. An error of
// fn is answered by httperr.Write. fn is not called for a request that is refused. A [Fault]
// that only fn can find, such as a name that is taken, is answered like a fault of the request.
//
// A method SetHeader(http.Header) of the result sets header fields, such as
// Location and ETag. It gets the fields that middleware in front has set already:
//
//	func (n *Note) SetHeader(h http.Header) { h.Set("ETag", n.Version) }
//
// SetHeader is called after the result is encoded, and not if an error is the answer. It cannot
// change Content-Type, Content-Length and X-Content-Type-Options, which describe the JSON.
// A response 204, 205 or 304 has no content: SetHeader cannot set its Content-Type and
// Content-Length, and Handle sets none of the three fields. To answer 304, fn reads a field
// tagged header:"If-None-Match".
//
// The http.Handler describes its request and its response for package validate/openapi.
//
// For another kind of answer, such as a file or a redirect, use
// [Schema.Middleware] and [From].
func Handle[In, Out any](s *Schema[In], fn func(context.Context, *In) (*Out, error)) http.Handler {
	if s == nil || fn == nil {
		panic("validate: Handle of a nil Schema or function")
	}
	return s.described(reflect.TypeFor[Out](), func(w http.ResponseWriter, r *http.Request) {
		in, err := s.Decode(w, r)
		if err != nil {
			s.compiled.refuse(w, r, err)
			return
		}
		out, err := fn(r.Context(), in)
		if err == nil && out == nil {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		if err == nil {
			err = respond(w, r, out)
		}
		if err == nil {
			return
		}
		if err = s.compiled.adapt(r, check.Refusal(nil, err)); errors.Is(err, ErrInvalid) {
			s.compiled.cfg.Deny(w, r, err)
			return
		}
		httperr.Write(w, r, err)
	})
}

// refuse answers a request that is refused. The server reads the rest of the body before it
// answers or closes the connection, so the rest needs a deadline too.
func (c *compiled) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, ErrMediaType) || errors.Is(err, httperr.ErrBodyTooLarge) { // the body was not read to its end
		limitTime(&c.cfg, w, r)
	}
	c.cfg.Deny(w, r, err)
}

// respond encodes the whole result before it sends the first byte, so that a result
// that cannot be encoded is answered by an error.
func respond(w http.ResponseWriter, r *http.Request, out any) error {
	status := http.StatusOK
	if s, ok := out.(interface{ StatusCode() int }); ok {
		if status = s.StatusCode(); (status < 200 || status > 299) && status != http.StatusNotModified {
			return httperr.ErrInternal.With(errors.New("validate: StatusCode returned " + strconv.Itoa(status)))
		}
	}
	content := status != http.StatusNoContent && status != http.StatusResetContent && status != http.StatusNotModified
	var body bytes.Buffer
	if content {
		if err := json.NewEncoder(&body).Encode(out); err != nil {
			return httperr.ErrInternal.With(err)
		}
	}
	h := w.Header()
	if s, ok := out.(interface{ SetHeader(http.Header) }); ok {
		s.SetHeader(h)
		delete(h, "Transfer-Encoding") // with it, net/http would send no Content-Length
		if !content {
			delete(h, "Content-Type")
			delete(h, "Content-Length")
		}
	}
	if content {
		v := carrier.From(r.Context()).Values(3)
		v[0], v[1], v[2] = "application/json; charset=utf-8", "nosniff", strconv.Itoa(body.Len())
		h["Content-Type"], h["X-Content-Type-Options"], h["Content-Length"] = v[0:1:1], v[1:2:2], v[2:3:3]
	}
	w.WriteHeader(status)
	if content && r.Method != http.MethodHead {
		_, _ = w.Write(body.Bytes())
	}
	return nil
}
