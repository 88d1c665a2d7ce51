package object

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"slices"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
)

// Config configures a Guard of objects of type T that are loaded by a key of type K. The zero
// Config is refused.
type Config[T any, K comparable] struct {
	_ [0]func()

	// Name is the name of the object in the record and in an inventory, such as "note".
	// Required: printable text.
	Name string

	// Wildcard is the wildcard of the path whose value is the key. Empty means "id". A value
	// that is empty, is not UTF-8, or has control characters is no key.
	Wildcard string

	// Parse makes the key of the value of Wildcard, such as strconv.Atoi. An error is the
	// 404 of a missing object, without a call of Load. Required unless K is string.
	Parse func(string) (K, error)

	// Key reads the key in another way, such as from two wildcards, or with a router that does
	// not set the PathValue of the request. It must read the path only. False is the 404 of a
	// missing object. Nil means Wildcard and Parse, and New refuses a Key together with one
	// of them.
	Key func(*http.Request) (K, bool)

	// Load returns the object with a key, and false if there is no such row. It runs once
	// for each request that has a principal and a key. An error is answered with ErrUnavailable, so a
	// missing row must not be one. Nil with true is treated like a missing object. Required.
	Load func(ctx context.Context, key K) (object T, found bool, err error)

	// Owner returns the owner of an object. An object without a subject is closed to all
	// callers. Required, unless the owner of the parent owns the object (Under).
	Owner func(T) Owner

	// Issuer is the issuer of each owner without one. Leave it empty if the store keeps
	// the issuers. Without it, an object whose owner has no issuer is closed to all callers.
	Issuer string

	// Tenant returns the tenant of an object. It must equal the tenant of the principal. An
	// object without a tenant is closed to all callers. Nil needs SingleTenant, or Under:
	// then the tenant is the tenant of the parent.
	Tenant func(T) string

	// SingleTenant says that the service has no tenants.
	SingleTenant bool

	// Under is the parent of the objects; see ChildOf. The guard of the parent runs first
	// unless it has run already. A child of another parent is the 404 of a missing object.
	Under Parent[T]

	// OrRole also admits a caller that has one of the roles, for each method, if the object
	// is in the tenant of the caller. Nil means no role. New refuses an empty list.
	OrRole []string

	// AcrossTenants lets OrRole admit callers of other tenants, and callers without one.
	AcrossTenants bool

	// OthersRead also admits GET and HEAD of each caller in the tenant, such as for the
	// profile of another user. The record says that such a caller does not own the object,
	// so package view shows the view public. All other methods still need the owner. As the
	// parent of another guard (Under), the object is open for each method, because the other
	// guard decides about the child.
	OthersRead bool

	// OthersAct also admits each caller in the tenant for each method. It is for a guard of
	// routes that add something to the object of another owner, such as a comment. New
	// refuses it together with OthersRead.
	OthersAct bool

	// Deny answers a refused request; next does not run. Nil means httperr.Write.
	Deny func(http.ResponseWriter, *http.Request, error)

	// Observe receives the decision on each request before the response begins. It must
	// not block. Nil means that no observer runs.
	Observe func(*http.Request, Decision)
}

// Decision is the decision of a Guard about a request.
type Decision struct {
	Name      string           // Config.Name
	Principal *authn.Principal // nil if the request has no principal
	Owned     bool             // the principal owns the object
	Err       error            // nil if the request passes
}

