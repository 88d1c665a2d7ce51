package authztest_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/authz/authztest"
	"github.com/go-sallyport/sallyport/authz/routes"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// attack returns the messages of an attack.
func attack(cfg authztest.Config) *recorder {
	r := &recorder{}
	authztest.Attack(r, cfg)
	return r
}

// A service that keeps its policies has no fault, and the report names each route with its
// policy.
func TestCorrectService(t *testing.T) {
	for name, strict := range map[string]bool{"refuses unknown names": true, "ignores unknown names": false} {
		s := newService(t)
		s.strict = strict
		s.build()
		if !strict {
			s.cfg.IgnoresOwner = "old clients send more"
		}
		r := attack(s.cfg)
		for _, e := range r.errors {
			t.Errorf("%s: %s", name, e)
		}
		for _, row := range s.cfg.Routes {
			if row.Router == 0 && !slices.ContainsFunc(r.logs, func(l string) bool {
				return strings.HasPrefix(l, "authztest: "+row.Pattern+": holds in ") && strings.HasSuffix(l, row.Policy)
			}) {
				t.Errorf("%s: the report does not name %s:\n%s", name, row.Pattern, strings.Join(r.logs, "\n"))
			}
		}
	}
}

// A service without tenants, with one issuer, and with credentials that are not tokens.
func TestServiceWithKeys(t *testing.T) {
	var sent []authztest.Caller
	s := newService(t)
	s.build()
	sign := s.cfg.Sign
	s.cfg.Sign = func(r *http.Request, c authztest.Caller) error {
		sent = append(sent, c)
		return sign(r, c)
	}
	s.cfg.OtherIssuer = ""
	s.cfg.Without = map[authztest.State]string{authztest.OtherAudience: "a key has no audience"}
	for _, e := range attack(s.cfg).errors {
		t.Error(e)
	}
	for _, c := range sent {
		if c.State == authztest.OtherAudience || c.Issuer != firstIssuer || c.AuthTime.IsZero() {
			t.Fatalf("signed for %+v", c)
		}
	}
}

// A route whose rightful caller differs names it. So does one whose success is not 2xx.
func TestTargetOfAnotherCaller(t *testing.T) {
	s := newService(t)
	mux := mwtest.Must[*routes.Mux](t)(routes.New(routes.Config{Authenticate: s.authenticate}))
	mux.Handle(routes.Route{Pattern: "POST /reports", Require: authz.All(authz.AnyRole("auditor"), authz.Tenant("umbrella")), NoObject: "there is one",
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusSeeOther) })})
	s.build()
	s.cfg.Handler, s.cfg.Routes, s.cfg.Public = mwtest.Must[http.Handler](t)(mux.Build()), mux.Routes(), nil
	target := authztest.Target{Status: http.StatusSeeOther}
	s.cfg.Targets = map[string]func(*authztest.Client) authztest.Target{"POST /reports": func(*authztest.Client) authztest.Target { return target }}
	s.cfg.IgnoresOwner = "there is no body"
	if r := attack(s.cfg); len(r.errors) != 1 || !strings.Contains(r.errors[0], "POST /reports: is untested: answered 403, want 303") {
		t.Error(r.errors)
	}
	target.Caller = authztest.Caller{Subject: "eve", Roles: []string{"auditor"}, Tenant: "umbrella"}
	if r := attack(s.cfg); len(r.errors) != 0 {
		t.Error(r.errors)
	}
}
