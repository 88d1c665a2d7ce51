package jwks

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/jwa"
)

// A refresh keeps the identity of an unchanged key, so that its cached tokens stay valid.
// A key that changed in any way gets a new identity.
func TestRefreshKeepsUnchangedKeys(t *testing.T) {
	type set struct {
		text string
		same string // the keys of a to e that are unchanged
	}
	ed, ec, rsa := publicOf("Ed25519"), publicOf("P-256"), publicOf("RSA")
	sets := []set{
		{setOf(jwkObject("a", ed), jwkObject("b", ec), jwkObject("c", rsa), jwkObject("d", ec)), ""},
		{setOf(jwkObject("d", ec), jwkObject("c", rsa), jwkObject("b", ec), jwkObject("a", ed)), "abcd"},
		{setOf(jwkObject("a", ec), jwkObject("b", ec), jwkObject("c", rsa).add("alg", `"PS256"`), jwkObject("e", ec)), "b"},
		{setOf(jwkObject("a", ed), jwkObject("b", ec), jwkObject("c", rsa), jwkObject("d", ec)), "b"},
		{setOf(jwkObject("a", ed).add("issuer", `"i"`), jwkObject("b", ec), jwkObject("c", rsa), jwkObject("c", rsa).add("alg", `"RS512"`)), "bc"},
	}
	check := func(t *testing.T, s Source, next func(string)) {
		before := map[string]jwa.Key{}
		for i, set := range sets {
			next(set.text)
			same := ""
			for _, kid := range []string{"a", "b", "c", "d", "e"} {
				k, _ := s.Key(context.Background(), "i", kid, "RS256")
				if k.checked != nil && k.checked == before[kid] {
					same += kid
				}
				if k.checked != nil && (k.checked.ID() != k.ID || k.checked.Algorithm() != string(k.Algorithm)) {
					t.Errorf("set %d: %s is verified as %s with %s", i, kid, k.checked.ID(), k.checked.Algorithm())
				}
				before[kid] = k.checked
			}
			if same != set.same {
				t.Errorf("set %d: the same are %q, want %q", i, same, set.same)
			}
		}
	}
	t.Run("remote", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			issuer := &issuerStub{text: sets[0].text}
			r := issuer.newSource(t, RemoteConfig{})
			check(t, r, func(text string) {
				issuer.update(func() { issuer.text = text })
				time.Sleep(16 * time.Minute)
				_, _ = r.Key(t.Context(), "", "b", "EdDSA")
				synctest.Wait()
			})
		})
	})
	t.Run("file", func(t *testing.T) {
		d := newKeyDir(t)
		d.write(sets[0].text, time.Hour)
		synctest.Test(t, func(t *testing.T) {
			s := newFile(FileConfig{Path: d.path})
			check(t, s, func(text string) {
				d.write(text, time.Hour)
				time.Sleep(2 * time.Minute)
			})
		})
	})
}
