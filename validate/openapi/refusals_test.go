package openapi_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate/openapi"
)

// plain is an Encoder of a program.
type plain struct{ media string }

func (p plain) ContentType() string                     { return p.media }
func (plain) Append(b []byte, _ httperr.Refusal) []byte { return append(b, "no"...) }
func problem(t *testing.T, base string) httperr.Encoder {
	t.Helper()
	e, err := httperr.ProblemJSON(base)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// sendRefusal returns a body with every member, as a service with the Encoder sends it.
func sendRefusal(t *testing.T, e httperr.Encoder) (media string, body map[string]any) {
	t.Helper()
	m, err := httperr.New(httperr.Config{Encoder: e, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	pointer := "/a"
	refusal := *httperr.ErrNotFound
	refusal.Truncated = true
	refusal.Faults = []httperr.Fault{
		{Pointer: &pointer, Code: "min", Message: "is too small", Params: map[string]any{"min": 1}}, {In: "query", Name: "q", Code: "required", Message: "is required"},
	}
	w := httptest.NewRecorder()
	m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { httperr.Write(w, r, &refusal) })).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	return w.Header().Get("Content-Type"), body
}

// The schema has exactly the members that the service sends.
func TestErrorSchemaIsTheRealShape(t *testing.T) {
	for name, c := range map[string]struct {
		e     httperr.Encoder
		media string
		more  []string // members of the schema that this body does not have
	}{
		"the envelope":       {nil, "application/json", nil},
		"problem":            {problem(t, ""), "application/problem+json", []string{"type"}},
		"problem with types": {problem(t, "https://errors.example/"), "application/problem+json", []string{"detail"}},
	} {
		with := info
		with.Errors = c.e
		_, v := document(t, with, row{pattern: "GET /a", public: true, refusals: []int{404}})
		sent, body := sendRefusal(t, c.e)
		if !bytes.HasPrefix([]byte(sent), []byte(c.media)) {
			t.Errorf("%s: %s is sent", name, sent)
		}
		if got := at(t, v, "components", "responses", "NotFound", "content", c.media, "schema"); got != `{"$ref":"#/components/schemas/Error"}` {
			t.Errorf("%s: %s", name, got)
		}
		var schema struct {
			Properties map[string]any
			Required   []string
		}
		_ = json.Unmarshal([]byte(at(t, v, "components", "schemas", "Error")), &schema)
		names := slices.Sorted(maps.Keys(schema.Properties))
		if want := slices.Sorted(slices.Values(append(slices.Collect(maps.Keys(body)), c.more...))); !slices.Equal(names, want) {
			t.Errorf("%s: the schema has %v, the service sends %v", name, names, want)
		}
		for _, r := range schema.Required {
			if body[r] == nil {
				t.Errorf("%s: %s is required and not sent", name, r)
			}
		}
		var fault struct{ Properties map[string]any }
		_ = json.Unmarshal([]byte(at(t, v, "components", "schemas", "Error.Fault")), &fault)
		members := map[string]any{}
		for _, f := range body["errors"].([]any) {
			maps.Copy(members, f.(map[string]any))
		}
		if got, want := slices.Sorted(maps.Keys(fault.Properties)), slices.Sorted(maps.Keys(members)); !slices.Equal(got, want) {
			t.Errorf("%s: a fault has %v, and %v is sent", name, got, want)
		}
	}
}

// Nothing is said about the bodies of another Encoder.
func TestOtherEncoder(t *testing.T) {
	with := info
	with.Errors = plain{"text/plain; charset=utf-8"}
	_, v := document(t, with, row{pattern: "GET /a", public: true, refusals: []int{404, 499}})
	if got := at(t, v, "components", "responses", "NotFound", "content", "text/plain", "schema") + at(t, v, "components", "schemas"); got !=
		`{"$ref":"#/components/schemas/Error"}{"Error":{"description":"The body of an error."}}` {
		t.Error(got)
	}
	if got := at(t, v, "components", "responses", "Status499", "description"); got != `"Status 499"` {
		t.Error(got)
	}
	with.Errors = plain{"/"}
	if _, err := openapi.Document(with, []row{}); err == nil {
		t.Error("the media type / is taken")
	}
}
