package routes

import (
	"net/http"
	"slices"
	"strings"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// reads are the methods that change nothing (RFC 9110, section 9.2.1; RFC 10008 for QUERY).
// Each other method is a write.
var reads = []string{http.MethodGet, http.MethodHead, "QUERY", http.MethodOptions, http.MethodTrace}

// checkObject adds the faults of the fields that say which objects the route uses:
//
//	a path with a wildcard                                 Object or NoObject
//	a write, such as POST, PUT, PATCH, DELETE              Object, Creates or NoObject
//	a GET, HEAD or QUERY of a caller, without a wildcard   Object, Lists or NoObject
func (e *entry) checkObject(f *httperr.ConfigFaults) {
	guarded := e.Object != nil || e.NoObject != ""
	writes := !slices.Contains(reads, e.pattern.method)
	switch {
	case e.Object != nil && e.NoObject != "":
		f.Add(e.field("NoObject"), e.NoObject, "is set together with Object", "keep one of them")
	case guarded:
	case len(e.pattern.wildcards) > 0:
		f.Add(e.field("Object"), nil, "is missing: each caller could name the object of another in {"+e.pattern.wildcards[0]+"}",
			"set Object to the guard of the object, or NoObject to the reason why the wildcard names no object")
	case writes && e.pattern.method != "" && !e.Creates:
		f.Add(e.field("Object"), nil, "is missing: nothing says which objects the route may change",
			"set Object, or Creates if the handler stamps a new object with object.Own, or NoObject to the reason")
	case !writes && !e.require().IsZero() && !e.Lists && !slices.Contains(reads[3:], e.pattern.method):
		f.Add(e.field("Lists"), nil, "is missing: nothing says whose objects the route shows",
			"set Lists if the handler filters by object.FilterOf, or Object, or NoObject to the reason")
	}
	if e.Creates && !writes {
		f.Add(e.field("Creates"), nil, "is set for a method that changes nothing", "remove it, or use POST")
	}
	e.checkPublicObject(f)
	e.checkWildcard(f)
}

// checkPublicObject adds the faults of a public route, which has no caller to be an owner.
func (e *entry) checkPublicObject(f *httperr.ConfigFaults) {
	if e.Public == "" {
		return
	}
	for _, use := range []struct {
		name string
		set  bool
	}{{"Object", e.Object != nil}, {"Creates", e.Creates}, {"Lists", e.Lists}} {
		if use.set {
			f.Add(e.field(use.name), nil, "is set, and a public route has no caller to be the owner",
				"remove it and set NoObject to a reason, or replace Public")
		}
	}
}

// checkWildcard adds a fault for each wildcard that the guard, or the guard of a parent, reads and
// the pattern does not have. Such a guard finds no object at all.
func (e *entry) checkWildcard(f *httperr.ConfigFaults) {
	if e.Object == nil || nilcheck.Nil(e.Object) {
		return
	}
	d := e.Object.Description()
	for _, name := range append([]string{d.Wildcard}, d.UnderWildcards...) {
		if name != "" && !slices.Contains(e.pattern.wildcards, name) {
			f.Add(e.field("Object"), d.Name, "reads the wildcard {"+name+"}, and the pattern has "+
				strings.TrimSuffix("no wildcard {"+strings.Join(e.pattern.wildcards, "}, {")+"}", " {}"),
				"name the wildcard in the pattern {"+name+"}, or set the guard of another object")
		}
	}
}
