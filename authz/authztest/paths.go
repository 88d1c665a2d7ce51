package authztest

import (
	"bytes"
	"slices"
	"strings"
)

// attackPaths sends other spellings of the path. A layer that matches paths by itself may
// not know the route under such a name, and a router behind it may.
func (a *attack) attackPaths(some []wrongCaller) {
	for _, w := range some {
		// A fault makes a new object, with another path.
		for i := 0; i < len(spellings(a.row.Path, a.target.Values)); i++ {
			path := spellings(a.row.Path, a.target.Values)[i]
			q := a.request(w.caller)
			q.path = withQuery(path, a.target.Query)
			attacker := w.name + " on " + path
			got, ok := a.send(attacker, q)
			if !ok {
				continue
			}
			if a.success(got) && !a.isOtherRoute(q, w.caller, got) {
				a.fault(attacker, "answered %d, want a refusal", got.status)
			}
			a.checkRefusal(attacker, got)
		}
	}
}

// spellings returns other spellings of the path of a pattern.
func spellings(pattern string, values map[string]string) (all []string) {
	path := expand(pattern, values)
	rest := path[1:]
	first, below, _ := strings.Cut(rest, "/")
	all = append(all, "//"+rest, "/./"+rest, "/%2e/"+rest, "/x/../"+rest, "/x/%2e%2e/"+rest, "/;x/"+rest)
	if rest == "" {
		return all
	}
	if strings.HasSuffix(path, "/") {
		all = append(all, strings.TrimRight(path, "/"))
	} else {
		all = append(all, path+"/", path+";x", path+"/.", path+"%2f")
	}
	all = append(all, "/"+first+";x/"+below, "/"+encodeFirst(first)+strings.TrimPrefix(rest, first))
	if below != "" {
		all = append(all, "/"+first+"//"+below, "/"+first+"/./"+below, "/"+first+"/%2e/"+below)
	}
	for _, upper := range []string{expand(upperLiterals(pattern), values), strings.ToUpper(path)} {
		if upper != path && !strings.Contains(path, "%") {
			all = append(all, upper)
		}
	}
	return slices.DeleteFunc(all, func(s string) bool { return s == path })
}

// encodeFirst encodes the first letter of a segment, which changes nothing for a router that
// decodes paths.
func encodeFirst(segment string) string {
	const hex = "0123456789abcdef"
	c := segment[0]
	if c == '%' {
		return segment
	}
	return "%" + string(hex[c>>4]) + string(hex[c&15]) + segment[1:]
}

// upperLiterals returns the pattern with its literal segments in upper case.
func upperLiterals(pattern string) string {
	segments := strings.Split(pattern, "/")
	for i, s := range segments {
		if !strings.HasPrefix(s, "{") {
			segments[i] = strings.ToUpper(s)
		}
	}
	return strings.Join(segments, "/")
}

// isOtherRoute reports whether a success belongs to another route of the inventory, which
// owes it to the caller, and shows nothing of this one.
func (a *attack) isOtherRoute(q request, c *Caller, got answer) bool {
	pattern := a.routeOf(q)
	if pattern == a.row.Pattern || len(a.won.body) > 0 && bytes.Equal(got.body, a.won.body) {
		return false
	}
	for _, row := range a.rows {
		if row.Pattern != pattern {
			continue
		}
		if row.Public != "" {
			return true
		}
		p, err := newPolicy(row, a.policy.owner, nil)
		return err == nil && p.status(c) == 0
	}
	return false
}
