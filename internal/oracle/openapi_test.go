//go:build goexperiment.jsonv2

package oracle

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"github.com/go-sallyport/sallyport/validate"
)

// Change has a member of each source, and shares Part with Ruled.
type Change struct {
	ID    string                  `path:"id" validate:"uuid"`
	Page  int                     `query:"page" default:"1" validate:"min=1,max=9"`
	Sort  string                  `query:"sort" default:"name" validate:"oneof=name -name"`
	Tags  []string                `query:"tag" style:"repeat" validate:"max=2,dive,min=1,max=3"`
	IDs   []uint16                `query:"ids" style:"comma" validate:"max=3"`
	Need  *bool                   `query:"need" validate:"required"`
	Match string                  `header:"If-Match" validate:"required,min=2,max=8"`
	Part  Part                    `json:"part"`
	Kept  []Part                  `json:"kept" validate:"max=2,dive"`
	Due   validate.Optional[Part] `json:"due"`
	Kind  string                  `json:"kind" mod:"trim" validate:"oneof=a b"`
}

// Upload is a form.
type Upload struct {
	Title string          `form:"title" mod:"trim" validate:"required,max=9"`
	Main  validate.File   `form:"main" accept:"image/png" validate:"required"`
	More  []validate.File `form:"more" style:"repeat"`
	Maybe *validate.File  `form:"maybe"`
}

// An apiDocument is an OpenAPI document made of the descriptions of three Schemas.
type apiDocument struct {
	schemas map[string]json.RawMessage
	params  json.RawMessage // of PUT /parts/{id}
}

func describeSchemas(t testing.TB) (apiDocument, *validate.Schema[Ruled], *validate.Schema[Change]) {
	t.Helper()
	ruled := ruledSchema(t)
	change, err := validate.New[Change](validate.Config{})
	if err != nil {
		t.Fatal(err)
	}
	schemas, err := ruled.Components("Ruled")
	if err != nil {
		t.Fatal(err)
	}
	more, err := change.Components("Change")
	if err != nil {
		t.Fatal(err)
	}
	upload, err := validate.New[Upload](validate.Config{})
	if err != nil {
		t.Fatal(err)
	}
	form, err := upload.Components("Upload")
	if err != nil {
		t.Fatal(err)
	}
	all := len(schemas) + len(more) + len(form)
	maps.Copy(schemas, more)
	if maps.Copy(schemas, form); len(schemas) != all {
		t.Fatalf("%d components of %d", len(schemas), all)
	}
	return apiDocument{schemas: schemas, params: change.Parameters()}, ruled, change
}

