package contract

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// A Contract compares requests and responses with an OpenAPI document. It is safe for
// concurrent use.
type Contract struct {
	router routers.Router
	all    []string // method and path of each operation

	mu   sync.Mutex
	seen map[string]bool // operations with a response of a class, such as "GET /notes 2"
}

// Load reads an OpenAPI 3.1 document and checks it. The error says what is wrong with it.
func Load(document []byte) (*Contract, error) {
	closed, err := closeObjects(document)
	if err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromData(closed)
	if err != nil {
		return nil, err
	}
	if !doc.IsOpenAPI31OrLater() {
		return nil, fmt.Errorf("contract: the document is read as OpenAPI %s", doc.OpenAPI)
	}
	if err := doc.Validate(context.Background()); err != nil {
		return nil, err
	}
	doc.Servers = nil // the service listens elsewhere in a test
	router, err := legacy.NewRouter(doc)
	if err != nil {
		return nil, err
	}
	c := &Contract{router: router, seen: map[string]bool{}}
	ids := map[string]bool{}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if op.OperationID == "" || ids[op.OperationID] {
				return nil, fmt.Errorf("contract: %s %s has no operationId of its own: %q", method, path, op.OperationID)
			}
			ids[op.OperationID] = true
			c.all = append(c.all, method+" "+path)
		}
	}
	slices.Sort(c.all)
	return c, nil
}

// closeObjects adds additionalProperties false to each object with properties, so that a
// member that is not in the document is found. It also adds propertyNames {}, which means
// nothing, to each schema with parts: kin-openapi takes the validator of OpenAPI 3.0 for a
// schema with references, unless a keyword of 2020-12 is in it. By that validator {} refuses
// null.
func closeObjects(document []byte) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(document))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	closeIn(v)
	return json.Marshal(v)
}

func closeIn(v any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			closeIn(e)
		}
	case map[string]any:
		for _, e := range v {
			closeIn(e)
		}
		_, object := v["properties"].(map[string]any)
		_, open := v["additionalProperties"]
		if object && !open && isObject(v["type"]) {
			v["additionalProperties"] = false
		}
		_, typed := v["type"].(string)
		_, types := v["type"].([]any)
		_, choice := v["anyOf"].([]any)
		if (object || v["items"] != nil) && (typed || types) || choice {
			if v["propertyNames"] == nil {
				v["propertyNames"] = map[string]any{}
			}
		}
	}
}

// isObject reports whether the keyword type admits objects.
func isObject(t any) bool {
	list, _ := t.([]any)
	return t == "object" || slices.Contains(list, any("object"))
}

// An Exchange is a request with its response.
type Exchange struct {
	Request  *http.Request // its body may have been read
	Body     []byte        // of the request
	Status   int
	Header   http.Header // of the response
	Response []byte      // the body of the response
}

// Check returns what contradicts the document:
//
//   - an operation that is not in the document succeeds;
//   - a response has a status, a media type, a member or a value that the document does not
//     have;
//   - a request succeeds that is invalid by the document, or carries no credential
//     although the document requires one.
//
// A valid request may be refused: a schema cannot express every rule.
func (c *Contract) Check(x Exchange) error {
	r := x.Request.Clone(context.WithoutCancel(x.Request.Context()))
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(x.Body)), int64(len(x.Body))
	route, params, err := c.router.FindRoute(r)
	if err != nil {
		if x.Status < 300 {
			return fmt.Errorf("contract: %s %s is not in the document, and was answered with %d", r.Method, r.URL.Path, x.Status)
		}
		return nil
	}
	c.note(fmt.Sprintf("%s %s %d", route.Method, route.Path, x.Status/100))
	in := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: params, Route: route,
		Options: &openapi3filter.Options{
			IncludeResponseStatus: true, SkipSettingDefaults: true, RejectWhenRequestBodyNotSpecified: true, AuthenticationFunc: hasCredential,
		},
	}
	var faults []error
	if x.Status < 300 {
		if err := openapi3filter.ValidateRequest(r.Context(), in); err != nil {
			faults = append(faults, fmt.Errorf("contract: %s %s was answered with %d, and is invalid: %w", r.Method, r.URL, x.Status, err))
		}
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: x.Status, Header: x.Header, Options: in.Options}
	out.SetBodyBytes(x.Response)
	if err := openapi3filter.ValidateResponse(r.Context(), out); err != nil {
		faults = append(faults, fmt.Errorf("contract: the response %d of %s %s is invalid: %w\n%s", x.Status, r.Method, r.URL, err, x.Response))
	}
	return errors.Join(faults...)
}

// hasCredential reports whether a request carries a credential of the scheme.
func hasCredential(_ context.Context, in *openapi3filter.AuthenticationInput) error {
	r := in.RequestValidationInput.Request
	switch s := in.SecurityScheme; {
	case s.Type == "http" && strings.HasPrefix(strings.ToLower(r.Header.Get("Authorization")), s.Scheme+" "):
	case s.Type == "apiKey" && s.In == "header" && r.Header.Get(s.Name) != "":
	case s.Type == "apiKey" && s.In == "cookie" && hasCookie(r, s.Name):
	default:
		return errors.New("no credential of the scheme " + in.SecuritySchemeName)
	}
	return nil
}

func hasCookie(r *http.Request, name string) bool {
	_, err := r.Cookie(name)
	return err == nil
}

func (c *Contract) note(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[key] = true
}

// Untested returns the operations that no request of Check has succeeded at.
func (c *Contract) Untested() (list []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	seen := maps.Clone(c.seen)
	for _, op := range c.all {
		if !seen[op+" 2"] {
			list = append(list, op)
		}
	}
	return list
}
