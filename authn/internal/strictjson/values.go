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

// The functions of this file turn raw values, as Collect returns them, into values
// of Go. An absent value is "".

// maxDate is the end of the year 9999, beyond which RFC 3339 cannot go.
const maxDate = 253402300799

// String returns the string that raw, a value as Collect returns it, stands for. It
// is a part of raw unless raw has escapes.
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

// Date reads a NumericDate (RFC 7519, section 2): seconds since 1970, with or
// without a fraction. Zero and what is before are refused, for they are what an
// unset field becomes. A float64 holds such a number to within a microsecond.
func Date(raw string) (time.Time, bool) {
	n, whole := jsonlex.Number(raw)
	if n == 0 {
		return time.Time{}, false
	}
	if whole { // as nearly all are written
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

// Identifier reads a string that names something. It ends up in logs, in keys
// of stores and in comparisons, so it is neither empty nor has it control
// characters.
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

// Scopes reads scopes: a string with spaces between them (RFC 6749, section
// 3.3; RFC 8693, section 4.2) or, as some issuers have it, an array. The two
// cannot be taken for one another.
func Scopes(raw string) ([]string, bool) {
	if _, ok := openArray(raw); ok || raw == "" {
		all, ok := Strings(raw)
		return all, ok && !slices.ContainsFunc(all, notScope)
	}
	s, ok := String(raw)
	if s = strings.Trim(s, " "); s == "" {
		return nil, ok
	}
	all := slices.DeleteFunc(strings.Split(s, " "), func(s string) bool { return s == "" })
	// A handler that appends to what it was given must get an array of its own:
	// a principal that is kept in a cache belongs to several requests at once.
	return slices.Clip(all), !slices.ContainsFunc(all, notScope)
}

func notScope(s string) bool { return !field.Scope(s) }

// MemberOf reports whether raw is one of names, or an array of strings with one
// of names in it.
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

// Elements returns the values of an array, raw, and at most most+1 of them.
func Elements(raw string, most int) (all []string, ok bool) {
	if raw == "" || raw[0] != '[' {
		return nil, false
	}
	s := scanner{text: raw, at: 1, rules: Rules{Members: MaxMembers}}
	for s.space(); s.fault == nil && s.peek() != ']' && len(all) <= most; s.space() {
		if s.peek() == ',' {
			s.at++
			s.space()
		}
		start := s.at
		s.value(1)
		all = append(all, raw[start:s.at])
	}
	return all, s.fault == nil
}

// openArray returns the inside of an array, without space at its start.
func openArray(raw string) (rest string, ok bool) {
	if raw == "" || raw[0] != '[' {
		return "", false
	}
	return strings.TrimLeft(raw[1:len(raw)-1], " \t\r\n"), true
}

// nextElement cuts the first element off the inside of an array. Of elements
// other than strings it returns a part, which is no string either.
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
