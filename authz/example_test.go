package authz_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/headers/clientip"
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
		serve(buy, &authn.Principal{Subject: "ann", Scopes: []string{"shop:buy"}, AuthTime: time.Now().Add(-login)})
	}
	// Output:
	// 200 []
	// 401 [Bearer error="insufficient_user_authentication", max_age="300"]
}

// serve sends a request of p through m and prints the status and the challenge.
func serve(m *authz.Middleware, p *authn.Principal) {
	next := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	w := httptest.NewRecorder()
	m.Handler(next).ServeHTTP(w, httptest.NewRequestWithContext(authn.NewContext(context.Background(), p), "POST", "/payments", nil))
	fmt.Println(w.Code, w.Header()["Www-Authenticate"])
}

// A payment needs a login with a strong factor. Each strength that suffices is in the list.
func ExampleACR() {
	pay, err := authz.New(authz.Config{Require: authz.ACR("urn:example:passkey", "urn:example:otp")})
	if err != nil {
		panic(err)
	}
	serve(pay, &authn.Principal{Subject: "ann", ACR: "urn:example:otp"})
	serve(pay, &authn.Principal{Subject: "ann", ACR: "urn:example:password"})
	// Output:
	// 200 []
	// 401 [Bearer error="insufficient_user_authentication", acr_values="urn:example:passkey urn:example:otp"]
}

// Callers of one organisation. An auditor needs both roles, and another caller one scope.
func ExampleAny() {
	rule := authz.All(
		authz.Tenant("acme"),
		authz.Any(authz.AllRoles("auditor", "accountant"), authz.AnyScope("payments:read", "payments:admin")),
	)
	read, err := authz.New(authz.Config{Require: rule})
	if err != nil {
		panic(err)
	}
	fmt.Println(rule)
	serve(read, &authn.Principal{Subject: "ann", Tenant: "acme", Roles: []string{"auditor", "accountant"}})
	serve(read, &authn.Principal{Subject: "bob", Tenant: "acme", Scopes: []string{"payments:admin"}})
	serve(read, &authn.Principal{Subject: "eve", Tenant: "umbrella", Scopes: []string{"payments:admin"}})
	// Output:
	// all(tenant(acme), any(all_roles(auditor accountant), any_scope(payments:read payments:admin)))
	// 200 []
	// 200 []
	// 403 []
}

// An administrator calls from the office. Package clientip finds the address.
func ExampleIPAllow() {
	ip, err := clientip.New(clientip.Direct())
	if err != nil {
		panic(err)
	}
	office := netip.MustParsePrefix("192.0.2.0/24")
	admin, err := authz.New(authz.Config{Require: authz.All(authz.AnyRole("admin"), authz.IPAllow(office))})
	if err != nil {
		panic(err)
	}
	h := ip.Handler(admin.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
	for _, address := range []string{"192.0.2.7:4711", "198.51.100.7:4711"} {
		p := &authn.Principal{Subject: "ann", Roles: []string{"admin"}}
		r := httptest.NewRequestWithContext(authn.NewContext(context.Background(), p), "GET", "/admin", nil)
		r.RemoteAddr = address
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		fmt.Println(address, w.Code)
	}
	// Output:
	// 192.0.2.7:4711 200
	// 198.51.100.7:4711 403
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

// A Middleware without a requirement would admit every caller.
func Example_incorrect() {
	_, err := authz.New(authz.Config{})
	fmt.Println(err)
	_, err = authz.New(authz.Config{Require: authz.Scopes("notes:write", "notes write")})
	fmt.Println(err)
	// Output:
	// authz: Require: is missing, and a route without a requirement would admit every caller; write what the route needs, such as authz.Scopes("notes:write")
	// authz: Require.Scopes[1]: "notes write": is not one scope of RFC 6749, section 3.3; write each scope on its own, such as "notes:read"
}
