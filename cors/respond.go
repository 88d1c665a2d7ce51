package cors

import (
	"net/http"
	"strings"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/crossorigin"
)

// preflightAnswer marks a response whose fields answerPreflight has set.
var preflightAnswer = &crossorigin.Answer{Preflight: true}

const varyPreflight = "Access-Control-Request-Method, Access-Control-Request-Headers"

// varyLine returns the line that a response to a preflight adds to Vary, or "".
func (p *policy) varyLine(before []string) string {
	for _, line := range before {
		for name := range strings.SplitSeq(line, ",") {
			if strings.Trim(name, " \t") == "*" {
				return ""
			}
		}
	}
	if p.anyOrigin || crossorigin.VariesByOrigin(before) {
		return varyPreflight
	}
	return "Origin, " + varyPreflight
}

// answerPreflight answers a preflight: with 204, or with Deny if Check returned a refusal.
// The 204 has the requested method and headers, which Check has compared with the Config.
func (p *policy) answerPreflight(w http.ResponseWriter, r *http.Request, rec *carrier.Record, refusal error) {
	h := w.Header()
	rec.Promise(preflightAnswer, "")
	var requested []string
	n := 1
	if refusal == nil {
		requested = r.Header[requestHeaders]
		n = 5 + len(requested)
	}
	v := rec.Values(n)
	set := func(name, value string) {
		if value == "" {
			return
		}
		v[0] = value
		h[name] = v[:1:1]
		v = v[1:]
	}
	before := h["Vary"]
	switch line := p.varyLine(before); {
	case line == "":
	case len(before) == 0:
		set("Vary", line)
	default:
		h["Vary"] = append(before[:len(before):len(before)], line)
	}
	if refusal != nil {
		p.deny(w, r, refusal)
		return
	}
	if p.anyOrigin {
		set(crossorigin.AllowOrigin, "*")
	} else {
		set(crossorigin.AllowOrigin, r.Header["Origin"][0])
	}
	if p.granted.Credentials {
		set(crossorigin.AllowCredentials, "true")
	}
	set(crossorigin.AllowMethods, r.Header[requestMethod][0])
	if n := len(requested); n > 1 || n == 1 && requested[0] != "" {
		copy(v, requested)
		h[crossorigin.AllowHeaders] = v[:n:n]
		v = v[n:]
	}
	set(crossorigin.MaxAge, p.maxAge)
	w.WriteHeader(http.StatusNoContent)
}

// denyWithoutBody is the default of Config.Deny. The record gets the code and the cause. The
// response is empty, because a browser shows the body of a preflight to no script.
func denyWithoutBody(w http.ResponseWriter, r *http.Request, refusal error) {
	e, ok := refusal.(*httperr.Error) // errors.As would allocate
	if rec := carrier.From(r.Context()); rec != nil && ok {
		rec.Update(func(f *carrier.Facts) { f.Code, f.Cause, f.Status = e.Code, refusal, e.Status })
	}
	w.WriteHeader(http.StatusForbidden)
}
