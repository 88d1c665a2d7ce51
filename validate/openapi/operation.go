package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-sallyport/sallyport/internal/nilcheck"
)

// methods are the operations of a Path Item Object (OpenAPI 3.1, section 4.8.9).
var methods = []string{"GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"}

// add adds the operation of a route.
func (b *builder) add(r Route) {
	method, path := r.Endpoint()
	at := "routes[" + method + " " + path + "]"
	t, fault := translate(path)
	switch {
	case fault != nil:
		b.faults.Add(at, path, fault.reason, fault.fix)
		return
	case !slices.Contains(methods, method):
		b.faults.Add(at, method, "is not a method of OpenAPI", "use one of "+strings.Join(methods, ", "))
		return
	}
	key := strings.ToLower(method)
	if known, taken := b.shapes[t.shape]; taken && known != t.path {
		b.faults.Add(at, t.path, "differs from "+known+" in the names of its wildcards only", "use the same names in both")
		return
	}
	if b.paths[t.path][key] != nil {
		b.faults.Add(at, t.path, "is an operation already",
			"remove one of the routes, change its path or method, or make a document for each host")
		return
	}
	d := describedBy(r.Innermost())
	op := object{"operationId": b.operationID(method, t.path), "responses": b.responsesOf(r, d, at)}
	if parameters := b.parameters(d, t, at); len(parameters) > 0 {
		op["parameters"] = parameters
	}
	if d != nil {
		b.addBody(op, d, at)
	}
	if r.IsDeprecated() {
		op["deprecated"] = true
	}
	b.addSecurity(op, r, at)
	if b.paths[t.path] == nil {
		b.paths[t.path] = object{}
	}
	b.shapes[t.shape], b.paths[t.path][key] = t.path, op
}

// describedBy returns the description of h, or nil if h is not Described.
func describedBy(h http.Handler) Described {
	for !nilcheck.Nil(h) {
		if d, ok := h.(Described); ok {
			return d
		}
		outer, ok := h.(interface{ Unwrap() http.Handler })
		if !ok {
			return nil
		}
		h = outer.Unwrap()
	}
	return nil
}

func (b *builder) operationID(method, path string) string {
	base := operationID(method, path)
	id := base
	for i := 2; b.operations[id]; i++ {
		id = fmt.Sprintf("%s_%d", base, i)
	}
	b.operations[id] = true
	return id
}

// addSecurity adds the requirement of a caller. An empty list says that everybody may call.
func (b *builder) addSecurity(op object, r Route, at string) {
	scopes, required := r.Security()
	list := []map[string][]string{}
	if required {
		if len(b.schemes) == 0 {
			b.faults.Add(at, nil, "requires a caller, and no Scheme says how to authenticate", "add one to Info.Schemes, such as Bearer")
		}
		for _, s := range b.schemes {
			list = append(list, map[string][]string{s.name: append([]string{}, scopes...)})
		}
	}
	op["security"] = list
}

// parameters returns the parameters of the handler, and the parameters of the path that
// only middleware reads.
func (b *builder) parameters(d Described, t template, at string) (list []object) {
	if d != nil {
		numbers := json.NewDecoder(bytes.NewReader(d.Parameters()))
		numbers.UseNumber() // a float64 would round the bounds of an int64
		if err := numbers.Decode(&list); err != nil {
			b.faults.Add(at, nil, "has parameters that are no JSON array", "correct the method Parameters of the handler")
		}
	}
	missing := slices.Clone(t.names)
	for _, p := range list {
		if p["in"] != "path" {
			continue
		}
		name, _ := p["name"].(string)
		if !slices.Contains(t.names, name) {
			b.faults.Add(at, name, "is a parameter of the path for the handler, and not in the pattern",
				"write {"+name+"} in the pattern, or correct the tag path of the field")
		}
		missing = slices.DeleteFunc(missing, func(n string) bool { return n == name })
	}
	for _, name := range missing {
		list = append(list, object{"name": name, "in": "path", "required": true, "schema": object{"type": "string"}})
	}
	for _, p := range list {
		if p["in"] == "path" && p["name"] == t.rest {
			p["description"] = "The rest of the path. It may have slashes in it, and it may be empty."
		}
	}
	return list
}

