package object_test

import (
	"math/rand/v2"
	"net/http"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// permits is a slow reference for the decision of a guard, one sentence of the documentation
// after the other.
func permits(cfg *config, p *authn.Principal, method string, n *note) (admitted, owned bool) {
	owner := n.Issuer
	if owner == "" {
		owner = cfg.Issuer
	}
	if p == nil || p.Subject == "" || n.Subject == "" || owner == "" {
		return false, false
	}
	isOwner := p.Issuer != "" && p.Issuer == owner && p.Subject == n.Subject
	inTenant := cfg.SingleTenant || p.Tenant != "" && p.Tenant == n.Tenant
	if !cfg.SingleTenant && n.Tenant == "" {
		return false, false
	}
	hasRole := false
	for _, role := range cfg.OrRole {
		for _, of := range p.Roles {
			hasRole = hasRole || role == of
		}
	}
	owned = isOwner && inTenant
	admitted = owned
	admitted = admitted || hasRole && inTenant
	admitted = admitted || hasRole && cfg.AcrossTenants
	admitted = admitted || inTenant && cfg.OthersAct
	admitted = admitted || inTenant && cfg.OthersRead && (method == "GET" || method == "HEAD")
	return admitted, owned
}

// The guard decides like the reference, for each mix of options, callers and objects.
func TestReference(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	one := func(values ...string) string { return values[rnd.IntN(len(values))] }
	seen := map[[3]bool]int{}
	for range 20_000 {
		n := &note{ID: "1", Issuer: one("", "i", "j"), Subject: one("", "ann", "bob"), Tenant: one("", "t", "u")}
		cfg := newShelf(n).config()
		cfg.Issuer = one("", "", "i")
		if rnd.IntN(3) == 0 {
			cfg.Tenant, cfg.SingleTenant = nil, true
		}
		if rnd.IntN(2) == 0 {
			cfg.OrRole = []string{"r", "s"}[:1+rnd.IntN(2)]
			cfg.AcrossTenants = !cfg.SingleTenant && rnd.IntN(2) == 0
		}
		switch rnd.IntN(4) {
		case 0:
			cfg.OthersRead = true
		case 1:
			cfg.OthersAct = true
		}
		var decision object.Decision
		p := &authn.Principal{Issuer: one("", "i", "j"), Subject: one("", "ann", "bob"), Tenant: one("", "t", "u"), Roles: []string{one("r", "s", "x")}}
		method := one("GET", "HEAD", "POST", "DELETE", "get", "PROPFIND")
		got, err := build(t, cfg).Check(request(p, method, "1"))
		want, owned := permits(&cfg, p, method, n)
		if (err == nil) != want || (got == n) != want {
			t.Fatalf("%s of %+v to %+v: %v, want %v\n%+v", method, p, n, err, want, cfg)
		}
		cfg.Observe = func(_ *http.Request, d object.Decision) { decision = d }
		build(t, cfg).Handler(&mwtest.Spy{}).ServeHTTP(mwtest.NewDiscard(), request(p, method, "1"))
		if decision.Owned != owned {
			t.Fatalf("%s of %+v to %+v: owned %v, want %v", method, p, n, decision.Owned, owned)
		}
		seen[[3]bool{want, owned, cfg.SingleTenant}]++
	}
	for _, kind := range [][3]bool{{true, true, true}, {true, true, false}, {true, false, true}, {true, false, false}, {false, false, true}, {false, false, false}} {
		if seen[kind] < 100 {
			t.Errorf("only %d cases of %v", seen[kind], kind)
		}
	}
}
