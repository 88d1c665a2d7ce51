package jwtauth_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// authorizationCases are ways to send a valid token, with the expected error.
var authorizationCases = []struct {
	name   string
	fields func(token string) []string // Authorization
	edit   func(r *http.Request, token string)
	want   error
}{
	{"bearer", func(t string) []string { return []string{"bearer " + t} }, nil, nil},
	{"BEARER", func(t string) []string { return []string{"BEARER " + t} }, nil, nil},
	{"two spaces", func(t string) []string { return []string{"Bearer  " + t} }, nil, nil},
	{"no field", nil, nil, authn.ErrNoCredentials},
	{"empty", func(string) []string { return []string{""} }, nil, authn.ErrNoCredentials},
	{"Bearer", func(string) []string { return []string{"Bearer"} }, nil, authn.ErrNoCredentials},
	{"blank", func(string) []string { return []string{" \t "} }, nil, authn.ErrNoCredentials},
	{"Bearer and a tab", func(string) []string { return []string{"BEARER \t"} }, nil, authn.ErrNoCredentials},
	{"Bearer and a space", func(string) []string { return []string{"Bearer "} }, nil, authn.ErrNoCredentials},
	{"no space", func(t string) []string { return []string{"Bearer" + t} }, nil, jwtauth.ErrCredential},
	{"no scheme", func(t string) []string { return []string{t} }, nil, jwtauth.ErrCredential},
	{"colon", func(t string) []string { return []string{"Bearer: " + t} }, nil, jwtauth.ErrCredential},
	{"equals", func(t string) []string { return []string{"Bearer=" + t} }, nil, jwtauth.ErrCredential},
	{"Basic", func(string) []string { return []string{"Basic YTpi"} }, nil, authn.ErrNoCredentials},
	{"Basic without credentials", func(string) []string { return []string{"Basic"} }, nil, jwtauth.ErrCredential},
	{"Token", func(t string) []string { return []string{"Token " + t} }, nil, authn.ErrNoCredentials},
	{"DPoP", func(t string) []string { return []string{"DPoP " + t} }, nil, authn.ErrNoCredentials},
	{"a parameter like Bearer", func(string) []string { return []string{`Digest realm="a", bearerx="b"`} }, nil, authn.ErrNoCredentials},
	{"Digest", func(string) []string { return []string{`Digest username="bearer of news", realm="a, b", uri="/"`} }, nil, authn.ErrNoCredentials},
	{"invalid scheme", func(t string) []string { return []string{"(Bearer) " + t} }, nil, jwtauth.ErrCredential},
	{"long scheme", func(t string) []string { return []string{strings.Repeat("x", 65) + " " + t} }, nil, jwtauth.ErrCredential},
	{"endless parameters", func(string) []string { return []string{"Digest " + strings.Repeat("a=b,", 1000)} }, nil, jwtauth.ErrCredential},
	{"tab", func(t string) []string { return []string{"Bearer\t" + t} }, nil, jwtauth.ErrCredential},
	{"space and tab", func(t string) []string { return []string{"Bearer \t" + t} }, nil, jwtauth.ErrCredential},
	{"extra word", func(t string) []string { return []string{"Bearer " + t + " x"} }, nil, jwtauth.ErrCredential},
	{"Bearer twice", func(t string) []string { return []string{"Bearer Bearer " + t} }, nil, jwtauth.ErrCredential},
	{"realm", func(t string) []string { return []string{"Bearer " + t + `, realm="x"`} }, nil, jwtauth.ErrCredential},
	{"joined pair", func(t string) []string { return []string{"Bearer " + t + ", Bearer " + t} }, nil, jwtauth.ErrCredential},
	{"joined with Basic", func(t string) []string { return []string{"Basic YTpi, Bearer " + t} }, nil, jwtauth.ErrCredential},
	{"joined closely with Basic", func(t string) []string { return []string{"Basic YTpi,bearer " + t} }, nil, jwtauth.ErrCredential},
	{"quoted", func(t string) []string { return []string{`Bearer "` + t + `"`} }, nil, jwtauth.ErrCredential},
	{"quoted whole", func(t string) []string { return []string{`"Bearer ` + t + `"`} }, nil, jwtauth.ErrCredential},
	{"percent", func(t string) []string { return []string{"Bearer%20" + t} }, nil, jwtauth.ErrCredential},
	{"NUL", func(t string) []string { return []string{"Bearer " + t + "\x00"} }, nil, jwtauth.ErrMalformed},
	{"line end", func(t string) []string { return []string{"Bearer " + t[:9] + "\r\n" + t[9:]} }, nil, jwtauth.ErrMalformed},
	{"beyond ASCII", func(t string) []string { return []string{"Bearer " + t + "\u00a0"} }, nil, jwtauth.ErrMalformed},
	{"padding only", func(string) []string { return []string{"Bearer =="} }, nil, jwtauth.ErrMalformed},
	{"invalid token", func(string) []string { return []string{"Bearer ~+/"} }, nil, jwtauth.ErrMalformed},
	{"oversize and several words", func(string) []string { return []string{"Bearer " + strings.Repeat("a b", 40000)} }, nil, jwtauth.ErrMalformed},
	{"8192 bytes and several words", func(string) []string { return []string{"Bearer " + strings.Repeat("a b", 2730) + "ab"} }, nil, jwtauth.ErrCredential},
	{"two fields", func(t string) []string { return []string{"Bearer " + t, "Bearer " + t} }, nil, authn.ErrAmbiguous},
	{"two fields, the first bad", func(t string) []string { return []string{"Bearer x", "Bearer " + t} }, nil, authn.ErrAmbiguous},
	{"two fields, the second bad", func(t string) []string { return []string{"Bearer " + t, "Bearer x"} }, nil, authn.ErrAmbiguous},
	{"two fields, the first empty", func(t string) []string { return []string{"", "Bearer " + t} }, nil, authn.ErrAmbiguous},
	{"two fields, one Basic", func(t string) []string { return []string{"Basic YTpi", "Bearer " + t} }, nil, authn.ErrAmbiguous},
	{"two fields, both Basic", func(string) []string { return []string{"Basic YTpi", "Basic YTpi"} }, nil, authn.ErrAmbiguous},
	{"query access_token", nil, func(r *http.Request, t string) { r.URL.RawQuery = "access_token=" + t }, authn.ErrNoCredentials},
	{"query jwt", nil, func(r *http.Request, t string) { r.URL.RawQuery = "jwt=" + t }, authn.ErrNoCredentials},
	{"form", nil, func(r *http.Request, t string) {
		*r = *httptest.NewRequest("POST", r.URL.String(), strings.NewReader("access_token="+t))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}, authn.ErrNoCredentials},
	{"cookie", nil, func(r *http.Request, t string) { r.Header.Set("Cookie", "jwt="+t+"; access_token="+t) }, authn.ErrNoCredentials},
	{"Proxy-Authorization", nil, func(r *http.Request, t string) { r.Header.Set("Proxy-Authorization", "Bearer "+t) }, authn.ErrNoCredentials},
	{"X-Authorization", nil, func(r *http.Request, t string) { r.Header.Set("X-Authorization", "Bearer "+t) }, authn.ErrNoCredentials},
	{"OPTIONS without a token", nil, func(r *http.Request, _ string) { r.Method = "OPTIONS" }, authn.ErrNoCredentials},
	{"OPTIONS with a token", func(t string) []string { return []string{"Bearer " + t} }, func(r *http.Request, _ string) { r.Method = "OPTIONS" }, nil},
	{"query beside the header", func(t string) []string { return []string{"Bearer " + t} }, func(r *http.Request, _ string) { r.URL.RawQuery = "access_token=x" }, nil},
}

