package jwtissuer_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtissuer"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// signedBy returns the kid of a token that i issues now.
func signedBy(t *testing.T, i *jwtissuer.Issuer) string {
	t.Helper()
	header, _, _ := strings.Cut(issue(t, i, grant()).Token, ".")
	_, rest, _ := strings.Cut(decode(header), `"kid":"`)
	id, _, _ := strings.Cut(rest, `"`)
	return id
}

// knownIDs returns the IDs of the keys that i finds, and fails t if i publishes others.
func knownIDs(t *testing.T, i *jwtissuer.Issuer, kids ...string) string {
	t.Helper()
	var found []string
	for _, id := range kids {
		if _, err := i.Key(context.Background(), issuer, id, string(jwks.EdDSA)); err == nil {
			found = append(found, id)
		} else if !errors.Is(err, jwks.ErrUnknownKey) {
			t.Fatal(err)
		}
	}
	if got := publishedIDs(t, i); !slices.Equal(got, found) {
		t.Errorf("finds %v, publishes %v", found, got)
	}
	return strings.Join(found, " ")
}

func rotate(t *testing.T, i *jwtissuer.Issuer, id string) {
	t.Helper()
	if err := i.Rotate(edDSA(id)); err != nil {
		t.Fatal(err)
	}
}

// A rotationStep states the signing key and the published keys after a wait.
type rotationStep struct {
	wait  time.Duration
	do    func(*testing.T, *jwtissuer.Issuer)
	signs string
	known string
	note  string
}

func TestRotation(t *testing.T) {
	to := func(id string) func(*testing.T, *jwtissuer.Issuer) {
		return func(t *testing.T, i *jwtissuer.Issuer) { rotate(t, i, id) }
	}
	withdraw := func(id string) func(*testing.T, *jwtissuer.Issuer) {
		return func(t *testing.T, i *jwtissuer.Issuer) {
			if err := i.Withdraw(id); err != nil {
				t.Fatal(err)
			}
		}
	}
	// A key is published 15 min ahead, tokens live 15 min, and the leeway is 1 min.
	for name, plan := range map[string][]rotationStep{
		"one": {
			{0, nil, "a", "a", "at first"},
			{100 * time.Hour, to("b"), "a", "a b", "published at once"},
			{15*time.Minute - 1, nil, "a", "a b", "not yet"},
			{1, nil, "b", "a b", "the next signs"},
			{16*time.Minute - 1, nil, "b", "a b", "the last token may live"},
			{1, nil, "b", "b", "the old one is out"},
			{1000 * time.Hour, nil, "b", "b", "from then on"},
		},
		"in a row": {
			{0, to("b"), "a", "a b", ""},
			{5 * time.Minute, to("c"), "a", "a b c", "before b signs"},
			{5 * time.Minute, to("d"), "a", "a b c d", ""},
			{5 * time.Minute, nil, "b", "a b c d", ""},
			{5 * time.Minute, nil, "c", "a b c d", ""},
			{5 * time.Minute, nil, "d", "a b c d", ""},
			{6 * time.Minute, nil, "d", "b c d", "16 min after b began"},
			{5 * time.Minute, nil, "d", "c d", ""},
			{5 * time.Minute, nil, "d", "d", ""},
		},
		"at one moment": {
			{0, to("b"), "a", "a b", ""},
			{0, to("c"), "a", "a b c", ""},
			{15 * time.Minute, nil, "c", "a b c", "b never signs"},
			{16 * time.Minute, nil, "c", "c", ""},
		},
		"late": {
			{0, to("b"), "a", "a b", ""},
			{100 * time.Hour, to("c"), "b", "b c", "a dropped out unseen"},
			{15 * time.Minute, nil, "c", "b c", ""},
		},
		"compromised": {
			{0, to("b"), "a", "a b", ""},
			{0, withdraw("a"), "b", "b", "at once"},
			{time.Minute, to("c"), "b", "b c", ""},
			{15 * time.Minute, nil, "c", "b c", ""},
			{16 * time.Minute, nil, "c", "c", ""},
		},
		"compromised while pending": {
			{0, to("b"), "a", "a b", ""},
			{5 * time.Minute, to("c"), "a", "a b c", ""},
			{0, withdraw("b"), "a", "a c", ""},
			{10 * time.Minute, nil, "a", "a c", "a signs in its place"},
			{5 * time.Minute, nil, "c", "a c", ""},
			{0, withdraw("a"), "c", "c", "old ones too"},
		},
		"the last one pending": {
			{0, to("b"), "a", "a b", ""},
			{0, withdraw("b"), "a", "a", ""},
			{100 * time.Hour, nil, "a", "a", "it signs again without an end"},
		},
		"compromised in the middle": {
			{0, to("b"), "a", "a b", ""},
			{15 * time.Minute, to("c"), "b", "a b c", ""},
			{time.Minute, withdraw("b"), "c", "a c", ""},
			{15 * time.Minute, nil, "c", "c", "a, 16 min after its end"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				i := newIssuer(t, issuerConfig(edDSA("a")))
				for n, m := range plan {
					time.Sleep(m.wait)
					if m.do != nil {
						m.do(t, i)
					}
					if signs, known := signedBy(t, i), knownIDs(t, i, "a", "b", "c", "d"); signs != m.signs || known != m.known {
						t.Errorf("%d %s: %s signs, %s are known; want %s and %s", n, m.note, signs, known, m.signs, m.known)
					}
				}
			})
		})
	}
}

