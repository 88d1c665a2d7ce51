package httperr

import (
	"net/http"
)

const headerTraceparent = "Traceparent"

// inboundTrace returns the traceparent of r (W3C Trace Context, section 3.2) if r
// carries exactly one and it is well-formed, else "". A trace is only a name to
// search for, so a faulty one is no reason to refuse the request or to guess.
func inboundTrace(r *http.Request) string {
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
	version, traceID, parentID, flags := s[:2], s[3:35], s[36:52], s[53:55]
	switch {
	case !isHex(version) || version == "ff",
		version == "00" && len(s) != length,
		len(s) > length && s[length] != '-',
		!isHex(traceID) || isZero(traceID),
		!isHex(parentID) || isZero(parentID),
		!isHex(flags):
		return false
	}
	for i := length; i < len(s); i++ {
		if s[i] < '!' || s[i] > '~' {
			return false
		}
	}
	return true
}

func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func isZero(s string) bool {
	for i := range len(s) {
		if s[i] != '0' {
			return false
		}
	}
	return true
}
