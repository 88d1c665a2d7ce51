// Package crossorigin sets the response fields of CORS, and keeps them until the header of the
// response is sent.
//
// # Use
//
//	var public = &crossorigin.Answer{Origin: "*"}
//	public.Set(w.Header(), carrier.From(r.Context()), "")
//
// # Invariant
//
// Inside of a layer that settles headers, the response has exactly the fields of the innermost
// Answer: a proxy that adds the fields of another service cannot grant more, nor break
// the grant by a second line. The names are compared in canonical form.
//
// # Place in the chain
//
// Package cors uses it, and each handler of the library that other origins may read.
package crossorigin

import (
	"net/http"
	"strings"

	"github.com/go-sallyport/sallyport/internal/carrier"
)

// The response fields of CORS, in canonical form.
const (
	AllowOrigin      = "Access-Control-Allow-Origin"
	AllowCredentials = "Access-Control-Allow-Credentials"
	ExposeHeaders    = "Access-Control-Expose-Headers"
	AllowMethods     = "Access-Control-Allow-Methods"
	AllowHeaders     = "Access-Control-Allow-Headers"
	MaxAge           = "Access-Control-Max-Age"
	privateNetwork   = "Access-Control-Allow-Private-Network"
)

// An Answer is the grant of a policy to requests that are no preflights, compiled once. The
// zero Answer grants nothing.
type Answer struct {
	Granted     bool   // the page of the origin may read the response
	Origin      string // "*", or "" for the origin that Set gets
	Credentials bool
	Expose      string // names of the headers that scripts may read, separated by commas
	Varies      bool   // the response differs by Origin, so it says Vary: Origin

	// Preflight says that the handler answers a preflight, and has set the fields itself.
	Preflight bool
}

// Set sets the fields of a in h, and promises them for the response. origin is the origin of
// the request. It allocates only for the values, and nothing while rec has room.
func (a *Answer) Set(h http.Header, rec *carrier.Record, origin string) {
	before := h["Vary"]
	vary := a.Varies && !VariesByOrigin(before)
	if n := a.size(vary); n > 0 {
		v := rec.Values(n)
		i := 0
		if vary {
			if v[0], i = "Origin", 1; len(before) > 0 {
				h["Vary"] = append(before[:len(before):len(before)], "Origin")
			} else {
				h["Vary"] = v[:1:1]
			}
		}
		a.grant(h, v[i:], origin)
	}
	rec.Promise(a, origin)
}

// size returns the number of new values that Set needs. vary says that Vary needs one of them.
func (a *Answer) size(vary bool) (n int) {
	if vary {
		n++
	}
	if a.Granted {
		n++
		if a.Credentials {
			n++
		}
		if a.Expose != "" {
			n++
		}
	}
	return n
}

// grant sets the fields of a granted answer. v has room for them.
func (a *Answer) grant(h http.Header, v []string, origin string) {
	if !a.Granted {
		return
	}
	v[0] = a.origin(origin)
	h[AllowOrigin] = v[:1:1]
	if a.Credentials {
		v = v[1:]
		v[0] = "true"
		h[AllowCredentials] = v[:1:1]
	}
	if a.Expose != "" {
		v = v[1:]
		v[0] = a.Expose
		h[ExposeHeaders] = v[:1:1]
	}
}

func (a *Answer) origin(origin string) string {
	if a.Origin != "" {
		return a.Origin
	}
	return origin
}

// Settle implements carrier.HeaderPolicy.
func (a *Answer) Settle(h http.Header, p carrier.Pending) {
	for i := range p.Inner {
		if _, ok := p.Inner[i].Policy.(*Answer); ok {
			return
		}
	}
	if a.Preflight {
		return
	}
	var origin, credentials, expose string
	if a.Granted {
		origin, expose = a.origin(p.Text), a.Expose
		if a.Credentials {
			credentials = "true"
		}
	}
	settle(h, AllowOrigin, origin)
	settle(h, AllowCredentials, credentials)
	settle(h, ExposeHeaders, expose)
	settle(h, AllowMethods, "")
	settle(h, AllowHeaders, "")
	settle(h, MaxAge, "")
	settle(h, privateNetwork, "")
	if a.Varies && !VariesByOrigin(h["Vary"]) {
		h["Vary"] = append(h["Vary"][:len(h["Vary"]):len(h["Vary"])], "Origin")
	}
}

// Clear removes the fields that an outer layer has set. If there are two policies, the
// inner one decides, because it is nearer to the resource.
func Clear(h http.Header) {
	if len(h) == 0 || len(h[AllowOrigin]) == 0 {
		return // without it, a browser reads no other field
	}
	for _, name := range [...]string{AllowOrigin, AllowCredentials, ExposeHeaders, AllowMethods, AllowHeaders, MaxAge, privateNetwork} {
		delete(h, name)
	}
}

// settle makes value the only line of the field, or removes the field if value is empty.
func settle(h http.Header, name, value string) {
	switch lines := h[name]; {
	case value == "":
		if len(lines) > 0 {
			delete(h, name)
		}
	case len(lines) != 1 || lines[0] != value:
		h[name] = []string{value}
	}
}

// VariesByOrigin reports whether the lines of Vary name Origin or "*".
func VariesByOrigin(lines []string) bool {
	for _, line := range lines {
		if line == "Origin" {
			return true
		}
		for name := range strings.SplitSeq(line, ",") {
			if name = strings.Trim(name, " \t"); name == "*" || strings.EqualFold(name, "Origin") {
				return true
			}
		}
	}
	return false
}
