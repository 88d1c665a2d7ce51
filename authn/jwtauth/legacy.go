package jwtauth

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/authn/internal/jwa"
	"github.com/go-sallyport/sallyport/authn/internal/strictjson"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// Legacy describes tokens without iss that a service has signed itself with a shared secret,
// such as {"sub":"7","exp":1796000000} by golang-jwt, jsonwebtoken or PyJWT. Legacy keeps users
// logged in while the service moves to an issuer. A Verifier uses Legacy only for a token
// without iss, and accepts such a token only with an HMAC.
//
// Such a token names neither its issuer nor its audience nor its kind, and often the same
// secret signs the links for password resets. That is why the claims are a closed list: any
// claim that is not in it refuses the token.
type Legacy struct {
	// Issuer is the Issuer of the Principals of these tokens. Use the iss of the new issuer
	// if it gives the users the same subjects. Required.
	Issuer string

	// Secrets are the one to four secrets that have signed these tokens. Each secret with the
	// algorithm of a token is tried, unless the token has a kid and the secret another ID.
	// Required.
	Secrets []jwks.Secret

	// Audience lists the accepted values of aud. A token without aud is accepted too.
	// Default: none, a token with aud is refused.
	Audience []string

	// Until is the end of the move: from then on all these tokens are refused. Required. A
	// date in the past is accepted, so that a program that is not rebuilt still starts.
	Until time.Time

	// MaxLifetime is the longest accepted time from now to exp. Required. Without iat the
	// age of a token is unknown, so this is the only bound on it beside Until.
	MaxLifetime time.Duration

	// SubjectClaim is the claim with the user, a string or an integer. Default: "sub".
	SubjectClaim string

	// RolesClaim is the claim that fills Principal.Roles, as in TrustedIssuer.
	RolesClaim string

	// Claims are the further claims that a token may have, such as "name". The claims exp,
	// iat, nbf, SubjectClaim and RolesClaim are in the list already, and aud with Audience.
	// If SubjectClaim or RolesClaim is a path, the whole claim at the beginning of the path
	// is in the list.
	Claims []string
}

const maxLegacySecrets = 4

// compileLegacy compiles l, and adds its faults.
func compileLegacy(f *httperr.ConfigFaults, l *Legacy, revoked bool) *trustedIssuer {
	const at = "Legacy."
	ti := &trustedIssuer{
		at:          at,
		iss:         l.Issuer,
		secrets:     true,
		audience:    slices.Clone(l.Audience),
		types:       []string{"JWT", ""},
		rules:       strictjson.Rules{Members: strictjson.MaxMembers, Closed: true},
		strictIDs:   revoked,
		leeway:      defaultLeeway,
		maxLifetime: l.MaxLifetime,
		maxToken:    claim.MaxToken,
		maxHeader:   defaultHeader,
		legacy:      &Legacy{Until: l.Until},
	}
	checkIssuer(f, at+"Issuer", l.Issuer)
	checkList(f, at+"Audience", l.Audience)
	if n := len(l.Secrets); n < 1 || n > maxLegacySecrets {
		f.Add(at+"Secrets", n,
			fmt.Sprintf("is not a list of 1 to %d secrets", maxLegacySecrets), "list the secrets of tokens that have not expired")
	}
	ti.checkSecrets(f, l.Secrets)
	if l.Until.IsZero() {
		f.Add(at+"Until", nil, "is not set", "set the date on which the last of these tokens expires")
	}
	if l.MaxLifetime <= 0 {
		f.Add(at+"MaxLifetime", l.MaxLifetime, "is not positive", "set the lifetime that the service gave these tokens")
	}
	ti.compileLegacyClaims(f, l)
	ti.refuse = ti.buildRefusals()
	return ti
}

// checkSecrets sets the keys of the secrets, and adds their faults.
func (ti *trustedIssuer) checkSecrets(f *httperr.ConfigFaults, secrets []jwks.Secret) {
	for i, secret := range secrets {
		source := jwks.InsecureSharedSecrets(secret)
		if err := source.(jwa.Checker).SelfCheck().Err(); err != nil {
			f.AddAll(fmt.Sprintf("%sSecrets[%d].", ti.at, i), err)
			continue
		}
		given, err := source.Key(context.Background(), ti.iss, secret.ID, string(cmp.Or(secret.Algorithm, jwks.HS256)))
		if key, checkErr := given.Checked(); err == nil && checkErr == nil {
			ti.legacyKeys = append(ti.legacyKeys, key)
		}
	}
}

// findLegacyKey returns the secret that has signed a token.
func (ti *trustedIssuer) findLegacyKey(header *knownHeader, signingInput string, signature []byte) (jwa.Key, *refusal) {
	why := ti.refuse.unknownKey
	for _, key := range ti.legacyKeys {
		switch {
		case header.kid != "" && key.ID() != "" && key.ID() != header.kid:
		case key.Algorithm() != header.alg:
			if header.kid != "" && key.ID() == header.kid {
				why = refuseAlgorithm
			}
		case key.Verify(signingInput, signature) == nil:
			return key, nil
		default:
			why = refuseSignature
		}
	}
	return nil, why
}

// compileLegacyClaims sets the claims that ti reads. All others refuse a token.
func (ti *trustedIssuer) compileLegacyClaims(f *httperr.ConfigFaults, l *Legacy) {
	n := newNames(f, ti.at)
	ti.subject = n.decides("SubjectClaim", cmp.Or(l.SubjectClaim, "sub"))
	ti.roles = n.informs("RolesClaim", l.RolesClaim)
	listed := []int{claim.Exp, claim.Iat, claim.Nbf, ti.subject.slot, ti.roles.slot}
	if len(l.Audience) > 0 {
		listed = append(listed, claim.Aud)
	}
	for i, name := range l.Claims {
		if name == "" {
			f.Add(fmt.Sprintf("%sClaims[%d]", ti.at, i), nil, "is empty", "name a claim")
			continue
		}
		c := n.decides(fmt.Sprintf("Claims[%d]", i), name)
		if len(c.path) > 0 {
			f.Add(fmt.Sprintf("%sClaims[%d]", ti.at, i), name, "is a path, and the list is of whole claims",
				`write the name of the claim; if it has dots, with a slash in front: "/my.claim"`)
		}
		listed = append(listed, c.slot)
	}
	for slot := range claim.Count {
		if slot == claim.Iss || !slices.Contains(listed, slot) { // slot 0 in listed is no claim
			ti.unlisted = append(ti.unlisted, slot)
		}
	}
	ti.index = strictjson.NewIndex(n.all)
}
