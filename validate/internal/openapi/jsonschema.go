// Package openapi writes a plan as JSON Schema and as parameters of OpenAPI.
package openapi

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/go-playground/validator/v10"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// WriteSchema returns the JSON Schema of a body.
func WriteSchema(root *plan.Slot, run *validator.Validate, own rule.OwnRules) json.RawMessage {
	x, top := export(root, run, own, "#", "#/$defs/")
	top["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	if len(x.defs) > 0 {
		top["$defs"] = x.defs
	}
	return encoded(top)
}

// export returns the schema of the body, and the exporter with all that it has
// met on the way. References are to self, the body, and to names behind defs.
func export(root *plan.Slot, run *validator.Validate, own rule.OwnRules, self, defs string) (*exporter, keywords) {
	x := &exporter{validator: run, own: own, refs: map[place]string{}, at: defs, defs: map[string]any{}}
	x.refs[place{root.Node, true}] = self
	top := x.object(root.Node, true)
	if title := publicName(root.Node.Typ); title != "" {
		top["title"] = title
	}
	x.form(top)
	return x, top
}

// encoded returns v as JSON. A test holds that nothing here can fail to encode.
func encoded(v any) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // patterns are to be read
	_ = e.Encode(v)
	return bytes.TrimSpace(b.Bytes())
}

// An exporter writes a plan as JSON Schema.
type exporter struct {
	validator *validator.Validate
	own       rule.OwnRules
	refs      map[place]string
	at        string // where the definitions are
	defs      map[string]any
	found     [plan.Sources][]described // parameters, in the order of the struct
}

// A place is a struct with its rules or, in a list without dive, without them.
type place struct {
	node  *plan.Node
	ruled bool
}

// keywords are the members of one schema.
type keywords map[string]any

// put adds more, beside what has the same name.
func (k keywords) put(more keywords) {
	for _, name := range slices.Sorted(maps.Keys(more)) {
		if _, has := k[name]; has {
			all, _ := k["allOf"].([]any)
			k["allOf"] = append(all, keywords{name: more[name]})
			continue
		}
		k[name] = more[name]
	}
}

// object returns the schema of a struct.
func (x *exporter) object(n *plan.Node, ruled bool) keywords {
	properties, required := keywords{}, make([]bool, len(n.Members))
	x.members(n, n.Typ, n.Fields, ruled, properties, required)
	k := keywords{"type": "object", "properties": properties, "additionalProperties": false}
	var names []string
	for i, m := range n.Members {
		if required[i] {
			names = append(names, m.Name)
		}
	}
	if len(names) > 0 {
		k["required"] = names
	}
	return k
}

func (x *exporter) members(n *plan.Node, t reflect.Type, fields map[string]plan.GoField, ruled bool, properties keywords, required []bool) {
	for f := range t.Fields() {
		to, ok := fields[f.Name]
		if !ok {
			continue
		}
		levels := to.Rules.Levels
		switch r := ruled && !to.Rules.Off(); {
		case to.Embedded != nil:
			x.members(n, f.Type, to.Embedded, r && runsInside(plan.AtDepth(levels, 0), false), properties, required)
		case to.Param != nil:
			x.param(to.Param, f, levels, r)
		default:
			m := &n.Members[to.Member]
			s := ofField(&m.Slot, f, levels, r)
			k := x.value(s)
			if d, has := f.Tag.Lookup("default"); has {
				setDefault(k, m.Node.Kind, d)
			} else {
				required[to.Member] = m.Required || x.mustBeSent(s)
			}
			properties[m.Name] = k
		}
	}
}

func setDefault(k keywords, of plan.Kind, text string) {
	switch raw := json.RawMessage(text); {
	case of == plan.KindString, of == plan.KindText:
		k["default"] = text
	case of == plan.KindBool:
		k["default"] = text == "true" || text == "1"
	case json.Valid(raw):
		k["default"] = raw
	}
}

// A spec is a slot with the tag that it has there.
type spec struct {
	*plan.Slot
	typ      reflect.Type // of the field or element, pointers included
	levels   []plan.DepthRules
	depth    int
	ruled    bool   // the validator comes here
	mods     string // run before the rules are looked at
	optional bool   // absent or null, no rule is certain to look at it
}

// ofField returns the spec of a field. Behind an Optional, the rules are those
// of the value itself.
func ofField(of *plan.Slot, f reflect.StructField, levels []plan.DepthRules, ruled bool) spec {
	s := spec{Slot: of, typ: f.Type, levels: levels, ruled: ruled, mods: f.Tag.Get("mod")}
	if in, ok := plan.OptionalOf(f.Type); ok {
		value := *of
		value.Pointer = false
		s.Slot, s.typ, s.optional = &value, in, true
	}
	return s
}

func (s spec) here() plan.DepthRules {
	if !s.ruled {
		return plan.DepthRules{}
	}
	return plan.AtDepth(s.levels, s.depth)
}

// elem returns that of the elements. The validator goes on to them only by a
// dive.
func (s spec) elem() spec {
	base := plan.Behind(s.typ)
	s.ruled = s.ruled && s.here().Deep
	s.Slot, s.typ, s.depth, s.optional = s.Node.Elem, base.Elem(), s.depth+1, false
	return s
}

