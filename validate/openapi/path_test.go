package openapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/openapi"
)

const ofTheRest = `"description":"The rest of the path. It may have slashes in it, and it may be empty.",`

func TestPatterns(t *testing.T) {
	parameter := func(name, text string) string {
		return `{` + text + `"in":"path","name":"` + name + `","required":true,"schema":{"type":"string"}}`
	}
	for _, c := range []struct{ pattern, path, id, parameters string }{
		{"/", "/{rest}", "getByRest", "[" + parameter("rest", ofTheRest) + "]"},
		{"/{$}", "/", "get", ""},
		{"/notes", "/notes", "getNotes", ""},
		{"/notes/{$}", "/notes/", "getNotes", ""},
		{"/notes/{id}", "/notes/{id}", "getNotesById", "[" + parameter("id", "") + "]"},
		{"/notes/{note_id}/tags/{größe}", "/notes/{note_id}/tags/{größe}", "getNotesByNoteIdTagsByGröße", "[" + parameter("note_id", "") + "," + parameter("größe", "") + "]"},
		{"/files/{path...}", "/files/{path}", "getFilesByPath", "[" + parameter("path", ofTheRest) + "]"},
		{"/{rest}/", "/{rest}/{rest_}", "getByRestByRest", "[" + parameter("rest", "") + "," + parameter("rest_", ofTheRest) + "]"},
		{"/.well-known/jwks.json", "/.well-known/jwks.json", "getWellKnownJwksJson", ""},
	} {
		_, v := document(t, info, open("GET "+c.pattern, nil))
		if got := at(t, v, "paths", c.path, "get", "operationId"); got != `"`+c.id+`"` {
			t.Errorf("%s: operation %s", c.pattern, got)
		}
		if got := at(t, v, "paths", c.path, "get", "parameters"); got != c.parameters {
			t.Errorf("%s: parameters %s", c.pattern, got)
		}
	}
}

// A handler that reads the rest of the path has its own schema, and the same description.
func TestRestOfASchema(t *testing.T) {
	_, v := document(t, info, open("GET /files/{id...}", validate.Handler(getNote)))
	want := `[{` + ofTheRest + `"in":"path","name":"id","required":true,"schema":{"maxLength":20,"type":"string"}}]`
	if got := at(t, v, "paths", "/files/{id}", "get", "parameters"); got != want {
		t.Errorf("%s", got)
	}
}

// Two paths may give one operationId.
func TestOperationIDsAreUnique(t *testing.T) {
	_, v := document(t, info, open("GET /a/b", nil), open("GET /a-b", nil), open("GET /a_b", nil), open("POST /a/b", nil))
	if got := at(t, v, "paths", "/a-b", "get", "operationId") + at(t, v, "paths", "/a/b", "get", "operationId") +
		at(t, v, "paths", "/a_b", "get", "operationId") + at(t, v, "paths", "/a/b", "post", "operationId"); got != `"getAB""getAB_2""getAB_3""postAB"` {
		t.Error(got)
	}
}

// FuzzPatterns compares Document with http.ServeMux: a pattern that the mux takes has an
// operation, and the path of the operation with values in it reaches the pattern.
func FuzzPatterns(f *testing.F) {
	for _, seed := range []string{"/", "/{$}", "/a/{b}", "/a/{b...}", "/a/", "/a/{b}/{c}/d/", "/{rest}/", "/a/{b}c", "/a//b", "/a/{b...}/", "/{", "/0}", "/a/*", "/{_}", "/a/./b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		if strings.ContainsAny(path, " \t\n\r") {
			return
		}
		raw, err := openapi.Document(info, []row{open("GET "+path, nil)})
		mux := http.NewServeMux()
		var reached string
		if !registers(mux, "GET "+path, &reached) {
			return // Document may take more than the mux
		}
		if !strings.HasPrefix(path, "/") || strings.ContainsAny(braces.ReplaceAllString(path, ""), "*{}") {
			return // a host, or characters that the mux takes as they are, and other routers do not
		}
		if err != nil {
			t.Fatalf("%q: %v", path, err)
		}
		parsed := keysOf(t, raw)
		if len(parsed) != 1 {
			t.Fatalf("%q: %v", path, parsed)
		}
		// Literals that a client has to escape are not in the question here.
		if strings.IndexFunc(path, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`%?#"<>[\]^|`+"`", r) }) >= 0 {
			return
		}
		target := braces.ReplaceAllString(parsed[0], "value")
		if _, pattern := mux.Handler(httptest.NewRequest("GET", target, nil)); pattern != "GET "+path && !strings.Contains(path, "//") && !strings.Contains(path, "/.") {
			t.Errorf("%q: %s reaches %q", path, target, pattern)
		}
	})
}

// registers reports whether the mux takes the pattern.
func registers(mux *http.ServeMux, pattern string, reached *string) (ok bool) {
	defer func() { ok = recover() == nil }()
	mux.HandleFunc(pattern, func(_ http.ResponseWriter, r *http.Request) { *reached = r.Pattern })
	return true
}
