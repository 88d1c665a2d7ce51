package apikey

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"reflect"

	httperr "github.com/go-sallyport/sallyport/errors"
	"github.com/go-sallyport/sallyport/internal/field"
)

// Config configures an Authenticator. The zero Config is refused.
type Config struct {
	_ [0]func()

	// Store finds the record of a key. Required.
	Store Store

	// Prefix is the first part of every key and names the service, such as
	// "notes": a lower-case letter and up to 15 more or digits. Required.
	Prefix string

	// Env is the second part and names the environment, such as "live" or
	// "test", in the same grammar. Required: without it a key of the test
	// system is refused by the live one only after its store was asked, and
	// somebody who finds one cannot tell how bad it is.
	Env string

	// Header is the one request header in which the key is accepted. Default:
	// X-API-Key. Authorization, Proxy-Authorization, Cookie and Host are
	// refused, for they carry something else.
	Header string

	// Issuer is the Issuer of every Principal. Default: Prefix. If the Subject
	// of the records is a subject of your identity provider, write the issuer
	// of that one, so that a person and her keys are one identity.
	Issuer string
}

// Authenticator is an authn.Authenticator for API keys. It is safe for
// concurrent use; make one with New.
type Authenticator struct {
	store  Store
	head   string // what every key begins with: "notes_live_"
	header string // in canonical form
	issuer string

	// equal compares hashes. Tests count its calls.
	equal func(a, b [sha256.Size]byte) bool
}

// New compiles cfg. It returns all faults of cfg at once, joined, each a
// *httperr.ConfigError.
func New(cfg Config) (*Authenticator, error) {
	var faults []error
	fault := func(name, value, reason, fix string) {
		if value != "" {
			value = fmt.Sprintf("%q", value)
		}
		faults = append(faults, &httperr.ConfigError{Package: "apikey", Field: name, Value: value, Reason: reason, Fix: fix})
	}
	if v := reflect.ValueOf(cfg.Store); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		fault("Store", "", "is nil", "use apikey.Memory, or a store of your own")
	}
	if !word(cfg.Prefix) {
		fault("Prefix", cfg.Prefix, "is not a lower-case letter with up to 15 more or digits", `name the service, such as "notes"`)
	}
	if !word(cfg.Env) {
		fault("Env", cfg.Env, "is not a lower-case letter with up to 15 more or digits", `name the environment, such as "live"`)
	}
	header := http.CanonicalHeaderKey(cfg.Header)
	if cfg.Header == "" {
		header = "X-Api-Key"
	}
	switch {
	case !field.Token(header):
		fault("Header", cfg.Header, "is not the name of a header", `leave it empty for "X-API-Key"`)
	case header == "Authorization", header == "Proxy-Authorization", header == "Cookie", header == "Host":
		fault("Header", cfg.Header, "carries something else", `leave it empty for "X-API-Key"`)
	}
	issuer := cfg.Issuer
	if issuer == "" {
		issuer = cfg.Prefix
	} else if !field.Name(issuer) {
		fault("Issuer", issuer, "is not printable text", "leave it empty for Prefix")
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return &Authenticator{
		store:  cfg.Store,
		head:   cfg.Prefix + "_" + cfg.Env + "_",
		header: header,
		issuer: issuer,
		equal:  equal,
	}, nil
}

func equal(a, b [sha256.Size]byte) bool { return subtle.ConstantTimeCompare(a[:], b[:]) == 1 }

// word reports whether s is [a-z][a-z0-9]{0,15}. An underscore in it would make
// a key readable in two ways.
func word(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9' || i == 0) {
			return false
		}
	}
	return s != "" && len(s) <= 16
}
