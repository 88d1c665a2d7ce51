package headers

import (
	"regexp"
	"strconv"
)

const (
	defaultHSTS = "max-age=63072000; includeSubDomains" // two years
	year        = 365 * 24 * 60 * 60
)

var hstsSyntax = regexp.MustCompile(`^max-age=([0-9]{1,10})(; includeSubDomains)?(; preload)?$`)

// compileHSTS returns the value of Strict-Transport-Security (RFC 6797, section 6.1). The rules of
// the preload list are those of hstspreload.org.
func (f *faults) compileHSTS(value string) string {
	const field = "StrictTransportSecurity"
	if value == "" {
		value = defaultHSTS
	}
	if value == Off {
		return value
	}
	m := hstsSyntax.FindStringSubmatch(value)
	if m == nil {
		f.Add(field, value, "not of the form max-age=seconds; includeSubDomains; preload", "write "+defaultHSTS+" or headers.Off")
		return value
	}
	if age, _ := strconv.ParseInt(m[1], 10, 64); m[3] != "" && (age < year || m[2] == "") {
		f.Add(field, value, "the preload list takes no less than a year with includeSubDomains",
			"write "+defaultHSTS+"; preload, or drop preload")
	}
	return value
}