// value returns the schema of a slot.
func (x *exporter) value(s spec) keywords {
	k := keywords{}
	if name := plan.Kinds[s.Node.Kind].Name; name != "" {
		k["type"] = name
	}
	x.rules(k, s)
	switch n := s.Node; n.Kind {
	case plan.KindObject:
		k = x.structure(n, s.ruled && runsInside(s.here(), s.Pointer))
	case plan.KindMap:
		limit(k, "maxProperties", s.MaxItems)
		k["additionalProperties"] = x.value(s.elem())
		k["propertyNames"] = x.namesOf(s)
	case plan.KindList:
		limit(k, "maxItems", s.MaxItems)
		k["items"] = x.value(s.elem())
	case plan.KindTuple:
		k["minItems"], k["maxItems"] = n.Length, n.Length
		k["items"] = x.value(s.elem())
	case plan.KindString, plan.KindBytes:
		if s.Length != nil { // the scan checks it also where the validator does not come
			limit(k, "maxLength", s.Length.Most)
		}
		limit(k, "maxLength", s.MaxBytes) // a character is one byte at least
		if n.Kind == plan.KindBytes {
			k["contentEncoding"] = "base64"
		}
	case plan.KindText:
		limit(k, "maxLength", s.MaxBytes)
		if format := formatOf(n.Typ); format != "" {
			k["format"] = format
		}
	case plan.KindInt, plan.KindUint:
		limits := plan.RangeFault(n.Kind, n.Bits).Params
		setBound(k, "minimum", "exclusiveMinimum", limits["min"])
		setBound(k, "maximum", "exclusiveMaximum", limits["max"])
	case plan.KindInvalid: // New has admitted one, which is a file
		k["type"], k["format"] = "string", "binary"
	}
	return withNull(k, s.Nullable && !x.refusesNil(s))
}

// namesOf returns the schema of the names of a map.
func (x *exporter) namesOf(s spec) keywords {
	k := keywords{}
	if keys := plan.AtDepth(s.levels, s.depth+1).Keys; s.ruled && s.here().Deep {
		text := &plan.Slot{Node: &plan.Node{Kind: plan.KindString}}
		x.rules(k, spec{Slot: text, typ: plan.Behind(s.typ).Key(), levels: []plan.DepthRules{{Rules: keys}}, ruled: true})
	}
	limit(k, "maxLength", plan.MaxName)
	return k
}

// limit sets a bound that holds if no rule has set a lower one.
func limit(k keywords, name string, most int) {
	if set, ok := k[name].(int); k["enum"] == nil && k["const"] == nil && (!ok || set > most) {
		k[name] = most
	}
}

func setBound(k keywords, name, or string, n any) {
	if k[name] == nil && k[or] == nil && k["enum"] == nil && k["const"] == nil {
		k[name] = n
	}
}

// withNull admits null too, or says that it is not admitted.
func withNull(k keywords, nullable bool) keywords {
	t, typed := k["type"].(string)
	closed := slices.ContainsFunc([]string{"enum", "const", "anyOf", "allOf"}, func(name string) bool { return k[name] != nil })
	switch {
	case len(k) == 0 && !nullable:
		return keywords{"not": keywords{"type": "null"}}
	case len(k) == 0 || !nullable:
	case typed && !closed:
		k["type"] = []string{t, "null"}
	default:
		return keywords{"anyOf": []any{k, keywords{"type": "null"}}}
	}
	return k
}

// structure returns a reference to the schema of a struct that has a name, and
// else the schema itself.
func (x *exporter) structure(n *plan.Node, ruled bool) keywords {
	if n.Typ.Name() == "" {
		return x.object(n, ruled)
	}
	ref, known := x.refs[place{n, ruled}]
	if !known {
		name := x.name(n.Typ)
		ref = x.at + name
		x.refs[place{n, ruled}], x.defs[name] = ref, keywords{} // before its own members refer to it
		x.defs[name] = x.object(n, ruled)
	}
	return keywords{"$ref": ref}
}

// publicName returns what a type may be called in front of strangers: its name
// without packages, with the names of its parameters behind it. A type that has
// no name is called nothing, since all its tags would be in the text.
func publicName(t reflect.Type) string {
	name := t.Name()
	if strings.ContainsAny(name, "{(") { // a parameter without a name, such as struct{…} or func(…)
		name, _, _ = strings.Cut(name, "[")
	}
	return strings.Trim(betweenNames.ReplaceAllString(name, "_"), "_")
}

// betweenNames matches the signs between two names in the name of a generic type, with
// the package of the second and the number of a first that is declared in a function.
var betweenNames = regexp.MustCompile(`(?:·[0-9]+)?[\[\],* ]+(?:[^\[\],* ]*\.)?`)

var notInName = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

// name returns a name for the definition of t: two packages may each have an Item, one
// Item may be held to its rules and not be, and Größe has no ASCII name.
func (x *exporter) name(t reflect.Type) string {
	of := cmp.Or(strings.Trim(notInName.ReplaceAllString(publicName(t), "_"), "_"), "Object")
	name := of
	for i := 2; x.defs[name] != nil; i++ {
		name = fmt.Sprintf("%s_%d", of, i)
	}
	return name
}
