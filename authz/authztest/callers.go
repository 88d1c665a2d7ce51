package authztest

import (
	"net/http"
	"net/netip"
	"slices"
	"time"
)

// A wrong caller is one that the policy of a route refuses.
type wrongCaller struct {
	name   string
	caller *Caller // nil: without credentials
	status int     // of the refusal
}

// isStale reports whether a new login would let the caller pass.
func (w wrongCaller) isStale() bool {
	return w.status == unauthenticated && w.caller != nil && w.caller.State == ""
}

// wrongCallers returns the callers that p must refuse. A change of the rightful caller that
// still meets the policy, such as one of two alternatives, makes no wrong caller.
func (k *kit) wrongCallers(p *policy) (all []wrongCaller) {
	add := func(name string, c *Caller) {
		if status := p.status(c); status != 0 {
			all = append(all, wrongCaller{name, c, status})
		}
	}
	changed := func(name string, change func(*Caller)) {
		c := p.owner.with(change)
		add(name, &c)
	}
	add("anonymous", nil)
	for _, state := range states {
		if k.cfg.Without[state] == "" {
			changed("credential "+string(state), func(c *Caller) { c.State = state })
		}
	}
	for _, scope := range p.owner.Scopes {
		changed("without scope "+scope, func(c *Caller) { c.Scopes = without(c.Scopes, scope) })
	}
	changed("without scopes", func(c *Caller) { c.Scopes = nil })
	for _, role := range p.owner.Roles {
		changed("without role "+role, func(c *Caller) { c.Roles = without(c.Roles, role) })
	}
	changed("wrong role", func(c *Caller) { c.Roles = []string{"authztest"} })
	changed("without scopes and roles", func(c *Caller) { c.Scopes, c.Roles = nil, nil })
	for _, f := range k.foreign(p) {
		add(f.name, &f.caller)
	}
	changed("stale login", func(c *Caller) { c.AuthTime = time.Now().AddDate(-10, 0, 0) })
	changed("weaker login", func(c *Caller) { c.ACR = "authztest" })
	for _, address := range []string{"192.0.2.77", "198.51.100.77", "203.0.113.77"} { // RFC 5737
		changed("address "+address, func(c *Caller) { c.Address = netip.MustParseAddr(address) })
	}
	return all
}

// A foreigner is a caller that does not own the objects of the rightful caller.
type foreigner struct {
	name   string
	caller Caller
}

// foreign returns callers with all scopes that the route requires.
func (k *kit) foreign(p *policy) []foreigner {
	user := k.otherUser(p)
	same := user.with(func(c *Caller) { c.Subject = p.owner.Subject })
	all := []foreigner{{"other user", user}}
	if issuer := other(k.cfg.OtherIssuer, k.cfg.Caller.Issuer, p.owner.Issuer); k.cfg.OtherIssuer != "" {
		all = append(all, foreigner{"same subject of other issuer", same.with(func(c *Caller) { c.Issuer = issuer })})
	}
	if tenant := other(k.cfg.OtherTenant, k.cfg.Caller.Tenant, p.owner.Tenant); tenant != "" {
		admin := user.with(func(c *Caller) {
			c.Tenant, c.Roles = tenant, append(slices.Clone(p.owner.Roles), p.row.Object.OrRole...)
		})
		all = append(all, foreigner{"other tenant", same.with(func(c *Caller) { c.Tenant = tenant })})
		all = append(all, foreigner{"administrator of other tenant", admin})
	}
	return all
}

// otherUser returns another user with all scopes that the route requires, and with no role
// beyond those that it requires: such a role may open the objects of all users.
func (k *kit) otherUser(p *policy) Caller {
	user := p.owner.with(func(c *Caller) { c.Subject = other(k.cfg.OtherUser, k.cfg.Caller.Subject, p.owner.Subject) })
	for _, role := range p.owner.Roles {
		fewer := user.with(func(c *Caller) { c.Roles = without(c.Roles, role) })
		if p.requirement(fewer) == 0 {
			user = fewer
		}
	}
	return user
}

// other returns name, or the other name if the caller of a Target has this one.
func other(name, another, owner string) string {
	if name == owner {
		return another
	}
	return name
}

// oneOfEach returns the first wrong caller with each status, for attacks that do not depend
// on the fault of the caller.
func oneOfEach(all []wrongCaller) (some []wrongCaller) {
	for _, w := range all {
		seen := func(s wrongCaller) bool { return s.status == w.status }
		if !slices.ContainsFunc(some, seen) {
			some = append(some, w)
		}
	}
	return some
}

func without(list []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == name })
}

// isSafe reports whether requests with the method change nothing (RFC 9110, section 9.2.1).
func isSafe(method string) bool {
	return slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, "QUERY"}, method)
}