// Every token is accepted until it expires, through any rotation.
func TestRotationLosesNoToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newIssuer(t, issuerConfig(edDSA("0")))
		cfg := trusting(i)
		cfg.Issuers[0].Leeway = time.Minute
		v := build(t, cfg)
		var live []jwtissuer.Issued
		for n := range 400 {
			if n%7 == 0 {
				rotate(t, i, fmt.Sprint(n+1))
			}
			live = append(live, issue(t, i, grant()))
			live = slices.DeleteFunc(live, func(out jwtissuer.Issued) bool {
				_, err := v.Verify(context.Background(), out.Token)
				expired := !time.Now().Before(out.ExpiresAt.Add(time.Minute))
				if expired && errors.Is(err, jwks.ErrUnknownKey) {
					err = authn.ErrExpired // its key may be gone after the expiry, but not before
				}
				if expired != errors.Is(err, authn.ErrExpired) || !expired && err != nil {
					t.Fatalf("%v after its issue: %v", time.Since(out.ExpiresAt), err)
				}
				return expired
			})
			time.Sleep(time.Duration(n%3) * 37 * time.Second)
			if n := len(publishedIDs(t, i)); n > 10 {
				t.Fatalf("%d keys are published", n)
			}
		}
	})
}

func TestRotateRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := edDSA("a")
		i := newIssuer(t, issuerConfig(first))
		same, again := first, edDSA("a")
		same.ID = "b"
		mwtest.Faults(t, i.Rotate(again), `jwtissuer: SigningKey.ID: "a": another key had this ID`)
		mwtest.Faults(t, i.Rotate(same), "jwtissuer: SigningKey.Private: was a key of this issuer already")
		mwtest.Faults(t, i.Rotate(jwtissuer.SigningKey{ID: "\n"}), "jwtissuer: SigningKey.ID: ", "jwtissuer: SigningKey.Algorithm: ", "jwtissuer: SigningKey.Private: ")
		if signedBy(t, i) != "a" || knownIDs(t, i, "a", "b") != "a" {
			t.Error("a refused key changed the issuer")
		}
		// An ID stays used after its key has dropped out.
		rotate(t, i, "b")
		time.Sleep(100 * time.Hour)
		mwtest.Faults(t, i.Rotate(again), `jwtissuer: SigningKey.ID: "a": another key had this ID`)

		for n := range 15 {
			rotate(t, i, fmt.Sprint(n))
		}
		mwtest.Faults(t, i.Rotate(edDSA("z")), "jwtissuer: SigningKey: 16 keys are published already")
		time.Sleep(31 * time.Minute)
		rotate(t, i, "z")

		// These withdrawals would leave no key, or name no published key.
		if err := i.Withdraw("a"); !errors.Is(err, jwks.ErrUnknownKey) {
			t.Errorf("a key that dropped out: %v", err)
		}
		if err := i.Withdraw("14"); err != nil { // z takes over
			t.Error(err)
		}
		if err := i.Withdraw("z"); err == nil || errors.Is(err, jwks.ErrUnknownKey) {
			t.Errorf("the last key: %v", err)
		}
		if signedBy(t, i) != "z" {
			t.Error("z does not sign")
		}
	})
}

func TestIssuerHasNoKeysOfOthers(t *testing.T) {
	i := newIssuer(t, issuerConfig(edDSA(kid)))
	for _, iss := range []string{"", issuer + "/", "https://other.example"} {
		if k, err := i.Key(context.Background(), iss, kid, string(jwks.EdDSA)); !errors.Is(err, jwks.ErrUnknownKey) || k.Public != nil {
			t.Errorf("%q: %v, %v", iss, k, err)
		}
	}
}

func TestIssuerConcurrently(t *testing.T) {
	i := newIssuer(t, issuerConfig(edDSA("first")))
	v := verifierOf(t, i)
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for n := range 50 {
				switch id := fmt.Sprintf("%d-%d", worker, n); {
				case n%10 == 5:
					if err := i.Rotate(edDSA(id)); err != nil && !strings.Contains(err.Error(), "published already") {
						t.Error(err)
					}
				case n%10 == 9 && worker == 0:
					if kids := publishedIDs(t, i); len(kids) > 2 {
						if err := i.Withdraw(kids[len(kids)-1]); err != nil && !errors.Is(err, jwks.ErrUnknownKey) {
							t.Error(err)
						}
					}
				default:
					out, err := i.Issue(grant())
					if err != nil {
						t.Error(err)
					}
					if _, err := v.Verify(context.Background(), out.Token); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
}
