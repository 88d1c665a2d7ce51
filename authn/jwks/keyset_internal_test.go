package jwks

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
)

const (
	tenant      = "9188040d-6c67-4c5b-b112-36a304b66dad"
	multiTenant = "https://login.example/{tenantid}/v2.0"
)

// slowFind is the reference of keySet.find: it collects all keys that fit.
func slowFind(all []*boundKey, issuer, kid, alg string) (fits []Key, err error) {
	var sameID, sameIssuer []Key
	for _, k := range all {
		if kid != "" && k.ID != kid || kid == "" && string(k.Algorithm) != alg {
			continue
		}
		sameID = append(sameID, k.Key)
		if k.issuer == "" || k.issuer == issuer && issuer != multiTenant || k.issuer == multiTenant && issuer == "https://login.example/"+tenant+"/v2.0" {
			sameIssuer = append(sameIssuer, k.Key)
			if string(k.Algorithm) == alg {
				fits = append(fits, k.Key)
			}
		}
	}
	switch {
	case kid == "" && len(fits) > 1:
		return nil, ErrSeveralKeys
	case len(fits) > 0:
		return fits, nil
	case len(sameIssuer) > 0:
		return sameIssuer, nil
	case len(sameID) > 0 && kid != "":
		return nil, errOtherIssuer
	}
	return nil, ErrUnknownKey
}

func TestKeySetFind(t *testing.T) {
	ids, algs := []string{"", "a", "b"}, []string{"RS256", "ES256", "EdDSA"}
	issuers := []string{"", "https://issuer.example", multiTenant, "https://login.example/" + tenant + "/v2.0"}
	pick := func(from []string) string { return from[rand.IntN(len(from))] }
	outcomes := map[error]int{}
	for range 2000 {
		s := newKeySet()
		for n := range rand.IntN(6) {
			k := &boundKey{issuer: pick(issuers)}
			k.ID, k.Algorithm, k.Public = pick(ids), Algorithm(pick(algs)), n
			s.add(k)
		}
		for _, issuer := range append(issuers, "https://login.example/common/v2.0") {
			for _, kid := range append(ids, "c") {
				for _, alg := range append(algs, "HS256") {
					k, err := s.find(issuer, kid, alg)
					fits, want := slowFind(s.all, issuer, kid, alg)
					found := false
					for _, f := range fits {
						found = found || k != nil && f == *k
					}
					if outcomes[err]++; err != want || (err == nil) != found {
						t.Fatalf("%q %q %q: %v, %v, want one of %v, %v", issuer, kid, alg, k, err, fits, want)
					}
				}
			}
		}
	}
	if len(outcomes) != 4 {
		t.Errorf("only these outcomes: %v", outcomes)
	}
	if !errors.Is(errOtherIssuer, ErrUnknownKey) {
		t.Error("a key of another issuer is not an unknown key")
	}
}

// A key with the member issuer is for that issuer alone, with {tenantid} for any tenant.
func TestJWKSIssuer(t *testing.T) {
	ed := func(kid, issuer string) jwkMembers {
		return jwkObject(kid, publicOf("Ed25519")).with("issuer", `"`+issuer+`"`)
	}
	const own = "https://login.example/" + tenant + "/v2.0"
	keys, skipped, err := parseJWKS([]byte(setOf(ed("all", multiTenant), ed("own", own), ed("both", multiTenant), ed("both", own), jwkObject("any", publicOf("Ed25519")))), RS256)
	if err != nil || len(skipped) > 0 || keys.size() != 5 {
		t.Fatalf("%d keys, %v, %v", keys.size(), skipped, err)
	}
	for issuer, want := range map[string]string{
		own: "all own both any", "https://login.example/00000000-0000-0000-0000-000000000000/v2.0": "all both any",
		"https://login.example/common/v2.0": "any", "https://issuer.example": "any", "": "any", multiTenant: "any",
	} {
		got := ""
		for _, kid := range []string{"all", "own", "both", "any"} {
			if _, err := keys.find(issuer, kid, "EdDSA"); err == nil {
				got += " " + kid
			} else if err != errOtherIssuer {
				t.Error(err)
			}
		}
		if got != " "+want {
			t.Errorf("%q: %s, want %s", issuer, got, want)
		}
	}
}

func BenchmarkKeySetFind(b *testing.B) {
	s := newKeySet()
	for i := range 32 {
		k := &boundKey{Key: Key{ID: fmt.Sprint(i), Algorithm: RS256}, issuer: multiTenant}
		s.add(k)
	}
	for name, kid := range map[string]string{"known": "7", "unknown": "x"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.find("https://login.example/"+tenant+"/v2.0", kid, "RS256"); (err == nil) != (kid == "7") {
					b.Fatal(err)
				}
			}
		})
	}
}

// A set that reveals the private part of a key takes that key out of the set before, and no
// other.
func TestWithoutExposed(t *testing.T) {
	for _, kind := range []string{"RSA", "P-256", "Ed25519"} {
		keys, _, err := parseJWKS([]byte(setOf(jwkObject("a", publicOf(kind)), jwkObject("b", publicOf("P-384")))), RS256)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = parseJWKS([]byte(setOf(jwkObject("other", publicOf(kind)).with("d", "1"))), RS256)
		e, ok := errors.AsType[*exposedError](err)
		if !ok {
			t.Fatalf("%s: %v", kind, err)
		}
		kept := keys.without(e.parts)
		if kept.size() != 1 || kept.all[0].ID != "b" || keys.size() != 2 {
			t.Errorf("%s: %d keys are left of %d", kind, kept.size(), keys.size())
		}
		if kept.without(map[string]bool{"kidb": true}) != nil {
			t.Errorf("%s: a set without keys is not nil", kind)
		}
	}
}
