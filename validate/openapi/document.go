package openapi

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// object is an object of the document. encoding/json sorts its members.
type object = map[string]any

// Document returns the OpenAPI 3.1 document of the routes as JSON. The order of the routes
// does not matter.
//
// It refuses an Info without Title or Version, a server that is no URL, a Scheme without a
// name, or with a name that is taken; a route that requires a caller while there is no
// Scheme; a path that OpenAPI cannot express; two routes with one method whose paths match
// the same requests; two routes with one path whose wildcards have different names; a handler
// with a parameter of the path that the pattern does not have, which would answer 500; and
// a response type that encoding/json cannot encode. The error has all faults at once.
func Document[R Route](info Info, routes []R) ([]byte, error) {
	b := &builder{
		faults:     &httperr.ConfigFaults{Package: "openapi"},
		paths:      map[string]object{},
		shapes:     map[string]string{},
		operations: map[string]bool{},
		responses:  object{},
		schemas:    newSchemas(),
	}
	b.readInfo(info)
	list := sorted(routes, b.faults)
	for _, r := range list {
		if d := describedBy(r.Innermost()); d != nil && d.ResponseType() != nil {
			b.schemas.noteViews(d.ResponseType())
		}
	}
	for _, r := range list {
		b.add(r)
	}
	if err := b.faults.Err(); err != nil {
		return nil, err
	}
	components := object{"schemas": b.schemas.all, "responses": b.responses}
	if len(b.schemes) > 0 {
		components["securitySchemes"] = b.securitySchemes()
	}
	about := object{"title": info.Title, "version": info.Version}
	if info.Description != "" {
		about["description"] = info.Description
	}
	document := object{"openapi": "3.1.1", "info": about, "paths": b.paths, "components": components}
	if len(info.Servers) > 0 {
		servers := make([]object, len(info.Servers))
		for i, s := range info.Servers {
			servers[i] = object{"url": s}
		}
		document["servers"] = servers
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false) // keeps patterns readable
	if err := e.Encode(document); err != nil {
		return nil, fmt.Errorf("openapi: a handler returns JSON that is malformed: %w", err)
	}
	return out.Bytes(), nil
}

// A builder makes one document.
type builder struct {
	faults     *httperr.ConfigFaults
	schemes    []Scheme
	paths      map[string]object // path items by path
	shapes     map[string]string // the path by the path without the names of its wildcards
	operations map[string]bool   // the operationIds that are taken
	responses  object            // components/responses
	errorMedia string
	schemas    *schemas
}

// sorted returns the routes that are operations, by path and method.
func sorted[R Route](routes []R, faults *httperr.ConfigFaults) (list []Route) {
	for i, r := range routes {
		if nilcheck.Nil(r) {
			faults.Add(fmt.Sprintf("routes[%d]", i), nil, "is nil", "remove it")
			continue
		}
		if method, _ := r.Endpoint(); method != "" {
			list = append(list, r)
		}
	}
	slices.SortStableFunc(list, func(a, b Route) int {
		aMethod, aPath := a.Endpoint()
		bMethod, bPath := b.Endpoint()
		return cmp.Or(cmp.Compare(aPath, bPath), cmp.Compare(aMethod, bMethod))
	})
	return list
}

var schemeName = regexp.MustCompile(`^[A-Za-z0-9._-]+$`) // OpenAPI 3.1, section 4.8.7

// readInfo checks the Info and keeps the parts for the operations.
func (b *builder) readInfo(info Info) {
	if info.Title == "" {
		b.faults.Add("Title", nil, "is empty", "give the name of the service")
	}
	if info.Version == "" {
		b.faults.Add("Version", nil, "is empty", `give the version of the document, such as "1.0.0"`)
	}
	for i, s := range info.Servers {
		u, err := url.Parse(s)
		web := err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
		rooted := err == nil && u.Scheme == "" && u.Host == "" && len(u.Path) > 0 && u.Path[0] == '/'
		if !web && !rooted || u.RawQuery != "" || u.Fragment != "" {
			b.faults.Add(fmt.Sprintf("Servers[%d]", i), s, "is not the URL of a server", `write it as "https://api.example" or "/api"`)
		}
	}
	for i, s := range info.Schemes {
		at := fmt.Sprintf("Schemes[%d]", i)
		switch {
		case !schemeName.MatchString(s.name):
			b.faults.Add(at, s.name, "is not the name of a component", "use letters, digits, - and _ for its name")
		case slices.ContainsFunc(b.schemes, func(other Scheme) bool { return other.name == s.name }):
			b.faults.Add(at, s.name, "is there twice", "give each Scheme a name of its own")
		case !field.Token(s.value):
			b.faults.Add(at, s.value, "is not the name of a header field or of a cookie", `use a name such as "X-API-Key"`)
		}
		b.schemes = append(b.schemes, s)
	}
	b.addErrors(info.Errors)
}

func (b *builder) securitySchemes() map[string]map[string]string {
	all := map[string]map[string]string{}
	for _, s := range b.schemes {
		all[s.name] = maps.Clone(s.object)
	}
	return all
}
