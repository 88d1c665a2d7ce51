package openapi

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strconv"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

var componentName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// Components returns the schema of a body as the component of that name, and the schemas of
// the structs in it.
func (x Exporter) Components(name string) (map[string]json.RawMessage, error) {
	if !componentName.MatchString(name) {
		return nil, &httperr.ConfigError{
			Package: plan.Pkg, Field: "Components", Value: strconv.Quote(name),
			Reason: "is not the name of a component that others can be under", Fix: "use letters, digits, - and _",
		}
	}
	self := "#/components/schemas/" + name
	all := map[string]json.RawMessage{name: encoded(x.export(self, self+"."))}
	for inner, k := range x.defs {
		all[name+"."+inner] = encoded(k)
	}
	return all, nil
}

// Parameters returns the parameters of a request in the form of OpenAPI.
func (x Exporter) Parameters() json.RawMessage {
	x.export("", "")                                // a parameter does not refer to a struct
	all := slices.Concat(x.params[:plan.InForm]...) // a form is the body
	return encoded(append([]parameter{}, all...))   // [] and not null
}

// A parameter has the form of OpenAPI.
type parameter struct {
	Name     string   `json:"name"`
	In       string   `json:"in"`
	Required bool     `json:"required"`
	Empty    bool     `json:"allowEmptyValue,omitempty"`
	Style    string   `json:"style,omitempty"`
	Explode  *bool    `json:"explode,omitempty"`
	Schema   keywords `json:"schema"`
}

// addParam adds the parameter that the field f is compiled to.
func (x *Exporter) addParam(p *plan.Parameter, f reflect.StructField, levels []plan.DepthRules, ruled bool) {
	s := specOf(p.Slot(), f, levels, ruled)
	k := x.value(s)
	d := parameter{Name: p.Name, In: p.In.String(), Empty: p.Skip && p.In == plan.InQuery, Schema: k}
	if text, has := f.Tag.Lookup("default"); has {
		setDefault(k, p.Kind, text)
	} else {
		d.Required = p.In == plan.InPath || p.Required || x.mustBeSent(s)
	}
	if p.List {
		explode := !p.Comma && p.In != plan.InHeader
		d.Style, d.Explode = "form", &explode
		if p.In == plan.InHeader {
			d.Style = "simple"
		}
	}
	if len(p.Accept) == 1 {
		if of, ok := k["items"].(keywords); ok {
			k = of
		}
		k["contentMediaType"] = p.Accept[0]
	}
	x.params[p.In] = append(x.params[p.In], d)
}

// addForm adds the fields of a form to the schema of the body.
func (x *Exporter) addForm(top keywords) {
	properties, _ := top["properties"].(keywords)
	var names []string
	for _, d := range x.params[plan.InForm] {
		properties[d.Name] = d.Schema
		if d.Required {
			names = append(names, d.Name)
		}
	}
	if len(names) > 0 {
		top["required"] = names // a form has no members of JSON
	}
}
