package authn_test

import (
	"context"
	"net/http/httptest"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
)

func TestContext(t *testing.T) {
	if _, ok := authn.FromContext(context.Background()); ok {
		t.Error("an empty context has a principal")
	}
	p := &authn.Principal{Subject: "ann", Scopes: []string{"notes:read"}, Roles: []string{"admin"}}
	ctx := authn.NewContext(context.Background(), p)
	if got, ok := authn.FromContext(ctx); !ok || got != p {
		t.Errorf("got %v, %v", got, ok)
	}
	var missing *authn.Principal
	for name, is := range map[string]bool{
		"scope":           p.HasScope("notes:read"),
		"role":            p.HasRole("admin"),
		"no prefix":       !p.HasScope("notes"),
		"no other case":   !p.HasRole("Admin"),
		"nil has nothing": !missing.HasScope("notes:read") && !missing.HasRole("admin"),
	} {
		if !is {
			t.Error(name)
		}
	}
}

// Two callers never have the same key, however issuer and subject are cut.
func TestPrincipalKey(t *testing.T) {
	seen := map[string]string{}
	for _, p := range []authn.Principal{
		{Issuer: "a", Subject: "b c"}, {Issuer: "a b", Subject: "c"}, {Issuer: "", Subject: "a b c"},
		{Issuer: "a", Subject: "b"}, {Issuer: "1:a", Subject: "b"}, {Issuer: "a", Subject: "B"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		key, ok := authn.PrincipalKey(r.WithContext(authn.NewContext(r.Context(), &p)))
		name := p.Issuer + "|" + p.Subject
		if other, taken := seen[key]; !ok || taken {
			t.Errorf("%s: %q, %t, the key of %q", name, key, ok, other)
		}
		seen[key] = name
	}
	r := httptest.NewRequest("GET", "/", nil)
	for _, ctx := range []context.Context{r.Context(), authn.NewContext(r.Context(), &authn.Principal{Issuer: "a"})} {
		if key, ok := authn.PrincipalKey(r.WithContext(ctx)); ok || key != "" {
			t.Errorf("no caller: %q, %t", key, ok)
		}
	}
}
