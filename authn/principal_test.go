package authn_test

import (
	"context"
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
