package authztest

import (
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/authz/routes"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
)

// A policy says which answer a route owes to a caller. It evaluates the requirement itself,
// so that an alternative which still admits the changed caller is no fault of the service.
type policy struct {
	row     routes.Row
	require *authz.Middleware // nil: every authenticated caller
	owner   Caller
	values  map[string]string
}

func newPolicy(row routes.Row, owner Caller, values map[string]string) (*policy, error) {
	p := &policy{row: row, owner: owner, values: values}
	if row.AnyCaller != "" || row.Public != "" {
		return p, nil
	}
	m, err := authz.New(authz.Config{Require: row.Require})
	p.require = m
	return p, err
}

// status returns the status of the refusal that c must get, or 0 if the policy admits c. A
// nil c has no credentials.
func (p *policy) status(c *Caller) int {
	if c == nil || c.State != "" {
		return unauthenticated
	}
	if status := p.requirement(*c); status != 0 {
		return status
	}
	if p.row.HasObject && !p.admitsToObject(*c) {
		return http.StatusNotFound
	}
	return 0
}

// requirement returns the status of the refusal by Require, or 0.
func (p *policy) requirement(c Caller) int {
	if p.require == nil {
		return 0
	}
	r, err := http.NewRequest(p.row.Method, p.row.Path, nil)
	if err != nil {
		r, _ = http.NewRequest(http.MethodGet, "/", nil)
	}
	for name, value := range p.values {
		r.SetPathValue(name, value)
	}
	r.Pattern = p.row.Pattern
	rec, r := carrier.Ensure(r)
	rec.Update(func(f *carrier.Facts) { f.Client = c.address() })
	r = r.WithContext(authn.NewContext(r.Context(), c.principal()))
	err = p.require.Check(r)
	if refusal, ok := errors.AsType[*httperr.Error](err); ok {
		return refusal.Status
	}
	return 0
}

// admitsToObject reports whether the guard of the route admits c to an object of the owner.
func (p *policy) admitsToObject(c Caller) bool {
	guard, o := p.row.Object, p.owner
	sameTenant := !guard.Tenants || c.Tenant != "" && c.Tenant == o.Tenant
	if slices.ContainsFunc(guard.OrRole, func(role string) bool { return slices.Contains(c.Roles, role) }) {
		return sameTenant || guard.AcrossTenants
	}
	others := guard.OthersAct || guard.Others && p.row.Method == http.MethodGet
	return sameTenant && (others || c.Issuer == o.Issuer && c.Subject == o.Subject)
}

func (c Caller) address() netip.Addr {
	if c.Address.IsValid() {
		return c.Address
	}
	return netip.AddrFrom4([4]byte{127, 0, 0, 1})
}

func (c Caller) principal() *authn.Principal {
	if c.AuthTime.IsZero() {
		c.AuthTime = time.Now()
	}
	return &authn.Principal{
		Kind: "jwt", Issuer: c.Issuer, Subject: c.Subject, Tenant: c.Tenant,
		Scopes: c.Scopes, Roles: c.Roles, AuthTime: c.AuthTime, ACR: c.ACR,
	}
}
