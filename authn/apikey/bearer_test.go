package apikey_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/apikey"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/authn/jwtissuer"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// anyToken accepts every bearer token but keys, as a jwtauth.Verifier does.
type anyToken struct{}

func (anyToken) Present(r *http.Request) bool       { return len(r.Header["Authorization"]) > 0 }
func (anyToken) CredentialHeader() string           { return "Authorization" }
func (anyToken) Challenge(_ string, _ error) string { return "Bearer token" }
func (anyToken) Authenticate(*http.Request) (*authn.Principal, error) {
	return &authn.Principal{Kind: "jwt", Subject: "ann"}, nil
}

// Each answer to a key in Authorization, over a real connection: alone, and beside an
// Authenticator for JWTs.
func TestBearerKeys(t *testing.T) {
	s := newStore()
	keys := build(t, apikey.Config{Store: s, Bearer: true})
	anywhere := func(r *apikey.Record) { r.Networks, r.DangerouslyAnyAddress = nil, true }
	good, _ := issue(t, keys, s, anywhere)
	expired, _ := issue(t, keys, s, func(r *apikey.Record) { anywhere(r); r.ExpiresAt = time.Now().Add(-time.Second) })
	other, _ := issue(t, build(t, apikey.Config{Store: s, Prefix: "notes", Env: "test"}), s, anywhere)

	serve := func(authenticators ...authn.Authenticator) *httptest.Server {
		m := mwtest.Must[*authn.Middleware](t)(authn.New(authn.Config{Authenticators: authenticators, Realm: "notes"}))
		srv := httptest.NewServer(m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			p, _ := authn.FromContext(r.Context())
			w.Header().Set("X-Kind", p.Kind)
		})))
		t.Cleanup(srv.Close)
		return srv
	}
	alone, beside := serve(keys), serve(anyToken{}, keys)
	const (
		invalid = `Bearer realm="notes", error="invalid_token", error_description="The API key is not valid"`
		old     = `Bearer realm="notes", error="invalid_token", error_description="The API key has expired"`
		form    = `Bearer realm="notes", error="invalid_request", error_description="The request must carry one API key"`
	)
	for name, tc := range map[string]struct {
		srv       *httptest.Server
		values    []string
		status    int
		code      string // of a refusal
		challenge string
		kind      string // of the principal
	}{
		"a key":                      {alone, []string{"Bearer " + good}, 200, "", "", "apikey"},
		"a key, beside":              {beside, []string{"Bearer " + good}, 200, "", "", "apikey"},
		"lower case, blanks":         {beside, []string{"bearer   " + good}, 200, "", "", "apikey"},
		"a JWT, beside":              {beside, []string{"Bearer eyJ"}, 200, "", "", "jwt"},
		"a JWT":                      {alone, []string{"Bearer eyJ"}, 401, "invalid_credentials", invalid, ""},
		"another environment":        {alone, []string{"Bearer " + other}, 401, "invalid_credentials", invalid, ""},
		"another environment beside": {beside, []string{"Bearer " + other}, 200, "", "", "jwt"},
		"changed":                    {beside, []string{"Bearer " + good[:len(good)-1] + "!"}, 401, "invalid_credentials", invalid, ""},
		"expired":                    {beside, []string{"Bearer " + expired}, 401, "credentials_expired", old, ""},
		"nothing":                    {alone, nil, 401, "unauthenticated", `Bearer realm="notes"`, ""},
		"another scheme":             {alone, []string{"Basic " + good}, 401, "unauthenticated", `Bearer realm="notes"`, ""},
		"no scheme":                  {alone, []string{good}, 400, "invalid_request", form, ""},
		"no key":                     {alone, []string{"Bearer"}, 401, "unauthenticated", `Bearer realm="notes"`, ""},
		"blanks for a key":           {alone, []string{"Bearer \t "}, 401, "unauthenticated", `Bearer realm="notes"`, ""},
		"an empty field":             {alone, []string{""}, 401, "unauthenticated", `Bearer realm="notes"`, ""},
		"a list":                     {alone, []string{"Bearer " + good + ", Bearer " + good}, 400, "invalid_request", form, ""},
		"behind another scheme":      {alone, []string{"Basic x, Bearer " + good}, 400, "invalid_request", form, ""},
		"two fields":                 {alone, []string{"Bearer " + good, "Bearer " + good}, 400, "invalid_request", form, ""},
		"a key and a JWT":            {beside, []string{"Bearer " + good, "Bearer eyJ"}, 400, "invalid_request", "Bearer token", ""},
	} {
		t.Run(name, func(t *testing.T) {
			req := mwtest.Must[*http.Request](t)(http.NewRequestWithContext(t.Context(), "GET", tc.srv.URL, nil))
			req.Header["Authorization"] = tc.values
			res, err := tc.srv.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			if got := res.Header.Get("WWW-Authenticate"); got != tc.challenge {
				t.Errorf("challenge %q, want %q", got, tc.challenge)
			}
			if tc.status == 200 {
				if got := res.Header.Get("X-Kind"); res.StatusCode != 200 || got != tc.kind {
					t.Errorf("%d, by %q, want %q", res.StatusCode, got, tc.kind)
				}
				_ = res.Body.Close()
				return
			}
			mwtest.Refused(t, res, tc.status, tc.code)
		})
	}
	r := request(good)
	if keys.Present(r) {
		t.Error("accepted in X-API-Key too")
	}
	r.Header.Set("Authorization", "Bearer "+good)
	r = r.WithContext(authn.NewContext(t.Context(), nil))
	mwtest.MaxAllocs(t, "a bearer key", 1, func() { _, _ = keys.Authenticate(r) })
}

