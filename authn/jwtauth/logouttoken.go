package jwtauth

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/authn/internal/strictjson"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
)

// A LogoutToken says that a session at the issuer has ended (OpenID Connect Back-Channel Logout
// 1.0, section 2.4).
type LogoutToken struct {
	Issuer    string
	SessionID string // sid: the session that has ended; "" stands for all sessions of Subject
	Subject   string // may be empty beside a SessionID
	TokenID   string // jti
	IssuedAt  time.Time
	ExpiresAt time.Time
}

const (
	logoutType  = "logout+jwt"
	logoutEvent = "http://schemas.openid.net/event/backchannel-logout"
)

var eventsIndex = strictjson.NewIndex([]string{logoutEvent})

// A logoutVerifier verifies logout tokens.
type logoutVerifier struct {
	*Verifier[NoClaims]
	events, party *refusal
}

func checkLogoutTypes(f *httperr.ConfigFaults, types []string) {
	for i, typ := range types {
		if typ != "" && !field.Token(typ) {
			f.Add(fmt.Sprintf("%sLogoutTypes[%d]", idTokenAt, i), typ, "is not a media type without its application/",
				`use "logout+jwt", "JWT", or "" for a token without typ`)
		}
	}
}

// newLogoutVerifier compiles cfg, which has no faults.
func newLogoutVerifier(cfg *IDTokenConfig) (*logoutVerifier, error) {
	v, err := newVerifier[NoClaims](func(v *verifier, f *httperr.ConfigFaults) {
		trusted := cfg.trustedIssuer(cfg.ClientID)
		if trusted.Types = slices.Clone(cfg.LogoutTypes); len(trusted.Types) == 0 {
			trusted.Types = []string{logoutType}
		}
		ti := compileIssuer(f, idTokenAt, &trusted, true) // jti and sid decide
		ti.logout = true
		ti.refuse = ti.buildRefusals()
		v.trust(ti)
	})
	if err != nil {
		return nil, err
	}
	return &logoutVerifier{
		Verifier: v,
		events:   newRefusal(ErrType, "events", "an object in which "+logoutEvent+" is an object", ""),
		party:    newRefusal(ErrClaims, "sid", "there, and neither is sub", ""),
	}, nil
}

// VerifyLogout verifies a logout token (OpenID Connect Back-Channel Logout 1.0, section 2.6): its
// signature, typ, iss, aud, iat, exp, jti, events, its sid or sub, and that it has no nonce. The
// errors are those of the Verify of a Verifier. Whether its jti was used before is left to the
// caller, who alone knows whether the logout has succeeded.
func (v *IDTokenVerifier[C]) VerifyLogout(ctx context.Context, token string) (LogoutToken, error) {
	if len(token) > v.logout.maxToken {
		return LogoutToken{}, refuseSize.err
	}
	t, err := splitToken(token)
	if err != nil {
		return LogoutToken{}, err
	}
	var s signedToken
	var out reading
	if err := v.logout.verifyClaims(ctx, t, len(token), time.Now(), &s, &out); err != nil {
		return LogoutToken{}, err
	}
	p := out.principal
	switch {
	case !isLogoutEvent(s.raw[claim.Events]):
		return LogoutToken{}, v.logout.events.err
	case cmp.Or(p.SessionID, p.Subject) == "":
		return LogoutToken{}, v.logout.party.err
	}
	return LogoutToken{
		Issuer: p.Issuer, SessionID: p.SessionID, Subject: p.Subject, TokenID: p.TokenID, IssuedAt: p.IssuedAt, ExpiresAt: p.ExpiresAt,
	}, nil
}

// isLogoutEvent reports whether the value of events says that the token is a logout token.
func isLogoutEvent(raw string) bool {
	var event [1]string
	return raw != "" && raw[0] == '{' && eventsIndex.Collect(raw, claimRules, event[:]) == nil && event[0] != "" && event[0][0] == '{'
}
