package object_test

import (
	"context"
	"errors"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// Own and FilterOf give values only to a caller that can own an object.
func TestOwnAndFilterOf(t *testing.T) {
	for name, tc := range map[string]struct {
		p    *authn.Principal
		want error
	}{
		"ann":            {ann(), nil},
		"without tenant": {changed(func(p *authn.Principal) { p.Tenant = "" }), nil},
		"none":           {nil, authn.ErrNoCredentials},
		"no subject":     {changed(func(p *authn.Principal) { p.Subject = "" }), authn.ErrNoCredentials},
		"no issuer":      {changed(func(p *authn.Principal) { p.Issuer = "" }), httperr.ErrInternal},
	} {
		ctx := context.Background()
		if tc.p != nil {
			ctx = authn.NewContext(ctx, tc.p)
		}
		owner, tenant, err := object.Own(ctx)
		f := object.FilterOf(ctx)
		filtered, ok := f.Owner()
		inTenant, hasTenant := f.Tenant()
		if tc.want != nil {
			if !errors.Is(err, tc.want) || owner != (object.Owner{}) || tenant != "" {
				t.Errorf("%s: %v %q %v", name, owner, tenant, err)
			}
			if f != (object.Filter{}) || ok || hasTenant {
				t.Errorf("%s: filter %+v", name, f)
			}
			continue
		}
		if err != nil || owner != (object.Owner{Issuer: issuer, Subject: "ann"}) || tenant != tc.p.Tenant {
			t.Errorf("%s: %v %q %v", name, owner, tenant, err)
		}
		if !ok || filtered != owner || inTenant != tenant || hasTenant != (tenant != "") {
			t.Errorf("%s: filter %+v", name, f)
		}
	}
}

// A 401 names the schemes of an optional authn around it.
func TestOwnChallenges(t *testing.T) {
	_, _, err := object.Own(context.Background())
	e, ok := errors.AsType[*httperr.Error](err)
	if !ok || e.Header.Get("WWW-Authenticate") != "Bearer" {
		t.Errorf("%v", err)
	}
}

// A filter matches the objects of its caller, and an empty part equals nothing.
func TestFilterMatches(t *testing.T) {
	mine := object.Owner{Issuer: issuer, Subject: "ann"}
	anns := object.FilterOf(authn.NewContext(context.Background(), ann()))
	noTenant := object.FilterOf(authn.NewContext(context.Background(), changed(func(p *authn.Principal) { p.Tenant = "" })))
	for _, tc := range []struct {
		f           object.Filter
		o           object.Owner
		tenant      string
		matches, in bool
	}{
		{anns, mine, "acme", true, true},
		{anns, mine, "other", true, false},
		{anns, mine, "", true, false},
		{anns, object.Owner{Issuer: issuer, Subject: "bob"}, "acme", false, false},
		{anns, object.Owner{Issuer: "https://other.example", Subject: "ann"}, "acme", false, false},
		{anns, object.Owner{Subject: "ann"}, "acme", false, false},
		{anns, object.Owner{}, "acme", false, false},
		{noTenant, mine, "", true, false},
		{noTenant, mine, "acme", true, false},
		{object.Filter{}, mine, "acme", false, false},
		{object.Filter{}, object.Owner{}, "", false, false},
		{object.Filter{}, object.Owner{Issuer: issuer}, "", false, false},
		{object.Filter{}, object.Owner{Subject: "ann"}, "", false, false},
	} {
		if got, in := tc.f.Matches(tc.o), tc.f.MatchesIn(tc.o, tc.tenant); got != tc.matches || in != tc.in {
			t.Errorf("%+v, %+v in %q: %v and %v", tc.f, tc.o, tc.tenant, got, in)
		}
	}
}

// An object that is stored with the values of Own is admitted by a guard and listed by a filter.
func TestOwnFitsGuardAndFilter(t *testing.T) {
	principals := []*authn.Principal{
		ann(),
		changed(func(p *authn.Principal) { p.Subject = "bob" }),
		changed(func(p *authn.Principal) { p.Issuer = "https://other.example" }),
		changed(func(p *authn.Principal) { p.Tenant = "other" }),
	}
	for i, creator := range principals {
		owner, tenant, err := object.Own(authn.NewContext(context.Background(), creator))
		if err != nil {
			t.Fatal(err)
		}
		notes := build(t, newShelf(&note{ID: "1", Issuer: owner.Issuer, Subject: owner.Subject, Tenant: tenant}).config())
		for k, p := range principals {
			r := request(p, "GET", "1")
			_, err := notes.Check(r)
			if listed := object.FilterOf(r.Context()).MatchesIn(owner, tenant); (err == nil) != (i == k) || listed != (i == k) {
				t.Errorf("%d created, %d asks: %v, listed %v", i, k, err, listed)
			}
		}
	}
}
