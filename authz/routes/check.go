package routes

import (
	"fmt"
	"net/http"
	"reflect"
	"runtime"
	"slices"
	"strings"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// checkAuthenticate adds a fault if a route needs a caller, and nothing finds one.
func (m *Mux) checkAuthenticate(f *httperr.ConfigFaults) {
	i := slices.IndexFunc(m.routes, func(r Route) bool { return r.Public == "" })
	if m.cfg.Authenticate == nil && i >= 0 {
		f.Add("Config.Authenticate", nil, fmt.Sprintf("is missing, and %q needs a caller", m.routes[i].Pattern),
			"set it to the method Handler of an *authn.Middleware, or set Route.Public to a reason")
	}
}

func (e *entry) checkPattern(f *httperr.ConfigFaults) {
	switch method := e.pattern.method; {
	case method == "":
		f.Add(e.field("Pattern"), e.Pattern, "has no method, so one policy would serve reads and writes",
			`write one route for each method, such as "GET /notes"`)
	case method != strings.ToUpper(method):
		f.Add(e.field("Pattern"), e.Pattern, "has a method in lower case, and no request has it", "write "+strings.ToUpper(method))
	}
	switch {
	case e.pattern.subtree && e.Subtree == "":
		f.Add(e.field("Subtree"), nil, "is missing: the pattern serves all paths below",
			`end the pattern in "/{$}" for the one path, or set Subtree to the reason why it serves all of them`)
	case !e.pattern.subtree && e.Subtree != "":
		f.Add(e.field("Subtree"), e.Subtree, "is a reason for a pattern that serves no subtree", "remove it")
	}
}

func (e *entry) checkHandler(f *httperr.ConfigFaults) {
	switch {
	case nilcheck.Nil(e.Handler):
		f.Add(e.field("Handler"), nil, "is missing", "set the handler of the route")
	case e.Handler == http.Handler(http.DefaultServeMux):
		f.Add(e.field("Handler"), nil, "is http.DefaultServeMux, where each imported package can register a route",
			"give each handler a route of its own")
	case e.Public != "" && debugs(e.Handler):
		f.Add(e.field("Public"), e.Public, "would show the memory of the process to everybody: the handler is of net/http/pprof or expvar",
			"set Require in place of Public")
	}
}

// debugs reports whether h is a handler of net/http/pprof or of expvar. An import of these
// packages would register their handlers.
func debugs(h http.Handler) bool {
	v := reflect.ValueOf(h)
	name := v.Type().PkgPath() + "."
	if v.Kind() == reflect.Func {
		name = runtime.FuncForPC(v.Pointer()).Name()
	}
	return strings.HasPrefix(name, "net/http/pprof.") || strings.HasPrefix(name, "expvar.")
}

func (e *entry) checkPolicy(f *httperr.ConfigFaults) {
	var set []string
	for _, policy := range []struct {
		name string
		set  bool
	}{{"Require", !e.Require.IsZero()}, {"Public", e.Public != ""}, {"AnyCaller", e.AnyCaller != ""}} {
		if policy.set {
			set = append(set, policy.name)
		}
	}
	switch {
	case len(set) == 0:
		f.Add(e.field("Require"), nil, "is missing, and the route has no other policy",
			"set Require, or set Public or AnyCaller to a reason")
	case len(set) > 1:
		f.Add(e.field(set[1]), nil, "is set together with "+set[0], "keep one of them")
	}
}

// checkReasons adds a fault for each reason that a reader of the inventory could not read.
func (e *entry) checkReasons(f *httperr.ConfigFaults) {
	for _, reason := range []struct{ name, text string }{
		{"Public", e.Public}, {"AnyCaller", e.AnyCaller}, {"NoObject", e.NoObject}, {"Subtree", e.Subtree}, {"Weaker", e.Weaker},
	} {
		if reason.text != "" && !field.Name(reason.text) {
			f.Add(e.field(reason.name), reason.text, "is no reason: it is blank, not printable, or has blanks at its ends",
				"write why, in one sentence")
		}
	}
}

// checkLayers adds the faults of the optional layers.
func (e *entry) checkLayers(f *httperr.ConfigFaults) {
	const fix = "set it to a value that New has returned, or leave it out"
	for i, l := range e.Limits {
		if nilcheck.Nil(l) {
			f.Add(e.field(fmt.Sprintf("Limits[%d]", i)), nil, "is nil", fix)
		}
	}
	if e.Lifecycle != nil && nilcheck.Nil(e.Lifecycle) {
		f.Add(e.field("Lifecycle"), nil, "is a nil pointer", fix)
	}
	if e.Object != nil && nilcheck.Nil(e.Object) {
		f.Add(e.field("Object"), nil, "is a nil pointer", fix)
	}
}
