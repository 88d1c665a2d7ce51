package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// A contract is a http.RoundTripper that compares each exchange with the OpenAPI document.
type contract struct {
	report func(format string, args ...any) // t.Errorf
	router routers.Router
	next   http.RoundTripper
	seen   map[string]bool // operations that have succeeded
}

func (c *contract) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	res, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(text))
	route, params, err := c.router.FindRoute(r)
	if err != nil {
		c.report("%s %s: %v", r.Method, r.URL.Path, err)
		return res, nil
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	in := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route, Options: &openapi3filter.Options{
		IncludeResponseStatus: true, SkipSettingDefaults: true, AuthenticationFunc: hasCookie,
	}}
	if res.StatusCode < 300 {
		c.seen[route.Method+" "+route.Path] = true
		if err := openapi3filter.ValidateRequest(r.Context(), in); err != nil {
			c.report("%s %s was answered with %d, and is invalid: %v", r.Method, r.URL.Path, res.StatusCode, err)
		}
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: res.StatusCode, Header: res.Header, Options: in.Options}
	out.SetBodyBytes(text)
	if err := openapi3filter.ValidateResponse(r.Context(), out); err != nil {
		c.report("the response %d of %s %s is invalid: %v\n%s", res.StatusCode, r.Method, r.URL.Path, err, text)
	}
	return res, nil
}

func hasCookie(_ context.Context, in *openapi3filter.AuthenticationInput) error {
	if _, err := in.RequestValidationInput.Request.Cookie(in.SecurityScheme.Name); err != nil {
		return errors.New("no cookie")
	}
	return nil
}

// newContract reads the document of p, and puts the contract between p and its client.
func newContract(t *testing.T, p *program) (*contract, *openapi3.T) {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(p.docs.document)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	closed := false // a member that is not in the document is a fault here
	for _, schema := range doc.Components.Schemas {
		if len(schema.Value.Properties) > 0 && schema.Value.AdditionalProperties.Has == nil {
			schema.Value.AdditionalProperties.Has = &closed
		}
	}
	doc.Servers = nil // the service listens elsewhere in a test
	router, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	c := &contract{t.Errorf, router, p.client.Transport, map[string]bool{}}
	p.client = &http.Client{Transport: c}
	return c, doc
}

// Each request that succeeds is valid by the document, and so is each response.
func TestContract(t *testing.T) {
	p := start(t)
	c, doc := newContract(t, p)
	carl := p.login(t, "carl@acme.example", "acme", "clerk")
	id := p.create(t, carl)
	for _, path := range []string{
		"/me", "/v1/invoices", "/v2/invoices", "/v1/invoices/" + id, "/v2/invoices/" + id, "/openapi.json", "/docs", "/healthz",
	} {
		p.want(t, carl, "GET", path, "", map[bool]int{true: 204, false: 200}[path == "/healthz"])
	}
	p.want(t, carl, "PATCH", "/v2/invoices/"+id, `{"memo":null}`, 200)
	p.want(t, carl, "DELETE", "/v1/invoices/"+id, "", 204)
	p.want(t, carl, "DELETE", "/v2/invoices/"+p.create(t, carl), "", 204)
	p.want(t, carl, "PUT", "/me/password", `{"password":"correct horse battery"}`, 204)
	for _, refused := range [][4]string{
		{"", "GET", "/me", ""},
		{carl, "GET", "/v2/invoices/" + id, ""},
		{carl, "GET", "/v2/invoices?limit=0", ""},
		{carl, "POST", "/v2/invoices", `{"customer":""}`},
		{"", "POST", "/login", `{"email":"a@acme.example","password":"x"}`},
	} {
		if res, _ := p.do(t, refused[0], refused[1], refused[2], refused[3]); res.StatusCode < 400 {
			t.Errorf("%q: %d", refused, res.StatusCode)
		}
	}
	p.want(t, carl, "POST", "/logout", "", 204)
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			if !c.seen[method+" "+path] {
				t.Errorf("untested: %s %s", method, path)
			}
		}
	}
}

// A service that breaks its document is found.
func TestContractFindsFaults(t *testing.T) {
	p := start(t)
	carl := p.login(t, "carl@acme.example", "acme", "clerk")
	c, _ := newContract(t, p)
	honest := c.next
	for _, tc := range []struct{ name, cookie, status, body string }{
		{"another member", carl, "200", `{"invoices":[],"secret":1}`},
		{"another type", carl, "200", `{"invoices":"none"}`},
		{"another status", carl, "206", `{"invoices":[]}`},
		{"no session", "", "200", `{"invoices":[]}`},
		{"an error without the envelope", carl, "404", `{"error":"no rows"}`},
		{"the service itself", carl, "", ""},
	} {
		faults := 0
		c.report = func(string, ...any) { faults++ }
		c.next = roundTripper(func(r *http.Request) (*http.Response, error) {
			if tc.status == "" {
				return honest.RoundTrip(r)
			}
			text := "HTTP/1.1 " + tc.status + " x\r\nContent-Type: application/json\r\n\r\n" + tc.body
			return http.ReadResponse(bufio.NewReader(strings.NewReader(text)), r)
		})
		p.do(t, tc.cookie, "GET", "/v1/invoices", "")
		if (faults > 0) != (tc.status != "") {
			t.Errorf("%s: %d faults", tc.name, faults)
		}
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
