package headers

import (
	"regexp"
	"strconv"
	"strings"
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

// withoutHSTS reports whether host, which may have a port, gets no HSTS: localhost and its
// subdomains, where other ports belong to other programs, and IP addresses, which browsers
// do not remember (RFC 6797, section 8.1.1). It allocates nothing.
func withoutHSTS(host string) bool {
	if strings.HasPrefix(host, "[") {
		return true
	}
	if i := strings.LastIndexByte(host, ':'); i >= 0 {
		host = host[:i]
	}
	host = strings.TrimSuffix(host, ".")
	last := host[strings.LastIndexByte(host, '.')+1:]
	if len(last) == len("localhost") && strings.EqualFold(last, "localhost") {
		return true
	}
	for i := range len(last) {
		if last[i] < '0' || last[i] > '9' {
			return false
		}
	}
	return true // browsers read a last label of digits as an IPv4 address
}
