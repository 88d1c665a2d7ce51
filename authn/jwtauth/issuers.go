package jwtauth

import (
	"fmt"
	"maps"
	"slices"

	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// A trustedIssuer is an issuer and the source of its keys.
type trustedIssuer struct {
	iss  string
	keys jwks.Source
}

// setIssuers sets the issuers whose tokens v accepts, and adds the faults of the issuers
// and of their keys. With one issuer, from Issuer or from Issuers, the claims are not
// read before the signature is verified.
func (v *verifier) setIssuers(f *httperr.ConfigFaults, cfg Config) {
	v.single = &trustedIssuer{cfg.Issuer, cfg.Keys}
	if len(cfg.Issuers) == 0 {
		checkIssuer(f, "Issuer", cfg.Issuer)
		v.sharedSecrets = checkKeys(f, "Keys", cfg.Keys)
		return
	}
	if cfg.Issuer != "" {
		f.Add("Issuer", cfg.Issuer, "stands beside Issuers", "move it and its Keys into Issuers")
	}
	if cfg.Keys != nil {
		f.Add("Keys", nil, "stands beside Issuers", "move it into Issuers, under the iss of its issuer")
	}
	v.byIssuer = make(map[string]*trustedIssuer, len(cfg.Issuers))
	secrets := 0
	for _, iss := range slices.Sorted(maps.Keys(cfg.Issuers)) {
		fieldName := fmt.Sprintf("Issuers[%q]", iss)
		checkIssuer(f, fieldName, iss)
		if checkKeys(f, fieldName, cfg.Issuers[iss]) {
			secrets++
		}
		v.single = &trustedIssuer{iss, cfg.Issuers[iss]}
		v.byIssuer[iss] = v.single
	}
	v.sharedSecrets = secrets > 0
	if v.sharedSecrets && secrets < len(cfg.Issuers) {
		f.Add("Issuers", nil, "mixed key families: a public key could be taken for a shared secret",
			"make a Verifier of its own for the issuers with InsecureSharedSecrets")
	}
	if len(v.byIssuer) > 1 {
		v.single = nil
	}
}

func checkIssuer(f *httperr.ConfigFaults, fieldName, iss string) {
	switch {
	case iss == "":
		f.Add(fieldName, nil, "is empty", "set it to the iss of your issuer's tokens")
	case !claim.Printable(iss):
		f.Add(fieldName, iss, "has a space, a control character or invalid UTF-8", "write it exactly as in the iss of a token")
	}
}
