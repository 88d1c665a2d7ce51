package openapi

import (
	"encoding/json"
	"regexp"
	"strconv"

	"github.com/go-playground/validator/v10"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

var componentName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// WriteComponents returns the schemas of a body and of the structs in it, for the
// component of a name.
func WriteComponents(root *plan.Slot, run *validator.Validate, own rule.OwnRules, name string) (map[string]json.RawMessage, error) {
	if !componentName.MatchString(name) {
		return nil, &httperr.ConfigError{Package: plan.Pkg, Field: "Components", Value: strconv.Quote(name), Reason: "is not the name of a component that others can be under", Fix: "use letters, digits, - and _"}
	}
	self := "#/components/schemas/" + name
	x, top := export(root, run, own, self, self+".")
	all := map[string]any{name: top}
	for inner, k := range x.defs {
		all[name+"."+inner] = k
	}
	out := make(map[string]json.RawMessage, len(all))
	for key, k := range all {
		text, err := encoded(k)
		if err != nil {
			return nil, httperr.ErrInternal.With(err) // nothing here can fail to encode
		}
		out[key] = text
	}
	return out, nil
}
