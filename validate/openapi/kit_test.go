package openapi_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/validate/openapi"
)

// A row is a Route of the tests. Its pattern follows http.ServeMux.
type row struct {
	pattern    string
	handler    http.Handler
	scopes     []string
	public     bool
	refusals   []int
	deprecated bool
}

func (r row) Endpoint() (method, path string) {
	method, path, _ = strings.Cut(r.pattern, " ")
	return method, path
}
func (r row) Innermost() http.Handler         { return r.handler }
func (r row) Security() ([]string, bool)      { return r.scopes, !r.public }
func (r row) Refusals() []int                 { return r.refusals }
func (r row) IsDeprecated() bool              { return r.deprecated }
func open(pattern string, h http.Handler) row { return row{pattern: pattern, handler: h, public: true} }

var info = openapi.Info{Title: "Notes", Version: "1"}

// document returns the document of the rows as bytes and as a value.
func document(t *testing.T, info openapi.Info, rows ...row) ([]byte, any) {
	t.Helper()
	raw, err := openapi.Document(info, rows)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	return raw, v
}

// at returns the part of a document behind the keys, as JSON, or "" if a key is missing.
func at(t *testing.T, v any, keys ...string) string {
	t.Helper()
	for _, k := range keys {
		m, ok := v.(map[string]any)
		if !ok {
			return ""
		}
		if v, ok = m[k]; !ok {
			return ""
		}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(b.String())
}

type rawJSON = json.RawMessage

var braces = regexp.MustCompile(`\{[^{}]*\}`)

// keysOf returns the paths of a document.
func keysOf(t *testing.T, document []byte) []string {
	t.Helper()
	var v struct{ Paths map[string]any }
	if err := json.Unmarshal(document, &v); err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(v.Paths))
}
