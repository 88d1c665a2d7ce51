package cors

import (
	"net/http"
	"strings"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
)

// Names of the fields of a preflight, in canonical form.
const (
	requestMethod  = "Access-Control-Request-Method"
	requestHeaders = "Access-Control-Request-Headers"
)

// Limits of Access-Control-Request-Headers, for all its lines together.
// Browsers send one name for each header that a script sets.
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

// checkPreflight returns the refusal of the requested method or of the
// requested headers, or nil.
func (p *policy) checkPreflight(h http.Header) *httperr.Error {
	if refusal := p.checkMethod(h[requestMethod]); refusal != nil {
		return refusal
	}
	return p.checkHeaders(h[requestHeaders])
}

func (p *policy) checkMethod(lines []string) *httperr.Error {
	if len(lines) > 1 {
		return errMethodLines
	}
	if _, ok := p.methods[lines[0]]; !ok {
		return ErrMethod
	}
	return nil
}

// checkHeaders accepts the names of a preflight in the form that the Fetch
// standard prescribes (section 2.2.2, CORS-unsafe request-header names): lower
// case, sorted, unique. It tolerates the changes that gateways make: blanks
// after commas, empty elements, a list in several lines. It does not leave the
// list to rs/cors, which either compares with a list of its own or, if
// configured with "*", sends back the requested list, of any length and with
// Authorization.
func (p *policy) checkHeaders(lines []string) *httperr.Error {
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
			return errHeaderSyntax // rs/cors would read an empty list
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
			if !p.allowsHeader(name) {
				return errHeaderUnknown
			}
		}
	}
	return nil
}

func (p *policy) allowsHeader(name string) bool {
	if _, ok := p.headers[name]; ok {
		return true
	}
	return p.anyHeader && name != "authorization"
}
