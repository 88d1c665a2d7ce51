package apikey

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// Config configures an Authenticator. The zero Config is refused.
type Config struct {
	_ [0]func()

	// Store finds the record of a key. Required.
	Store Store

	// Prefix is the first part of every key and names the service, such as
	// "notes": a lower-case letter and then up to 15 lower-case letters or digits.
	// Required.
	Prefix string

	// Env is the second part of every key and names the environment, such as
	// "live" or "test", in the grammar of Prefix. Required. It lets the live
	// system refuse a key of the test system without a call to the store, and it
	// shows the finder of a leaked key how much damage the key can do.
	Env string

	// Header is the only request header in which the key is accepted. Default:
	// X-API-Key. Authorization, Proxy-Authorization, Cookie and Host are refused,
	// because they carry other data. authn.New refuses two Authenticators with
	// the same header: both would accept every key.
	Header string

	// Bearer reads the key from "Authorization: Bearer" (RFC 6750, section 2.1) instead
	// of Header, which must then be empty. authn.New accepts such an Authenticator beside
	// a jwtauth.Verifier: a bearer token that begins with Prefix and Env is a key, and
	// every other is a JWT. It refuses the pair if Legacy is set, or if the Verifier also
	// reads a cookie or a subprotocol (jwtauth.Config.Sources). To accept keys in both
	// places, configure two Authenticators.
	Bearer bool

	// Issuer is the Issuer of every Principal. Default: Prefix. If the Subject of
	// the records is a subject of your identity provider, set Issuer to the issuer
	// of that provider, so that a person and her keys are one identity.
	Issuer string

	// Warn is how long before ExpiresAt the response to each request with the key has
	// the header X-API-Key-Expires, with the time of ExpiresAt in whole seconds as an
	// HTTP-date (RFC 9110, section 5.6.7). Default: 7 days. A negative Warn means never.
	Warn time.Duration

	// Legacy finds the record of a key that a team had before: of any key of at most
	// 1,024 bytes that does not begin with Prefix and Env. Hash of the record must be
	// the SHA-256 of the whole key. The Authenticator compares it in constant time, and
	// gives the same answer to an unknown key and to a wrong one. A function that looks
	// up the record by that hash reveals nothing by its time; a function that compares
	// the key itself must use subtle.ConstantTimeCompare. Networks, NotBefore and
	// ExpiresAt apply as for all keys. ID is only the name of the key in the log, so it
	// must not be the key. An error means 503, and is in the log. It must be safe for
	// concurrent use. A flood of guesses reaches it, so limit requests by address before.
	// Nil: no other keys.
	Legacy func(ctx context.Context, key string) (Record, bool, error)
}

const defaultWarn = 7 * 24 * time.Hour

// Authenticator is an authn.Authenticator for API keys. It is safe for
// concurrent use; make one with New.
type Authenticator struct {
	store  Store
	head   string // the beginning of every key: "notes_live_"
	issuer string
	header string // in canonical form
	bearer bool   // header is Authorization, with the scheme Bearer
	warn   time.Duration
	legacy func(context.Context, string) (Record, bool, error) // nil: no other keys

	// equal compares hashes. Tests count its calls.
	equal func(a, b [sha256.Size]byte) bool
}

// New compiles cfg. It returns all faults of cfg at once, joined, each a
// *httperr.ConfigError.
func New(cfg Config) (*Authenticator, error) {
	f := httperr.ConfigFaults{Package: "apikey"}
	if nilcheck.Nil(cfg.Store) {
		f.Add("Store", nil, "is nil", "use apikey.NewFile, apikey.Memory, redisstore.APIKeys, or a store of your own")
	}
	checkWord(&f, "Prefix", cfg.Prefix, `name the service, such as "notes"`)
	checkWord(&f, "Env", cfg.Env, `name the environment, such as "live"`)
	name := http.CanonicalHeaderKey(cfg.Header)
	if cfg.Header == "" {
		name = "X-Api-Key"
	}
	switch {
	case cfg.Bearer && cfg.Header != "":
		f.Add("Header", cfg.Header, "is not used with Bearer", "leave it empty, or configure a second Authenticator")
	case cfg.Bearer:
		name = "Authorization"
	case !field.Token(name):
		f.Add("Header", cfg.Header, "is not the name of a header", `leave it empty for "X-API-Key"`)
	case name == "Authorization", name == "Proxy-Authorization", name == "Cookie", name == "Host":
		f.Add("Header", cfg.Header, "carries something else", `leave it empty for "X-API-Key", or set Bearer`)
	}
	issuer := cfg.Issuer
	if issuer == "" {
		issuer = cfg.Prefix
	} else if !field.Name(issuer) {
		f.Add("Issuer", issuer, "is not printable text", "leave it empty for Prefix")
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	return &Authenticator{
		store:  cfg.Store,
		head:   cfg.Prefix + "_" + cfg.Env + "_",
		header: name,
		bearer: cfg.Bearer,
		issuer: issuer,
		warn:   cmp.Or(cfg.Warn, defaultWarn),
		legacy: cfg.Legacy,
		equal:  equal,
	}, nil
}

// CredentialHeader returns the name of the header from which a reads its keys, so
// that authn.New can refuse two Authenticators with the same header.
func (a *Authenticator) CredentialHeader() string { return a.header }

func equal(a, b [sha256.Size]byte) bool { return subtle.ConstantTimeCompare(a[:], b[:]) == 1 }

// checkWord adds the fault of s, one of the two words at the beginning of a key.
func checkWord(f *httperr.ConfigFaults, name, s, fix string) {
	switch {
	case s == "":
		f.Add(name, nil, "is missing", fix)
	case !isWord(s):
		f.Add(name, s, "is not a lower-case letter with up to 15 more or digits", fix)
	}
}

// isWord reports whether s is [a-z][a-z0-9]{0,15}. With an underscore in a word, a
// key could be split in two ways.
func isWord(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9' || i == 0) {
			return false
		}
	}
	return s != "" && len(s) <= 16
}
