package validate

import (
	"context"
	"net/http"

	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
	"github.com/go-sallyport/sallyport/validate/internal/check"
)

// valueContext is a context that holds the value for the handler itself, for one allocation
// instead of three.
type valueContext[T any] struct {
	context.Context
	value  T
	schema *compiled
}

type key[T any] struct{}

// Value implements context.Context.
func (c *valueContext[T]) Value(k any) any {
	switch k {
	case key[T]{}:
		return c
	case check.AdapterKey{}:
		return c.schema.adapt
	}
	return c.Context.Value(k)
}

// String keeps a context that is printed by mistake from printing the value.
func (c *valueContext[T]) String() string { return "sallyport validated value" }

// GoString does for %#v what String does for the other verbs.
func (c *valueContext[T]) GoString() string { return c.String() }

// From returns the value that the Middleware of a Schema[T] decoded. It is a copy: a handler
// cannot change the value that another handler gets, except behind pointers.
func From[T any](r *http.Request) (T, bool) {
	if c, ok := r.Context().Value(key[T]{}).(*valueContext[T]); ok {
		return c.value, true
	}
	var zero T
	return zero, false
}

// Middleware decodes the request and calls next, which gets the value by [From]. A
// request that is refused does not reach next.
func (s *Schema[T]) Middleware(next http.Handler) http.Handler {
	if nilcheck.Nil(next) {
		panic("validate: Handler of a nil http.Handler")
	}
	return s.described(nil, func(w http.ResponseWriter, r *http.Request) {
		c := &valueContext[T]{Context: r.Context(), schema: s.compiled}
		if err := s.decode(w, r, &c.value); err != nil {
			s.compiled.refuse(w, r, err)
			return
		}
		copied := r.WithContext(c)
		defer carrier.Restore(r, copied)
		next.ServeHTTP(w, copied)
	})
}

// Middleware is [Schema.Middleware] of a Schema with the zero Config. It panics if New refuses
// T, as http.ServeMux.Handle does for a faulty pattern.
func Middleware[T any]() func(http.Handler) http.Handler {
	return mustNew[T]().Middleware
}

func mustNew[T any]() *Schema[T] {
	s, err := New[T](Config{})
	if err != nil {
		panic(err)
	}
	return s
}
