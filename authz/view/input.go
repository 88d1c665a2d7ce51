package view

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"reflect"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// An Input checks that a request body of type T sets only members that the caller may
// set. It is safe for concurrent use. Make one with NewInput.
//
// The tag of a field names the views that may set it, as in `write:"self,admin"`. No caller
// may set a field without the tag. A member counts as set even if its value is null: then a
// merge patch (RFC 7396) also removes the members in it, by the tag of the outer field alone. The
// caller has the view self if a guard has checked that it owns the object of the request.
type Input[T any] struct {
	rules *rules
	plan  *node
}

// NewInput compiles the write tags of T and cfg. It refuses what New refuses, and owners:
// the client chooses the body, so an owner in it proves nothing. Maps and values of
// unknown type need no keys.
func NewInput[T any](cfg Config) (*Input[T], error) {
	f := httperr.ConfigFaults{Package: "authz/view"}
	if len(cfg.Owners) > 0 {
		f.Add("Owners", nil, "cannot decide about a body that the client chose", "remove them; self is granted by a checked object")
	}
	cfg.Owners = nil
	r := compileConfig(cfg, &f)
	in := &Input[T]{rules: r, plan: compile("write", reflect.TypeFor[T](), r, &f)}
	if err := f.Err(); err != nil {
		return nil, err
	}
	return in, nil
}

// Check decides whether the caller of r may set the members of body. It returns nil or
//
//   - ErrNotWritable, 403, with a fault for each member that the caller may not set;
//   - 400 unexpected_members, with a fault for each object that has an unknown member and
//     for each value of another shape than its type;
//   - 400 body_not_json.
//
// A pointer ends at a map, because the client chose the names in it.
func (in *Input[T]) Check(r *http.Request, body []byte) error {
	var compact bytes.Buffer
	if !utf8.Valid(body) || json.Compact(&compact, body) != nil {
		return errBody
	}
	c := checker{b: compact.Bytes()}
	if in.plan.kind != whole && c.b[0] == 'n' {
		c.fault("type", "has another type") // as a merge patch, null would remove each member (RFC 7396)
	} else {
		c.value(in.plan, in.rules.callerOf(r).granted)
	}
	switch {
	case c.malformed:
		return errBody
	case len(c.faults) == 0:
		return nil
	}
	e := errMembers.With(nil)
	if c.forbidden {
		e = ErrNotWritable.With(nil)
	}
	e.Faults, e.Truncated = c.faults, c.truncated
	return e
}

// Handler runs next for requests whose body Check lets pass, and for requests without a
// body. next reads the same body again. Beyond the refusals of Check, the body must be
// application/json or application/merge-patch+json without a Content-Encoding (415), and
// at most Config.MaxBody long (413). Query and forms are not checked.
func (in *Input[T]) Handler(next http.Handler) http.Handler {
	if nilcheck.Nil(next) {
		panic("view: Handler of a nil http.Handler")
	}
	return wrapped{next: next, HandlerFunc: func(w http.ResponseWriter, r *http.Request) {
		body, err := in.read(w, r)
		if err == nil && len(body) > 0 {
			err = in.Check(r, body)
		}
		if err != nil {
			note(r, err)
			in.rules.deny(w, r, err)
			return
		}
		again := *r
		again.Body, again.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		next.ServeHTTP(w, &again)
	}}
}

func (in *Input[T]) read(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(in.rules.maxBody)))
	if err != nil || len(body) == 0 {
		return nil, err
	}
	types := r.Header["Content-Type"]
	if len(types) != 1 || len(r.Header["Content-Encoding"]) > 0 {
		return nil, errMediaType
	}
	if typ, _, err := mime.ParseMediaType(types[0]); err != nil || typ != "application/json" && typ != "application/merge-patch+json" {
		return nil, errMediaType
	}
	return body, nil
}

// note puts the refusal into the record of the request.
func note(r *http.Request, err error) {
	event := carrier.ValidateRejected
	if e, ok := err.(*httperr.Error); ok && e.Is(ErrNotWritable) {
		event = carrier.AuthzDenied
	}
	if rec := carrier.From(r.Context()); rec != nil {
		rec.Update(func(f *carrier.Facts) { f.Events |= event })
	}
}