// A jwtauth.Verifier and keys share the scheme, in both orders.
func TestBearerKeysBesideJWTs(t *testing.T) {
	signing := mwtest.Must[jwtissuer.SigningKey](t)(jwtissuer.GenerateKey(jwks.ES256))
	issuer := mwtest.Must[*jwtissuer.Issuer](t)(jwtissuer.New(jwtissuer.Config{
		Issuer: "https://id.example", Audience: []string{"notes"}, Key: signing, Lifetime: time.Minute,
	}))
	token := mwtest.Must[jwtissuer.Issued](t)(issuer.Issue(jwtissuer.Grant{Subject: "ann", ClientID: "web"})).Token
	tokens, err := jwtauth.New(jwtauth.Config{Issuer: "https://id.example", Audience: []string{"notes"}, Keys: issuer})
	if err != nil {
		t.Fatal(err)
	}
	s := newStore()
	keys := build(t, apikey.Config{Store: s, Bearer: true})
	key, _ := issue(t, keys, s, nil)
	for _, order := range [][]authn.Authenticator{{tokens, keys}, {keys, tokens}} {
		m := mwtest.Must[*authn.Middleware](t)(authn.New(authn.Config{Authenticators: order, Realm: "notes"}))
		for credential, want := range map[string]string{"Bearer " + key: "apikey", "Bearer " + token: "jwt"} {
			r := request()
			r.Header.Set("Authorization", credential)
			if p, err := m.Check(r); err != nil || p.Kind != want {
				t.Errorf("%+v, %v, want a principal of kind %s", p, err, want)
			}
		}
		r := request()
		r.Header["Authorization"] = []string{"Bearer " + key, "Bearer " + token}
		if _, err := m.Check(r); !errors.Is(err, authn.ErrAmbiguous) {
			t.Errorf("two credentials: %v", err)
		}
		w := httptest.NewRecorder()
		m.Handler(&mwtest.Spy{}).ServeHTTP(w, request())
		if got := w.Header()["Www-Authenticate"]; len(got) != 1 || got[0] != `Bearer realm="notes"` {
			t.Errorf("challenges without a credential: %q", got)
		}
	}
}

