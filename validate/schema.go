package validate

import (
	"errors"
	"net/http"
	"reflect"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
)

// A Schema decodes and validates requests of one type. It is safe for concurrent
// use. The zero Schema is not usable; make one with New.
type Schema[T any] struct{ core *core }

// New compiles T and tries each of its rules. T is a struct; what encoding/json
// could not decode, what two parsers could understand differently and what the
// validator would panic at is refused, all of it at once.
func New[T any](cfg Config) (*Schema[T], error) {
	c, err := newCore(cfg, reflect.TypeFor[T]())
	if err != nil {
		return nil, err
	}
	return &Schema[T]{c}, nil
}

func newCore(cfg Config, t reflect.Type) (*core, error) {
	faults := &httperr.ConfigFaults{Package: pkg}
	l, body, file := cfg.limits(faults)
	own := compileRules(cfg.Patterns, cfg.Rules, faults)
	plan := compile(t, options{items: l.items, stringLen: l.stringLen, free: cfg.AllowFree, mediaTypes: cfg.MediaTypes, otherQuery: cfg.OtherQuery}, own, faults)
	if !plan.huge {
		lint := &linter{faults: faults, own: own, body: body.body}
		lint.dryRun(plan.structs)
	}
	own.refuseUnused(faults)
	if err := faults.Err(); err != nil {
		return nil, err
	}
	b := newBinder(plan, l.memory, file, cfg.Path, cfg.StrictQuery, cfg.OtherQuery)
	check := &checker{limits: l, root: plan.root, visits: plan.rules, methods: plan.methods, validator: newValidator(plan.tags, own), own: own}
	tryPresets(t, plan.presets, check.validator, func(v reflect.Value) { b.preload(v); b.normalise(v) }, faults)
	if err := faults.Err(); err != nil {
		return nil, err
	}
	c := &core{limits: l, body: body, root: plan.root, binder: b, checker: check, foreign: plan.keepsBytes, messages: cfg.Messages, deny: cfg.Deny, observe: cfg.Observe}
	if plan.media != nil {
		body.media = plan.media
	}
	if c.deny == nil {
		c.deny = httperr.Write
	}
	return c, nil
}

// Decode returns the value that r holds: its body, and path, query and header
// as far as T has fields of these. w is told if the body is too large, so that
// the connection is closed, and until when it may arrive; nil is for tests. The
// body has been read afterwards; r is not changed otherwise.
//
// The error is one of those declared here, or context.Canceled if the client
// has left, or what the Validate method of T returned, or httperr.ErrInternal
// if the pattern of the route does not have the path parameters of T. A T
// without members needs no body.
//
// A value in T, and *T itself, may have a method Validate(context.Context) error
// for what no tag can say. It is called on a value that satisfies all rules, and
// once there is nothing wrong with what is in it; so that of *T comes last. The
// pointers of [Fault] begin at the value. Faults become those of ErrInvalid, any
// other error is returned as it is, so a *httperr.Error is the answer. It is not
// called for a nil pointer, for what omitempty or validate:"-" leaves out, nor
// inside a type that decodes itself. It judges and does not change: what it is
// called on in a map is a copy.
func (s *Schema[T]) Decode(w http.ResponseWriter, r *http.Request) (*T, error) {
	v := new(T)
	if err := s.core.take(w, r, v); err != nil {
		return nil, err
	}
	return v, nil
}

// rejected reports whether err is about what the client sent. A Validate method
// may also fail for reasons of its own.
func rejected(err error) bool {
	e, ok := errors.AsType[*httperr.Error](err)
	return ok && e.Status < 500
}

// take decodes and observes.
func (c *core) take(w http.ResponseWriter, r *http.Request, v any) error {
	n, err := c.decode(w, r, v)
	if err != nil && c.messages != nil {
		err = c.translate(r, err)
	}
	if rec := carrier.From(r.Context()); rec != nil && rejected(err) {
		rec.Update(func(f *carrier.Facts) { f.Events |= carrier.ValidateRejected })
	}
	if c.observe != nil {
		c.observe(r, Decision{Accepted: err == nil, Err: err, Bytes: n})
	}
	return err
}
