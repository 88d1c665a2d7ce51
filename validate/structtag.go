package validate

import (
	"reflect"
	"strconv"
	"strings"
)

// A tagPair is one key of a struct tag with its value.
type tagPair struct{ key, value string }

// readTag takes a struct tag apart. flaw says why it is not what package
// reflect has a convention for, or is "". The methods of reflect.StructTag stop
// at such a place and then find nothing, so that json:r leaves a member with its
// Go name, and a rule behind it is never run.
func readTag(tag reflect.StructTag) (pairs []tagPair, flaw string) {
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

// ownKeys are the keys of struct tags that this package reads.
var ownKeys = []string{"validate", "default", "style", "accept", "query", "header", "path", "form", "mod", "json"}

// mistaken returns the key that key was meant to be, or "". One of four letters
// has too many neighbours: bson is no mistake for json.
func mistaken(key string) string {
	lower := strings.ToLower(key)
	for _, own := range ownKeys {
		switch {
		case key == own:
			return ""
		case lower == own, swapped(lower, own), len(own) >= 5 && distance(lower, own) == 1:
			return own
		}
	}
	return ""
}

// swapped reports whether a is b with two neighbours in each other's place.
func swapped(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 1; i < len(a); i++ {
		if a[i-1] != b[i-1] {
			return a[i-1] == b[i] && a[i] == b[i-1] && a[i+1:] == b[i+1:]
		}
	}
	return false
}

// distance returns how many letters must be inserted, removed, changed or
// swapped with a neighbour to make b of a.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		for j := range rows[i] {
			switch {
			case i == 0:
				rows[i][j] = j
				continue
			case j == 0:
				rows[i][j] = i
				continue
			}
			change := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			rows[i][j] = min(change, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
