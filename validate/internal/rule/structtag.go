package rule

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// A tagPair is one key of a struct tag with its value.
type tagPair struct{ Key, Value string }

// ReadTag takes a struct tag apart. flaw says why it does not follow the convention of
// package reflect, or is "". The methods of reflect.StructTag stop at such a place
// and then find nothing, so that json:r leaves a member with its Go name, and a rule
// behind it is never run. They find only the first of two tags with one key.
func ReadTag(tag reflect.StructTag) (pairs []tagPair, flaw string) {
	for rest := string(tag); ; {
		trimmed := strings.TrimLeft(rest, " ")
		if trimmed == "" {
			return pairs, ""
		}
		separated := len(pairs) == 0 || len(trimmed) < len(rest)
		key, after, _ := strings.Cut(trimmed, ":")
		odd := strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r == '"' || r == 0x7f })
		quoted, err := strconv.QuotedPrefix(after)
		again := slices.Contains(OwnKeys, key) && slices.ContainsFunc(pairs, func(p tagPair) bool { return p.Key == key })
		if !separated || key == "" || odd || again || err != nil || quoted[0] != '"' {
			return pairs, "is not a list of keys, each once and with a quoted value"
		}
		value, _ := strconv.Unquote(quoted) // QuotedPrefix has tried it
		pairs = append(pairs, tagPair{key, value})
		rest = after[len(quoted):]
	}
}

// OwnKeys are the keys of struct tags that this package reads.
var OwnKeys = []string{"validate", "default", "style", "empty", "accept", "query", "header", "path", "form", "mod", "free", "json"}
