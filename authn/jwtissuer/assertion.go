package jwtissuer

import (
	"cmp"
	"crypto/rand"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// AssertionConfig configures an AssertionSigner. The zero AssertionConfig is refused.
type AssertionConfig struct {
	_ [0]func()

	// ClientID is the client that the authorization server knows: iss and sub of the
	// assertions. Required.
	ClientID string

	// Audience is the issuer identifier of the authorization server, the only aud of the
	// assertions. Some servers demand the URL of their token endpoint in its place. It must
	// come from the configuration, and not from metadata that another server could have
	// written: a server that is named in aud can act as the client. Required.
	Audience string

	// Key signs the assertions. KeyFile has the keys in its place, of which a new one signs
	// 15 min after it was noticed: by then the authorization server must know its public
	// key. One of them is required.
	Key     SigningKey
	KeyFile KeyFile

	// Lifetime is the lifetime of an assertion in whole seconds, at most 5 min. Default: 1
	// min.
	Lifetime time.Duration
}

const (
	defaultAssertionLifetime = time.Minute
	maxAssertionLifetime     = 5 * time.Minute
)

// AssertionSigner signs the assertions with which a client authenticates to an
// authorization server: the method private_key_jwt (RFC 7523, section 2.2; OpenID Connect
// Core, section 9). It is safe for concurrent use; make one with NewAssertionSigner.
type AssertionSigner struct {
	keyring
	clientID string
	audience string
	lifetime time.Duration
}

// NewAssertionSigner compiles cfg. It returns all faults of cfg at once, joined, each a
// *httperr.ConfigError.
func NewAssertionSigner(cfg AssertionConfig) (*AssertionSigner, error) {
	f := httperr.ConfigFaults{Package: pkg}
	if cfg.ClientID == "" || !isCleanText(cfg.ClientID) {
		f.Add("ClientID", cfg.ClientID, "is empty, or has a control character or invalid UTF-8",
			"use the client ID that the authorization server has given")
	}
	if !claim.Printable(cfg.Audience) {
		f.Add("Audience", cfg.Audience, "is empty, or has a space, a control character or invalid UTF-8",
			"use the issuer identifier of the authorization server")
	}
	life := cmp.Or(cfg.Lifetime, defaultAssertionLifetime)
	if life < time.Second || life > maxAssertionLifetime || life%time.Second != 0 {
		f.Add("Lifetime", life, "is not between 1s and 5m0s, or not of whole seconds", "use the default of 1m")
	}
	s := &AssertionSigner{
		keyring:  keyring{typ: "JWT", ahead: defaultAhead, overlap: maxAssertionLifetime},
		clientID: cfg.ClientID,
		audience: cfg.Audience,
		lifetime: life,
	}
	s.init(&f, cfg.Key, cfg.KeyFile)
	if err := f.Err(); err != nil {
		return nil, err
	}
	return s, nil
}

// Sign returns a new assertion, for one request to the authorization server: the parameter
// client_assertion, beside client_assertion_type, which is
// urn:ietf:params:oauth:client-assertion-type:jwt-bearer. Each assertion has a jti of its
// own, because a server accepts each only once.
func (s *AssertionSigner) Sign() (string, error) {
	now := time.Now()
	text, err := marshalJSON(map[string]any{
		"iss": s.clientID, "sub": s.clientID, "aud": s.audience, "jti": rand.Text(),
		"iat": now.Unix(), "exp": now.Unix() + int64(s.lifetime/time.Second),
	})
	if err != nil {
		return "", err
	}
	return s.sign(now, text)
}
