package validate

import (
	"errors"
	"net/http"
	"reflect"

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
	cfg.complete(faults)
	own := rule.CompileRules(cfg.Patterns, cfg.Rules, faults)
	out := compile.Compile(t, compile.Options{
		Items:      cfg.MaxItems,
		StringLen:  cfg.MaxString,
		Free:       cfg.AllowFree,
		MediaTypes: cfg.MediaTypes,
		OtherQuery: cfg.OtherQuery,
	}, own, faults)
	if !out.ArrayTooLong {
		lint := &lint.Linter{Faults: faults, Own: own, Body: cfg.MaxBody}
		lint.DryRun(out.Structs)
	}
	own.RefuseUnused(faults)
	if err := faults.Err(); err != nil {
		return nil, err
	}
	b := bind.New(bind.Binder{
		Memory:      cfg.MaxMemory,
		File:        cfg.MaxFile,
		Params:      out.Params,
		Presets:     out.Presets,
		Normalizer:  out.Normalizer,
		Path:        cfg.Path,
		StrictQuery: cfg.StrictQuery,
		OtherQuery:  cfg.OtherQuery,
	})
	check := &check.Checker{
		Limits:    &plan.Limits{Depth: cfg.MaxDepth, Items: cfg.MaxItems, StringLen: cfg.MaxString, Memory: cfg.MaxMemory},
		Root:      out.Root,
		Visits:    out.Rules,
		Methods:   out.Methods,
		Validator: rule.NewValidator(out.Tags, own),
		Own:       own,
	}
	lint.TryPresets(t, out.Presets, check.Validator, func(v reflect.Value) { b.StoreDefaults(v); b.Normalise(v) }, faults)
	if err := faults.Err(); err != nil {
		return nil, err
	}
	if out.Media != nil {
		cfg.MediaTypes = out.Media
	} else if len(cfg.MediaTypes) == 0 {
		cfg.MediaTypes = []string{"application/json"}
	}
	if cfg.Deny == nil {
		cfg.Deny = httperr.Write
	}
	return &compiled{cfg: cfg, binder: b, checker: check, keepsBytes: out.KeepsBytes}, nil
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

// take decodes r into v, and observes the decision.
func (c *compiled) take(w http.ResponseWriter, r *http.Request, v any) error {
	n, err := c.decode(w, r, v)
	if err != nil && c.cfg.Messages != nil {
		err = c.translate(r, err)
	}
	// An error of a Validate method may be about the service and not about the request.
	e, ok := errors.AsType[*httperr.Error](err)
	if rec := carrier.From(r.Context()); rec != nil && ok && e.Status < 500 {
		rec.Update(func(f *carrier.Facts) { f.Events |= carrier.ValidateRejected })
	}
	if c.cfg.Observe != nil {
		c.cfg.Observe(r, Decision{Accepted: err == nil, Err: err, Bytes: n})
	}
	return err
}