func (a apiDocument) document(t testing.TB) []byte {
	t.Helper()
	body := func(name, media string) map[string]any {
		return map[string]any{"required": true, "content": map[string]any{media: map[string]any{"schema": map[string]any{"$ref": "#/components/schemas/" + name}}}}
	}
	done := map[string]any{"204": map[string]any{"description": "done"}}
	out, err := json.Marshal(map[string]any{
		"openapi": "3.1.1",
		"info":    map[string]any{"title": "oracle", "version": "1"},
		"paths": map[string]any{
			"/upload":     map[string]any{"post": map[string]any{"requestBody": body("Upload", "multipart/form-data"), "responses": done}},
			"/ruled":      map[string]any{"post": map[string]any{"requestBody": body("Ruled", "application/json"), "responses": done}},
			"/parts/{id}": map[string]any{"put": map[string]any{"parameters": a.params, "requestBody": body("Change", "application/json"), "responses": done}},
		},
		"components": map[string]any{"schemas": a.schemas},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// load makes kin-openapi read a document and check it as OpenAPI 3.1. It returns a
// function that validates requests by the document, as JSON Schema 2020-12 if the
// document is OpenAPI 3.1.
func load(document []byte) (func(*http.Request) error, error) {
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(document)
	if err != nil {
		return nil, err
	}
	if err := doc.Validate(context.Background()); err != nil {
		return nil, err
	}
	if !doc.IsOpenAPI31OrLater() {
		return nil, fmt.Errorf("read as %s", doc.OpenAPI)
	}
	router, err := legacy.NewRouter(doc)
	if err != nil {
		return nil, err
	}
	return func(r *http.Request) error { return validateRequest(router, r) }, nil
}

func validateRequest(router routers.Router, r *http.Request) error {
	route, params, err := router.FindRoute(r)
	if err != nil {
		return err
	}
	return openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route})
}

// A repeatableRequest is a request that can be made twice.
type repeatableRequest struct {
	method, target, body string
	header               [2]string
	id                   string
}

func (y repeatableRequest) request() *http.Request {
	r := httptest.NewRequest(y.method, y.target, io.NopCloser(bytes.NewReader([]byte(y.body))))
	r.Header.Set("Content-Type", "application/json")
	if y.header[0] != "" {
		r.Header.Set(y.header[0], y.header[1])
	}
	r.SetPathValue("id", y.id)
	r.Pattern = "/parts/{id}"
	return r
}

const fine = `{"part":{"name":"a","qty":1},"kept":[],"kind":"a"}`

// changeRequests are requests of Change. The first of them are valid.
func changeRequests() (list []repeatableRequest) {
	const id = "919108f7-52d1-4320-9bac-f847db4148a8"
	with := func(query, body string, header ...string) {
		y := repeatableRequest{method: "PUT", target: "/parts/" + id + "?" + query, body: body, header: [2]string{"If-Match", `"1"`}, id: id}
		if len(header) > 0 {
			y.header[1] = header[0]
		}
		list = append(list, y)
	}
	for _, q := range []string{"need=true", "need=false&page=9&sort=-name", "need=true&tag=a&tag=bcd", "need=true&ids=1,255", "need=true&ids=7"} {
		with(q, fine)
	}
	for _, b := range []string{`{"part":{"name":"a"},"kind":" b  "}`, `{"part":{"name":"a"},"kind":"b","due":null}`, `{"part":{"name":"a"},"kind":"b","due":{"name":"x"},"kept":[{"name":"x"}]}`} {
		with("need=true", b)
	}
	for _, q := range []string{"", "need=2", "need=true&page=0", "need=true&page=x", "need=true&sort=x", "need=true&tag=a&tag=b&tag=c", "need=true&tag=abcd", "need=true&ids=70000", "need=true&ids=1,2,3,4"} {
		with(q, fine)
	}
	for _, b := range []string{
		`{}`, `{"kind":"b"}`, `{"part":{"name":""},"kind":"b"}`, `{"part":{"name":"a","qty":51},"kind":"b"}`, `{"part":{"name":"a"}}`, `{"part":{"name":"a"},"kind":7}`,
		`{"part":{"name":"a"},"kind":"b","x":1}`, `{"part":{"name":"a","x":1},"kind":"b"}`, `{"part":null,"kind":"b"}`, `{"part":{"name":"a"},"kind":"b","due":{}}`, `{"part":{"name":"a"},"kind":"b","kept":[{"name":"a"},{"name":"a"},{"name":"a"}]}`,
	} {
		with("need=true", b)
	}
	with("need=true", fine, "x")
	with("need=true", fine, "123456789")
	return list
}

// An accepted request is valid by the document. A refused request is invalid by both,
// as far as a schema can express the rule.
func TestOpenAPI(t *testing.T) {
	a, ruled, change := describeSchemas(t)
	valid, err := load(a.document(t))
	if err != nil {
		t.Fatalf("%v\n%s", err, a.document(t))
	}
	for i, y := range changeRequests() {
		_, refused := change.Decode(nil, y.request())
		invalid := valid(y.request())
		if (refused == nil) != (invalid == nil) || (refused == nil) != (i < 8) {
			t.Errorf("%s %s: %v here, %v there", y.target, y.body, refused, invalid)
		}
	}
	accepted := 0
	for seed := range uint64(300) {
		in := likelyBody(seed, int(seed%6)*30)
		y := repeatableRequest{method: "POST", target: "/ruled", body: string(in)}
		_, refused := ruled.Decode(nil, y.request())
		if refused == nil {
			accepted++
		}
		if err := schemaDisagreement(in, refused, valid(y.request())); err != nil {
			t.Errorf("%s: %v", in, err)
		}
	}
	if accepted < 25 || accepted > 275 {
		t.Errorf("%d of 300 accepted", accepted)
	}
}

// Documents that are put together in other ways are refused, or validate wrongly.
func TestOpenAPIDetectsMistakes(t *testing.T) {
	a, ruled, change := describeSchemas(t)
	exported := map[string]json.RawMessage{"Ruled": ruled.JSONSchema(), "Change": change.JSONSchema(), "Upload": a.schemas["Upload"]}
	renamed := map[string]json.RawMessage{}
	for name, k := range a.schemas {
		renamed[strings.Replace(name, "Ruled.", "Ruled[example.com/x.", 1)] = bytes.ReplaceAll(k, []byte("schemas/Ruled."), []byte("schemas/Ruled[example.com~1x."))
	}
	lost := maps.Clone(a.schemas)
	delete(lost, "Ruled.Part")
	for name, broken := range map[string]struct {
		apiDocument
		want string
	}{
		"the refs of JSONSchema": {apiDocument{schemas: exported, params: a.params}, "$defs"},
		"the path of a package":  {apiDocument{schemas: renamed, params: a.params}, "Ruled[example.com/x"},
		"a component less":       {apiDocument{schemas: lost, params: a.params}, "Ruled.Part"},
		"no parameters":          {apiDocument{schemas: a.schemas, params: json.RawMessage(`[]`)}, "id"},
	} {
		if _, err := load(broken.document(t)); err == nil || !strings.Contains(err.Error(), broken.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// One Part for both Schemas, whichever was copied last, is wrong for one of them.
	swapped := maps.Clone(a.schemas)
	swapped["Change.Part"] = json.RawMessage(`{"type":"object","additionalProperties":false,"properties":{"street":{"type":"string"}}}`)
	valid, err := load(apiDocument{schemas: swapped, params: a.params}.document(t))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(changeRequests()[:8], func(y repeatableRequest) bool { return valid(y.request()) != nil }) {
		t.Error("another Part: not detected")
	}
}
