package rule

import (
	"encoding/json"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// paramWords finds the words of a parameter as the validator does: a word between
// apostrophes may have spaces in it.
var paramWords = regexp.MustCompile(`'[^']*'|\S+`)

// Choices returns the words of a parameter without the apostrophes.
func Choices(param string) []string {
	all := paramWords.FindAllString(param, -1)
	for i := range all {
		all[i] = strings.ReplaceAll(all[i], "'", "")
	}
	return all
}

// Allowed returns the values of type t that oneof admits.
func Allowed(t reflect.Type, param string) any {
	list := Choices(param)
	if t == nil || t.Kind() == reflect.String {
		return list
	}
	// The validator compares texts, so the word 01 never equals the number 1.
	numbers := make([]json.Number, 0, len(list))
	for _, p := range list {
		if json.Valid([]byte(p)) {
			numbers = append(numbers, json.Number(p))
		}
	}
	return numbers
}

// typedParam returns the parameter of a rule for values of type t, in the JSON type of
// these values.
func typedParam(t reflect.Type, param string) any {
	if t == nil {
		t = reflect.TypeFor[any]() // the value is nil, which breaks every rule
	}
	switch plan.Behind(t).Kind() {
	case reflect.Bool:
		if b, err := strconv.ParseBool(param); err == nil {
			return b
		}
	case reflect.String, reflect.Struct, reflect.Slice, reflect.Array, reflect.Map:
	default:
		if n, ok := JsonNumber(t, param); ok {
			return n
		}
	}
	return param
}

// JsonNumber returns the parameter of a rule for numbers of type t. Go has spellings of
// numbers that JSON does not have: 0x10, .5 and 1h.
func JsonNumber(t reflect.Type, param string) (json.Number, bool) {
	if json.Valid([]byte(param)) && strings.Trim(param, "0123456789+-.eE") == "" {
		return json.Number(param), true
	}
	if t == reflect.TypeFor[time.Duration]() {
		if d, err := time.ParseDuration(param); err == nil {
			return json.Number(strconv.FormatInt(int64(d), 10)), true
		}
	}
	if k := t.Kind(); k == reflect.Float32 || k == reflect.Float64 {
		f, err := strconv.ParseFloat(param, 64)
		text, bad := json.Marshal(f)
		return json.Number(text), err == nil && bad == nil
	}
	v, err := strconv.ParseInt(param, 0, 64)
	return json.Number(strconv.FormatInt(v, 10)), err == nil
}

// Literal returns the param of a rule with the escapes of the validator for a comma and a
// pipe resolved.
func Literal(param string) string {
	return strings.NewReplacer("0x2C", ",", "0x7C", "|").Replace(param)
}
