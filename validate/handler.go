package validate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	httperr "github.com/go-sallyport/sallyport/errors"

	"github.com/go-sallyport/sallyport/internal/carrier"
)

// Handler makes an http.Handler of a function from a decoded body to a result.
// It is [Handle] with the zero Config, and panics if New refuses In, as
// http.ServeMux.Handle does for a faulty pattern: at the start of the program.
func Handler[In, Out any](fn func(context.Context, *In) (*Out, error)) http.Handler {
	return Handle(must[In](), fn)
}

// Handle answers with the result of fn as JSON: 200, or what its method
// StatusCode() int returns (200–299), or 204 if it is nil. An error of fn is
// answered by httperr.Write. fn does not see a request that is refused.
func Handle[In, Out any](s *Schema[In], fn func(context.Context, *In) (*Out, error)) http.Handler {
	if s == nil || fn == nil {
		panic("validate: Handle of a nil Schema or function")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in, err := s.Decode(w, r)
		if err != nil {
			s.core.answer(w, r, err)
			return
		}
		out, err := fn(r.Context(), in)
		if err == nil {
			err = respond(w, r, out, out == nil)
		}
		if err != nil {
			httperr.Write(w, r, err)
		}
	})
}

// answer answers a request that is refused. The server reads what is left of
// its body, before it answers or before it closes, and has all the time that
// the client takes for it.
func (c *core) answer(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, ErrMediaType) || errors.Is(err, ErrTooLarge) { // the refusals that leave any of it
		c.deadline(w, r)
	}
	c.deny(w, r, err)
}

// respond encodes all of the result before any of it is sent, so that a result
// that cannot be encoded is still answered by an error.
func respond(w http.ResponseWriter, r *http.Request, out any, none bool) error {
	if none {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	status := http.StatusOK
	if s, ok := out.(interface{ StatusCode() int }); ok {
		if status = s.StatusCode(); status < 200 || status > 299 {
			return httperr.ErrInternal.With(errors.New("validate: StatusCode returned " + strconv.Itoa(status)))
		}
	}
	if status == http.StatusNoContent || status == http.StatusResetContent {
		w.WriteHeader(status)
		return nil
	}
	var body bytes.Buffer
	if err := json.NewEncoder(&body).Encode(out); err != nil {
		return httperr.ErrInternal.With(err)
	}
	h := w.Header()
	v := carrier.From(r.Context()).Values(3)
	v[0], v[1], v[2] = "application/json; charset=utf-8", "nosniff", strconv.Itoa(body.Len())
	h["Content-Type"], h["X-Content-Type-Options"], h["Content-Length"] = v[0:1:1], v[1:2:2], v[2:3:3]
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body.Bytes())
	}
	return nil
}
