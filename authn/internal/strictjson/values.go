package strictjson

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/go-sallyport/sallyport/internal/field"
	"github.com/go-sallyport/sallyport/internal/jsonlex"
)

// The functions of this file turn raw values, as Collect returns them, into Go values.
// The raw value of an absent member is "".

// maxDate is the end of the year 9999, the last date of RFC 3339.
const maxDate = 253402300799

// String returns the string that raw stands for. The result shares the memory of raw
// unless raw has escapes.
func String(raw string) (string, bool) {
	if raw == "" || raw[0] != '"' {
		return "", false
	}
	inside := raw[1 : len(raw)-1]
	if strings.IndexByte(inside, '\\') < 0 {
		return inside, true
	}
	return string(jsonlex.Unescape(make([]byte, 0, len(inside)), inside)), true
}

// Date reads a NumericDate (RFC 7519, section 2): seconds since 1970, with or without
// a fraction. It refuses numbers below 1, because an unset time becomes zero or a
// negative number. A float64 holds a NumericDate to within a microsecond.
func Date(raw string) (time.Time, bool) {
	n, whole := jsonlex.Number(raw)
	if n == 0 {
		return time.Time{}, false
	}
	if whole { // the usual case
		sec, err := strconv.ParseInt(raw, 10, 64)
		return time.Unix(sec, 0).UTC(), err == nil && 1 <= sec && sec <= maxDate
	}
	f, err := strconv.ParseFloat(raw, 64)
	if err != nil || f < 1 || f > maxDate {
		return time.Time{}, false
	}
	sec := int64(f)
	return time.Unix(sec, int64((f-float64(sec))*1e9)).UTC(), true
}

// Identifier reads a string that is neither empty nor has control characters, because
// identifiers end up in logs, in keys of stores and in comparisons.
func Identifier(raw string) (string, bool) {
	s, ok := String(raw)
	return s, ok && s != "" && !strings.ContainsFunc(s, unicode.IsControl)
}

// Strings reads an array of identifiers.
func Strings(raw string) ([]string, bool) {
	if raw == "" {
		return nil, true
	}
	rest, ok := openArray(raw)
	if !ok {
		return nil, false
	}
	var all []string
	for rest != "" {
		var element string
		element, rest = nextElement(rest)
		s, ok := Identifier(element)
		if !ok {
			return nil, false
		}
		if all == nil {
			all = make([]string, 0, 1+strings.Count(raw, ","))
		}
		all = append(all, s)
	}
	return slices.Clip(all), true // see Scopes
}

// Scopes reads a list of scopes. It is a string with spaces between the scopes (RFC
// 6749, section 3.3; RFC 8693, section 4.2) or, from some issuers, an array. The type
// of the value tells the two forms apart.
func Scopes(raw string) ([]string, bool) {
	s, ok := String(raw)
	if !ok {
		all, ok := Strings(raw)
		return all, ok && !slices.ContainsFunc(all, func(s string) bool { return !field.Scope(s) })
	}
	// The result has no spare capacity, so that an append in a handler allocates a new
	// array: a cached principal belongs to several requests at once.
	return slices.Clip(strings.FieldsFunc(s, isSpace)), field.Quoted(s)
}

func isSpace(r rune) bool { return r == ' ' }

// MemberOf reports whether raw is one of names, or an array of strings that contains
// one of names.
func MemberOf(raw string, names []string) bool {
	if s, ok := String(raw); ok {
		return slices.Contains(names, s)
	}
	rest, ok := openArray(raw)
	if !ok {
		return false
	}
	found := false
	for rest != "" {
		var element string
		element, rest = nextElement(rest)
		s, ok := String(element)
		if !ok {
			return false
		}
		found = found || slices.Contains(names, s)
	}
	return found
}

// Elements returns the raw elements of an array, but at most limit+1 of them.
func Elements(raw string, limit int) (all []string, ok bool) {
	if raw == "" || raw[0] != '[' {
		return nil, false
	}
	s := scanner{text: raw, at: 1, rules: Rules{Members: MaxMembers}}
	for s.skipSpace(); s.fault == nil && s.peek() != ']' && len(all) <= limit; s.skipSpace() {
		if s.peek() == ',' {
			s.at++
			s.skipSpace()
		}
		start := s.at
		s.skipValue(1)
		all = append(all, raw[start:s.at])
	}
	return all, s.fault == nil
}

// openArray returns the inside of an array, without white space at its start.
func openArray(raw string) (rest string, ok bool) {
	if raw == "" || raw[0] != '[' {
		return "", false
	}
	return strings.TrimLeft(raw[1:len(raw)-1], " \t\r\n"), true
}

// nextElement cuts the first element off the inside of an array. For an element that is
// not a string it returns a part of the element, which is not a string either.
func nextElement(rest string) (element, tail string) {
	end := 1
	if rest[0] == '"' {
		for rest[end] != '"' {
			if rest[end] == '\\' {
				end++
			}
			end++
		}
		end++
	}
	return rest[:end], strings.TrimLeft(rest[end:], " \t\r\n,")
}