func TestAuthorizationField(t *testing.T) {
	if len(authorizationCases) < 27 {
		t.Errorf("%d cases", len(authorizationCases))
	}
	eachSigner(t, func(t *testing.T, s *signer) {
		site := newSite(t, build(t, config(s)))
		good := s.good()
		for _, tc := range authorizationCases {
			t.Run(tc.name, func(t *testing.T) {
				site.expect(t, func(url string) *http.Request {
					r := httptest.NewRequest("GET", url, nil)
					if tc.fields != nil {
						r.Header["Authorization"] = tc.fields(good)
					}
					if tc.edit != nil {
						tc.edit(r, good)
					}
					return r
				}, tc.want)
			})
		}
	})
}

// A Middleware that accepts anonymous requests still refuses malformed credentials.
func TestOptional(t *testing.T) {
	s := signers()[2]
	m, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{build(t, config(s))}, Optional: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range authorizationCases {
		r := httptest.NewRequest("GET", "/", nil)
		if tc.fields != nil {
			r.Header["Authorization"] = tc.fields(s.good())
		}
		p, err := m.Check(r)
		anonymous := tc.fields == nil || tc.want == authn.ErrNoCredentials
		if ok := err == nil; ok != (anonymous || tc.want == nil) || ok && (p == nil) != anonymous {
			t.Errorf("%s: %v, %v", tc.name, p, err)
		}
	}
}

