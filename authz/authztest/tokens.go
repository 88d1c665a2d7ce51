package authztest

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/authntest"
)

// Tokens is Config.Sign for a service that accepts bearer tokens. It is safe for concurrent
// use if Revoke is.
type Tokens struct {
	_ [0]func()

	// Issuers issue the tokens. The one with the name of Caller.Issuer issues, and the first
	// one for a Caller without Issuer. Required.
	Issuers []*authntest.Issuer

	// TenantClaim is the claim with the tenant, jwtauth.TrustedIssuer.TenantClaim of the service.
	// Default: tenant.
	TenantClaim string

	// Claims returns further claims of the token of a Caller, such as sid. They come in the place
	// of the claims of the Caller with the same name. Nil means no further claims.
	Claims func(c Caller) map[string]any

	// Revoke revokes the token with the TokenID of p, such as the method RevokeToken of a
	// session.Revocation. A service that cannot revoke says so in Config.Without.
	Revoke func(ctx context.Context, p *authn.Principal) error
}

// Sign puts a token of c into r.
func (t Tokens) Sign(r *http.Request, c Caller) error {
	i := slices.IndexFunc(t.Issuers, func(i *authntest.Issuer) bool { return c.Issuer == "" || i.Trusted().Issuer == c.Issuer })
	if i < 0 {
		return fmt.Errorf("authztest: Tokens.Issuers has no issuer %q", c.Issuer)
	}
	issuer := t.Issuers[i]
	claims := map[string]any{"sub": c.Subject, "auth_time": c.AuthTime.Unix()}
	if len(c.Scopes) > 0 {
		claims["scope"] = strings.Join(c.Scopes, " ")
	}
	if len(c.Roles) > 0 {
		claims["roles"] = c.Roles
	}
	if c.Tenant != "" {
		claims[cmp.Or(t.TenantClaim, "tenant")] = c.Tenant
	}
	if c.ACR != "" {
		claims["acr"] = c.ACR
	}
	if t.Claims != nil {
		maps.Copy(claims, t.Claims(c))
	}
	switch now := time.Now(); c.State {
	case "":
	case Expired:
		claims["iat"], claims["exp"] = now.Add(-2*time.Hour).Unix(), now.Add(-time.Hour).Unix()
	case OtherAudience:
		claims["aud"] = "https://another-audience.example"
	case Revoked:
		if t.Revoke == nil {
			return errors.New("authztest: Tokens.Revoke is nil; set it, or give the reason in Config.Without[authztest.Revoked]")
		}
		p := &authn.Principal{Issuer: issuer.Trusted().Issuer, Subject: c.Subject, TokenID: rand.Text(), ExpiresAt: now.Add(time.Hour)}
		claims["jti"] = p.TokenID
		if err := t.Revoke(r.Context(), p); err != nil {
			return fmt.Errorf("authztest: Tokens.Revoke: %w", err)
		}
	case Forged:
	default:
		return fmt.Errorf("authztest: Tokens cannot make the credential of a State of %s", c.State)
	}
	token := issuer.Sign(claims)
	if c.State == Forged {
		// The signature is of the same key, and of other claims.
		token = token[:strings.LastIndex(token, ".")] + signatureOf(issuer.Sign(nil))
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return nil
}

func signatureOf(token string) string { return token[strings.LastIndex(token, "."):] }