func TestBearerChallengeWithoutRealm(t *testing.T) {
	keys := build(t, apikey.Config{Store: newStore(), Bearer: true})
	for err, want := range map[error]string{
		authn.ErrNoCredentials: "Bearer",
		authn.ErrInvalid:       `Bearer error="invalid_token", error_description="The API key is not valid"`,
	} {
		if got := keys.Challenge("", err); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if live := build(t, apikey.Config{Store: newStore()}); live.BearerPrefix() != "" || keys.BearerPrefix() != "notes_live_" {
		t.Error("BearerPrefix")
	}
}

// Keys of several environments share the scheme. The same environment twice does not.
func TestBearerKeysShareTheScheme(t *testing.T) {
	newFor := func(env string) authn.Authenticator {
		return build(t, apikey.Config{Store: newStore(), Prefix: "notes", Env: env, Bearer: true})
	}
	if _, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{newFor("live"), anyToken{}, newFor("test")}}); err != nil {
		t.Error(err)
	}
	_, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{newFor("live"), newFor("live")}})
	mwtest.Faults(t, err, `authn: Authenticators[1]: "notes_live_": has the same prefix of bearer tokens as Authenticators[0]`)
}

// The keys of Legacy have no prefix, so they cannot share the scheme with JWTs, which would
// get every one of them. Beside keys with another prefix they can.
func TestLegacyBearerKeysBesideOthers(t *testing.T) {
	legacy := build(t, apikey.Config{Store: newStore(), Bearer: true, Legacy: func(context.Context, string) (apikey.Record, bool, error) {
		return apikey.Record{}, false, nil
	}})
	_, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{anyToken{}, legacy}})
	mwtest.Faults(t, err, "authn: Authenticators[1]: takes each bearer token for its own, as Authenticators[0] does, so all would be refused as ambiguous; "+
		"leave one of them; a jwtauth.Verifier takes several issuers, in Config.Issuers, and an apikey.Authenticator shares the scheme without Config.Legacy")
	test := build(t, apikey.Config{Store: newStore(), Prefix: "notes", Env: "test", Bearer: true})
	if _, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{legacy, test}}); err != nil {
		t.Error(err)
	}
}

// A Verifier that also reads a cookie cannot be given a method by its user.
func TestBearerKeysBesideACookie(t *testing.T) {
	issuer := mwtest.Must[*jwtissuer.Issuer](t)(jwtissuer.New(jwtissuer.Config{
		Issuer: "https://id.example", Audience: []string{"notes"}, Key: mwtest.Must[jwtissuer.SigningKey](t)(jwtissuer.GenerateKey(jwks.ES256)),
	}))
	cookie := jwtauth.Sources{Cookie: "__Host-token", CrossOrigin: http.NewCrossOriginProtection()}
	for noHeader, want := range map[bool]string{true: "", false: "give an apikey.Authenticator a header of its own, in the place of Config.Bearer"} {
		cookie.NoHeader = noHeader
		tokens, err := jwtauth.New(jwtauth.Config{Issuer: "https://id.example", Audience: []string{"notes"}, Keys: issuer, Sources: cookie})
		if err != nil {
			t.Fatal(err)
		}
		keys := build(t, apikey.Config{Store: newStore(), Bearer: true})
		_, err = authn.New(authn.Config{Authenticators: []authn.Authenticator{tokens, keys}})
		if text := fmt.Sprint(err); want == "" && err != nil || !strings.Contains(text, want) {
			t.Errorf("NoHeader %v: %v", noHeader, err)
		}
	}
}

// The message to a client with a malformed field names the field and its form.
func TestMalformedBearerKey(t *testing.T) {
	s := newStore()
	keys := build(t, apikey.Config{Store: s, Bearer: true})
	key, _ := issue(t, keys, s, nil)
	h := protect(t, keys, &mwtest.Spy{})
	for value, want := range map[string]string{
		key:                                 `The Authorization field is malformed. It must be "Bearer", a space and the key.`,
		"Bearer " + key + ", Bearer " + key: `The Authorization field is malformed. It must be "Bearer", a space and the key.`,
	} {
		r, w := request(), httptest.NewRecorder()
		r.Header.Set("Authorization", value)
		h.ServeHTTP(w, r)
		if got := mwtest.Refused(t, w.Result(), 400, "invalid_request").Message; got != want {
			t.Errorf("%.12s…: %q", value, got)
		}
	}
}
