package cors

import (
	"net/http"
	"strings"

	"github.com/go-sallyport/sallyport/internal/carrier"
)

// responseFields are the fields that grant something, in canonical form.
var responseFields = [...]string{
	"Access-Control-Allow-Origin",
	"Access-Control-Allow-Credentials",
	"Access-Control-Allow-Methods",
	"Access-Control-Allow-Headers",
	"Access-Control-Max-Age",
	"Access-Control-Expose-Headers",
}

// clearGranted removes what an outer layer granted, so that of two policies the
// inner one, which is the nearer to the resource, decides.
func clearGranted(h http.Header) {
	if len(h) == 0 {
		return
	}
	for _, name := range responseFields {
		delete(h, name)
	}
}

// sink is all of a response that rs/cors gets to see. Its preflight sends the
// response at once, and the values are not our own by then. A map is a single
// word, so the conversion to an interface costs nothing.
type sink http.Header

// Header implements http.ResponseWriter.
func (s sink) Header() http.Header { return http.Header(s) }

// Write implements http.ResponseWriter.
func (s sink) Write(p []byte) (int, error) { return len(p), nil }

// WriteHeader implements http.ResponseWriter.
func (s sink) WriteHeader(int) {}

// copyValues sets Vary to the lines before and, unless it is empty, line, and moves
// every granted value into memory of this response. What rs/cors leaves behind
// is shared between all responses of the process (rs/cors#198), and
// Access-Control-Allow-Origin even with the request.
func copyValues(h http.Header, rec *carrier.Record, before []string, line string) {
	n := 0
	if line != "" {
		n = len(before) + 1
	}
	for _, name := range responseFields {
		n += len(h[name])
	}
	if n == 0 {
		return
	}
	v := rec.Values(n)
	i := 0
	if line != "" {
		i = copy(v, before)
		v[i] = line
		i++
		h["Vary"] = v[:i:i]
	}
	for _, name := range responseFields {
		if values := h[name]; len(values) > 0 {
			end := i + copy(v[i:], values)
			h[name] = v[i:end:end]
			i = end
		}
	}
}

const (
	varyOrigin    = "Origin"
	varyRequested = "Access-Control-Request-Method, Access-Control-Request-Headers"
	varyPreflight = varyOrigin + ", " + varyRequested
)

// varyLine returns the line that Vary lacks, or "".
func varyLine(before []string, preflight bool) string {
	origin := false
	for _, line := range before {
		for name := range strings.SplitSeq(line, ",") {
			switch name = strings.Trim(name, " \t"); {
			case name == "*":
				return ""
			case strings.EqualFold(name, varyOrigin):
				origin = true
			}
		}
	}
	switch {
	case preflight && origin:
		return varyRequested
	case preflight:
		return varyPreflight
	case origin:
		return ""
	}
	return varyOrigin
}
