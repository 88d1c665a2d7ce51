package validate

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"

	"github.com/go-playground/validator/v10"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// core is a Schema without its type parameter.
type core struct {
	*limits
	root      *slot
	walk      *walk // to the rules; nil: there are none
	judges    *walk // to what judges itself, beside v
	validator *validator.Validate
	own       ownRules
	foreign   bool // some type may keep the bytes it is given to decode, as a File does
	messages  func(*http.Request, httperr.Fault) string
	deny      func(http.ResponseWriter, *http.Request, error)
	observe   func(*http.Request, Decision)
	sourcing
}

// decode reads the body of r into v, which points to a zero value of the type.
func (c *core) decode(w http.ResponseWriter, r *http.Request, v any) (n int, err error) {
	var in input
	none := len(c.root.node.members)+len(c.params[inForm]) == 0 // an operation without a body
	if none && bodiless(r) {
		if err := c.prepare(&in, r, v); err != nil {
			return 0, err
		}
		return 0, c.finish(r.Context(), &in, nil, v)
	}
	if err := c.admit(r); err != nil {
		return 0, err
	}
	if r.Body == nil {
		return 0, ErrNoBody.With(nil)
	}
	if err := c.prepare(&in, r, v); err != nil {
		return 0, err
	}
	var body []byte
	if c.foreign {
		// UnmarshalJSON may not keep its argument, but if it does, what it kept
		// must not become a part of the next request.
		body, err = c.read(w, r, make([]byte, 0, firstRead))
	} else {
		buf := buffers.Get().(*[]byte)
		body, err = c.read(w, r, (*buf)[:0])
		defer func() {
			if cap(body) <= maxPooled {
				*buf = body
				buffers.Put(buf)
			}
		}()
	}
	if err != nil {
		return len(body), err
	}
	if len(c.params[inForm]) > 0 {
		return len(body), c.form(r.Context(), &in, r.Header, body, v)
	}
	if none && len(body) == 0 { // so the end of it says, and not its header
		return 0, c.finish(r.Context(), &in, nil, v)
	}
	if blank(body) {
		return len(body), ErrNoBody.With(nil)
	}
	return len(body), c.json(&in, r, body, v)
}

// bodiless reports whether r has no body. The server of HTTP/2 does not say so
// by http.NoBody, as that of HTTP/1 does, but by the length alone.
func bodiless(r *http.Request) bool {
	return r.Body == nil || r.Body == http.NoBody || r.ProtoMajor > 1 && r.ContentLength == 0
}

// json turns a body into v.
func (c *core) json(in *input, r *http.Request, body []byte, v any) error {
	s := newScanner(c.limits, body)
	clean := s.run(c.root)
	if clean {
		s.release()
		if err := json.Unmarshal(body, v); err != nil {
			return c.report(in, r, body, v, nil, true)
		}
		return c.finish(r.Context(), in, body, v)
	}
	found := slices.Clone(s.findings)
	malformed, unsafe, truncated := s.malformed, s.unsafe, s.truncated
	s.release()
	switch {
	case malformed:
		return refusal(ErrMalformed, in.before(found), false)
	case unsafe:
		return refusal(ErrInvalid, in.before(found), truncated)
	}
	// What is left of the value is decoded after all, so that one answer tells
	// of the missing member and of the number that is too small.
	err := json.Unmarshal(body, v)
	return c.report(in, r, body, v, found, err != nil)
}

// prepare makes v what it is before the body is decoded into it: the defaults,
// and the parameters.
func (c *core) prepare(in *input, r *http.Request, v any) error {
	to := reflect.ValueOf(v).Elem()
	c.preload(to)
	return c.bind(in, r, to)
}

// check normalises v and runs the rules.
func (c *core) check(ctx context.Context, v any) (breaches []breach, cut bool, err error) {
	c.normalise(reflect.ValueOf(v).Elem())
	return c.rules(ctx, v)
}

// finish ends the way of a value that has been decoded without a fault of JSON.
func (c *core) finish(ctx context.Context, in *input, body []byte, v any) error {
	breaches, cut, err := c.check(ctx, v)
	switch {
	case err != nil:
		return err
	case len(breaches)+len(in.found) > 0:
		return c.reject(in, body, nil, breaches, cut)
	}
	return c.hear(ctx, v)
}
