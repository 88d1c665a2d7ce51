package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/session/internal/family"
	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// A Session is a login of a subject. It holds no credential.
type Session struct {
	// ID is the session ID (sid). It may be shown and logged: no token can be derived
	// from it.
	ID string

	Issuer   string // Config.Issuer
	Subject  string
	ClientID string
	Tenant   string
	Scopes   []string // of the login for Grant and List, and narrowed by Grant for Issue
	Roles    []string // of the login for Grant and List, and as answered by Grant for Issue
	ACR      string
	AuthTime time.Time // of the login, for ever: a refresh proves no presence of the user
	Label    string
	Upstream Upstream

	// The times are of the clock of the store. For the first call of Issue they are zero.
	StartedAt  time.Time
	LastUsedAt time.Time
	ExpiresAt  time.Time // without a further use
	EndsAt     time.Time // in any case
}

// A Login is the start of a session.
type Login struct {
	// Principal is the subject that has logged in. Its Subject is required, and its Issuer
	// must be Config.Issuer or empty. For a user of another issuer, set your own subject
	// for that user. A zero AuthTime means now.
	Principal *authn.Principal

	// Label lets the user recognise the session in a list, such as "Firefox on Linux". It
	// is cut to 128 bytes, and loses control characters.
	Label string

	// Upstream is the session at the identity provider, for [Sessions.RevokeUpstream].
	Upstream Upstream
}

// Upstream is a session of a user at an identity provider (OpenID Connect Back-Channel
// Logout 1.0). The zero Upstream is no session.
type Upstream struct {
	Issuer  string `json:"iss,omitempty"`
	SID     string `json:"sid,omitempty"`
	Subject string `json:"sub,omitempty"`
}

// Rights are the answer of Config.Grant.
type Rights struct {
	Scopes []string // only the scopes of the login have an effect
	Roles  []string
}

// The transports. One session never changes its transport.
const (
	byCookie = "cookie" // a refresh token in a cookie
	byBody   = "body"   // a refresh token of a native client
	byOpaque = "opaque" // the session of a Cookie
)

// data is the part of a session that never changes, as the store has it.
type data struct {
	Transport string   `json:"transport"`
	Key       []byte   `json:"key"` // of the tags of the family
	Issuer    string   `json:"iss"`
	Subject   string   `json:"sub"`
	ClientID  string   `json:"client,omitempty"`
	Tenant    string   `json:"tenant,omitempty"`
	Scopes    []string `json:"scopes,omitempty"`
	Roles     []string `json:"roles,omitempty"`
	ACR       string   `json:"acr,omitempty"`
	AuthTime  int64    `json:"auth_time"`
	Label     string   `json:"label,omitempty"`
	Upstream  Upstream `json:"upstream,omitzero"`
}

var (
	errNoPrincipal = errors.New("session: Login.Principal has no Subject")

	// The data are stored as JSON, which has no other text. Two subjects could otherwise
	// become one at the first refresh.
	errNotUTF8 = errors.New("session: Login has text that is not UTF-8: refuse such names, or encode them")
)

// newData returns the data of a new session.
func newData(issuer, transport string, l Login, now time.Time) (data, error) {
	p := l.Principal
	switch {
	case p == nil || p.Subject == "":
		return data{}, errNoPrincipal
	case p.Issuer != "" && p.Issuer != issuer:
		// With the issuer replaced, a subject of another issuer could be taken for a user
		// of this one.
		return data{}, fmt.Errorf("session: Login.Principal is of issuer %q: set the subject that Config.Issuer has for it", p.Issuer)
	}
	texts := []string{p.Subject, p.ClientID, p.Tenant, p.ACR, l.Upstream.Issuer, l.Upstream.SID, l.Upstream.Subject}
	for _, s := range slices.Concat(texts, p.Scopes, p.Roles) {
		if !utf8.ValidString(s) {
			return data{}, errNotUTF8
		}
	}
	f := httperr.ConfigFaults{Package: pkg}
	if l.Upstream.check(&f); f.Len() > 0 {
		return data{}, f.Err()
	}
	at := p.AuthTime
	if at.IsZero() {
		at = now
	}
	return data{
		Transport: transport, Key: family.NewKey(), Issuer: issuer, Subject: p.Subject, ClientID: p.ClientID, Tenant: p.Tenant,
		Scopes: p.Scopes, Roles: p.Roles, ACR: p.ACR, AuthTime: at.Unix(), Label: cleanLabel(l.Label), Upstream: l.Upstream,
	}, nil
}

func cleanLabel(s string) string {
	s = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || c == utf8.RuneError {
			return -1
		}
		return c
	}, s)
	const most = 128
	for n := 0; ; {
		_, size := utf8.DecodeRuneInString(s[n:])
		if size == 0 || n+size > most {
			return s[:n]
		}
		n += size
	}
}

func (d *data) encode() []byte {
	b, err := json.Marshal(d)
	if err != nil {
		panic("session: " + err.Error()) // strings and numbers can always be encoded
	}
	return b
}

// decode reads the data of a record. The record must be of one of the transports of this
// package.
func decode(r *sessionstore.Record) (d data, err error) {
	if err = json.Unmarshal(r.Data, &d); err != nil || len(d.Key) != family.KeyLen || d.Subject == "" {
		return data{}, fmt.Errorf("session: the data of session %s in the store are not readable", r.SID)
	}
	return d, nil
}

// session returns the session of a record, with the rights of the login.
func (d *data) session(r *sessionstore.Record) Session {
	return Session{
		ID: r.SID, Issuer: d.Issuer, Subject: d.Subject, ClientID: d.ClientID, Tenant: d.Tenant,
		Scopes: slices.Clone(d.Scopes), Roles: slices.Clone(d.Roles), ACR: d.ACR, AuthTime: time.Unix(d.AuthTime, 0).UTC(),
		Label: d.Label, Upstream: d.Upstream,
		StartedAt: r.Started, LastUsedAt: r.LastUsed, ExpiresAt: r.Expires, EndsAt: r.Ends,
	}
}
