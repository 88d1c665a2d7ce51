package validate

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"

	"github.com/go-sallyport/sallyport/validate/internal/openapi"
)

// described is the http.Handler of Handle and Middleware. It implements
// Described of package validate/openapi.
type described struct {
	http.HandlerFunc
	schema  *compiled
	in, out reflect.Type // out is nil if another handler writes the response
}

func (s *Schema[T]) described(out reflect.Type, serve http.HandlerFunc) http.Handler {
	return &described{HandlerFunc: serve, schema: s.compiled, in: reflect.TypeFor[T](), out: out}
}

// BodyName returns the name of the type of the request, as part of the name of a component.
func (d *described) BodyName() string { return openapi.ComponentName(d.in) }

// Components returns the schema of the body, as [Schema.Components] does.
func (d *described) Components(name string) (map[string]json.RawMessage, error) {
	return d.schema.exporter().Components(name)
}

// MediaTypes returns the types of the body, and whether a request without a body is refused.
func (d *described) MediaTypes() (types []string, required bool) {
	if d.schema.withoutBody() {
		return nil, false
	}
	required = len(d.schema.checker.Root.Node.Members) > 0
	if !required { // an empty text is a form without fields
		var form struct{ Required []string }
		required = json.Unmarshal(d.schema.exporter().JSONSchema(), &form) == nil && len(form.Required) > 0
	}
	return slices.Clone(d.schema.cfg.MediaTypes), required
}

// Parameters returns what [Schema.Parameters] returns.
func (d *described) Parameters() json.RawMessage { return d.schema.exporter().Parameters() }

// ResponseType returns the type of the result, or nil if another handler writes the response.
func (d *described) ResponseType() reflect.Type { return d.out }

// Refusals returns the statuses of the requests that the Schema refuses.
func (d *described) Refusals() []int {
	if !d.schema.withoutBody() {
		list := []int{http.StatusBadRequest, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType}
		return slices.Compact(slices.Sorted(slices.Values(append(list, d.schema.cfg.Status))))
	}
	params := d.schema.cfg.StrictQuery
	for _, list := range d.schema.binder.Params {
		params = params || len(list) > 0
	}
	if !params {
		return nil
	}
	return []int{d.schema.cfg.Status}
}
