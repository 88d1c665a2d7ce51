package routes

import (
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

func checkVersions(f *httperr.ConfigFaults, versions []string) {
	for i, v := range versions {
		at := fmt.Sprintf("Versions[%d]", i)
		switch {
		case v != "/" && (v != path.Clean("/"+v) || strings.ContainsAny(v, "{} \t")):
			f.Add(at, v, "is no prefix of literal segments", `write it as in "/v1", with a slash in front and not behind`)
		case slices.Contains(versions[:i], v):
			f.Add(at, v, "is there twice", "remove one, or write the one that was meant")
		}
	}
}

// checkTwins adds a fault for each route whose policy may be weaker than in the same route
// of another version, and for each reason and each version without such a route. A HEAD route is
// also compared with the GET route of its path.
func checkTwins(f *httperr.ConfigFaults, versions []string, entries []*entry) {
	routes := map[string]map[string][]*entry{} // by key and version
	for _, e := range entries {
		version, key := e.pattern.version(versions)
		if routes[key] == nil {
			routes[key] = map[string][]*entry{}
		}
		routes[key][version] = append(routes[key][version], e)
	}
	used := map[string]bool{"": true}
	for _, e := range entries {
		version, key := e.pattern.version(versions)
		used[version] = true
		var twins []*entry
		for other, list := range routes[key] {
			if version != "" && other != "" && other != version {
				twins = append(twins, list...)
			}
		}
		if e.pattern.method == http.MethodHead {
			get := e.pattern
			get.method = http.MethodGet
			_, key := get.version(versions)
			if len(routes[key]) == 0 { // the route of all hosts serves GET
				get.host = ""
				_, key = get.version(versions)
			}
			twins = append(twins, routes[key][version]...)
		}
		e.checkParity(f, twins)
	}
	for i, v := range versions {
		if !used[v] {
			f.Add(fmt.Sprintf("Config.Versions[%d]", i), v, "is the prefix of no route", "write the prefix that was meant, or remove it")
		}
	}
}

// checkParity compares e with the same route in other versions.
func (e *entry) checkParity(f *httperr.ConfigFaults, twins []*entry) {
	weaker := false
	for _, twin := range twins {
		reason := ""
		if !e.unreadable() && !twin.unreadable() {
			reason = e.weakness(twin)
		}
		if weaker = weaker || reason != ""; reason != "" && e.Weaker == "" {
			f.Add(e.field("Weaker"), nil, fmt.Sprintf("is missing, and %s than in %q", reason, twin.Pattern),
				"give both routes the same policy, or set Weaker to the reason of the difference")
		}
	}
	if e.Weaker != "" && !weaker && !e.unreadable() {
		f.Add(e.field("Weaker"), e.Weaker, "is a reason for a policy that is not weaker than in another version", "remove it")
	}
}

// unreadable reports whether e has a nil layer, which has another fault.
func (e *entry) unreadable() bool {
	return e.Object != nil && nilcheck.Nil(e.Object) || slices.ContainsFunc(e.Limits, func(l Limit) bool { return nilcheck.Nil(l) })
}

// weakness returns the part of the policy of e that is weaker than in twin, or "". A
// difference counts as weaker if nothing shows that e is at least as strong.
func (e *entry) weakness(twin *entry) string {
	switch {
	case e.rank() < twin.rank(), e.rank() == 2 && twin.rank() == 2 && !e.Require.Implies(twin.Require):
		return "the requirement may be weaker"
	case twin.Object != nil && (e.Object == nil || !atLeast(e.Object.Description(), twin.Object.Description())):
		return "the guard of the object may be weaker"
	case twin.Creates && !e.Creates, twin.Lists && !e.Lists:
		return "the use of object.Own and object.FilterOf is less"
	case !containsAll(e.Limits, twin.Limits):
		return "the limits may be weaker"
	}
	return ""
}

// rank orders the kinds of policy.
func (e *entry) rank() int {
	switch {
	case e.Public != "":
		return 0
	case e.AnyCaller != "":
		return 1
	default:
		return 2
	}
}

// atLeast reports whether the guard a admits only callers that b admits too. The names of the
// wildcards do not matter.
func atLeast(a, b object.Description) bool {
	return a.Name == b.Name && (a.Wildcard == "") == (b.Wildcard == "") &&
		(b.Under == "" || a.Under == b.Under && len(a.UnderWildcards) == len(b.UnderWildcards)) &&
		!slices.ContainsFunc(a.OrRole, func(role string) bool { return !slices.Contains(b.OrRole, role) }) &&
		(b.AcrossTenants || !a.AcrossTenants) &&
		(a.Tenants || !b.Tenants) &&
		(b.Others || !a.Others) &&
		(b.OthersAct || !a.OthersAct)
}

// containsAll reports whether each limit of b is one of a, by its words.
func containsAll(a, b []Limit) bool {
	have := map[string]int{}
	for _, l := range a {
		have[l.Policy()]++
	}
	for _, l := range b {
		if have[l.Policy()]--; have[l.Policy()] < 0 {
			return false
		}
	}
	return true
}

// version returns the longest of versions that is a prefix of p, and a key that is the same for
// each pattern that matches the same requests below its prefix. The version is "" if p has
// no such prefix.
func (p pattern) version(versions []string) (version, key string) {
	rest := p.path
	for _, v := range versions {
		below, ok := strings.CutPrefix(p.path, strings.TrimSuffix(v, "/"))
		if ok && (below == "" || below[0] == '/') && len(v) > len(version) {
			version, rest = v, below
		}
	}
	key = p.method + " " + p.host
	if rest == "" { // the prefix itself
		return version, key
	}
	for segment := range strings.SplitSeq(rest[1:], "/") {
		key += "/" + anonymous(segment)
	}
	return version, key
}

// anonymous returns a segment of a pattern without the name of its wildcard. A segment at the
// end that is empty serves a subtree, as {rest...} does.
func anonymous(segment string) string {
	switch {
	case segment == "{$}":
		return segment
	case segment == "" || isRest(segment):
		return "{...}"
	case segment[0] == '{':
		return "{}"
	}
	if literal, err := url.PathUnescape(segment); err == nil {
		segment = literal
	}
	if segment == "/" { // http.ServeMux takes the literal %2F for {$}
		return "{$}"
	}
	return url.PathEscape(segment)
}
