package object

import (
	"fmt"
	"net/http"
	"reflect"
	"unicode"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// keyOf returns the function that reads the key from a wildcard. A nil parse means that K is
// string.
func keyOf[K comparable](wildcard string, parse func(string) (K, error)) func(*http.Request) (K, bool) {
	if parse == nil {
		text := func(r *http.Request) (string, bool) { return pathValue(r, wildcard) }
		return any(text).(func(*http.Request) (K, bool))
	}
	return func(r *http.Request) (key K, ok bool) {
		text, ok := pathValue(r, wildcard)
		if !ok {
			return key, false
		}
		key, err := parse(text)
		return key, err == nil
	}
}

// pathValue returns the value of a wildcard. A value that a store may refuse as text is
// no key: the error of the store would look like an outage.
func pathValue(r *http.Request, wildcard string) (string, bool) {
	v := r.PathValue(wildcard)
	for i := range len(v) {
		if v[i] < ' ' || v[i] == 0x7f {
			return "", false
		}
	}
	return v, v != "" && utf8.ValidString(v)
}

func (cfg *Config[T, K]) checkKey(f *httperr.ConfigFaults) {
	if cfg.Key != nil {
		if cfg.Wildcard != "" || cfg.Parse != nil {
			f.Add("Key", nil, "reads the key, and so do Wildcard and Parse", "leave Key out, or both of them")
		}
		return
	}
	if !isIdentifier(cfg.Wildcard) {
		f.Add("Wildcard", cfg.Wildcard, "is not the name of a wildcard", `write "id" for the pattern /notes/{id}`)
	}
	if reflect.TypeFor[K]() != reflect.TypeFor[string]() && cfg.Parse == nil {
		f.Add("Parse", nil, fmt.Sprintf("is missing, and the key is a %v", reflect.TypeFor[K]()),
			"write a function that makes the key of text, such as strconv.Atoi")
	}
}

// isIdentifier reports whether s is a Go identifier, or empty. The name of a wildcard of
// http.ServeMux is an identifier.
func isIdentifier(s string) bool {
	for i, c := range s {
		if c != '_' && !unicode.IsLetter(c) && (i == 0 || !unicode.IsDigit(c)) {
			return false
		}
	}
	return true
}
