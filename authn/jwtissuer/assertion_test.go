package jwtissuer_test

import (
	"crypto"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/go-sallyport/sallyport/authn/jwtissuer"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

const clientID = "notes-web"

func newAssertionSigner(t *testing.T, cfg jwtissuer.AssertionConfig) *jwtissuer.AssertionSigner {
	t.Helper()
	return mwtest.Must[*jwtissuer.AssertionSigner](t)(jwtissuer.NewAssertionSigner(cfg))
}

// A tokenEndpoint authenticates clients by private_key_jwt, as RFC 7523, section 3 tells
// it, with another library.
func tokenEndpoint(t *testing.T, public crypto.PublicKey, alg string) http.Handler {
	seen := map[string]bool{}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var c jwt.RegisteredClaims
		parser := jwt.NewParser(jwt.WithValidMethods([]string{alg}), jwt.WithIssuer(clientID), jwt.WithSubject(clientID), jwt.WithAudience(issuer), jwt.WithExpirationRequired(), jwt.WithIssuedAt())
		token, err := parser.ParseWithClaims(r.PostFormValue("client_assertion"), &c, func(*jwt.Token) (any, error) { return public, nil })
		switch {
		case err != nil:
			t.Log(err)
		case r.PostFormValue("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer":
			t.Error("another type of assertion")
		case len(c.Audience) != 1 || c.ID == "" || seen[c.ID] || token.Header["kid"] != kid || token.Header["typ"] != "JWT":
			t.Errorf("%v %+v", token.Header, c)
		case c.ExpiresAt.Sub(c.IssuedAt.Time) != time.Minute:
			t.Errorf("it lives for %v", c.ExpiresAt.Sub(c.IssuedAt.Time))
		default:
			seen[c.ID] = true
			_, _ = io.WriteString(w, "in")
			return
		}
		w.WriteHeader(http.StatusUnauthorized)
	})
}

func TestAssertionIsAccepted(t *testing.T) {
	eachAlgorithm(t, func(t *testing.T, key jwtissuer.SigningKey) {
		s := newAssertionSigner(t, jwtissuer.AssertionConfig{ClientID: clientID, Audience: issuer, Key: key})
		srv := httptest.NewServer(tokenEndpoint(t, key.Private.(crypto.Signer).Public(), string(key.Algorithm)))
		defer srv.Close()
		var last string
		for n, want := range []int{200, 200, 401} {
			signer := s
			if n == 2 { // for another server
				signer = newAssertionSigner(t, jwtissuer.AssertionConfig{ClientID: clientID, Audience: "https://other.example", Key: key})
			}
			assertion := mwtest.Must[string](t)(signer.Sign())
			res, err := http.PostForm(srv.URL, url.Values{
				"grant_type": {"client_credentials"}, "client_assertion": {assertion},
				"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
			})
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != want || assertion == last {
				t.Errorf("%d: %d", n, res.StatusCode)
			}
			last = assertion
		}
	})
}

func TestAssertionClaims(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newAssertionSigner(t, jwtissuer.AssertionConfig{ClientID: clientID, Audience: issuer, Key: edDSA(kid), Lifetime: 5 * time.Minute})
		c := claimsIn(t, mwtest.Must[string](t)(s.Sign()))
		now := float64(time.Now().Unix())
		if len(c) != 6 || c["iss"] != clientID || c["sub"] != clientID || c["aud"] != issuer || c["iat"] != now || c["exp"] != now+300 || len(c["jti"].(string)) != 26 {
			t.Errorf("%v", c)
		}
	})
}

// The keys of a file change over as those of an Issuer do.
func TestAssertionKeyFile(t *testing.T) {
	d := newKeyFolder(t)
	synctest.Test(t, func(t *testing.T) {
		d.set("a")
		s := newAssertionSigner(t, jwtissuer.AssertionConfig{ClientID: clientID, Audience: issuer, KeyFile: d.config("").KeyFile})
		signs := func() string {
			header, _, _ := strings.Cut(mwtest.Must[string](t)(s.Sign()), ".")
			for id, name := range nameOf {
				if strings.Contains(decode(header), id) {
					return name
				}
			}
			return ""
		}
		for n, step := range []struct {
			folder string
			wait   time.Duration
			want   string
		}{{"a", 0, "a"}, {"ab", time.Second, "a"}, {"ab", 15*time.Minute - time.Second, "a"}, {"ab", time.Second, "b"}, {"b", time.Hour, "b"}} {
			d.set(step.folder)
			if time.Sleep(step.wait); signs() != step.want {
				t.Errorf("%d: %s signs", n, signs())
			}
		}
	})
}

func TestAssertionConfig(t *testing.T) {
	_, err := jwtissuer.NewAssertionSigner(jwtissuer.AssertionConfig{})
	mwtest.Faults(t, err, `jwtissuer: ClientID: "": is empty`, `jwtissuer: Audience: "": is empty`, `jwtissuer: Key.Algorithm: "": `, `jwtissuer: Key.Private: "<nil>": is missing`)
	good := jwtissuer.AssertionConfig{ClientID: "a", Audience: issuer, Key: edDSA("")}
	for field, change := range map[string]func(*jwtissuer.AssertionConfig){
		`ClientID: "a\n": `:      func(c *jwtissuer.AssertionConfig) { c.ClientID = "a\n" },
		`Audience: "a b": `:      func(c *jwtissuer.AssertionConfig) { c.Audience = "a b" },
		`Lifetime: "5m1s": `:     func(c *jwtissuer.AssertionConfig) { c.Lifetime = 301 * time.Second },
		`Lifetime: "-1s": `:      func(c *jwtissuer.AssertionConfig) { c.Lifetime = -time.Second },
		`Lifetime: "1.5s": `:     func(c *jwtissuer.AssertionConfig) { c.Lifetime = 1500 * time.Millisecond },
		"Key: stands beside":     func(c *jwtissuer.AssertionConfig) { c.KeyFile.Path = newKeyFolderWith(t, "a") },
		`Key.Algorithm: "HS256"`: func(c *jwtissuer.AssertionConfig) { c.Key.Algorithm = "HS256" },
	} {
		cfg := good
		change(&cfg)
		s, err := jwtissuer.NewAssertionSigner(cfg)
		if mwtest.Faults(t, err, "jwtissuer: "+field); s != nil {
			t.Errorf("%s: a signer beside an error", field)
		}
	}
}

func newKeyFolderWith(t *testing.T, names string) string {
	d := newKeyFolder(t)
	d.set(names)
	return d.path
}

// A signer never shows its key.
func TestAssertionSignerIsNeverPrinted(t *testing.T) {
	key := edDSA(kid)
	s := newAssertionSigner(t, jwtissuer.AssertionConfig{ClientID: clientID, Audience: issuer, Key: key})
	if text := printAll(s) + printAll(struct{ s *jwtissuer.AssertionSigner }{s}); containsPrivateKey(text, key.Private) {
		t.Errorf("the private key is in\n%s", text)
	}
}
