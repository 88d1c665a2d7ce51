package lint

import (
	"reflect"
	"slices"
	"strings"

	"github.com/go-playground/validator/v10"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// TryPresets checks the normalised defaults against the rules of their fields, except
// rules that look at other fields: a request may set these.
func TryPresets(t reflect.Type, presets []plan.Preset, run *validator.Validate, prepare func(reflect.Value), faults *httperr.ConfigFaults) {
	if len(presets) == 0 {
		return
	}
	v := reflect.New(t)
	prepare(v.Elem())
	// All defaults are in the struct itself and in the structs that are values in it.
	broken, _ := run.Struct(v.Interface()).(validator.ValidationErrors)
	for _, b := range broken {
		path := strings.TrimPrefix(b.StructNamespace(), t.Name()+".")
		i := slices.IndexFunc(presets, func(p plan.Preset) bool { return p.Path == path })
		if i >= 0 && rule.Table[b.Tag()].Fields == rule.NoField {
			faults.Add(presets[i].Where, presets[i].Tag, "breaks the rule "+b.Tag()+" of its own field", "correct the default or the rule")
		}
	}
}
