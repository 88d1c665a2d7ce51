package resource_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/authn/resource"
)

// A client without a token learns where the metadata is, and there which authorization
// server issues tokens.
func Example() {
	meta, err := resource.New(resource.Config{
		Resource:             "https://notes.example/mcp",
		AuthorizationServers: []string{"https://issuer.example"},
		Scopes:               []string{"notes:read"},
	})
	if err != nil {
		panic(err)
	}
	verifier, err := jwtauth.New(jwtauth.Config{
		Issuer:   "https://issuer.example",
		Audience: []string{"https://notes.example/mcp"},
		Keys:     jwks.Discover("https://issuer.example"),
	})
	if err != nil {
		panic(err)
	}
	auth, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{verifier}, ResourceMetadata: meta.URL()})
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle(meta.Path(), meta)
	mux.Handle("POST /mcp", auth.Handler(http.NotFoundHandler()))

	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("POST", "/mcp", nil))
	fmt.Println(w.Code, w.Header().Get("WWW-Authenticate"))
	w = httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/.well-known/oauth-protected-resource/mcp", nil))
	fmt.Println(w.Code, w.Body)
	// Output:
	// 401 Bearer resource_metadata="https://notes.example/.well-known/oauth-protected-resource/mcp"
	// 200 {"resource":"https://notes.example/mcp","authorization_servers":["https://issuer.example"],"bearer_methods_supported":["header"],"scopes_supported":["notes:read"]}
}
