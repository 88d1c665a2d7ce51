package scan_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

type pair struct {
	name  string
	value any
}

type object []pair

// paired matches a text in which every surrogate escape is half of a pair.
var paired = regexp.MustCompile(`(?s)^(?:[^\\]|\\[^u]|\\u(?:[^dD]...|[dD][0-7]..)|\\u[dD][89abAB]..\\u[dD][c-fC-F]..)*$`)

// reference reports whether a body for the type strict must be accepted. It is slow and
// obvious: it builds a tree of the tokens of encoding/json, then checks each member of it.
func reference(body []byte) bool {
	if !utf8.Valid(body) || !json.Valid(body) || !paired.Match(body) {
		return false
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	values := 0
	tree, ok := build(d, 0, &values)
	if _, err := d.Token(); !ok || err != io.EOF || values > 50_000 {
		return false
	}
	top, ok := tree.(object)
	return ok && isStrict(top)
}

func build(d *json.Decoder, depth int, values *int) (any, bool) {
	t, err := d.Token()
	*values++
	if err != nil {
		return nil, false
	}
	switch t := t.(type) {
	case json.Number:
		return t, len(t) <= 128
	case string:
		return t, len(t) <= 64<<10
	case json.Delim:
		if depth++; depth > 32 {
			return nil, false
		}
		if t == '[' {
			list := []any{}
			for d.More() {
				v, ok := build(d, depth, values)
				if !ok {
					return nil, false
				}
				list = append(list, v)
			}
			_, err := d.Token()
			return list, err == nil && len(list) <= 1000
		}
		var o object
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return nil, false
			}
			v, ok := build(d, depth, values)
			if !ok || slices.ContainsFunc(o, func(p pair) bool { return p.name == name }) {
				return nil, false
			}
			o = append(o, pair{name.(string), v})
		}
		_, err := d.Token()
		return o, err == nil
	}
	return t, true
}

func isStrict(o object) bool {
	for _, p := range o {
		ok := false
		switch v := p.value; p.name {
		case "name", "task", "a~/b":
			_, ok = v.(string)
		case "f64":
			ok = isFloat(v, 64)
		case "f32":
			ok = isFloat(v, 32)
		case "int", "i64":
			ok = isInt(v, 64)
		case "i8":
			ok = isInt(v, 8)
		case "u8":
			n, num := v.(json.Number)
			_, err := strconv.ParseUint(string(n), 10, 8)
			ok = num && err == nil
		case "ok":
			_, ok = v.(bool)
		case "tags":
			ok = v == nil || all(v, func(v any) bool { _, ok := v.(string); return ok })
		case "pair":
			list, _ := v.([]any)
			ok = len(list) == 2 && isInt(list[0], 64) && isInt(list[1], 64)
		case "in":
			ok = v == nil || isInner(v)
		case "list":
			ok = v == nil || all(v, isInner)
		case "bytes":
			s, str := v.(string)
			_, err := base64.StdEncoding.Strict().DecodeString(s)
			ok = v == nil || str && err == nil && !strings.ContainsAny(s, "\r\n")
		case "any":
			ok = isFree(v)
		case "map":
			m, obj := v.(object)
			ok = v == nil || obj && len(m) <= 256 && !slices.ContainsFunc(m, func(p pair) bool { return len(p.name) > 256 || !isInt(p.value, 64) })
		case "at":
			s, str := v.(string)
			quoted, _ := json.Marshal(s)
			ok = str && plan.DateTime(time.RFC3339, s) && new(time.Time).UnmarshalJSON(quoted) == nil
		}
		if !ok {
			return false
		}
	}
	return true
}

func isInner(v any) bool {
	o, ok := v.(object)
	return ok && !slices.ContainsFunc(o, func(p pair) bool {
		switch p.name {
		case "a":
			_, ok := p.value.(string)
			return !ok
		case "n":
			return p.value != nil && !isInner(p.value)
		}
		return true
	})
}

func isFree(v any) bool {
	switch v := v.(type) {
	case json.Number:
		if strings.ContainsAny(string(v), ".eE") {
			// A number that rounds to 2^53 or more is at least 2^53-1 and a half.
			f, err := strconv.ParseFloat(string(v), 64)
			return err == nil && f < 1<<53 && f > -1<<53
		}
		n, err := strconv.ParseInt(string(v), 10, 64)
		return err == nil && n < 1<<53 && n > -1<<53
	case []any:
		return all(v, isFree)
	case object:
		return len(v) <= 256 && !slices.ContainsFunc(v, func(p pair) bool { return len(p.name) > 256 || !isFree(p.value) })
	}
	return true
}

func isInt(v any, bits int) bool {
	n, ok := v.(json.Number)
	_, err := strconv.ParseInt(string(n), 10, bits)
	return ok && err == nil
}

func isFloat(v any, bits int) bool {
	n, ok := v.(json.Number)
	_, err := strconv.ParseFloat(string(n), bits)
	return ok && err == nil
}

func all(v any, ok func(any) bool) bool {
	list, isList := v.([]any)
	return isList && !slices.ContainsFunc(list, func(v any) bool { return !ok(v) })
}
