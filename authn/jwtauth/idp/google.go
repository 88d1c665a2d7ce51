package idp

import (
	"strings"

	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
)

const (
	googleIssuer = "https://accounts.google.com"
	googleKeys   = "https://www.googleapis.com/oauth2/v3/certs"
)

// GoogleUsers accepts the ID tokens of people who signed in to an application with Google. client
// and clients are its OAuth client IDs, all of them: the ID token of an Android or iOS app has
// the client ID of that app in azp. It returns two issuers, because Google writes iss with and
// without "https://".
//
// Kind: azp is one of the client IDs. Every service account in the world can get an ID token
// with our client ID in aud, but it has its own ID in azp.
//
// Opens: Types (JWT), OptionalTokenID (no token has a jti, so Config.Revoked cannot revoke
// a single one), IDTokens (nonce, at_hash and c_hash).
//
// Google's access tokens are not JWTs. An ID token says that a person signed in: check
// in the service whether this person has an account, by Principal.Subject and not by e-mail.
// For one organisation, also require the claim hd with a ClaimRule.
func GoogleUsers(client string, clients ...string) []jwtauth.TrustedIssuer {
	clients = append([]string{client}, clients...)
	all := make([]jwtauth.TrustedIssuer, 2)
	for i, issuer := range []string{googleIssuer, strings.TrimPrefix(googleIssuer, "https://")} {
		all[i] = google(issuer, clients)
		all[i].Kind = []jwtauth.ClaimRule{{Claim: "azp", In: clients}}
	}
	all[1].Keys = all[0].Keys
	return all
}

// GoogleServiceAccounts accepts the ID tokens of service accounts, as Cloud Run, Cloud Tasks and
// Pub/Sub send them. audience is the URL of this service, or the audience that was configured
// at the sender. account and accounts are the accepted service accounts, by e-mail or, better,
// by their unique numeric ID: the e-mail of a deleted account can be used again.
//
// Kind: sub or email is one of the accounts. The caller chooses aud, so aud alone is no
// protection. With e-mails, email_verified must be true; it may be absent only if some of the
// accounts are IDs, because a token for an ID need not have an e-mail.
//
// Opens: as GoogleUsers.
func GoogleServiceAccounts(audience, account string, accounts ...string) jwtauth.TrustedIssuer {
	var emails, subjects []string
	for _, a := range append([]string{account}, accounts...) {
		if strings.Contains(a, "@") {
			emails = append(emails, a)
		} else {
			subjects = append(subjects, a)
		}
	}
	t := google(googleIssuer, []string{audience})
	if len(subjects) > 0 {
		t.Kind = append(t.Kind, jwtauth.ClaimRule{Claim: "sub", In: subjects})
	}
	if len(emails) > 0 {
		t.Kind = append(t.Kind, jwtauth.ClaimRule{Claim: "email", In: emails})
		t.Require = []jwtauth.ClaimRule{{Claim: "email_verified", In: []string{"true"}, Optional: len(subjects) > 0}}
	}
	return t
}

func google(issuer string, audience []string) jwtauth.TrustedIssuer {
	return jwtauth.TrustedIssuer{
		Issuer:          issuer,
		Keys:            jwks.Remote(googleKeys),
		Audience:        audience,
		Types:           []string{"JWT"},
		IDTokens:        true,
		OptionalTokenID: true,
		ClientClaim:     "azp",
	}
}
