package validate

import (
	"encoding/json"
	"reflect"

	"github.com/go-playground/validator/v10"
)

// writeParameters returns the parameters of a request, as OpenAPI has them.
func writeParameters(root *slot, run *validator.Validate, own ownRules) json.RawMessage {
	x, _ := export(root, run, own, "#", "#/$defs/") // no parameter is a struct, and none refers to one
	all := []described{}
	for in := range sources {
		if !traits[in].body {
			all = append(all, x.found[in]...)
		}
	}
	out, err := encoded(all)
	if err != nil {
		return json.RawMessage("[]") // as in JSONSchema, nothing here can fail to encode
	}
	return out
}

// described is a parameter as OpenAPI has it.
type described struct {
	Name     string   `json:"name"`
	In       string   `json:"in"`
	Required bool     `json:"required"`
	Style    string   `json:"style,omitempty"`
	Explode  *bool    `json:"explode,omitempty"`
	Schema   keywords `json:"schema"`
}

// param notes the parameter that the field f is.
func (x *exporter) param(p *parameter, f reflect.StructField, levels []level, ruled bool) {
	s := ofField(p.slot(), f, levels, ruled)
	k := x.value(s)
	d := described{Name: p.name, In: p.in.String(), Schema: k}
	if text, has := f.Tag.Lookup("default"); has {
		setDefault(k, p.kind, text)
	} else {
		d.Required = traits[p.in].always || p.required || x.mustBeSent(s)
	}
	if p.list {
		explode := !p.comma && !traits[p.in].lines
		d.Style, d.Explode = "form", &explode
		if traits[p.in].lines {
			d.Style = "simple"
		}
	}
	if len(p.accept) == 1 {
		if of, ok := k["items"].(keywords); ok {
			k = of
		}
		k["contentMediaType"] = p.accept[0]
	}
	x.found[p.in] = append(x.found[p.in], d)
}

// slot returns the place that p would have in JSON, where there is no null.
func (p *parameter) slot() *slot {
	one := slot{node: &node{kind: p.kind, typ: p.typ, bits: p.bits}, pointer: p.pointer, maxBytes: p.maxBytes}
	if !p.list {
		return &one
	}
	most := p.maxItems
	if !p.comma && !traits[p.in].lines {
		most = min(most, maxParams) // each item is a parameter
	}
	return &slot{node: &node{kind: kindList, typ: p.slice, elem: &one}, maxItems: most}
}

// form adds the fields of a form to the schema of the body.
func (x *exporter) form(top keywords) {
	properties := top["properties"].(keywords)
	var names []string
	for _, d := range x.found[inForm] {
		properties[d.Name] = d.Schema
		if d.Required {
			names = append(names, d.Name)
		}
	}
	if len(names) > 0 {
		top["required"] = names // a form has no members of JSON
	}
}
