package validate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"reflect"

	"github.com/go-sallyport/sallyport/validate/internal/bind"
	"github.com/go-sallyport/sallyport/validate/internal/check"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/scan"
)

// compiled is a Schema without its type parameter.
type compiled struct {
	cfg        Config // with its defaults
	binder     *bind.Binder
	checker    *check.Checker
	list       []int // index of the List that the body is; nil: it is an object
	keepsBytes bool  // a type may keep the bytes that it decodes, as a File does
}

// decode reads the body of r into v, which points to a zero value of the type.
func (c *compiled) decode(w http.ResponseWriter, r *http.Request, v any) (d Decision, err error) {
	var in plan.Input
	if c.withoutBody() && bodiless(r) {
		if err := c.binder.Bind(&in, r, reflect.ValueOf(v).Elem()); err != nil {
			return d, err
		}
		return d, c.finishParams(r.Context(), &in, v)
	}
	if err := checkHeaders(&c.cfg, r); err != nil {
		return d, err
	}
	if r.Body == nil {
		return d, ErrNoBody.With(nil)
	}
	if err := c.binder.Bind(&in, r, reflect.ValueOf(v).Elem()); err != nil {
		return d, err
	}
	var body []byte
	if c.keepsBytes {
		// UnmarshalJSON must not keep its argument. If it does so nevertheless, the bytes
		// that it kept must not become a part of the next request.
		body, err = readBody(&c.cfg, w, r, make([]byte, 0, firstRead))
	} else {
		buf := buffers.Get().(*[]byte)
		body, err = readBody(&c.cfg, w, r, (*buf)[:0])
		defer func() {
			if cap(body) <= maxPooled {
				*buf = body
				buffers.Put(buf)
			}
		}()
	}
	d.Bytes = len(body)
	if err == nil {
		err = c.decodeBody(&in, r, body, v)
		d.Ignored = in.Ignored
	}
	return d, err
}

// decodeBody decodes a body that has been read.
func (c *compiled) decodeBody(in *plan.Input, r *http.Request, body []byte, v any) error {
	switch {
	case c.isForm(r):
		in.Form = true
		if err := c.binder.BindForm(in, r.Header.Get("Content-Type"), body, reflect.ValueOf(v).Elem()); err != nil {
			return notAccepted(&c.cfg, err)
		}
		return c.finishParams(r.Context(), in, v)
	case c.withoutBody() && len(body) == 0: // its header did not say that it is empty
		return c.finishParams(r.Context(), in, v)
	case len(bytes.TrimLeft(body, " \t\r\n")) == 0:
		return ErrNoBody.With(nil)
	}
	return c.decodeJSON(in, r, body, v)
}

