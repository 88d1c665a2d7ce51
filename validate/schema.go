package validate

import (
	"errors"
	"net/http"
	"reflect"
	"slices"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/validate/internal/bind"
	"github.com/go-sallyport/sallyport/validate/internal/check"
	"github.com/go-sallyport/sallyport/validate/internal/compile"
	"github.com/go-sallyport/sallyport/validate/internal/lint"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// A Schema decodes and validates requests of one type. It is safe for concurrent
// use. The zero Schema is not usable; make one with New.
type Schema[T any] struct{ compiled *compiled }

// New compiles T and tries each of its rules. T is a struct; what encoding/json
// could not decode, what two parsers could understand differently and what the
// validator would panic at is refused, all of it at once.
func New[T any](cfg Config) (*Schema[T], error) {
	c, err := compileSchema(cfg, reflect.TypeFor[T]())
	if err != nil {
		return nil, err
	}
	return &Schema[T]{c}, nil
}

func compileSchema(cfg Config, t reflect.Type) (*compiled, error) {
	faults := &httperr.ConfigFaults{Package: plan.Pkg}
	l, body, file := cfg.limits(faults)
	own := rule.CompileRules(cfg.Patterns, cfg.Rules, faults)
	out := compile.Compile(t, compile.Options{Items: l.Items, StringLen: l.StringLen, Free: cfg.AllowFree, MediaTypes: cfg.MediaTypes, OtherQuery: cfg.OtherQuery}, own, faults)
	if !out.ArrayTooLong {
		lint := &lint.Linter{Faults: faults, Own: own, Body: body.body}
		lint.DryRun(out.Structs)
	}
	own.RefuseUnused(faults)
	if err := faults.Err(); err != nil {
		return nil, err
	}
	b := bind.New(bind.Binder{Params: out.Params, Presets: out.Presets, Normalizer: out.Normalizer, Memory: l.Memory, File: file, Path: cfg.Path, StrictQuery: cfg.StrictQuery, OtherQuery: slices.Clone(cfg.OtherQuery)})
	check := &check.Checker{Limits: l, Root: out.Root, Visits: out.Rules, Methods: out.Methods, Validator: rule.NewValidator(out.Tags, own), Own: own}
	lint.TryPresets(t, out.Presets, check.Validator, func(v reflect.Value) { b.StoreDefaults(v); b.Normalise(v) }, faults)
	if err := faults.Err(); err != nil {
		return nil, err
	}
	c := &compiled{limits: l, body: body, root: out.Root, binder: b, checker: check, keepsBytes: out.KeepsBytes, messages: cfg.Messages, deny: cfg.Deny, observe: cfg.Observe}
	if out.Media != nil {
		body.media = out.Media
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
// The error is one of those declared here, httperr.ErrBodyTooLarge or
// httperr.ErrRequestTimeout, or context.Canceled if the client
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
	if err := s.compiled.take(w, r, v); err != nil {
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
func (c *compiled) take(w http.ResponseWriter, r *http.Request, v any) error {
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
