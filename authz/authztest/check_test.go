package authztest_test

import (
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authz/authztest"
	"github.com/go-sallyport/sallyport/authz/routes"
)

// A faulty Config ends the test at once, with all its faults.
func TestFaultyConfig(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*authztest.Config)
		want   []string
	}{
		"zero": {func(c *authztest.Config) { *c = authztest.Config{} }, []string{
			"authztest: Handler: is missing", "authztest: Sign: is missing", "authztest: Routes: has no route", "authztest: Caller.Subject: ", "authztest: OtherUser: ",
		}},
		"only the router": {func(c *authztest.Config) {
			c.Routes, c.Targets = []routes.Row{{Router: 404, Policy: "404"}}, nil
		}, []string{"authztest: Routes: has no route"}},
		"two muxes":   {func(c *authztest.Config) { c.Routes = append(c.Routes, c.Routes[0]) }, []string{`authztest: Routes: "GET /health": conflicts with another route`}},
		"one user":    {func(c *authztest.Config) { c.OtherUser = "ann" }, []string{`authztest: OtherUser: "ann": `}},
		"one issuer":  {func(c *authztest.Config) { c.OtherIssuer = firstIssuer }, []string{"authztest: OtherIssuer: "}},
		"one tenant":  {func(c *authztest.Config) { c.OtherTenant = "acme" }, []string{`authztest: OtherTenant: "acme": `}},
		"no tenant":   {func(c *authztest.Config) { c.OtherTenant = "" }, []string{`authztest: OtherTenant: "": is empty, or Caller.Tenant is, and GET /notes/{id} judges tenants`}},
		"no tenant A": {func(c *authztest.Config) { c.Caller.Tenant = "" }, []string{`authztest: OtherTenant: "umbrella": is empty, or Caller.Tenant is`}},
		"a state":     {func(c *authztest.Config) { c.Caller.State = authztest.Expired }, []string{`authztest: Caller.State: "expired": `}},
		"targets": {func(c *authztest.Config) {
			c.Targets["GET /note/{id}"] = func(*authztest.Client) authztest.Target { return authztest.Target{} }
			c.Targets["GET /me"] = nil
		}, []string{"authztest: Targets[GET /note/{id}]: is no pattern and no path", "authztest: Targets[GET /me]: is nil"}},
		"reasons": {func(c *authztest.Config) {
			c.IgnoresOwner = " "
			c.Without = map[authztest.State]string{authztest.Revoked: " ", "lost": "x"}
		}, []string{"authztest: IgnoresOwner: ", "authztest: Without[revoked]: has no reason", "authztest: Without[lost]: is no State"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newService(t)
			s.build()
			tc.change(&s.cfg)
			r := attack(s.cfg)
			if len(r.errors) != 1 || strings.Count(r.errors[0], "authztest: ") != len(tc.want) {
				t.Fatalf("%d messages: %s", len(r.errors), strings.Join(r.errors, "\n"))
			}
			for _, want := range tc.want {
				if !strings.Contains(r.errors[0], want) {
					t.Errorf("no %q in:\n%s", want, r.errors[0])
				}
			}
		})
	}
}
