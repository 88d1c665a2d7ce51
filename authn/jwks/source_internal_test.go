package jwks

import (
	"errors"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestStaticFind(t *testing.T) {
	s := Static(
		Key{ID: "a", Algorithm: RS256, Public: publicOf("RSA")}, Key{ID: "a", Algorithm: RS384, Public: publicOf("RSA")},
		Key{ID: "b", Algorithm: RS256, Public: publicOf("RSA")}, Key{Algorithm: "Ed25519", Public: publicOf("Ed25519")},
	)
	if err := s.(*staticSource).SelfCheck().Err(); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		kid, alg string
		want     error
		id       string
		used     Algorithm
	}{
		{"a", "RS256", nil, "a", RS256}, {"a", "RS384", nil, "a", RS384}, {"b", "RS256", nil, "b", RS256}, {"b", "RS384", nil, "b", RS256},
		{"c", "RS256", ErrUnknownKey, "", ""}, {"", "RS256", ErrSeveralKeys, "", ""}, {"", "RS384", nil, "a", RS384},
		{"", "EdDSA", nil, "", EdDSA}, {"", "Ed25519", ErrUnknownKey, "", ""}, {"", "HS256", ErrUnknownKey, "", ""},
	} {
		k, err := s.Key(t.Context(), "https://issuer.example", tc.kid, tc.alg)
		if err != tc.want || k.ID != tc.id || k.Algorithm != tc.used || err == nil && k.checked.Algorithm() != string(tc.used) {
			t.Errorf("%q, %s: %+v, %v", tc.kid, tc.alg, k, err)
		}
	}
	mwtest.MaxAllocs(t, "Key", 0, func() {
		if _, err := s.Key(t.Context(), "https://issuer.example", "a", "RS384"); err != nil {
			t.Fatal(err)
		}
	})
}

func TestStaticFaults(t *testing.T) {
	ed := publicOf("Ed25519")
	err := Static(
		Key{ID: "a", Algorithm: EdDSA, Public: ed}, Key{ID: "a", Algorithm: "Ed25519", Public: publicOf("Ed25519, another")}, Key{Algorithm: EdDSA, Public: ed},
		Key{Algorithm: EdDSA, Public: ed}, Key{ID: "h", Algorithm: HS256, Public: ed},
	).(*staticSource).SelfCheck().Err()
	mwtest.Faults(t, err, `jwks: Keys[1].ID: "a": another key has this ID and algorithm; `, `jwks: Keys[3].ID: "": another key has this ID and algorithm; `,
		`jwks: Keys[4].Algorithm: "HS256": whoever can verify`)
}

func TestErrorsOfSources(t *testing.T) {
	if errors.Is(ErrSeveralKeys, ErrUnknownKey) || ErrSeveralKeys.Error() != "jwks: a token without kid, and more than one key for its algorithm" {
		t.Error(ErrSeveralKeys)
	}
}
