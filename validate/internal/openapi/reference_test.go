package openapi_test

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// A reader is the slow reference: it evaluates the part of JSON Schema (draft 2020-12) that
// this package writes. A keyword that it does not know ends the test, so that it does
// not ignore a keyword.
type reader struct {
	t    testing.TB
	root map[string]any
}

func readSchema(t testing.TB, schema []byte) reader {
	t.Helper()
	r := reader{t: t}
	if err := json.Unmarshal(schema, &r.root); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r reader) valid(body string) bool {
	var v any
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		r.t.Fatal(body, err)
	}
	return r.holds(r.root, v)
}

func (r reader) holds(schema map[string]any, v any) bool {
	for name, arg := range schema {
		if !r.keyword(schema, name, arg, v) {
			return false
		}
	}
	return true
}

func (r reader) keyword(schema map[string]any, name string, arg, v any) bool {
	switch name {
	case "$schema", "$defs", "title", "description", "format", "default", "contentEncoding", "contentMediaType":
		return true
	case "$ref":
		to := r.root
		if def, ok := strings.CutPrefix(arg.(string), "#/$defs/"); ok {
			to = r.root["$defs"].(map[string]any)[def].(map[string]any)
		}
		return r.holds(to, v)
	case "type":
		if one, ok := arg.(string); ok {
			arg = []any{one}
		}
		return slices.ContainsFunc(arg.([]any), func(a any) bool { return is(v, a.(string)) })
	case "const":
		return reflect.DeepEqual(arg, v)
	case "enum":
		return slices.ContainsFunc(arg.([]any), func(a any) bool { return reflect.DeepEqual(a, v) })
	case "not":
		return !r.holds(arg.(map[string]any), v)
	case "anyOf":
		return slices.ContainsFunc(arg.([]any), func(a any) bool { return r.holds(a.(map[string]any), v) })
	case "allOf":
		return !slices.ContainsFunc(arg.([]any), func(a any) bool { return !r.holds(a.(map[string]any), v) })
	}
	switch v := v.(type) {
	case map[string]any:
		return r.object(schema, name, arg, v)
	case []any:
		return r.array(name, arg, v)
	case string:
		return r.text(name, arg, v)
	case float64:
		return r.number(name, arg, v)
	}
	return true
}

func is(v any, name string) bool {
	switch v := v.(type) {
	case map[string]any:
		return name == "object"
	case []any:
		return name == "array"
	case string:
		return name == "string"
	case bool:
		return name == "boolean"
	case float64:
		return name == "number" || name == "integer" && v == float64(int64(v))
	}
	return name == "null"
}

func (r reader) object(schema map[string]any, name string, arg any, v map[string]any) bool {
	known, _ := schema["properties"].(map[string]any)
	for member, value := range v {
		of, is := known[member]
		switch {
		case name == "properties" && is && !r.holds(of.(map[string]any), value):
			return false
		case name == "propertyNames" && !r.holds(arg.(map[string]any), member):
			return false
		case name == "additionalProperties" && !is && (arg == false || !r.holds(arg.(map[string]any), value)):
			return false
		}
	}
	switch name {
	case "required":
		return !slices.ContainsFunc(arg.([]any), func(a any) bool { _, has := v[a.(string)]; return !has })
	case "minProperties":
		return len(v) >= int(arg.(float64))
	case "maxProperties":
		return len(v) <= int(arg.(float64))
	}
	return r.other(name)
}

func (r reader) array(name string, arg any, v []any) bool {
	switch name {
	case "items":
		return !slices.ContainsFunc(v, func(e any) bool { return !r.holds(arg.(map[string]any), e) })
	case "minItems":
		return len(v) >= int(arg.(float64))
	case "maxItems":
		return len(v) <= int(arg.(float64))
	case "uniqueItems":
		for i := range v {
			if slices.ContainsFunc(v[:i], func(e any) bool { return reflect.DeepEqual(e, v[i]) }) {
				return false
			}
		}
		return true
	}
	return r.other(name)
}

func (r reader) text(name string, arg any, v string) bool {
	switch name {
	case "minLength":
		return utf8.RuneCountInString(v) >= int(arg.(float64))
	case "maxLength":
		return utf8.RuneCountInString(v) <= int(arg.(float64))
	case "pattern":
		return regexp.MustCompile(arg.(string)).MatchString(v)
	}
	return r.other(name)
}

func (r reader) number(name string, arg any, v float64) bool {
	switch name {
	case "minimum":
		return v >= arg.(float64)
	case "maximum":
		return v <= arg.(float64)
	case "exclusiveMinimum":
		return v > arg.(float64)
	case "exclusiveMaximum":
		return v < arg.(float64)
	}
	return r.other(name)
}

// other accepts the keywords for values of another type.
func (r reader) other(name string) bool {
	switch name {
	case "properties", "propertyNames", "additionalProperties", "required", "minProperties", "maxProperties",
		"items", "minItems", "maxItems", "uniqueItems", "minLength", "maxLength", "pattern",
		"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum":
		return true
	}
	r.t.Fatalf("the reader does not know the keyword %s", name)
	return false
}
