package authz_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz"
)

func Example() {
	write, err := authz.New(authz.Config{Require: authz.Scopes("notes:write")})
	if err != nil {
		panic(err)
	}
	purge, err := authz.New(authz.Config{Require: authz.All(authz.Scopes("notes:write"), authz.AnyRole("admin", "owner"))})
	if err != nil {
		panic(err)
	}
	done := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux := http.NewServeMux()
	mux.Handle("POST /notes", write.Handler(done))
	mux.Handle("DELETE /notes", purge.Handler(done))

	// In a service authn sets the principal. This example sets it directly.
	call := func(method string, p *authn.Principal) {
		ctx := authn.NewContext(context.Background(), p)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequestWithContext(ctx, method, "/notes", nil))
		fmt.Println(w.Code, w.Header()["Www-Authenticate"])
	}
	call("POST", &authn.Principal{Subject: "ann", Scopes: []string{"notes:write"}})
	call("POST", &authn.Principal{Subject: "bob", Scopes: []string{"notes:read"}})
	call("DELETE", &authn.Principal{Subject: "ann", Scopes: []string{"notes:write"}})
	call("DELETE", nil)
	// Output:
	// 204 []
	// 403 [Bearer error="insufficient_scope", scope="notes:write"]
	// 403 []
	// 401 [Bearer scope="notes:write"]
}
