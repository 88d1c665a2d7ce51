package jwa_test

import (
	"encoding/base64"
	"testing"

	"github.com/go-sallyport/sallyport/authn/internal/jwa"
)

func TestHalfHash(t *testing.T) {
	// The example of OpenID Connect Core, appendix A.4.
	if got := jwa.HalfHash("RS256", "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"); got != "77QmUPtjPfzWtF2AnpK9RQ" {
		t.Error(got)
	}
	sizes := map[string]int{"RS256": 16, "PS256": 16, "ES256": 16, "RS384": 24, "PS384": 24, "ES384": 24, "RS512": 32, "PS512": 32, "ES512": 32, "EdDSA": 32}
	for alg, want := range sizes {
		b, err := base64.RawURLEncoding.DecodeString(jwa.HalfHash(alg, "x"))
		if err != nil || len(b) != want {
			t.Errorf("%s: %d bytes, %v", alg, len(b), err)
		}
	}
	if jwa.HalfHash("ES512", "x") != jwa.HalfHash("EdDSA", "x") {
		t.Error("EdDSA has another hash")
	}
}
