package safelog

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
)

// A Secret holds a value that always prints as [REDACTED]: with the verbs of fmt,
// in encoding/json, in encoding/xml and every other encoder that uses
// encoding.TextMarshaler, and in log/slog with any handler. Two verbs differ: %T
// prints the type, and %p of a pointer to a Secret prints the address.
// encoding/gob refuses a Secret. The zero Secret holds the zero value of T.
//
// The value also stays hidden in an unexported field, where fmt and other
// printers read memory without calling a method, and in a type that is declared
// from Secret and therefore has no methods. In both cases a printer finds only a
// pointer, and prints its address.
//
// A Secret does not stop code that wants the value: Reveal, package unsafe, a
// debugger, a core dump, and code that follows pointers into unexported fields
// (spew and similar printers, and reflect.DeepEqual where a test prints a
// difference). It does not wipe memory either.
//
// Secrets are not comparable with ==, because the time of that comparison depends
// on the values. Compare the results of Reveal with crypto/subtle.
type Secret[T any] struct {
	_ [0]func()
	p *T
}

// NewSecret returns a Secret that holds v. It does not copy the elements of a
// slice or a map.
func NewSecret[T any](v T) Secret[T] { return Secret[T]{p: &v} }

// Reveal returns the value. Search for its name to find all places that read
// secrets.
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

// Format implements fmt.Formatter, so it handles every verb, also %d and %x.
func (s Secret[T]) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue implements slog.LogValuer.
func (s Secret[T]) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON implements json.Marshaler.
func (s Secret[T]) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalText implements encoding.TextMarshaler.
func (s Secret[T]) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// GobEncode always returns an error.
func (s Secret[T]) GobEncode() ([]byte, error) {
	return nil, errors.New("safelog: a Secret is not encoded")
}

// UnmarshalJSON reads a secret, so that a configuration file can be decoded into
// a struct with a Secret. It refuses "[REDACTED]", which is a masked secret and
// not the secret itself. Its error never quotes the input.
func (s *Secret[T]) UnmarshalJSON(b []byte) error {
	v := new(T)
	if string(b) == `"`+redacted+`"` || json.Unmarshal(b, v) != nil {
		return errors.New("safelog: not the JSON form of a secret") // the error of encoding/json can quote the input
	}
	s.p = v
	return nil
}
