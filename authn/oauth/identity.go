package oauth

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/strictjson"
)

// An Identity is a user that has logged in at the provider.
//
// Issuer and Subject together identify the user, for ever and alone. An e-mail address does
// not: it changes its owner, and each provider checks it in its own way. An account that is
// found by its address can be taken over by a user of another provider.
type Identity struct {
	Issuer  string // Config.Issuer, or the iss of the ID token with Config.Tenants
	Profile        // has Subject

	AuthTime    time.Time // of the login at the provider; zero if the provider does not tell
	ACR         string    // strength of the login (acr)
	SID         string    // session at the provider (sid), for its logout
	PreviousSID string    // Config.SID at the start of the login
	ReturnTo    string    // the page that follows

	// Claims are all claims of the ID token, as JSON. They inform: check the type of each
	// before use. It is nil with Config.UserInfo.
	Claims json.RawMessage

	// Tokens are the tokens of the provider. The Client keeps none of them.
	Tokens Tokens
}

// Tokens are the tokens of a login. They are secrets: an application that needs none of them
// after OnLogin should not keep them. No verb of package fmt shows them, and neither do
// log/slog and encoding/json.
type Tokens struct {
	Access  string    `json:"-"`
	Refresh string    `json:"-"` // "" in most cases; a provider may want the scope offline_access
	ID      string    `json:"-"` // the ID token, for Client.LogoutURL; "" with Config.UserInfo
	Expires time.Time `json:"-"` // of Access; zero if the provider does not tell
}

// Format implements fmt.Formatter.
func (t Tokens) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, t.LogValue().String()) }

// LogValue implements slog.LogValuer.
func (Tokens) LogValue() slog.Value { return slog.StringValue("[tokens]") }

// A Profile tells about a user. Only Subject identifies the user.
type Profile struct {
	Subject       string // unique for each Issuer, and never given to another user
	Email         string
	EmailVerified bool // the provider has checked that the user reads Email
	Name          string
}

// idClaims has the claims of an ID token as JSON, which jwtauth has read strictly.
type idClaims struct{ text json.RawMessage }

// UnmarshalJSON implements json.Unmarshaler.
func (c *idClaims) UnmarshalJSON(text []byte) error {
	c.text = slices.Clone(text)
	return nil
}

const (
	memberSubject = iota
	memberEmail
	memberVerified
	memberName
	memberSID
	memberCount
)

var profileIndex = strictjson.NewIndex([]string{"sub", "email", "email_verified", "name", "sid"}, "email", "email_verified", "name", "sid")

// readProfile reads the claims of an ID token or of a UserInfo response (OpenID Connect Core,
// section 5.1), and sid. A claim of another type than expected is absent.
func readProfile(text string) (p Profile, sid string, err error) {
	var raw [memberCount]string
	if err := profileIndex.Collect(text, strictjson.Rules{Members: strictjson.MaxMembers}, raw[:]); err != nil {
		return Profile{}, "", err
	}
	p.Subject, _ = strictjson.Identifier(raw[memberSubject])
	p.Email, _ = strictjson.Identifier(raw[memberEmail])
	p.Name, _ = strictjson.Identifier(raw[memberName])
	p.EmailVerified = raw[memberVerified] == "true" || raw[memberVerified] == `"true"` // Apple writes a string
	sid, _ = strictjson.Identifier(raw[memberSID])
	return p, sid, nil
}

// merge sets the fields of p that another profile of the same user has.
func (p *Profile) merge(other Profile) {
	if other.Email != "" {
		p.Email, p.EmailVerified = other.Email, other.EmailVerified
	}
	if other.Name != "" {
		p.Name = other.Name
	}
}

// identity returns the user of the tokens.
func (c *Client) identity(ctx context.Context, p *provider, f loginFlow, t Tokens) (Identity, error) {
	if c.cfg.UserInfo != nil {
		return c.plainIdentity(ctx, t)
	}
	id, err := c.verifyIDToken(ctx, f, t)
	if err != nil || !c.cfg.AskUserInfo {
		return id, err
	}
	profile, err := c.askUserInfo(ctx, p, t)
	switch {
	case err != nil:
		return Identity{}, err
	case profile.Subject != id.Subject:
		return Identity{}, ErrResponse.With(errOtherSubject)
	}
	id.merge(profile)
	return id, nil
}
