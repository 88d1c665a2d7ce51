package validate

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/go-playground/validator/v10"
)

// core is a Schema without its type parameter.
type core struct {
	*limits
	root      *slot
	validator *validator.Validate
	foreign   bool // some type may keep the bytes it is given to decode
	deny      func(http.ResponseWriter, *http.Request, error)
	observe   func(*http.Request, Decision)
}

// decode reads the body of r into v, which points to a zero value of the type.
func (c *core) decode(w http.ResponseWriter, r *http.Request, v any) (n int, err error) {
	if len(c.root.node.members) == 0 && (r.Body == nil || r.Body == http.NoBody) {
		return 0, nil // an operation without input
	}
	if err := c.admit(r); err != nil {
		return 0, err
	}
	if r.Body == nil {
		return 0, ErrNoBody.With(nil)
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
	if blank(body) {
		return len(body), ErrNoBody.With(nil)
	}
	return len(body), c.parse(r.Context(), body, v)
}

// parse turns a body into v.
func (c *core) parse(ctx context.Context, body []byte, v any) error {
	s := newScanner(c.limits, body)
	clean := s.run(c.root)
	if clean {
		s.release()
		if err := json.Unmarshal(body, v); err != nil {
			return c.refuse(ctx, body, v, nil, true)
		}
		broken, err := c.rules(ctx, v)
		switch {
		case err != nil:
			return err
		case len(broken) > 0:
			return c.reject(body, nil, broken)
		}
		if own, ok := v.(interface{ Validate(context.Context) error }); ok {
			if err := own.Validate(ctx); err != nil {
				return fromRule(err)
			}
		}
		return nil
	}
	found := slices.Clone(s.findings)
	malformed, unsafe, truncated := s.malformed, s.unsafe, s.truncated
	s.release()
	switch {
	case malformed:
		return refusal(ErrMalformed, found, false)
	case unsafe:
		return refusal(ErrInvalid, found, truncated)
	}
	// What is left of the value is decoded after all, so that one answer tells
	// of the missing member and of the number that is too small.
	err := json.Unmarshal(body, v)
	return c.refuse(ctx, body, v, found, err != nil)
}
