package httperr

import (
	"net/http"
	"strings"
)

const headerTraceparent = "Traceparent"

// traceparentOf returns the traceparent of r (W3C Trace Context, section 3.2) if r
// carries exactly one and it is well-formed, else "". A trace is only a name to
// search for, so a faulty one is no reason to refuse the request or to guess.
func traceparentOf(r *http.Request) string {
	v := r.Header[headerTraceparent]
	if len(v) != 1 || !validTraceparent(v[0]) {
		return ""
	}
	if s := v[0]; s[:2] != "00" {
		return "00" + s[2:55] // version 00 has no fields of later versions
	}
	return v[0]
}

// validTraceparent reports whether s is
//
//	version "-" trace-id "-" parent-id "-" trace-flags
//	   2           32            16             2        lower-case hexadecimal
//
// A version above 00 may have further fields after another "-", which must be
// ignored.
func validTraceparent(s string) bool {
	const length = 55
	if len(s) < length || len(s) > 512 || s[2] != '-' || s[35] != '-' || s[52] != '-' {
		return false
	}
	const hex = digits + "abcdef"
	version, traceID, parentID, flags := s[:2], s[3:35], s[36:52], s[53:55]
	switch {
	case !consistsOf(version, hex) || version == "ff",
		version == "00" && len(s) != length,
		len(s) > length && s[length] != '-',
		!consistsOf(traceID, hex) || consistsOf(traceID, "0"),
		!consistsOf(parentID, hex) || consistsOf(parentID, "0"),
		!consistsOf(flags, hex):
		return false
	}
	return !strings.ContainsFunc(s[length:], func(c rune) bool { return c < '!' || c > '~' })
}
