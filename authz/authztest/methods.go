package authztest

import (
	"net/http"
	"net/url"
)

// attackMethods sends the request with another method, and names the real one where some
// frameworks look for it. A layer that decides by the method of the request would decide
// about another one.
func (a *attack) attackMethods(some []wrongCaller) {
	for _, w := range some {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if method == a.row.Method {
				continue
			}
			plain := a.request(w.caller)
			plain.method = method
			if method == http.MethodGet {
				plain.body = ""
			} else if a.routeOf(plain) != "" {
				continue // the caller may use that route, and change what the owner reads
			}
			if base, ok := a.send(w.name+" with "+method, plain); ok {
				a.attackOverrides(w, plain, a.row.Method, base)
			}
		}
		// The other way round: the layer sees a harmless method in the header.
		if !isSafe(a.row.Method) {
			a.attackOverrides(w, a.request(w.caller), http.MethodGet, answer{})
		}
	}
}

// attackOverrides sends plain with overrides to a method. A success is a fault unless plain
// alone has it too.
func (a *attack) attackOverrides(w wrongCaller, plain request, method string, base answer) {
	try := func(name string, q request) {
		attacker := w.name + " with " + q.method + " and " + name + " " + method
		got, ok := a.send(attacker, q)
		if !ok {
			return
		}
		if a.success(got) && got.status != base.status {
			a.fault(attacker, "answered %d, want a refusal", got.status)
		}
		a.checkRefusal(attacker, got)
	}
	for _, name := range []string{"X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"} {
		q := plain
		q.header = map[string]string{name: method}
		try(name, q)
	}
	q := plain
	q.path = withQuery(q.path, "_method="+method)
	try("_method in the query", q)
	if plain.method == http.MethodPost {
		q := plain
		q.body, q.typ = "_method="+method, "application/x-www-form-urlencoded"
		try("_method in the form", q)
	}
}

// routeOf returns the pattern of the route for q, or "".
func (k *kit) routeOf(q request) string {
	u := new(url.URL)
	if err := setPath(u, q.path); err != nil {
		return ""
	}
	_, pattern := k.mux.Handler(&http.Request{Method: q.method, Host: q.host, URL: u})
	return pattern
}
