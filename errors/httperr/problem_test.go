package httperr_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestProblemJSON(t *testing.T) {
	pointer := "/a b/é~1\"%"
	e := &httperr.Error{Status: 409, Code: "name_taken", Message: "The name is taken.", Truncated: true, Cause: errPrivate,
		Faults: []httperr.Fault{{Pointer: &pointer, Code: "enum", Message: "m"}, {In: "query", Name: "page", Code: "type", Message: "m"}}}
	faults := []any{
		map[string]any{"pointer": "#/a%20b/%C3%A9~1%22%25", "code": "enum", "message": "m"},
		map[string]any{"in": "query", "name": "page", "code": "type", "message": "m"},
	}
	for base, want := range map[string]map[string]any{
		"":                        {"title": "Conflict", "detail": "The name is taken."},
		"https://errors.example/": {"type": "https://errors.example/name_taken", "title": "The name is taken."},
	} {
		enc, err := httperr.ProblemJSON(base)
		if err != nil {
			t.Fatal(err)
		}
		res := refuse(t, quiet(httperr.Config{Encoder: enc}), e)
		var got map[string]any
		if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
			t.Fatal(err)
		}
		want["status"], want["code"], want["truncated"], want["errors"] = 409.0, "name_taken", true, faults
		want["correlation_id"] = res.Header.Get("X-Correlation-ID")
		if !reflect.DeepEqual(got, want) {
			t.Errorf("base %q:\ngot  %v\nwant %v", base, got, want)
		}
		if ct := res.Header.Get("Content-Type"); ct != "application/problem+json" || res.StatusCode != 409 {
			t.Errorf("%d %s", res.StatusCode, ct)
		}
		if pointer != "/a b/é~1\"%" {
			t.Error("the faults of the caller were changed")
		}
	}
	for _, base := range []string{"errors.example/", "https://errors.example", "ftp://errors.example/", "https:///", "https://e.example/?x=/", "https://e.example/#/", "https://e.example/\x00/"} {
		if _, err := httperr.ProblemJSON(base); err == nil {
			t.Errorf("base %q is accepted", base)
		} else {
			mwtest.Faults(t, err, "httperr: base: ")
		}
	}
}
