package field

import "strings"

const (
	bearer = "Bearer"

	// No registered scheme has a longer name or more parameters than these bounds. The
	// search stops at them.
	maxScheme     = 64
	maxParameters = 32
)

// IsBearer reports whether value, of the field Authorization, begins with the word Bearer
// in any case (RFC 6750, section 2.1).
func IsBearer(value string) bool {
	return len(value) >= len(bearer) && EqualFold(value[:len(bearer)], bearer)
}

// Bearer returns the text behind the scheme Bearer. ok is false if value has another form.
// The text is not checked.
func Bearer(value string) (token string, ok bool) {
	if !IsBearer(value) {
		return "", false
	}
	rest := value[len(bearer):]
	token = strings.TrimLeft(rest, " ")
	return token, len(token) < len(rest) && token != ""
}

// OtherScheme reports whether value is a credential of a scheme other than Bearer. A
// single word is not such a credential: it may be a token without its scheme. Neither is
// a list of credentials that includes Bearer, which a proxy makes when it joins two
// fields.
func OtherScheme(value string) bool {
	name, rest, ok := strings.Cut(value, " ")
	if !ok || IsBearer(name) || len(name) > maxScheme || !Token(name) || strings.TrimLeft(rest, " ") == "" {
		return false
	}
	for range maxParameters {
		if _, rest, ok = strings.Cut(rest, ","); !ok {
			return true
		}
		rest = strings.TrimLeft(rest, " \t")
		if IsBearer(rest) && strings.HasPrefix(rest[len(bearer):], " ") {
			return false
		}
	}
	return false
}
