package authz_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// keysOnly is an authenticator whose scheme is not Bearer.
type keysOnly struct{}

func (keysOnly) Present(*http.Request) bool                           { return false }
func (keysOnly) Authenticate(*http.Request) (*authn.Principal, error) { return nil, authn.ErrInvalid }
func (keysOnly) Challenge(string, error) string                       { return "ApiKey" }

// Behind an optional authn the refusal comes from authz. Its challenges must be the
// challenges of the schemes that the route accepts.
func TestChallengeOfAnOptionalAuthn(t *testing.T) {
	auth, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{keysOnly{}}, Optional: true})
	if err != nil {
		t.Fatal(err)
	}
	spy := &mwtest.Spy{}
	h := auth.Handler(build(t, authz.Config{Require: authz.Scopes("a")}).Handler(spy))
	for range 2 { // the second time after a change of the first response
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if got := w.Header()["Www-Authenticate"]; !slices.Equal(got, []string{"ApiKey"}) || spy.Calls() != 0 {
			t.Errorf("WWW-Authenticate %q, next ran %d times", got, spy.Calls())
		}
		mwtest.Refused(t, w.Result(), 401, "unauthenticated")
		w.Header()["Www-Authenticate"][0] = "changed"
	}
}

// tokenOf authenticates every request as a principal of a kind.
type tokenOf struct{ kind string }

func (tokenOf) Present(r *http.Request) bool { return r.Header["X-Token"] != nil }
func (a tokenOf) Authenticate(*http.Request) (*authn.Principal, error) {
	return &authn.Principal{Kind: a.kind, Subject: "ann", Scopes: []string{"notes:read"}}, nil
}
func (tokenOf) Challenge(string, error) string { return "Bearer" }

// The refusal of a bearer token has the metadata of the authn around it (RFC 9728, section
// 5.1), also if one Middleware of authz is behind several of authn.
func TestChallengeWithResourceMetadata(t *testing.T) {
	write := build(t, authz.Config{Require: authz.Scopes("notes:write")})
	for _, kind := range []string{"jwt", "apikey"} {
		for _, url := range []string{"https://a.example/m", "https://b.example/m", "", "https://a.example/m"} {
			auth := mwtest.Must[*authn.Middleware](t)(authn.New(authn.Config{Authenticators: []authn.Authenticator{tokenOf{kind}}, ResourceMetadata: url, Optional: true}))
			h := auth.Handler(write.Handler(&mwtest.Spy{}))
			want := []string{`Bearer error="insufficient_scope", scope="notes:write"`}
			anonymous := []string{"Bearer"}
			if url != "" {
				want[0] += `, resource_metadata="` + url + `"`
				anonymous[0] += ` resource_metadata="` + url + `"`
			}
			if kind == "apikey" {
				want = nil // not a bearer token
			}
			for range 2 {
				r := httptest.NewRequest("POST", "/", nil)
				res := mwtest.Do(h, r)
				if mwtest.Refused(t, res, 401, "unauthenticated"); !slices.Equal(res.Header["Www-Authenticate"], anonymous) {
					t.Errorf("anonymous: %q, want %q", res.Header["Www-Authenticate"], anonymous)
				}
				r.Header.Set("X-Token", "1")
				res = mwtest.Do(h, r)
				if mwtest.Refused(t, res, 403, "insufficient_scope"); !slices.Equal(res.Header["Www-Authenticate"], want) {
					t.Errorf("%s: %q, want %q", kind, res.Header["Www-Authenticate"], want)
				}
			}
		}
	}
	auth := mwtest.Must[*authn.Middleware](t)(authn.New(authn.Config{Authenticators: []authn.Authenticator{tokenOf{"jwt"}}, ResourceMetadata: "https://a.example/m"}))
	var inner *http.Request
	auth.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { inner = r })).ServeHTTP(httptest.NewRecorder(), withToken())
	mwtest.MaxAllocs(t, "Check", 0, func() { _ = write.Check(inner) })
}

func withToken() *http.Request {
	r := httptest.NewRequest("POST", "/", nil)
	r.Header.Set("X-Token", "1")
	return r
}