// addBody adds the body of the request.
func (b *builder) addBody(op object, d Described, at string) {
	types, required := d.MediaTypes()
	if len(types) == 0 {
		return
	}
	base := d.BodyName()
	if base == "" {
		base = op["operationId"].(string)
	}
	for i := 1; i < maxNames; i++ {
		name := numbered(base, i)
		parts, err := d.Components(name)
		if err != nil || parts[name] == nil {
			b.faults.Add(at, name, "is not the name of a component of the handler",
				"correct the methods BodyName and Components of the handler")
			return
		}
		if !b.schemas.addBody(parts) {
			continue
		}
		content := object{}
		for _, media := range types {
			content[media] = object{"schema": reference("schemas", name)}
		}
		op["requestBody"] = object{"required": required, "content": content}
		return
	}
	b.faults.Add(at, base, "has components with other names than its own",
		"begin each name in Components with the name that is asked for")
}

// maxNames is the number of types of one name. Only a faulty Components reaches it.
const maxNames = 10_000

func numbered(base string, i int) string {
	if i == 1 {
		return base
	}
	return fmt.Sprintf("%s_%d", base, i)
}

func reference(kind, name string) object { return object{"$ref": "#/components/" + kind + "/" + name} }

// addBody adds the schemas of a body, or finds the same schemas under the same names. It
// reports false if another schema has one of the names.
func (s *schemas) addBody(parts map[string]json.RawMessage) bool {
	for name, part := range parts {
		if other, taken := s.all[name]; taken {
			if raw, ok := other.(json.RawMessage); !ok || !bytes.Equal(raw, part) {
				return false
			}
		}
	}
	for name, part := range parts {
		s.all[name] = part
	}
	return true
}

// responsesOf returns the responses of a route.
func (b *builder) responsesOf(r Route, d Described, at string) object {
	all := object{}
	refusals := slices.Clone(r.Refusals())
	if _, required := r.Security(); required {
		refusals = append(refusals, http.StatusUnauthorized)
	}
	for _, status := range refusals {
		if status < 400 || status > 599 {
			b.faults.Add(at, strconv.Itoa(status), "is not the status of a refusal", "return statuses of 400 to 599 from Refusals")
		}
	}
	var out reflect.Type
	if d != nil {
		out = d.ResponseType()
		refusals = append(refusals, d.Refusals()...)
	}
	for _, status := range refusals {
		key := strconv.Itoa(status)
		all[key] = b.refusal(key, status)
	}
	if out == nil {
		all["default"] = object{"description": "The handler does not describe its response."}
		return all
	}
	all["4XX"], all["5XX"] = b.refusal("4XX", 0), b.refusal("5XX", 0)
	all["204"] = object{"description": http.StatusText(http.StatusNoContent)}
	schema, faults := b.schemas.response(out)
	for _, f := range faults {
		b.faults.Add(at, f.at, f.reason, "change the type of the field, or tag it json:\"-\"")
	}
	if method, _ := r.Endpoint(); b.schemas.views[out] && (method == http.MethodGet || method == http.MethodHead) {
		all["304"] = object{"description": http.StatusText(http.StatusNotModified)} // a view answers If-None-Match
	}
	content := object{"application/json": object{"schema": schema}}
	status, fixed := statusOf(out)
	if !fixed {
		all["2XX"] = object{"description": "Success", "content": content}
		all["205"] = object{"description": http.StatusText(http.StatusResetContent)}
		all["304"] = object{"description": http.StatusText(http.StatusNotModified)}
	}
	if key := strconv.Itoa(status); status != 0 && all[key] == nil {
		all[key] = object{"description": http.StatusText(status), "content": content}
	}
	return all
}

// statusOf returns the status of a result. It is fixed if the type has no method StatusCode;
// otherwise it is the status of the zero value, or 0 if a result cannot have that status.
func statusOf(out reflect.Type) (status int, fixed bool) {
	s, ok := reflect.New(out).Interface().(interface{ StatusCode() int })
	if !ok {
		return http.StatusOK, true
	}
	defer func() { _ = recover() }() // a method that needs more than the zero value
	if status = s.StatusCode(); status < 200 || status > 299 {
		return 0, false
	}
	return status, false
}
