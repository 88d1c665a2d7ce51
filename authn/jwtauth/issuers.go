package jwtauth

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// A checker is a source of this package that can say before the first request
// what is wrong with it. The fields of the faults begin with "Keys".
type checker interface {
	check(f *httperr.ConfigFaults)
}

// checkIssuers adds what is wrong with the issuers and with their keys.
func checkIssuers(f *httperr.ConfigFaults, cfg Config) {
	if len(cfg.Issuers) == 0 {
		checkIssuer(f, "Issuer", cfg.Issuer)
		checkKeys(f, "Keys", cfg.Keys)
		return
	}
	if cfg.Issuer != "" {
		f.Add("Issuer", cfg.Issuer, "stands beside Issuers", "move it and its Keys into Issuers")
	}
	if cfg.Keys != nil {
		f.Add("Keys", nil, "stands beside Issuers", "move it into Issuers, under the iss of its issuer")
	}
	secrets := 0
	for _, iss := range slices.Sorted(maps.Keys(cfg.Issuers)) {
		at := fmt.Sprintf("Issuers[%q]", iss)
		checkIssuer(f, at, iss)
		checkKeys(f, at, cfg.Issuers[iss])
		if _, secret := cfg.Issuers[iss].(*sharedSecrets); secret {
			secrets++
		}
	}
	if secrets > 0 && secrets < len(cfg.Issuers) {
		f.Add("Issuers", nil, "mixed key families: a public key could be taken for a shared secret", "make a Verifier of its own for the issuers with InsecureSharedSecrets")
	}
}

// admitIssuers sets whose tokens v accepts. With one issuer, however it was
// given, nothing of the claims is read before the signature.
func (v *verifier) admitIssuers(cfg Config) {
	v.sole = &party{cfg.Issuer, cfg.Keys}
	v.parties = make(map[string]*party, len(cfg.Issuers))
	for iss, keys := range cfg.Issuers {
		v.sole = &party{iss, keys}
		v.parties[iss] = v.sole
	}
	if v.sole.keys != nil {
		_, v.secrets = v.sole.keys.(*sharedSecrets)
	}
	if len(v.parties) > 1 {
		v.sole = nil
	}
}

func checkIssuer(f *httperr.ConfigFaults, at, iss string) {
	switch {
	case iss == "":
		f.Add(at, nil, "is empty", "set it to the iss of your issuer's tokens")
	case !printable(iss):
		f.Add(at, iss, "has a space, a control character or invalid UTF-8", "write it exactly as in the iss of a token")
	}
}

// checkKeys adds what is wrong with the source at a field of Config, and with
// its keys if it is one of ours.
func checkKeys(f *httperr.ConfigFaults, at string, source KeySource) {
	if nilcheck.Nil(source) {
		f.Add(at, nil, "is nil", "use JWKS, KeyFile or Static, or check the error of the function that returned it")
		return
	}
	c, ok := source.(checker)
	if !ok {
		return
	}
	if at == "Keys" {
		c.check(f)
		return
	}
	inner := httperr.ConfigFaults{Package: f.Package}
	c.check(&inner)
	joined, _ := inner.Err().(interface{ Unwrap() []error })
	if joined == nil {
		return
	}
	for _, err := range joined.Unwrap() {
		if e, ok := errors.AsType[*httperr.ConfigError](err); ok {
			var value any
			if s, err := strconv.Unquote(e.Value); err == nil {
				value = s
			}
			f.Add(at+"."+e.Field, value, e.Reason, e.Fix)
		}
	}
}
