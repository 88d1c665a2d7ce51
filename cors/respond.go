package cors

import (
	"net/http"
	"strings"

	"github.com/go-sallyport/sallyport/internal/carrier"
)

// responseFields are the response fields of CORS, in canonical form.
var responseFields = [...]string{
	"Access-Control-Allow-Origin",
	"Access-Control-Allow-Credentials",
	"Access-Control-Allow-Methods",
	"Access-Control-Allow-Headers",
	"Access-Control-Max-Age",
	"Access-Control-Expose-Headers",
}

// clearGranted removes the response fields that an outer layer has set. If
// there are two policies, the inner one decides, because it is nearer to the
// resource.
func clearGranted(h http.Header) {
	for _, name := range responseFields {
		delete(h, name)
	}
}

// headerOnly is a http.ResponseWriter that only collects fields. rs/cors gets
// it in place of the response, because rs/cors sends the response to a
// preflight at once, before copyValues has copied the values. A map is a single
// word, so the conversion to an interface does not allocate.
type headerOnly http.Header

// Header implements http.ResponseWriter.
func (s headerOnly) Header() http.Header { return http.Header(s) }

// Write implements http.ResponseWriter.
func (s headerOnly) Write(p []byte) (int, error) { return len(p), nil }

// WriteHeader implements http.ResponseWriter.
func (s headerOnly) WriteHeader(int) {}

// copyValues sets Vary to the lines in before and, unless it is empty, line. It
// copies the value of every response field into memory of this response:
// rs/cors shares its values between all responses of the process
// (rs/cors#198), and shares Access-Control-Allow-Origin with the request.
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

// varyLine returns the line that must be added to Vary, or "".
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
