package rule

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// A tagPair is one key of a struct tag with its value.
type tagPair struct{ Key, Value string }

// ReadTag takes a struct tag apart. flaw says why it is not what package
// reflect has a convention for, or is "". The methods of reflect.StructTag stop
// at such a place and then find nothing, so that json:r leaves a member with its
// Go name, and a rule behind it is never run.
func ReadTag(tag reflect.StructTag) (pairs []tagPair, flaw string) {
	for rest := string(tag); ; {
		trimmed := strings.TrimLeft(rest, " ")
		if trimmed == "" {
			return pairs, ""
		}
		if len(pairs) > 0 && len(trimmed) == len(rest) {
			return pairs, "has no space between two of its pairs"
		}
		end := strings.IndexFunc(trimmed, func(r rune) bool { return r <= ' ' || r == ':' || r == '"' || r == 0x7f })
		switch {
		case end == 0:
			return pairs, "has a value without a key"
		case end < 0, trimmed[end] != ':':
			return pairs, "has a key without a value"
		}
		quoted, err := strconv.QuotedPrefix(trimmed[end+1:])
		if err != nil || quoted[0] != '"' {
			return pairs, "has a value that is not between quotes"
		}
		value, _ := strconv.Unquote(quoted) // QuotedPrefix has tried it
		pairs = append(pairs, tagPair{trimmed[:end], value})
		rest = trimmed[end+1+len(quoted):]
	}
}

// OwnKeys are the keys of struct tags that this package reads.
var OwnKeys = []string{"validate", "default", "style", "accept", "query", "header", "path", "form", "mod", "json"}

// Mistaken returns the key that key was meant to be in another case, or "".
func Mistaken(key string) string {
	lower := strings.ToLower(key)
	if key != lower && slices.Contains(OwnKeys, lower) {
		return lower
	}
	return ""
}
