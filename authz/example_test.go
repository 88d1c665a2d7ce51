package authz_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

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

// A purchase needs a login of the last five minutes. The client learns it from the challenge
// and asks its identity provider with max_age.
func ExampleFresh() {
	buy, err := authz.New(authz.Config{Require: authz.All(authz.Scopes("shop:buy"), authz.Fresh(5*time.Minute))})
	if err != nil {
		panic(err)
	}
	for _, login := range []time.Duration{time.Minute, time.Hour} {
		p := &authn.Principal{Subject: "ann", Scopes: []string{"shop:buy"}, AuthTime: time.Now().Add(-login)}
		w := httptest.NewRecorder()
		buy.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).
			ServeHTTP(w, httptest.NewRequestWithContext(authn.NewContext(context.Background(), p), "POST", "/purchases", nil))
		fmt.Println(w.Code, w.Header()["Www-Authenticate"])
	}
	// Output:
	// 200 []
	// 401 [Bearer error="insufficient_user_authentication", max_age="300"]
}

// An action is a Decider for one action of a policy.
type action struct {
	name  string
	allow map[[2]string]bool // by issuer and subject
}

func (a action) String() string { return a.name }

func (a action) Decide(_ *http.Request, p *authn.Principal) (authz.Ruling, error) {
	return authz.Ruling{Allow: a.allow[[2]string{p.Issuer, p.Subject}], Reason: "the list of " + a.name}, nil
}

// A Decider of your own. examples/cedar asks the policies of cedar-go.
func ExampleDecide() {
	share := action{"notes:share", map[[2]string]bool{{"https://id.example", "ann"}: true}}
	m, err := authz.New(authz.Config{
		Require: authz.Decide(share),
		Observe: func(_ *http.Request, d authz.Decision) { fmt.Println(d.Rule, d.Reason, d.Err) },
	})
	if err != nil {
		panic(err)
	}
	for _, issuer := range []string{"https://id.example", "https://other.example"} {
		ctx := authn.NewContext(context.Background(), &authn.Principal{Issuer: issuer, Subject: "ann"})
		m.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).
			ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "POST", "/notes/1/share", nil))
	}
	// Output:
	// decide(notes:share) the list of notes:share <nil>
	// decide(notes:share) the list of notes:share forbidden: authz: the list of notes:share
}

// A documentation of an API lists the scopes that each caller needs.
func ExampleRequirement_Needs() {
	q := authz.All(authz.Scopes("notes:write"), authz.Any(authz.Scopes("notes:purge"), authz.AnyRole("admin")))
	fmt.Println(q.Needs().Scopes)
	// Output: [notes:write]
}

// A test compares the requirements of two versions of a route.
func ExampleRequirement_Implies() {
	first, second := authz.Scopes("notes:write", "notes:purge"), authz.Scopes("notes:write")
	fmt.Println(first.Implies(second), second.Implies(first))
	// Output: true false
}
