package authntest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/authntest"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/authz"
)

func hello(w http.ResponseWriter, r *http.Request) {
	p, _ := authn.FromContext(r.Context())
	_, _ = fmt.Fprint(w, "hello, ", p.Subject)
}

// A handler with its policy, without a token.
func ExampleAs() {
	read, err := authz.New(authz.Config{Require: authz.Scopes("notes:read")})
	if err != nil {
		panic(err)
	}
	h := read.Handler(http.HandlerFunc(hello))
	for _, scope := range []string{"notes:read", "notes:write"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, authntest.As(httptest.NewRequest("GET", "/notes", nil), "ann", scope))
		fmt.Println(scope, w.Code)
	}
	// Output:
	// notes:read 200
	// notes:write 403
}

// newService is the service under test: its keys are an argument.
func newService(keys jwks.Source) http.Handler {
	verifier, err := jwtauth.New(jwtauth.Config{Issuer: "https://issuer.example", Audience: []string{"https://notes.example"}, Keys: keys})
	if err != nil {
		panic(err)
	}
	auth, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{verifier}})
	if err != nil {
		panic(err)
	}
	return auth.Handler(http.HandlerFunc(hello))
}

// A whole service with good and bad tokens.
func ExampleNewIssuer() {
	t := new(testing.T) // the argument of your test
	issuer := authntest.NewIssuer(t, "https://issuer.example", "https://notes.example")
	h := newService(issuer)
	for _, token := range []string{issuer.Token("ann"), issuer.Expired("ann"), issuer.Forged("ann"), issuer.Sign(map[string]any{"aud": "https://bank.example"})} {
		r := httptest.NewRequest("GET", "/notes", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		fmt.Println(w.Code)
	}
	// Output:
	// 200
	// 401
	// 401
	// 401
}