// New compiles cfg. It returns all faults of cfg at once, joined, each a
// *httperr.ConfigError.
func New[T any, K comparable](cfg Config[T, K]) (*Guard[T, K], error) {
	f := httperr.ConfigFaults{Package: "object"}
	cfg.checkKey(&f)
	cfg.checkOwner(&f)
	cfg.checkTenant(&f)
	cfg.checkRoles(&f)
	if !field.Name(cfg.Name) {
		f.Add("Name", cfg.Name, "is empty, or not printable", `name the object, such as "note"`)
	}
	if cfg.Load == nil {
		f.Add("Load", nil, "is missing", "write the function that reads the object from the store")
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	g := &Guard[T, K]{cfg: cfg}
	g.cfg.OrRole = slices.Clone(cfg.OrRole)
	if g.cfg.Deny == nil {
		g.cfg.Deny = httperr.Write
	}
	if cfg.Key == nil {
		if g.cfg.Wildcard == "" {
			g.cfg.Wildcard = "id"
		}
		g.cfg.Key = keyOf(g.cfg.Wildcard, cfg.Parse)
	}
	switch reflect.TypeFor[T]().Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Map, reflect.Slice, reflect.Func, reflect.Chan:
		g.nilable = true
	}
	g.description = Description{
		Name: cfg.Name, Wildcard: g.cfg.Wildcard, Under: cfg.Under.description.Name,
		Tenants: cfg.Tenant != nil || cfg.Under.description.Tenants,
		OrRole:  g.cfg.OrRole, AcrossTenants: cfg.AcrossTenants,
		Others: cfg.OthersRead || cfg.OthersAct, OthersAct: cfg.OthersAct,
	}
	if parent := cfg.Under.description; parent.Wildcard != "" {
		g.description.UnderWildcards = append([]string{parent.Wildcard}, parent.UnderWildcards...)
	} else {
		g.description.UnderWildcards = slices.Clone(parent.UnderWildcards)
	}
	g.rule = g.description.String()
	return g, nil
}

func (cfg *Config[T, K]) checkOwner(f *httperr.ConfigFaults) {
	if cfg.Under.fault != "" {
		f.Add("Under", nil, cfg.Under.fault, "check the error of the New that made the guard, and give ChildOf a function")
	}
	if cfg.Owner == nil && !cfg.Under.given {
		f.Add("Owner", nil, "is missing", "return the owner of an object, or write Under if the owner of its parent owns it")
	}
	if cfg.Issuer != "" && !field.Name(cfg.Issuer) {
		f.Add("Issuer", cfg.Issuer, "is not printable", "write the Issuer of the principals that own the objects")
	} else if cfg.Issuer != "" && cfg.Owner == nil && cfg.Under.given {
		f.Add("Issuer", cfg.Issuer, "is the issuer of owners, and there is no Owner", "leave it out")
	}
}

func (cfg *Config[T, K]) checkTenant(f *httperr.ConfigFaults) {
	tenants := cfg.Tenant != nil || cfg.Under.description.Tenants
	switch {
	case tenants && cfg.SingleTenant:
		f.Add("SingleTenant", true, "there is a Tenant, here or at the parent", "leave SingleTenant out")
	case !tenants && !cfg.SingleTenant && !cfg.Under.given:
		f.Add("Tenant", nil, "is missing", "return the tenant of an object, or set SingleTenant if the service has no tenants")
	}
	switch {
	case cfg.AcrossTenants && len(cfg.OrRole) == 0:
		f.Add("AcrossTenants", true, "is for OrRole, which is empty", "write the roles, or leave it out")
	case cfg.AcrossTenants && !tenants:
		f.Add("AcrossTenants", true, "there are no tenants", "leave it out")
	}
	if cfg.OthersRead && cfg.OthersAct {
		f.Add("OthersRead", true, "is a part of OthersAct", "leave one of them out")
	}
}

func (cfg *Config[T, K]) checkRoles(f *httperr.ConfigFaults) {
	if cfg.OrRole != nil && len(cfg.OrRole) == 0 {
		f.Add("OrRole", nil, "names none", "write at least one role, or leave it out")
	}
	for i, role := range cfg.OrRole {
		switch at := fmt.Sprintf("OrRole[%d]", i); {
		case !field.Name(role):
			f.Add(at, role, "is empty, or not printable", `write the name of a role, such as "admin"`)
		case slices.Contains(cfg.OrRole[:i], role):
			f.Add(at, role, "is there twice", "remove one, or write the one that was meant")
		}
	}
}
