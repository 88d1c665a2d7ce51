package safelog

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
)

// A Secret holds a value that prints as [REDACTED], whatever prints it: the
// verbs of fmt (but for %T, its type, and %p, which of a pointer to a Secret is
// the address), encoding/json, encoding/xml and whatever else asks for text,
// log/slog with any handler. encoding/gob refuses it. The zero Secret holds the
// zero value of T.
//
// It also stays hidden in an unexported field, where fmt and others read memory
// without asking any method, and in a type that is declared from it and so has
// no methods: there they find only a pointer, and print its address.
//
// Nothing prevents code that means to look from doing so: Reveal, package
// unsafe, a debugger, a core dump, and printers that follow pointers into
// unexported fields (spew and its like, reflect.DeepEqual in a test's
// difference). Nor does it wipe memory.
//
// Secrets are not comparable with ==, for that takes time that depends on them;
// compare what Reveal returns with crypto/subtle.
type Secret[T any] struct {
	_ [0]func()
	p *T
}

// NewSecret returns a Secret that holds v. Of a slice or map it holds what v
// refers to, not a copy.
func NewSecret[T any](v T) Secret[T] { return Secret[T]{p: &v} }

// Reveal returns the value. Its name is there to be searched for.
func (s Secret[T]) Reveal() T {
	if s.p == nil {
		var zero T
		return zero
	}
	return *s.p
}

// String implements fmt.Stringer.
func (s Secret[T]) String() string { return redacted }

// GoString implements fmt.GoStringer.
func (s Secret[T]) GoString() string { return redacted }

// Format implements fmt.Formatter, and so answers every verb, %d and %x too.
func (s Secret[T]) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue implements slog.LogValuer.
func (s Secret[T]) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON implements json.Marshaler.
func (s Secret[T]) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalText implements encoding.TextMarshaler.
func (s Secret[T]) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// GobEncode refuses.
func (s Secret[T]) GobEncode() ([]byte, error) {
	return nil, errors.New("safelog: a Secret is not encoded")
}

// UnmarshalJSON reads a secret, so that a configuration file can be read into a
// struct that has one. It refuses "[REDACTED]", which is no secret but what is
// left of one. Its error never quotes the input.
func (s *Secret[T]) UnmarshalJSON(b []byte) error {
	v := new(T)
	if string(b) == `"`+redacted+`"` || json.Unmarshal(b, v) != nil {
		return errors.New("safelog: not the JSON form of a secret") // json's own error can quote it
	}
	s.p = v
	return nil
}
