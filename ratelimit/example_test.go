package ratelimit_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/validate"
)

func Example() {
	perIP, err := ratelimit.New(ratelimit.Config{
		Name:   "api",
		Limits: []ratelimit.Limit{ratelimit.PerSecond(2), ratelimit.PerHour(1000)},
		Key:    ratelimit.ByClientIP,
	})
	if err != nil {
		panic(err)
	}
	h := perIP.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintln(w, "hello")
	}))
	for range 3 {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		fmt.Printf("%d RateLimit: %s Retry-After: %q\n", w.Code, w.Header().Get("RateLimit"), w.Header().Get("Retry-After"))
	}
	// Output:
	// 200 RateLimit: "api-second";r=1;t=1 Retry-After: ""
	// 200 RateLimit: "api-second";r=0;t=1 Retry-After: ""
	// 429 RateLimit: "api-second";r=0;t=1 Retry-After: "1"
}

// The key is the principal that authentication found, or else the address.
func ExampleFirst() {
	subject := func(r *http.Request) (string, bool) {
		s, ok := r.Context().Value(http.ServerContextKey).(string) // stands for authn.FromContext
		return s, ok
	}
	_, err := ratelimit.New(ratelimit.Config{
		Name:   "user",
		Limits: []ratelimit.Limit{ratelimit.PerMinute(100)},
		Key:    ratelimit.First(ratelimit.By(subject), ratelimit.ByClientIP),
	})
	fmt.Println(err)
	// Output: <nil>
}

// The six usual configurations. Each prints the answers to some requests.

func mustLimit(cfg ratelimit.Config) *ratelimit.Limiter {
	l, err := ratelimit.New(cfg)
	if err != nil {
		log.Fatal(err)
	}
	return l
}

// answers sends n requests and returns the statuses, joined.
func answers(h http.Handler, n int, request func() *http.Request) string {
	var statuses []string
	for range n {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, request())
		statuses = append(statuses, fmt.Sprint(w.Code))
	}
	return strings.Join(statuses, " ")
}

func getRequest() *http.Request { return httptest.NewRequest(http.MethodGet, "/", nil) }

// A general limit: 3 requests per 15 minutes and address.
func Example_general() {
	general := mustLimit(ratelimit.Config{
		Name:   "general",
		Limits: []ratelimit.Limit{{Quota: 3, Window: 15 * time.Minute}},
		Key:    ratelimit.ByClientIP,
	})
	fmt.Println(answers(general.Handler(noopHandler), 5, getRequest))
	// Output: 200 200 200 429 429
}

