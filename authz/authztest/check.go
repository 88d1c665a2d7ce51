package authztest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/go-sallyport/sallyport/authz/routes"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/muxpattern"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// newKit checks cfg and returns all its faults, joined.
func newKit(t TB, cfg Config) (*kit, error) {
	f := &httperr.ConfigFaults{Package: "authztest"}
	k := &kit{t: t, cfg: cfg, mux: http.NewServeMux(), wire: newWire(&cfg)}
	if cfg.OwnerNames == nil {
		k.cfg.OwnerNames = defaultOwnerNames
	}
	if nilcheck.Nil(cfg.Handler) {
		f.Add("Handler", nil, "is missing", "give the whole service")
	}
	if cfg.Sign == nil {
		f.Add("Sign", nil, "is missing", "use Tokens{…}.Sign, or write a function for other credentials")
	}
	k.checkCallers(f)
	for _, row := range cfg.Routes {
		if row.Router == 0 {
			k.rows = append(k.rows, row)
		}
	}
	if len(k.rows) == 0 {
		f.Add("Routes", nil, "has no route", "call Build first, and give Routes() of the mux")
	}
	for _, row := range k.rows {
		if refusal := muxpattern.Add(k.mux, row.Pattern, http.NotFoundHandler()); refusal != "" {
			f.Add("Routes", row.Pattern, "conflicts with another route: "+refusal, "attack each mux with a Config of its own")
		}
	}
	for key, make := range cfg.Targets {
		isRoute := func(r routes.Row) bool { return key == r.Pattern || key == r.Path }
		if at := "Targets[" + key + "]"; !slices.ContainsFunc(k.rows, isRoute) {
			f.Add(at, nil, "is no pattern and no path of a route", "write it as in Route.Pattern")
		} else if make == nil {
			f.Add(at, nil, "is nil", "write the function, or leave the key out")
		}
	}
	if cfg.IgnoresOwner != "" && strings.TrimSpace(cfg.IgnoresOwner) == "" {
		f.Add("IgnoresOwner", cfg.IgnoresOwner, "is blank", "say why the service ignores the names")
	}
	for state, reason := range cfg.Without {
		if at := "Without[" + string(state) + "]"; !slices.Contains(states, state) {
			f.Add(at, nil, "is no State of a wrong credential", "use Expired, Forged, OtherAudience or Revoked")
		} else if strings.TrimSpace(reason) == "" {
			f.Add(at, nil, "has no reason", "say why no credential can have the State")
		}
	}
	return k, f.Err()
}

// checkCallers adds the faults of the callers.
func (k *kit) checkCallers(f *httperr.ConfigFaults) {
	cfg := &k.cfg
	if cfg.Caller.Subject == "" {
		f.Add("Caller.Subject", "", "is empty", "name the rightful caller")
	}
	if cfg.Caller.State != "" {
		f.Add("Caller.State", string(cfg.Caller.State), "is not the state of a rightful caller", "leave it out")
	}
	if cfg.OtherUser == "" || cfg.OtherUser == cfg.Caller.Subject {
		f.Add("OtherUser", cfg.OtherUser, "is empty, or the Subject of Caller", "name another user of the service")
	}
	if cfg.OtherIssuer != "" && cfg.OtherIssuer == cfg.Caller.Issuer {
		f.Add("OtherIssuer", cfg.OtherIssuer, "is the Issuer of Caller", "name another issuer, or leave it out")
	}
	if cfg.OtherTenant != "" && cfg.OtherTenant == cfg.Caller.Tenant {
		f.Add("OtherTenant", cfg.OtherTenant, "is the Tenant of Caller", "name another tenant")
	}
	tenants := func(r routes.Row) bool { return r.HasObject && r.Object.Tenants }
	if i := slices.IndexFunc(cfg.Routes, tenants); i >= 0 && (cfg.OtherTenant == "" || cfg.Caller.Tenant == "") {
		f.Add("OtherTenant", cfg.OtherTenant, "is empty, or Caller.Tenant is, and "+cfg.Routes[i].Pattern+" judges tenants", "set both")
	}
}

// checkPublic compares the public routes with the list of the test.
func (k *kit) checkPublic() {
	k.t.Helper()
	for _, row := range k.rows {
		if row.Public != "" && !slices.Contains(k.cfg.Public, row.Pattern) {
			k.t.Errorf("authztest: %s: is public (%s), and Config.Public does not list it", row.Pattern, row.Public)
		}
	}
	for _, pattern := range k.cfg.Public {
		if !slices.ContainsFunc(k.rows, func(r routes.Row) bool { return r.Pattern == pattern && r.Public != "" }) {
			k.t.Errorf("authztest: %s: Config.Public lists it, and it is no public route", pattern)
		}
	}
}