func TestChallengeWithoutRealm(t *testing.T) {
	v := build(t, config(signers()[0]))
	for err, want := range map[error]string{
		authn.ErrNoCredentials:                    `Bearer`,
		authn.ErrExpired:                          `Bearer error="invalid_token", error_description="The access token has expired"`,
		authn.ErrInvalid:                          `Bearer error="invalid_token", error_description="The access token is not valid"`,
		authn.ErrInvalid.With(http.ErrNoCookie):   `Bearer error="invalid_token", error_description="The access token is not valid"`,
		jwtauth.ErrCredential:                     `Bearer error="invalid_request", error_description="The Authorization field is malformed"`,
		authn.ErrAmbiguous:                        `Bearer error="invalid_request", error_description="The request must carry one access token"`,
		authn.ErrAmbiguous.With(authn.ErrInvalid): `Bearer error="invalid_token", error_description="The access token is not valid"`,
		authn.ErrUnavailable:                      ``,
		http.ErrNoCookie:                          ``,
		authn.ErrExpired.With(jwtauth.ErrClaims):  `Bearer error="invalid_token", error_description="The access token has expired"`,
	} {
		if got := v.Challenge("", err); got != want {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
}

// A client with a raw token learns that the field is malformed, and not that it has sent
// more than one credential.
func TestMalformedFieldSaysSo(t *testing.T) {
	s := signers()[2]
	w := httptest.NewRecorder()
	newMiddleware(t, build(t, config(s)), "").Handler(&mwtest.Spy{}).ServeHTTP(w, requestWith(s.good()))
	if want := `The Authorization field is malformed. It must be \"Bearer\", a space and the token.`; !strings.Contains(w.Body.String(), want) {
		t.Error(w.Body)
	}
}

// With Config.Sources, a Verifier does not declare that it reads no header but Authorization.
func TestCredentialHeader(t *testing.T) {
	cfg := config(signers()[2])
	if got := build(t, cfg).CredentialHeader(); got != "Authorization" {
		t.Errorf("%q", got)
	}
	cfg.Sources = jwtauth.Sources{Cookie: "__Host-token", CrossOrigin: http.NewCrossOriginProtection()}
	if got := build(t, cfg).CredentialHeader(); got != "" {
		t.Errorf("with Sources: %q", got)
	}
}

// A place without a token is no credential, so another Authenticator decides. Two are one.
func TestPresentInSources(t *testing.T) {
	v := build(t, withSources(t, signers()[2]))
	for _, tc := range []struct {
		header http.Header
		want   bool
	}{
		{http.Header{}, false},
		{http.Header{"Cookie": ownCookie("")}, false},
		{http.Header{"Cookie": ownCookie("a")}, true},
		{http.Header{"Sec-Websocket-Protocol": {"access_token"}}, false},
		{http.Header{"Sec-Websocket-Protocol": {"access_token, a"}}, true},
		{http.Header{"Sec-Websocket-Protocol": {"a, access_token", "access_token"}}, true},
	} {
		if got := v.Present(&http.Request{Method: "GET", Header: tc.header}); got != tc.want {
			t.Errorf("%v: %v", tc.header, got)
		}
	}
}

// Authenticate also works without a Middleware.
func TestAuthenticateAlone(t *testing.T) {
	v := build(t, config(signers()[2]))
	r := httptest.NewRequest("GET", "/", nil)
	if v.Present(r) {
		t.Error("Present reports a credential that the request does not have")
	}
	if p, err := v.Authenticate(r); p != nil || err != error(authn.ErrNoCredentials) {
		t.Errorf("%v, %v", p, err)
	}
}

func TestHostileNeighbours(t *testing.T) {
	s := signers()[2]
	m := newMiddleware(t, build(t, config(s)), "notes")
	for name, value := range map[string]string{"good": bearer(s.good()), "bad": "Bearer x", "malformed": "Bearer a b"} {
		t.Run(name, func(t *testing.T) {
			mwtest.Unshared(t, m.Handler, func() *http.Request {
				return requestWith(value)
			})
		})
	}
}

// badge is an Authenticator that accepts a header and has no scheme.
type badge struct{}

func (badge) Present(r *http.Request) bool { return len(r.Header["X-Badge"]) > 0 }
func (badge) Authenticate(*http.Request) (*authn.Principal, error) {
	return &authn.Principal{Subject: "bob"}, nil
}
func (badge) Challenge(string, error) string { return "" }

// A request with a bearer token and another credential is refused, with the challenge of
// RFC 6750, section 3.1. A request with two other credentials gets no challenge of
// Bearer.
func TestTokenBesideAnotherCredential(t *testing.T) {
	s := signers()[2]
	m := mwtest.Must[*authn.Middleware](t)(authn.New(authn.Config{Authenticators: []authn.Authenticator{badge{}, build(t, config(s)), rivalBadge{}}, Realm: "notes"}))
	srv := httptest.NewServer(m.Handler(&mwtest.Spy{}))
	defer srv.Close()
	for name, tc := range map[string]struct {
		headers http.Header
		want    string
	}{
		"token and badge": {http.Header{"Authorization": {bearer(s.good())}, "X-Badge": {"hunter2"}}, `Bearer realm="notes", error="invalid_request", error_description="The request must carry one access token"`},
		"two badges":      {http.Header{"X-Badge": {"hunter2"}, "X-Rival": {"hunter2"}}, ""},
	} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", srv.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = tc.headers
		res, err := srv.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(res.Header["Www-Authenticate"], "|"); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
		if text := fmt.Sprint(res.Header); strings.Contains(text, s.good()) || strings.Contains(text, "hunter2") {
			t.Errorf("%s: the response repeats a credential: %s", name, text)
		}
		mwtest.OnlyHeaders(t, res.Header, "Cache-Control", "Content-Length", "Content-Type", "Date", "WWW-Authenticate", "X-Content-Type-Options", "X-Correlation-ID")
		mwtest.Refused(t, res, 400, "invalid_request")
	}
}

type rivalBadge struct{ badge }

func (rivalBadge) Present(r *http.Request) bool { return len(r.Header["X-Rival"]) > 0 }
