package object

import (
	"context"

	"github.com/go-sallyport/sallyport/authn"
)

// An Owner identifies the caller that owns an object. A Subject alone does not: two
// issuers may use the same one.
type Owner struct{ Issuer, Subject string }

// complete reports whether o identifies a caller.
func (o Owner) complete() bool { return o.Issuer != "" && o.Subject != "" }

// Own returns the owner and the tenant to store with an object that the caller of ctx
// creates. Store both parts of the owner, unless the service trusts a single issuer; API keys and
// sessions have issuers of their own. tenant is
// empty if the principal has no tenant: where guards judge tenants, no caller could read such an
// object.
//
// The error is authn.ErrNoCredentials if there is no principal, and httperr.ErrInternal if the
// principal has no issuer. Return it to httperr.
func Own(ctx context.Context) (owner Owner, tenant string, err error) {
	p, _ := authn.FromContext(ctx)
	switch {
	case p == nil || p.Subject == "":
		return Owner{}, "", noCredentials(ctx)
	case p.Issuer == "":
		return Owner{}, "", errNoIssuer
	}
	return Owner{p.Issuer, p.Subject}, p.Tenant, nil
}

// A Filter has the values that a query for a list of objects must demand. The zero Filter
// matches nothing.
type Filter struct {
	owner  Owner
	tenant string
}

// FilterOf returns the Filter of the caller of ctx. It is the zero Filter if there is no
// principal, or if the principal lacks the issuer or the subject.
func FilterOf(ctx context.Context) Filter {
	owner, tenant, err := Own(ctx)
	if err != nil {
		return Filter{}
	}
	return Filter{owner, tenant}
}

// Owner returns the owner whose objects the query may return. If ok is false, return an
// empty list without a query: the empty values would match rows without an owner.
func (f Filter) Owner() (owner Owner, ok bool) { return f.owner, f.owner.complete() }

// Tenant returns the tenant whose objects the query may return. If ok is false, return an
// empty list without a query.
func (f Filter) Tenant() (tenant string, ok bool) { return f.tenant, f.tenant != "" }

// Matches reports whether the object of an owner belongs into the list. It is for stores in
// memory, and for services with a single tenant. It compares the Issuer as it is: fill it in
// if the store keeps the Subject only.
func (f Filter) Matches(owner Owner) bool { return owner.complete() && owner == f.owner }

// MatchesIn is Matches for services with several tenants.
func (f Filter) MatchesIn(owner Owner, tenant string) bool {
	return tenant != "" && tenant == f.tenant && f.Matches(owner)
}
