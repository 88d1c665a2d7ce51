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
	// Most clients write the scheme exactly so, and then one comparison is enough.
	return len(value) >= len(bearer) && (value[:len(bearer)] == bearer || EqualFold(value[:len(bearer)], bearer))
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

// NoBearer reports whether value is no bearer credential, not even a malformed one: it is
// blank, the word Bearer alone, or a credential of another scheme.
func NoBearer(value string) bool {
	if IsBearer(value) {
		return isBlank(value[len(bearer):])
	}
	return isBlank(value) || OtherScheme(value)
}

// isBlank reports whether s has only spaces and tabs.
func isBlank(s string) bool {
	for i := range len(s) {
		if !blank(s[i]) {
			return false
		}
	}
	return true
}