// A login form: 5 failures per 15 minutes for each pair of address and account, and 20 for
// each account from all addresses together. Package lockout does more for logins.
func Example_login() {
	account := ratelimit.By(func(r *http.Request) (string, bool) {
		name := strings.ToLower(strings.TrimSpace(r.PostFormValue("username")))
		return name, name != ""
	})
	byPair := mustLimit(ratelimit.Config{
		Name: "login", Limits: []ratelimit.Limit{{Quota: 5, Window: 15 * time.Minute}},
		Key: ratelimit.Join(ratelimit.ByClientIP, account), RefundIf: ratelimit.Succeeded,
	})
	byAccount := mustLimit(ratelimit.Config{
		Name: "account", Limits: []ratelimit.Limit{{Quota: 20, Window: 15 * time.Minute}},
		Key: account, RefundIf: ratelimit.Succeeded,
	})
	login := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.PostFormValue("password") != "right" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	h := byAccount.Handler(byPair.Handler(login))
	form := func(body string) func() *http.Request {
		return func() *http.Request {
			r := httptest.NewRequest(http.MethodPost, "/login", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			return r
		}
	}
	fmt.Println(answers(h, 2, form("username=ann&password=wrong")))
	fmt.Println(answers(h, 3, form("username=Ann&password=right"))) // costs nothing
	fmt.Println(answers(h, 4, form("username=ann&password=wrong")))
	fmt.Println(answers(h, 1, form("username=bob&password=wrong")))
	// Output:
	// 401 401
	// 200 200 200
	// 401 401 401 429
	// 401
}

// A password reset: 3 an hour for each address in a JSON body.
func Example_reset() {
	reset := mustLimit(ratelimit.Config{
		Name: "reset", Limits: []ratelimit.Limit{ratelimit.PerHour(3)},
		Key: ratelimit.ByClientIP, // has no part in Guard
	})
	type form struct {
		Email string `json:"email" validate:"required,email"`
	}
	h := validate.Handler(func(ctx context.Context, in *form) (*struct{}, error) {
		key := ratelimit.StringKey(strings.ToLower(in.Email))
		return nil, reset.Guard(ctx, key, func() error { return nil /* send the mail */ })
	})
	fmt.Println(answers(h, 4, func() *http.Request {
		r := httptest.NewRequest(http.MethodPost, "/reset", strings.NewReader(`{"email":"ann@example.com"}`))
		r.Header.Set("Content-Type", "application/json")
		return r
	}))
	// Output: 204 204 204 429
}

// A quota of 2 a minute for each user, and for each address of requests without a user.
func Example_principal() {
	perUser := mustLimit(ratelimit.Config{
		Name: "user", Limits: []ratelimit.Limit{ratelimit.PerMinute(2)},
		Key: ratelimit.First(ratelimit.By(authn.PrincipalKey), ratelimit.ByClientIP),
	})
	as := func(subject string) func() *http.Request {
		return func() *http.Request {
			r := getRequest()
			return r.WithContext(authn.NewContext(r.Context(), &authn.Principal{Issuer: "https://id.example", Subject: subject}))
		}
	}
	h := perUser.Handler(noopHandler)
	fmt.Println(answers(h, 3, as("ann")))
	fmt.Println(answers(h, 3, as("bob")))
	fmt.Println(answers(h, 3, getRequest))
	// Output:
	// 200 200 429
	// 200 200 429
	// 200 200 429
}

// Several windows at once, more for one plan, and no limit for another.
func Example_plans() {
	plan := "free"
	api := mustLimit(ratelimit.Config{
		Name: "api",
		Limits: []ratelimit.Limit{
			ratelimit.PerSecond(10), ratelimit.PerMinute(100), ratelimit.PerHour(1000), {Quota: 10_000, Window: 24 * time.Hour},
		},
		Key:   ratelimit.First(ratelimit.By(authn.PrincipalKey), ratelimit.ByClientIP),
		Tiers: map[string][]ratelimit.Limit{"pro": {ratelimit.PerSecond(50), {Quota: 100_000, Window: 24 * time.Hour}}},
		Tier: func(*http.Request) string { // never from what the client sent
			if plan == "enterprise" {
				return ratelimit.Exempt
			}
			return plan
		},
		Observe: func(_ *http.Request, d ratelimit.Decision) {
			if d.UnknownTier {
				fmt.Println("a plan without a configuration has the default limits")
			}
		},
	})
	show := func(p string) {
		plan = p
		w := httptest.NewRecorder()
		api.Handler(noopHandler).ServeHTTP(w, getRequest())
		fmt.Println(strings.TrimSpace(p + ": " + w.Header().Get("RateLimit-Policy")))
	}
	show("") // the plan of users without one
	show("pro")
	show("enterprise")
	show("gold")
	// Output:
	// : "api-second";q=10;w=1, "api-minute";q=100;w=60, "api-hour";q=1000;w=3657, "api-day";q=10000;w=87750
	// pro: "api-pro-second";q=50;w=1, "api-pro-day";q=100000;w=87750
	// enterprise:
	// a plan without a configuration has the default limits
	// gold: "api-second";q=10;w=1, "api-minute";q=100;w=60, "api-hour";q=1000;w=3657, "api-day";q=10000;w=87750
}

// A quota for each customer, from a database.
func Example_contracts() {
	contracts := map[string]int{"acme": 2} // stands for the database
	byTenant := mustLimit(ratelimit.Config{
		Name:   "tenant",
		Limits: []ratelimit.Limit{ratelimit.PerMinute(1)}, // without a contract
		Key: ratelimit.By(func(r *http.Request) (string, bool) {
			p, ok := authn.FromContext(r.Context())
			if !ok {
				return "", false
			}
			return p.Tenant, true
		}),
		LimitsFor: func(_ context.Context, key ratelimit.Key) ([]ratelimit.Limit, error) {
			quota, found := contracts[key.Text()]
			if !found {
				return nil, nil // Config.Limits
			}
			return []ratelimit.Limit{ratelimit.PerMinute(quota)}, nil
		},
	})
	of := func(tenant string) func() *http.Request {
		return func() *http.Request {
			r := getRequest()
			return r.WithContext(authn.NewContext(r.Context(), &authn.Principal{Subject: "ann", Tenant: tenant}))
		}
	}
	h := byTenant.Handler(noopHandler)
	fmt.Println(answers(h, 3, of("acme")))
	fmt.Println(answers(h, 3, of("other")))
	// Output:
	// 200 200 429
	// 200 429 429
}

// A request may cost more than one unit: here an export costs ten of twenty units a minute.
func ExampleConfig_cost() {
	units := mustLimit(ratelimit.Config{
		Name: "units", Limits: []ratelimit.Limit{ratelimit.PerMinute(20)}, Key: ratelimit.ByClientIP,
		Cost: func(r *http.Request) int {
			if r.URL.Path == "/export" {
				return 10
			}
			return 1
		},
	})
	get := func(path string) func() *http.Request {
		return func() *http.Request { return httptest.NewRequest(http.MethodGet, path, nil) }
	}
	h := units.Handler(noopHandler)
	fmt.Println(answers(h, 1, get("/export")))
	fmt.Println(answers(h, 5, get("/notes")))
	fmt.Println(answers(h, 1, get("/export"))) // five units are left
	fmt.Println(answers(h, 6, get("/notes")))
	// Output:
	// 200
	// 200 200 200 200 200
	// 429
	// 200 200 200 200 200 429
}

// Only failures count: an answer below 400 gives its unit back.
func ExampleConfig_refundIf() {
	failures := mustLimit(ratelimit.Config{
		Name: "failures", Limits: []ratelimit.Limit{ratelimit.PerMinute(2)}, Key: ratelimit.ByClientIP,
		RefundIf: ratelimit.Succeeded,
	})
	h := failures.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			w.WriteHeader(http.StatusConflict)
		}
	}))
	fmt.Println(answers(h, 4, getRequest))
	fmt.Println(answers(h, 3, func() *http.Request { return httptest.NewRequest(http.MethodPost, "/", nil) }))
	// Output:
	// 200 200 200 200
	// 409 409 429
}

// A client that chooses its key has no limit: each new value of the header is a new key. Take the
// key from the credential that authn has verified, and otherwise from the address.
func Example_incorrect() {
	handlerOf := func(key ratelimit.KeyFunc) http.Handler {
		return mustLimit(ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerMinute(2)}, Key: key}).Handler(noopHandler)
	}
	n := 0
	attack := func() *http.Request {
		r := getRequest()
		n++
		r.Header.Set("X-User", fmt.Sprint("user-", n))
		return r
	}
	fmt.Println("wrong:", answers(handlerOf(ratelimit.ByHeader("X-User")), 5, attack))
	fmt.Println("right:", answers(handlerOf(ratelimit.First(ratelimit.By(authn.PrincipalKey), ratelimit.ByClientIP)), 5, attack))
	// Output:
	// wrong: 200 200 200 200 200
	// right: 200 200 429 429 429
}
