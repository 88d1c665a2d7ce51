package ratelimit_test

import (
	"fmt"
	"strings"
)

// An item is a member of a List (RFC 9651, section 3.1): a String with
// parameters that are Integers, which is all that the draft of the RateLimit
// fields lets a limiter of requests write.
type item struct {
	name   string
	params map[string]int64
}

// parseList reads s by the algorithms of RFC 9651, section 4.2, and refuses what
// they would accept but nobody should write: empty lists, and spaces that are not
// the one behind a comma.
func parseList(s string) (list []item, err error) {
	for {
		var it item
		if it, s, err = parseItem(s); err != nil {
			return nil, err
		}
		list = append(list, it)
		if s == "" {
			return list, nil
		}
		rest, ok := strings.CutPrefix(s, ", ")
		if !ok {
			return nil, fmt.Errorf("%q behind a member", s)
		}
		s = rest
	}
}

func parseItem(s string) (it item, rest string, err error) {
	it.params = map[string]int64{}
	if it.name, s, err = parseString(s); err != nil {
		return it, "", err
	}
	for strings.HasPrefix(s, ";") {
		var key string
		if key, s, err = parseKey(s[1:]); err != nil {
			return it, "", err
		}
		if _, twice := it.params[key]; twice || !strings.HasPrefix(s, "=") {
			return it, "", fmt.Errorf("parameter %q twice, or without a value", key)
		}
		if it.params[key], s, err = parseInteger(s[1:]); err != nil {
			return it, "", err
		}
	}
	return it, s, nil
}

func parseString(s string) (value, rest string, err error) {
	if !strings.HasPrefix(s, `"`) {
		return "", "", fmt.Errorf("no String: %q", s)
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return b.String(), s[i+1:], nil
		case c == '\\':
			if i++; i == len(s) || s[i] != '"' && s[i] != '\\' {
				return "", "", fmt.Errorf("escape in %q", s)
			}
			b.WriteByte(s[i])
		case c < 0x20 || c > 0x7e:
			return "", "", fmt.Errorf("byte %#x in a String", c)
		default:
			b.WriteByte(c)
		}
	}
	return "", "", fmt.Errorf("String without an end: %q", s)
}

func parseKey(s string) (key, rest string, err error) {
	n := 0
	for n < len(s) && (s[n] >= 'a' && s[n] <= 'z' || s[n] == '*' || n > 0 && (s[n] >= '0' && s[n] <= '9' || strings.IndexByte("_-.", s[n]) >= 0)) {
		n++
	}
	if n == 0 {
		return "", "", fmt.Errorf("no key: %q", s)
	}
	return s[:n], s[n:], nil
}

func parseInteger(s string) (value int64, rest string, err error) {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		value = value*10 + int64(s[n]-'0')
		if n++; n > 15 {
			return 0, "", fmt.Errorf("more than 15 digits: %q", s)
		}
	}
	if n == 0 {
		return 0, "", fmt.Errorf("no Integer: %q", s)
	}
	return value, s[n:], nil
}
