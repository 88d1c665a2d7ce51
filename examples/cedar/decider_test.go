package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cedar-policy/cedar-go"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

const (
	everybody = `@id("everybody") permit (principal, action, resource);`
	closed    = `@id("closed") forbid (principal, action, resource);`
	// The policy does not ask whether the caller has a tenant.
	careless = `@id("careless") forbid (principal, action, resource) when { principal.tenant == "umbrella" };`
)

// A decision that is no decision: over a real connection, with the cause in the record.
func TestFailures(t *testing.T) {
	found := func(*http.Request) (cedar.Entity, error) {
		return cedar.Entity{UID: cedar.NewEntityUID("Note", "1")}, nil
	}
	down := func(*http.Request) (cedar.Entity, error) { return cedar.Entity{}, errors.New("the store is down") }
	broken := func(*http.Request) (cedar.Entity, error) { panic("boom") }
	for name, tc := range map[string]struct {
		policies string
		resource func(*http.Request) (cedar.Entity, error)
		caller   string
		status   int
		code     string
		cause    string
	}{
		"permitted":              {everybody + careless, found, "ann", 200, "", ""},
		"forbidden":              {everybody + careless, found, "other tenant", 403, "forbidden", "careless"},
		"an error and a permit":  {everybody + careless, found, "no tenant", 503, "authorization_unavailable", "policy `careless`"},
		"an error and a forbid":  {closed + careless, found, "no tenant", 503, "authorization_unavailable", "policy `careless`"},
		"an error and no policy": {careless, found, "no tenant", 503, "authorization_unavailable", "policy `careless`"},
		"no resource":            {everybody, down, "ann", 503, "authorization_unavailable", "the store is down"},
		"a panic":                {everybody, broken, "ann", 403, "forbidden", "panicked: boom"},
	} {
		t.Run(name, func(t *testing.T) {
			d := decider{must(readPolicies("test.cedar", []byte(tc.policies))), "notes:read", tc.resource}
			logger, records := mwtest.Log()
			errs := must(httperr.New(httperr.Config{Logger: logger}))
			auth := must(authn.New(authn.Config{Authenticators: []authn.Authenticator{callers}}))
			spy := &mwtest.Spy{}
			server := httptest.NewServer(errs.Handler(auth.Handler(must(authz.New(authz.Config{Require: authz.Decide(d)})).Handler(spy))))
			defer server.Close()
			r, _ := http.NewRequestWithContext(t.Context(), "GET", server.URL, nil)
			r.Header.Set("Caller", tc.caller)
			res, err := server.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			if tc.code != "" {
				mwtest.Refused(t, res, tc.status, tc.code)
			} else {
				_ = res.Body.Close()
			}
			if pass := tc.status == 200; pass != (spy.Calls() == 1) || res.StatusCode != tc.status {
				t.Errorf("status %d, next ran %d times", res.StatusCode, spy.Calls())
			}
			server.Close() // the record comes after the response
			cause, _ := records()[0]["cause"].(string)
			if (cause != "") != (tc.cause != "") || !strings.Contains(cause, tc.cause) {
				t.Errorf("cause %q, want %q", cause, tc.cause)
			}
		})
	}
}

// All policies that decided are in the reason, in one order.
func TestReason(t *testing.T) {
	set := must(readPolicies("test.cedar", []byte(everybody+strings.Replace(everybody, "everybody", "all", 1))))
	entity := func(*http.Request) (cedar.Entity, error) {
		return cedar.Entity{UID: cedar.NewEntityUID("Note", "1")}, nil
	}
	for range 20 {
		ruling, err := decider{set, "notes:read", entity}.Decide(httptest.NewRequest("GET", "/", nil), callers["ann"])
		if err != nil || !ruling.Allow || ruling.Reason != "all everybody" {
			t.Fatalf("%+v, %v", ruling, err)
		}
	}
}

func TestFaultyPolicies(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "there is no policy",
		"permit (principal":       "test.cedar: ",
		everybody + "\n" + closed: "",
		everybody + everybody:     "test.cedar:1: two policies have the ID everybody",
		everybody + "\n" + `permit (principal, action, resource);`: "test.cedar:2: the policy has no @id",
	} {
		_, err := readPolicies("test.cedar", []byte(text))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
