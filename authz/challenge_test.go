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
