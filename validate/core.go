package validate

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"

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

// refuse adds to what the scan found what decoding and the rules find.
func (c *core) refuse(ctx context.Context, body []byte, v any, found []finding, failed bool) error {
	if failed {
		refused, bad := locate(c.limits, c.root, body, nil, true)
		found = append(found, refused...)
		// encoding/json stops at a type that refuses its value, and the rules
		// would find fault with all the members behind it that are still zero.
		if len(bad) > 0 && !again(blankOut(body, bad), v) {
			return c.reject(body, found, nil)
		}
	}
	if len(found) == 0 {
		// The scan accepted what encoding/json does not. Its text is not for
		// the client, and may hold what the client sent.
		return refusal(ErrInvalid, []finding{{fault: faultInvalid}}, false)
	}
	broken, err := c.rules(ctx, v)
	if err != nil {
		return err
	}
	return c.reject(body, found, broken)
}

// again decodes from the beginning and reports whether it came to the end:
// past a value of the wrong type encoding/json goes on.
func again(body []byte, v any) bool {
	reflect.ValueOf(v).Elem().SetZero()
	err := json.Unmarshal(body, v)
	_, wrongType := errors.AsType[*json.UnmarshalTypeError](err)
	return err == nil || wrongType
}

// reject merges the findings of the scan with the broken rules and sorts all by
// their place in the body.
func (c *core) reject(body []byte, found []finding, broken validator.ValidationErrors) error {
	scanned := len(found)
	want := map[string]*spot{"": {}}
	for _, b := range broken {
		f := finding{describe(b), c.place(b.Namespace()), 0}
		if scanned > 0 && relates(f.code) || overlaps(found[:scanned], f.pointer) {
			continue
		}
		for p := f.pointer; p != "" && want[p] == nil; p = parent(p) {
			want[p] = new(spot)
		}
		found = append(found, f)
	}
	locate(c.limits, c.root, body, want, false)
	merged := found[:scanned:scanned]
	seen := make(map[[2]string]bool, len(found))
	for _, f := range found[scanned:] {
		f = c.settle(f, want)
		if id := [2]string{f.pointer, f.code}; !seen[id] {
			seen[id] = true
			merged = append(merged, f)
		}
	}
	slices.SortStableFunc(merged, func(a, b finding) int { return cmp.Compare(a.at, b.at) })
	return refusal(ErrInvalid, merged, false)
}

// settle gives a broken rule its place. If the member was not sent, what is
// wrong is that: its zero value does not satisfy the rule.
func (c *core) settle(f finding, want map[string]*spot) finding {
	p := f.pointer
	for p != "" && !want[p].found {
		p = parent(p)
	}
	switch at := want[p]; {
	case p != f.pointer:
		next := strings.IndexByte(f.pointer[len(p)+1:], '/')
		if next >= 0 {
			f.pointer = f.pointer[:len(p)+1+next]
		}
		f.at = at.end - 1
		if f.code != conditional.code && !relates(f.code) {
			f.fault = faultRequired
		}
	case at.null:
		f.fault, f.at = faultNull, at.start
	default:
		f.at = at.start
	}
	return f
}

func parent(pointer string) string { return pointer[:strings.LastIndexByte(pointer, '/')] }

// overlaps reports whether the value at pointer is part of one that is at
// fault already, or has a part that is.
func overlaps(found []finding, pointer string) bool {
	within := func(p, outer string) bool {
		return p == outer || strings.HasPrefix(p, outer) && p[len(outer)] == '/'
	}
	return slices.ContainsFunc(found, func(f finding) bool {
		return f.code != faultUnknown.code && (within(pointer, f.pointer) || within(f.pointer, pointer))
	})
}
