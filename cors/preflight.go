package cors

import (
	"net/http"
	"strings"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
)

// Fields of a preflight, in canonical form.
const (
	requestMethod  = "Access-Control-Request-Method"
	requestHeaders = "Access-Control-Request-Headers"
)

// Bounds of Access-Control-Request-Headers, over all its lines. Browsers send
// one name per header that a script sets.
const (
	maxRequestHeaders = 4 << 10 // bytes
	maxRequestNames   = 64      // list elements
)

// isPreflight reports whether r, which has an Origin field, is a preflight:
// OPTIONS with Access-Control-Request-Method (Fetch standard, section 3.3.5).
// Any other OPTIONS belongs to the service.
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && len(r.Header[requestMethod]) > 0
}

// answerPreflight ends a preflight: with 204, to which Handler has added the
// fields that grant the request, or with Deny and the refusal of Check.
func (m *Middleware) answerPreflight(w http.ResponseWriter, r *http.Request, refusal error) {
	if refusal != nil {
		m.deny(w, r, refusal)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// checkPreflight returns the refusal of the method or of the headers that a
// preflight asks for, or nil.
func (m *Middleware) checkPreflight(h http.Header) *httperr.Error {
	if refusal := m.checkMethod(h[requestMethod]); refusal != nil {
		return refusal
	}
	return m.checkHeaders(h[requestHeaders])
}

// checkMethod never refuses the safelisted methods: a browser does not look
// for them in the answer, and asks only because of the headers.
func (m *Middleware) checkMethod(lines []string) *httperr.Error {
	if len(lines) > 1 {
		return errMethodLines
	}
	switch lines[0] {
	case http.MethodGet, http.MethodHead, http.MethodPost:
		return nil
	}
	if _, ok := m.methods[lines[0]]; ok {
		return nil
	}
	return ErrMethod
}

// checkHeaders accepts the names of a preflight in the form that the Fetch
// standard prescribes (section 2.2.2, CORS-unsafe request-header names): lower
// case, sorted, unique. It tolerates what gateways make of it: blanks after
// commas, empty elements, the list spread over several lines. It reads the
// list itself because rs/cors either looks for a list of its own or, given
// "*", sends back whatever was sent, of any length, Authorization included.
func (m *Middleware) checkHeaders(lines []string) *httperr.Error {
	size := 0
	for _, line := range lines {
		size += len(line)
	}
	if size > maxRequestHeaders || len(lines) > maxRequestNames {
		return errHeaderSize
	}
	elements, last := 0, ""
	for _, line := range lines {
		if line == "" && len(lines) > 1 {
			return errHeaderSyntax // rs/cors would take it for an empty list
		}
		for element := range strings.SplitSeq(line, ",") {
			if elements++; elements > maxRequestNames {
				return errHeaderSize
			}
			name := strings.Trim(element, " \t")
			if name == "" {
				continue
			}
			if !field.Token(name) {
				return errHeaderSyntax
			}
			if name <= last || !lowerCase(name) {
				return errHeaderOrder
			}
			last = name
			if !m.allowsHeader(name) {
				return errHeaderUnknown
			}
		}
	}
	return nil
}

func (m *Middleware) allowsHeader(name string) bool {
	if _, ok := m.headers[name]; ok {
		return true
	}
	return m.anyHeader && name != "authorization"
}

func lowerCase(s string) bool {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			return false
		}
	}
	return true
}
