package routes

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/authz/object"
)

// A Row is one line of an inventory: a route, or an answer of the router itself.
type Row struct {
	Pattern   string   // of the route; "" if the router itself answers
	Method    string   // "GET" also serves HEAD
	Host      string   // "" is each host
	Path      string   // as in the pattern
	Wildcards []string // the names of the wildcards in Path, in their order

	// Policy is the policy in words, or the answer of the router.
	Policy string

	Require           authz.Requirement // zero if Public or AnyCaller is set
	Public, AnyCaller string
	HasObject         bool
	Object            object.Description // zero without HasObject
	Creates, Lists    bool
	NoObject          string
	Subtree, Weaker   string

	Limits             []string // in words, the outermost first
	Owner, Sensitivity string
	Deprecated, Sunset time.Time // zero: unknown

	// Router is the status with which the router itself answers: 307, 404 or 405. It is 0
	// for a route.
	Router int

	handler http.Handler
}

// Innermost returns Route.Handler, or nil if the router itself answers.
func (r Row) Innermost() http.Handler { return r.handler }

// Endpoint returns the method and the path as in the pattern. Both are empty if the router itself
// answers.
func (r Row) Endpoint() (method, path string) {
	if r.Router != 0 {
		return "", ""
	}
	return r.Method, r.Path
}

// Security returns the scopes that each caller needs, and whether the route needs an
// authenticated caller.
func (r Row) Security() (scopes []string, required bool) {
	return r.Require.Needs().Scopes, r.Router == 0 && r.Public == ""
}

// Refusals returns the statuses with which the layers around the handler refuse a caller, in
// ascending order.
func (r Row) Refusals() (statuses []int) {
	if r.Router != 0 {
		return []int{r.Router}
	}
	if r.Public == "" {
		statuses = append(statuses, http.StatusUnauthorized)
	}
	if !r.Require.IsZero() {
		statuses = append(statuses, http.StatusForbidden)
	}
	if r.HasObject {
		statuses = append(statuses, http.StatusNotFound)
	}
	if len(r.Limits) > 0 {
		statuses = append(statuses, http.StatusTooManyRequests)
	}
	return statuses
}

// IsDeprecated reports whether the route is deprecated now, or has a time for its end.
func (r Row) IsDeprecated() bool {
	return !r.Sunset.IsZero() || !r.Deprecated.IsZero() && !time.Now().Before(r.Deprecated)
}

// clone returns a copy of r that shares no list with it.
func (r Row) clone() Row {
	r.Wildcards, r.Limits = slices.Clone(r.Wildcards), slices.Clone(r.Limits)
	r.Object.OrRole, r.Object.UnderWildcards = slices.Clone(r.Object.OrRole), slices.Clone(r.Object.UnderWildcards)
	return r
}

// row returns the line of e in the inventory.
func (e *entry) row() Row {
	r, p := e.Route, e.pattern
	row := Row{
		Pattern: r.Pattern, Method: p.method, Host: p.host, Path: p.path, Wildcards: p.wildcards,
		Require: r.Require, Public: r.Public, AnyCaller: r.AnyCaller,
		Creates: r.Creates, Lists: r.Lists, NoObject: r.NoObject, Subtree: r.Subtree, Weaker: r.Weaker,
		Owner: r.Owner, Sensitivity: r.Sensitivity, handler: r.Handler,
	}
	if r.Object != nil {
		row.HasObject, row.Object = true, r.Object.Description()
	}
	for _, l := range r.Limits {
		row.Limits = append(row.Limits, l.Policy())
	}
	if r.Lifecycle != nil {
		row.Deprecated, row.Sunset = r.Lifecycle.Dates()
	}
	row.Policy = row.words()
	return row
}

// words returns the policy of a route in words.
func (r *Row) words() string {
	var parts []string
	switch {
	case r.Public != "":
		parts = append(parts, "public: "+r.Public)
	case r.AnyCaller != "":
		parts = append(parts, "any caller: "+r.AnyCaller)
	default:
		parts = append(parts, r.Require.String())
	}
	if r.HasObject {
		parts = append(parts, r.Object.String())
	}
	if r.Creates {
		parts = append(parts, "creates for the caller")
	}
	if r.Lists {
		parts = append(parts, "lists the objects of the caller")
	}
	if r.NoObject != "" {
		parts = append(parts, "no object: "+r.NoObject)
	}
	return strings.Join(parts, "; ")
}
