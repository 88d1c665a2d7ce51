package validate

import (
	"context"
	"net/http"

	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// carried is the context that brings a value to the handler: it is the context
// and holds the value, for one allocation instead of three.
type carried[T any] struct {
	context.Context
	value T
}

type key[T any] struct{}

// Value implements context.Context.
func (c *carried[T]) Value(k any) any {
	if k == (key[T]{}) {
		return c
	}
	return c.Context.Value(k)
}

// String keeps a context that is printed by mistake from printing the value.
func (c *carried[T]) String() string { return "sallyport validated value" }

// GoString does for %#v what String does for the other verbs.
func (c *carried[T]) GoString() string { return c.String() }

// From returns the value that the Middleware of a Schema[T] decoded. It is a copy:
// one handler cannot change what another one sees, except behind pointers.
func From[T any](r *http.Request) (T, bool) {
	if c, ok := r.Context().Value(key[T]{}).(*carried[T]); ok {
		return c.value, true
	}
	var none T
	return none, false
}

// Middleware decodes the body and runs next, which gets the value by [From]. A
// request that is refused does not reach it.
func (s *Schema[T]) Middleware(next http.Handler) http.Handler {
	if nilcheck.Nil(next) {
		panic("validate: Handler of a nil http.Handler")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &carried[T]{Context: r.Context()}
		if err := s.compiled.take(w, r, &c.value); err != nil {
			s.compiled.answer(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(c))
	})
}

// Middleware is [Schema.Middleware] of a Schema with the zero Config. It panics if New refuses T, as the registration of a faulty
// pattern does.
func Middleware[T any]() func(http.Handler) http.Handler {
	return must[T]().Middleware
}

func must[T any]() *Schema[T] {
	s, err := New[T](Config{})
	if err != nil {
		panic(err)
	}
	return s
}
