package openapi_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/openapi"
)

type createNote struct {
	Title string `json:"title" validate:"required,max=80"`
	Count int64  `query:"count"`
}

type created struct{ Note }

func (*created) StatusCode() int { return http.StatusCreated }

func create(context.Context, *createNote) (*created, error) { return &created{}, nil }

// Each form of handler of package validate is Described.
func TestValidateIsDescribed(t *testing.T) {
	s := schemaOf[createNote](t, validate.Config{})
	for i, h := range []http.Handler{
		validate.Handler(create), validate.Handle(s, create), validate.Middleware[createNote]()(http.NotFoundHandler()), s.Middleware(http.NotFoundHandler()),
	} {
		if d, ok := h.(openapi.Described); !ok || d.BodyName() != "createNote" || (d.ResponseType() == nil) != (i > 1) {
			t.Errorf("%d: %T", i, h)
		}
	}
}

func schemaOf[T any](t *testing.T, cfg validate.Config) *validate.Schema[T] {
	t.Helper()
	s, err := validate.New[T](cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var noteRows = []row{
	{pattern: "GET /notes/{id}", handler: validate.Handler(getNote), scopes: []string{"notes:read"}, refusals: []int{403, 404, 429}},
	{pattern: "POST /notes", handler: validate.Handler(create), scopes: []string{"notes:write"}, refusals: []int{403, 429, 503}, deprecated: true},
	open("GET /healthz", http.NotFoundHandler()),
	{pattern: " /", handler: http.NotFoundHandler()}, // the 404 of the router
}

func withSchemes() openapi.Info {
	i := info
	i.Description, i.Servers = "Notes of a user.", []string{"https://api.example", "/api"}
	i.Schemes = []openapi.Scheme{openapi.Bearer("token", "JWT"), openapi.APIKey("key", "X-API-Key"), openapi.Cookie("session", "__Host-session")}
	return i
}

// The order of the routes does not change a byte.
func TestDocumentHasTheSameBytes(t *testing.T) {
	first, v := document(t, withSchemes(), noteRows...)
	for range 20 {
		rows := []row{noteRows[3], noteRows[1], noteRows[2], noteRows[0]}
		if again, _ := document(t, withSchemes(), rows...); !bytes.Equal(first, again) {
			t.Fatalf("%s\nand\n%s", first, again)
		}
	}
	for _, want := range []struct {
		keys string
		text string
	}{
		{"openapi", `"3.1.1"`},
		{"info", `{"description":"Notes of a user.","title":"Notes","version":"1"}`},
		{"servers", `[{"url":"https://api.example"},{"url":"/api"}]`},
		{"components securitySchemes", `{"key":{"in":"header","name":"X-API-Key","type":"apiKey"},` +
			`"session":{"in":"cookie","name":"__Host-session","type":"apiKey"},"token":{"bearerFormat":"JWT","scheme":"bearer","type":"http"}}`},
		{"paths /notes post operationId", `"postNotes"`},
		{"paths /notes post deprecated", `true`},
		{"paths /notes post security", `[{"token":["notes:write"]},{"key":["notes:write"]},{"session":["notes:write"]}]`},
		{"paths /notes post requestBody", `{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/createNote"}}},"required":true}`},
		{"paths /notes post responses 201", `{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/created"}}},"description":"Created"}`},
		{"paths /notes/{id} get deprecated", ``},
		{"paths /notes/{id} get requestBody", ``},
		{"paths /healthz get", `{"operationId":"getHealthz","responses":{"default":{"description":"The handler does not describe its response."}},"security":[]}`},
		{"paths /", ``},
		{"components responses TooManyRequests", `{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Error"}}},"description":"Too Many Requests",` +
			`"headers":{"Retry-After":{"description":"Seconds.","schema":{"type":"integer"}}}}`},
	} {
		if got := at(t, v, strings.Fields(want.keys)...); got != want.text {
			t.Errorf("%s: %s\nwant %s", want.keys, got, want.text)
		}
	}
	// A bound of an int64 keeps its digits.
	if !bytes.Contains(first, []byte("9223372036854775807")) {
		t.Errorf("%s", first)
	}
}

// Each operation has the statuses that apply to it, and no other.
func TestStatuses(t *testing.T) {
	strict := schemaOf[createNote](t, validate.Config{Status: http.StatusUnprocessableEntity})
	type nothing struct{}
	for name, c := range map[string]struct {
		row
		want string
	}{
		"a body":       {noteRows[1], "201 204 205 2XX 304 400 401 403 408 413 415 429 4XX 503 5XX"},
		"a parameter":  {noteRows[0], "200 204 400 401 403 404 429 4XX 5XX"},
		"no request":   {open("GET /a", validate.Handler(func(context.Context, *nothing) (*Note, error) { return nil, nil })), "200 204 4XX 5XX"},
		"a view":       {open("GET /a", validate.Handler(func(context.Context, *nothing) (*profile, error) { return nil, nil })), "200 204 304 4XX 5XX"},
		"a view, PUT":  {open("PUT /a", validate.Handler(func(context.Context, *nothing) (*profile, error) { return nil, nil })), "200 204 4XX 5XX"},
		"status 422":   {open("POST /a", validate.Handle(strict, create)), "201 204 205 2XX 304 400 408 413 415 422 4XX 5XX"},
		"middleware":   {open("POST /a", strict.Middleware(http.NotFoundHandler())), "400 408 413 415 422 default"},
		"no handler":   {row{pattern: "GET /a", refusals: []int{403}}, "401 403 default"},
		"any status":   {open("GET /a", validate.Handler(func(context.Context, *nothing) (*moody, error) { return nil, nil })), "204 205 2XX 304 4XX 5XX"},
		"strict query": {open("GET /a", validate.Handle(schemaOf[nothing](t, validate.Config{StrictQuery: true}), func(context.Context, *nothing) (*Note, error) { return nil, nil })), "200 204 400 4XX 5XX"},
	} {
		_, v := document(t, withSchemes(), c.row)
		method, path := c.Endpoint()
		var got []string
		for _, s := range []string{"200", "201", "204", "205", "2XX", "304", "400", "401", "403", "404", "408", "413", "415", "422", "429", "4XX", "500", "503", "5XX", "default"} {
			if at(t, v, "paths", path, strings.ToLower(method), "responses", s) != "" {
				got = append(got, s)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
}

// moody has a status that depends on a pointer.
type moody struct{ status *int }

func (m *moody) StatusCode() int { return *m.status }

// A wrapper leads to the handler in it by Unwrap.
type wrapper struct{ http.Handler }

func (w wrapper) Unwrap() http.Handler { return w.Handler }

func TestUnwrap(t *testing.T) {
	_, v := document(t, info, open("GET /notes/{id}", wrapper{wrapper{validate.Handler(getNote)}}), open("GET /a", wrapper{}))
	if at(t, v, "paths", "/notes/{id}", "get", "responses", "200") == "" || at(t, v, "paths", "/a", "get", "responses", "default") == "" {
		t.Errorf("%v", v)
	}
}

// broken is a Described with mistakes.
type broken struct {
	http.Handler
	components string
}

func (b broken) ResponseType() reflect.Type { return nil }
func (b broken) Refusals() []int            { return nil }

func (b broken) BodyName() string             { return "Broken" }
func (b broken) MediaTypes() ([]string, bool) { return []string{"application/json"}, true }
func (b broken) Parameters() (out rawJSON)    { return rawJSON(`{}`) }
func (b broken) Components(string) (map[string]rawJSON, error) {
	if b.components == "" {
		return nil, errors.New("no name is good enough")
	}
	return map[string]rawJSON{b.components: rawJSON(`{}`)}, nil
}

// clashing is a handler whose components have a name that does not begin with the name of the body.
type clashing struct {
	broken
	text string
}

func (c clashing) Components(name string) (map[string]rawJSON, error) {
	return map[string]rawJSON{name: rawJSON(`{}`), "Shared": rawJSON(`{"title":"` + c.text + `"}`)}, nil
}

func TestFaults(t *testing.T) {
	bad := info
	bad.Title, bad.Version = "", ""
	bad.Servers = []string{"api.example", "https://", "ftp://a.example", "/api?x", "https://a.example", "/"}
	bad.Schemes = []openapi.Scheme{openapi.Bearer("a b", ""), openapi.APIKey("k", "X Key"), openapi.Cookie("k", "c"), {}}
	rows := []row{
		open("GET example.com/a", nil), open("GET /a/*", nil), open("CONNECT /a", nil), open("GET /a/{x", nil),
		open("GET /b/{x}", nil), open("PUT /b/{y}", nil), open("GET /c", nil), open("GET /c", nil), open("GET /d/{x}/{x}", nil),
		open("GET /e/{x...}/f", nil), open("GET /f/{}", nil), open("GET /g/p-{x}", nil), open("GET /h/{x...}", nil), open("GET /h/{x}", nil),
		open("GET /i/{other}", validate.Handler(getNote)),
		{pattern: "GET /j", public: true, refusals: []int{200}},
		open("GET /k", validate.Handler(func(context.Context, *struct{}) (*struct{ C chan int }, error) { return nil, nil })),
		open("POST /l", broken{}),
	}
	_, err := openapi.Document(bad, rows)
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatal(err)
	}
	var got []string
	for _, err := range joined.Unwrap() {
		e, ok := errors.AsType[*httperr.ConfigError](err)
		if !ok || e.Package != "openapi" || e.Reason == "" || e.Fix == "" {
			t.Errorf("%v", err)
			continue
		}
		got = append(got, e.Field+" "+e.Reason)
	}
	want := []string{
		"Title is empty", "Version is empty",
		"Servers[0] is not the URL of a server", "Servers[1] is not the URL of a server", "Servers[2] is not the URL of a server", "Servers[3] is not the URL of a server",
		"Schemes[0] is not the name of a component", "Schemes[1] is not the name of a header field or of a cookie", "Schemes[2] is there twice", "Schemes[3] is not the name of a component",
		"routes[CONNECT /a] is not a method of OpenAPI",
		"routes[GET /a/*] has a wildcard without a name",
		"routes[GET /a/{x] has a brace in a segment that is no wildcard",
		"routes[PUT /b/{y}] differs from /b/{x} in the names of its wildcards only",
		"routes[GET /c] is an operation already",
		"routes[GET /d/{x}/{x}] has the wildcard x twice",
		"routes[GET /e/{x...}/f] has a wildcard for the rest that is not its end",
		"routes[GET /f/{}] has a wildcard without a name",
		"routes[GET /g/p-{x}] has a brace in a segment that is no wildcard",
		"routes[GET /h/{x}] is an operation already",
		"routes[GET /i/{other}] is a parameter of the path for the handler, and not in the pattern",
		"routes[GET /j] is not the status of a refusal",
		"routes[GET /k] is a chan, which encoding/json cannot encode",
		"routes[POST /l] has parameters that are no JSON array",
		"routes[POST /l] is not the name of a component of the handler",
		"routes[GET example.com/a] is not a path from the root",
	}
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("%d faults, want %d; the first that differs is %d:\n%s\n---\n%s", len(got), len(want), i, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	if _, err := openapi.Document(info, []row{{pattern: "GET /a"}}); err == nil || !strings.Contains(err.Error(), "no Scheme says how to authenticate") {
		t.Errorf("a caller without a Scheme: %v", err)
	}
	if _, err := openapi.Document(info, []row{open("POST /l", broken{components: "Broken.x"})}); err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("components of another name: %v", err)
	}
	clash := []row{open("POST /l", clashing{text: "one"}), open("POST /m", clashing{text: "two"})}
	if _, err := openapi.Document(info, clash); err == nil || !strings.Contains(err.Error(), "has components with other names than its own; begin each name") {
		t.Errorf("two components of one name: %v", err)
	}
	if _, err := openapi.Document(info, []*row{nil}); err == nil || !strings.Contains(err.Error(), "routes[0]: is nil") {
		t.Errorf("a nil row: %v", err)
	}
}
