package httperr

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// ProblemJSON returns an Encoder that writes problem details (RFC 9457):
//
//	{"type":"https://errors.example/not_found","title":"There is no such resource. Check the address.",
//	 "status":404,"code":"not_found","correlation_id":"0190163d-…"}
//
// The member type is base followed by the code. With an empty base there is no
// type, which means about:blank; title is then the text of the status, as RFC
// 9457, section 4.2.1 demands, and the message is in the member detail. Pointers
// in errors are URI fragments. base must be empty or an absolute https or http
// URL that ends in a slash.
func ProblemJSON(base string) (Encoder, error) {
	if base == "" {
		return problem{}, nil
	}
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" ||
		u.RawQuery != "" || u.Fragment != "" || base[len(base)-1] != '/' {
		return nil, &ConfigError{
			Package: "httperr",
			Field:   "base",
			Value:   fmt.Sprintf("%q", base),
			Reason:  "the code is appended to it to make a URL",
			Fix:     `write it as "https://errors.example/"`,
		}
	}
	return problem{base}, nil
}

type problem struct{ base string }

func (problem) ContentType() string { return "application/problem+json" }

func (p problem) Append(b []byte, r Refusal) []byte {
	if p.base == "" {
		b = append(b, `{"title":`...)
		b = appendString(b, cmp.Or(http.StatusText(r.Status), "Error"))
		b = append(b, `,"detail":`...)
	} else {
		b = append(b, `{"type":`...)
		b = appendString(b, p.base+r.Code)
		b = append(b, `,"title":`...)
	}
	b = appendString(b, r.Message)
	b = append(b, `,"status":`...)
	b = strconv.AppendInt(b, int64(r.Status), 10)
	b = append(b, `,"code":`...)
	b = appendString(b, r.Code)
	r.Faults = fragments(r.Faults)
	return appendEnd(b, r)
}

// fragments returns a copy of faults that writes pointers as URI fragments
// (RFC 6901, section 6), like the example in RFC 9457.
func fragments(faults []Fault) []Fault {
	faults = slices.Clone(faults)
	for i := range faults {
		if p := faults[i].Pointer; p != nil {
			fragment := "#" + (&url.URL{Fragment: *p}).EscapedFragment()
			faults[i].Pointer = &fragment
		}
	}
	return faults
}
