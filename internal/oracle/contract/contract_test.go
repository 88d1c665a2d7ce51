package contract

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/validate"
)

// A call is a request to the service.
type call struct {
	method, path, body string
	token              string // "", writer, reader or expired
	media              string // default application/json
	want               int
}

// calls are requests of all kinds, in their order. The last of them uses up the limit.
var calls = []call{
	{"GET", "/healthz", "", "", "", 200},
	{"GET", "/v1/notes", "", "reader", "", 200}, // null, because there is no note
	{"POST", "/v1/notes", `{"title":"Milk"}`, "writer", "", 201},
	{"POST", "/v1/notes", `{"title":" Bread ","tags":["a"]}`, "writer", "application/json; charset=utf-8", 201},
	{"GET", "/v1/notes?page=2&sort=-title&tag=a&tag=b", "", "reader", "", 200},
	{"GET", "/v1/notes/a", "", "reader", "", 200},
	{"GET", "/v1/notes/b", "", "reader", "", 200},
	{"PATCH", "/v1/notes/a", `{"title":"Tea"}`, "writer", "", 200},
	{"PATCH", "/v1/notes/a", `{}`, "writer", "", 200},
	{"DELETE", "/v1/notes/a", "", "writer", "", 204},
	{"GET", "/v1/notes", "", "", "", 401},
	{"GET", "/v1/notes", "", "expired", "", 401},
	{"POST", "/v1/notes", `{"title":"Milk"}`, "reader", "", 403},
	{"GET", "/v1/notes/x", "", "reader", "", 404},
	{"GET", "/v1/none", "", "reader", "", 404},
	{"PUT", "/v1/notes", "", "writer", "", 405},
	{"POST", "/v1/notes", `{"title":`, "writer", "", 400},
	{"POST", "/v1/notes", `{"title":"","tags":["","b"],"x":1}`, "writer", "", 400},
	{"POST", "/v1/notes", `{"title":"taken"}`, "writer", "", 400},
	{"POST", "/v1/notes", ``, "writer", "", 400},
	{"POST", "/v1/notes", `{"title":"Milk"}`, "writer", "text/plain", 415},
	{"POST", "/v1/notes", `{"title":"` + strings.Repeat("a", 2<<20) + `"}`, "writer", "", 413},
	{"GET", "/v1/notes?page=0&sort=x", "", "reader", "", 400},
	{"GET", "/v1/notes?y=1", "", "reader", "", 400},
	{"GET", "/v1/boom", "", "reader", "", 500},
}

// serve starts h and returns a function that makes a call, and checks it by the document.
func serve(t *testing.T, s *service, h http.Handler, c *Contract, report func(...any)) func(call) {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	client := &http.Client{Transport: c.Transport(srv.Client().Transport, report)}
	return func(y call) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), y.method, srv.URL+y.path, strings.NewReader(y.body))
		if err != nil {
			t.Fatal(err)
		}
		if y.method == "POST" || y.method == "PATCH" {
			r.Header.Set("Content-Type", "application/json")
		}
		if y.media != "" {
			r.Header.Set("Content-Type", y.media)
		}
		switch y.token {
		case "writer":
			r.Header.Set("Authorization", "Bearer "+s.issuer.Token("walt", "notes:read", "notes:write"))
		case "reader":
			r.Header.Set("Authorization", "Bearer "+s.issuer.Token("rita", "notes:read"))
		case "expired":
			r.Header.Set("Authorization", "Bearer "+s.issuer.Expired("rita", "notes:read"))
		}
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if y.want != 0 && res.StatusCode != y.want {
			t.Errorf("%s %s: %d, want %d: %s", y.method, y.path, res.StatusCode, y.want, body)
		}
	}
}

func load(t *testing.T, document []byte) *Contract {
	t.Helper()
	c, err := Load(document)
	if err != nil {
		t.Fatalf("%v\n%s", err, document)
	}
	return c
}

// Each response of the service, refusals included, is as its document says.
func TestServiceKeepsItsContract(t *testing.T) {
	s := newService(t)
	c := load(t, s.document(t))
	do := serve(t, s, s, c, t.Error)
	if n := len(c.Untested()); n != len(s.rows) {
		t.Errorf("%d operations, want %d", n, len(s.rows))
	}
	for _, y := range calls {
		do(y)
	}
	for range 40 - len(calls) {
		do(calls[0])
	}
	do(call{method: "GET", path: "/healthz", want: 429})
	if got := c.Untested(); !slices.Equal(got, []string{"GET /v1/boom"}) {
		t.Errorf("untested: %v", got)
	}
}

