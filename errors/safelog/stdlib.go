package safelog

import (
	"context"
	"reflect"
)

// secretTypes are types of the standard library that are secret as a whole: their
// String method or their fields print the secret. Other such types have no
// exported fields and no method that prints them, as *ecdh.PrivateKey.
var secretTypes = map[string]bool{
	"net/url.Userinfo":             true, // String is user:password
	"crypto/rsa.PrivateKey":        true,
	"crypto/rsa.PrecomputedValues": true,
	"crypto/rsa.CRTValue":          true,
	"crypto/ecdsa.PrivateKey":      true,
	"crypto/ed25519.PrivateKey":    true,
	"crypto/dsa.PrivateKey":        true,
}

// secretFields are the secret fields of other types of the standard library.
// Methods of these types would print the fields as well.
var secretFields = map[string][]string{
	"net/http.Cookie":    {"Value", "Raw", "Unparsed"},
	"encoding/pem.Block": {"Bytes"},
}

func typeName(t reflect.Type) string { return t.PkgPath() + "." + t.Name() }

// isSecretType reports whether t, or the type that t points to, is one of
// secretTypes.
func isSecretType(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return secretTypes[typeName(t)]
}

// isContext reports whether t is a context of the standard library. Its String
// method prints the values of context.WithValue.
func isContext(t reflect.Type) bool {
	e := t
	if e.Kind() == reflect.Pointer {
		e = e.Elem()
	}
	return e.PkgPath() == "context" && implements[context.Context](t)
}

// markOf returns the mark that stands for every value of t, or "".
func markOf(t reflect.Type) string {
	switch {
	case isSecretType(t):
		return redacted
	case isContext(t):
		return opaque
	}
	return ""
}