// isForm reports whether the body of r is a form. Where it may be JSON too, its Content-Type
// alone decides.
func (c *compiled) isForm(r *http.Request) bool {
	if len(c.binder.Params[plan.InForm]) == 0 || !c.checker.Root.Node.Either() {
		return len(c.binder.Params[plan.InForm]) > 0
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && media == plan.MediaForm
}

// withoutBody reports whether the type has nothing that is read from a body.
func (c *compiled) withoutBody() bool {
	return len(c.checker.Root.Node.Members)+len(c.binder.Params[plan.InForm]) == 0
}

// bodiless reports whether r has no body. The server of HTTP/1 uses http.NoBody for that, and
// the server of HTTP/2 only the length.
func bodiless(r *http.Request) bool {
	return r.Body == nil || r.Body == http.NoBody || r.ProtoMajor > 1 && r.ContentLength == 0
}

// decodeJSON scans a body and decodes it into v.
func (c *compiled) decodeJSON(in *plan.Input, r *http.Request, body []byte, v any) error {
	s := scan.NewScanner(c.checker.Limits, body)
	defer s.Release()
	c.binder.NoteFacts(in, reflect.ValueOf(v).Elem())
	s.Known = in.Known
	clean := s.Run(plan.Body(c.checker.Root))
	in.Ignored = s.Ignored
	switch root := c.checker.Root.Node; {
	case root.Presence != nil && c.list != nil: // the rules are about parameters only
		in.Conditions(root, root.Presence.Begin(in.Known))
	case !s.Unsafe && s.Ended:
		in.Conditions(root, s.Known)
	}
	if clean {
		if err := json.Unmarshal(body, c.target(v)); err != nil {
			return c.report(in, r, body, v, nil, true)
		}
		return c.finish(r.Context(), in, body, v)
	}
	switch {
	case s.Malformed:
		return plan.Refusal(ErrMalformed, in.Before(s.Findings), false)
	case s.Unsafe:
		return plan.Refusal(plan.ErrInvalid, in.Before(s.Findings), s.Truncated)
	}
	// The value is decoded nevertheless, so that one answer has the faults of the scan and
	// of the rules: the missing member and the number that is too small.
	err := json.Unmarshal(body, c.target(v))
	return c.report(in, r, body, v, s.Findings, err != nil)
}

// target returns the part of v that a JSON body is decoded into.
func (c *compiled) target(v any) any {
	if c.list == nil {
		return v
	}
	return reflect.ValueOf(v).Elem().FieldByIndex(c.list).Addr().Interface()
}

// normaliseAndCheck normalises v and runs the rules.
func (c *compiled) normaliseAndCheck(ctx context.Context, v any) (violations []check.Violation, cut bool, err error) {
	c.binder.Normalise(reflect.ValueOf(v).Elem())
	return c.checker.RunRules(ctx, v)
}

// finishParams checks a value that has parameters only.
func (c *compiled) finishParams(ctx context.Context, in *plan.Input, v any) error {
	if root := c.checker.Root.Node; root.Presence != nil {
		c.binder.NoteFacts(in, reflect.ValueOf(v).Elem())
		in.Conditions(root, root.Presence.Begin(in.Known))
	}
	return c.finish(ctx, in, nil, v)
}

// finish checks a value that has been decoded without a fault of JSON.
func (c *compiled) finish(ctx context.Context, in *plan.Input, body []byte, v any) error {
	violations, cut, err := c.normaliseAndCheck(ctx, v)
	switch {
	case err != nil:
		return err
	case len(violations)+len(in.Found) > 0:
		return c.checker.Reject(in, body, nil, violations, cut)
	}
	return c.checker.RunValidateMethods(ctx, v)
}

// report adds the faults of decoding and of the rules to those of the scan, found. failed
// says that encoding/json did not decode all of the body.
func (c *compiled) report(in *plan.Input, r *http.Request, body []byte, v any, found []plan.LocatedFault, failed bool) error {
	if failed {
		refused, bad := scan.Locate(c.checker.Limits, plan.Body(c.checker.Root), body, nil, true)
		for _, f := range refused {
			found, _ = plan.Add(found, f) // the scan may have found it already
		}
		// encoding/json stops at a type that refuses its value. All members after it
		// are still zero, and the rules would find false faults in them.
		if len(bad) > 0 && !c.decodeAgain(r, scan.BlankOut(body, bad), v) {
			return c.checker.Reject(in, body, found, nil, false)
		}
	}
	if len(found) == 0 {
		// The scan has accepted a body that encoding/json refuses. The client does not get
		// the text of that error, because it may hold a value.
		return plan.Refusal(plan.ErrInvalid, in.Before([]plan.LocatedFault{{Fault: plan.FaultInvalid}}), false)
	}
	violations, cut, err := c.normaliseAndCheck(r.Context(), v)
	if err != nil {
		return err
	}
	return c.checker.Reject(in, body, found, violations, cut)
}

// decodeAgain decodes from the beginning and reports whether encoding/json came to the end.
// After a value of the wrong type it goes on.
func (c *compiled) decodeAgain(r *http.Request, body []byte, v any) bool {
	reflect.ValueOf(v).Elem().SetZero()
	if c.binder.Bind(new(plan.Input), r, reflect.ValueOf(v).Elem()) != nil { // its faults have been noted before
		return false
	}
	err := json.Unmarshal(body, c.target(v))
	_, wrongType := errors.AsType[*json.UnmarshalTypeError](err)
	return err == nil || wrongType
}