// A wrong service or a wrong document is found.
func TestContractDetectsMistakes(t *testing.T) {
	write := func(status int, media, body string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", media)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		})
	}
	const whole = `"id":"a","title":"b","tags":null,"created":"2026-01-02T03:04:05Z","parent":null,"size":"1"`
	get, post := call{"GET", "/v1/notes/a", "", "reader", "", 0}, call{"POST", "/v1/notes", `{"title":"Milk"}`, "writer", "", 0}
	for name, c := range map[string]struct {
		service  http.Handler // answers instead of the service
		document [2]string    // texts to replace in the document
		call     call
		want     string // in the error; "" if there is none
	}{
		"nothing":                       {call: get},
		"a right response":              {service: write(200, "application/json", `{`+whole+`}`), call: get},
		"a member that leaks":           {service: write(200, "application/json", `{`+whole+`,"owner":"rita"}`), call: get, want: "owner"},
		"a member that leaks inside":    {service: write(200, "application/json", strings.Replace(`{`+whole+`}`, `"parent":null`, `"parent":{`+whole+`,"owner":1}`, 1)), call: get, want: "owner"},
		"a member that is missing":      {service: write(200, "application/json", `{"id":"a"}`), call: get, want: "title"},
		"a member of another type":      {service: write(200, "application/json", strings.Replace(`{`+whole+`}`, `"1"`, `1`, 1)), call: get, want: "size"},
		"null for the result":           {service: write(200, "application/json", `null`), call: get, want: "null"},
		"another media type":            {service: write(200, "text/html", `<p>`), call: get, want: "text/html"},
		"a status without description":  {service: write(202, "application/json", `{`+whole+`}`), call: get, want: "status is not supported"},
		"an error of another shape":     {service: write(404, "application/json", `{"error":"not found"}`), call: get, want: "code"},
		"an error in text":              {service: write(500, "text/plain; charset=utf-8", "pq: no connection"), call: get, want: "text/plain"},
		"a fault with a value":          {service: write(400, "application/json", `{"code":"a","message":"b","correlation_id":"c","errors":[{"code":"a","message":"b","value":1}]}`), call: post, want: "value"},
		"an invalid request succeeds":   {service: write(201, "application/json", `{`+whole+`}`), call: call{"POST", "/v1/notes", `{"title":""}`, "writer", "", 0}, want: "and is invalid"},
		"an invalid parameter succeeds": {service: write(200, "application/json", `{"notes":[]}`), call: call{"GET", "/v1/notes?page=0", "", "reader", "", 0}, want: "and is invalid"},
		"an anonymous request succeeds": {service: write(200, "application/json", `{`+whole+`}`), call: call{"GET", "/v1/notes/a", "", "", "", 0}, want: "no credential"},
		"a hidden operation":            {service: write(200, "application/json", `{}`), call: call{"GET", "/v1/debug", "", "reader", "", 0}, want: "not in the document"},
		"a bound that is too high":      {document: [2]string{`"minLength":1,`, `"minLength":9,`}, call: post, want: "and is invalid"},
		"a media type too few":          {document: [2]string{`{"application/json":{"schema":{"$ref":"#/components/schemas/createNote"}}}`, `{"text/csv":{}}`}, call: post, want: "and is invalid"},
		"a status too few":              {document: [2]string{`"4XX":`, `"x-4XX":`}, call: call{"GET", "/v1/notes/x", "", "reader", "", 404}, want: "status is not supported"},
		"a reference to nothing":        {document: [2]string{`#/components/schemas/note"`, `#/components/schemas/nothing"`}, want: "nothing"},
		"two operations of one name":    {document: [2]string{`"getV1NotesById"`, `"getV1Notes"`}, want: "getV1Notes"},
		"OpenAPI 3.0":                   {document: [2]string{`"openapi":"3.1.1"`, `"openapi":"3.0.3"`}, want: "3.0"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newService(t)
			document := s.document(t)
			if c.document[0] != "" && !bytes.Contains(document, []byte(c.document[0])) {
				t.Fatalf("the document has no %s: %s", c.document[0], document)
			}
			broken := bytes.ReplaceAll(document, []byte(c.document[0]), []byte(c.document[1]))
			if c.document[0] == "" {
				broken = document
			}
			loaded, err := Load(broken)
			var found []any
			if err != nil {
				found = append(found, err)
			} else {
				h := http.Handler(s)
				if c.service != nil {
					h = c.service
				}
				do := serve(t, s, h, loaded, func(a ...any) { found = append(found, a...) })
				if c.service == nil && c.call.path == get.path {
					do(post) // so that there is a note
				}
				do(c.call)
			}
			if text := fmt.Sprint(found...); (c.want == "") != (len(found) == 0) || !strings.Contains(text, c.want) {
				t.Errorf("%s, want %q", text, c.want)
			}
		})
	}
}

// A document that claims more than encoding/json holds is found: here the response type has
// a method that the document would not know of.
func TestContractOfAChangedHandler(t *testing.T) {
	s := newService(t)
	c := load(t, s.document(t))
	for i, r := range s.rows {
		if r.pattern == "GET /v1/notes/{id}" {
			s.rows[i].handler = validate.Handler(func(context.Context, *noteID) (*struct {
				note
				Owner string `json:"owner"`
			}, error) {
				return &struct {
					note
					Owner string `json:"owner"`
				}{}, nil
			})
		}
	}
	s.build(t)
	var found []any
	serve(t, s, s, c, func(a ...any) { found = append(found, a...) })(call{"GET", "/v1/notes/a", "", "reader", "", 200})
	if !strings.Contains(fmt.Sprint(found...), "owner") {
		t.Errorf("%v", found)
	}
	if c = load(t, s.document(t)); c == nil {
		t.Fatal()
	}
	serve(t, s, s, c, t.Error)(call{"GET", "/v1/notes/a", "", "reader", "", 200})
}
