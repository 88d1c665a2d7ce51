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

// JSONSchema returns the JSON Schema of a body.
func (x Exporter) JSONSchema() json.RawMessage {
	top := x.export("#", "#/$defs/")
	top["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	if len(x.defs) > 0 {
		top["$defs"] = x.defs
	}
	return encoded(top)
}

// export returns the schema of the body, and collects the definitions and the parameters. self
// is the reference to the body, and refPrefix begins the references to definitions.
func (x *Exporter) export(self, refPrefix string) keywords {
	x.refs, x.refPrefix, x.defs = map[structUse]string{{x.Root.Node, true}: self}, refPrefix, map[string]any{}
	top := x.object(x.Root.Node, true)
	if plan.Body(x.Root) != x.Root { // the body is a member without a name
		top = top["properties"].(keywords)[""].(keywords)
	}
	if title := publicName(x.Root.Node.Typ); title != "" {
		top["title"] = title
	}
	x.addForm(top)
	return top
}

// encoded returns v as JSON. Encoding cannot fail for the values of this package, which a
// test checks.
func encoded(v any) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // keeps patterns readable
	_ = e.Encode(v)
	return bytes.TrimSpace(b.Bytes())
}

// An Exporter writes a plan as JSON Schema and as parameters.
type Exporter struct {
	Root      *plan.Slot
	Validator *validator.Validate
	Own       rule.OwnRules
	Ignore    *plan.Ignore // unknown members and form fields

	refs      map[structUse]string
	refPrefix string // of references to definitions
	defs      map[string]any
	params    [plan.Sources][]parameter // in the order of the fields
}

// A structUse is a struct with its rules or, in a list without dive, without them.
type structUse struct {
	node  *plan.Node
	ruled bool
}

// keywords are the members of one schema.
type keywords map[string]any

// put adds more keywords. A keyword that k has already goes into allOf.
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
func (x *Exporter) object(n *plan.Node, ruled bool) keywords {
	properties := keywords{}
	k := keywords{"type": "object", "properties": properties, "additionalProperties": false}
	if required := x.members(n, n.Typ, n.Fields, ruled, properties); len(required) > 0 {
		k["required"] = required
	}
	switch {
	case x.Ignore == nil:
	case x.Ignore.All:
		k["additionalProperties"] = true
	default:
		for _, name := range x.Ignore.Names {
			if _, known := properties[name]; !known {
				properties[name] = keywords{} // any value
			}
		}
	}
	return k
}

// members adds the members among the fields of t, a struct that n consists of or embeds,
// and collects the parameters among them. It returns the names of the required members.
func (x *Exporter) members(
	n *plan.Node, t reflect.Type, fields map[string]plan.GoField, ruled bool, properties keywords,
) (required []string) {
	for f := range t.Fields() {
		compiled, ok := fields[f.Name]
		if !ok {
			continue
		}
		levels := compiled.Rules.Levels
		switch runs := ruled && !compiled.Rules.Off(); {
		case compiled.Embedded != nil:
			runs = runs && runsInside(plan.AtDepth(levels, 0), false)
			required = append(required, x.members(n, f.Type, compiled.Embedded, runs, properties)...)
		case compiled.Param != nil:
			x.addParam(compiled.Param, f, levels, runs)
		default:
			m := &n.Members[compiled.Member]
			s := specOf(&m.Slot, f, levels, runs)
			k := x.value(s)
			properties[m.Name] = k
			if d, has := f.Tag.Lookup("default"); has {
				setDefault(k, m.Node.Kind, d)
			} else if m.Required || x.mustBeSent(s) {
				required = append(required, m.Name)
			}
		}
	}
	return required
}

// setDefault adds the text of the tag default, as JSON.
func setDefault(k keywords, kind plan.Kind, text string) {
	switch raw := json.RawMessage(text); {
	case kind == plan.KindString, kind == plan.KindText:
		k["default"] = text
	case kind == plan.KindBool:
		k["default"] = text == "true" || text == "1"
	case json.Valid(raw):
		k["default"] = raw
	}
}

// A spec is a slot with the part of the validate tag that applies to it.
type spec struct {
	*plan.Slot
	typ      reflect.Type // of the field or element, pointers included
	levels   []plan.DepthRules
	depth    int
	ruled    bool   // the validator runs the rules
	mods     string // the tag mod, which changes the text before the rules run
	optional bool   // the field is an Optional: the rules may be skipped if it is absent or null
}

// specOf returns the spec of a field. The rules of an Optional apply to the value in it.
func specOf(slot *plan.Slot, f reflect.StructField, levels []plan.DepthRules, ruled bool) spec {
	s := spec{Slot: slot, typ: f.Type, levels: levels, ruled: ruled, mods: f.Tag.Get("mod")}
	if in, ok := plan.OptionalOf(f.Type); ok {
		value := *slot
		value.Pointer = false
		s.Slot, s.typ, s.optional = &value, in, true
	}
	return s
}

// valueRules returns the rules that run on the value itself.
func (s spec) valueRules() plan.DepthRules {
	if !s.ruled {
		return plan.DepthRules{}
	}
	return plan.AtDepth(s.levels, s.depth)
}

// elem returns the spec of the elements. The validator visits them only behind a dive.
func (s spec) elem() spec {
	base := plan.Behind(s.typ)
	s.ruled = s.ruled && s.valueRules().Deep
	s.Slot, s.typ, s.depth, s.optional = s.Node.Elem, base.Elem(), s.depth+1, false
	return s
}

// value returns the schema of a slot.
func (x *Exporter) value(s spec) keywords {
	k := keywords{}
	if name := plan.Kinds[s.Node.Kind].Name; name != "" {
		k["type"] = name
	}
	x.addRules(k, s)
	switch n := s.Node; n.Kind {
	case plan.KindObject:
		k = x.structure(n, s.ruled && runsInside(s.valueRules(), s.Pointer))
	case plan.KindMap:
		limit(k, "maxProperties", s.MaxItems)
		k["additionalProperties"] = x.value(s.elem())
		k["propertyNames"] = x.memberNames(s)
	case plan.KindList:
		limit(k, "maxItems", s.MaxItems)
		k["items"] = x.value(s.elem())
	case plan.KindTuple:
		k["minItems"], k["maxItems"] = n.Length, n.Length
		k["items"] = x.value(s.elem())
	case plan.KindString, plan.KindBytes:
		if s.Length != nil { // the scan checks this even if the validator does not run
			limit(k, "maxLength", s.Length.Most)
		}
		limit(k, "maxLength", s.MaxBytes) // a character is one byte at least
		if n.Kind == plan.KindBytes {
			k["contentEncoding"] = "base64"
		}
	case plan.KindText:
		limit(k, "maxLength", s.MaxBytes)
		if n.Form != nil {
			k["format"] = n.Form.Name
		}
	case plan.KindInt, plan.KindUint:
		limits := plan.RangeFault(n.Kind, n.Bits).Params
		setBound(k, "minimum", "exclusiveMinimum", limits["min"])
		setBound(k, "maximum", "exclusiveMaximum", limits["max"])
	case plan.KindInvalid: // a file: New refuses all other types of this kind
		k["type"], k["format"] = "string", "binary"
	}
	return withNull(k, s.Nullable && !x.refusesNil(s))
}

// memberNames returns the schema of the names of a map's members.
func (x *Exporter) memberNames(s spec) keywords {
	k := keywords{}
	if keys := plan.AtDepth(s.levels, s.depth+1).Keys; s.ruled && s.valueRules().Deep {
		text := &plan.Slot{Node: &plan.Node{Kind: plan.KindString}}
		x.addRules(k, spec{Slot: text, typ: plan.Behind(s.typ).Key(), levels: []plan.DepthRules{{Rules: keys}}, ruled: true})
	}
	limit(k, "maxLength", plan.MaxName)
	return k
}

// limit sets a maximum, unless a rule has set a lower one or has listed the values.
func limit(k keywords, name string, most int) {
	if set, ok := k[name].(int); k["enum"] == nil && k["const"] == nil && (!ok || set > most) {
		k[name] = most
	}
}

// setBound sets the bound name, unless a rule has set it or the bound other, or has listed
// the values.
func setBound(k keywords, name, other string, n any) {
	if k[name] == nil && k[other] == nil && k["enum"] == nil && k["const"] == nil {
		k[name] = n
	}
}

// withNull returns the schema k, which admits null as well if the value is nullable. A
// schema without keywords admits null already. If the value is not nullable, withNull
// excludes null from such a schema.
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

// structure returns a reference to the schema of a struct with a name, or the schema itself
// of a struct without one.
func (x *Exporter) structure(n *plan.Node, ruled bool) keywords {
	if n.Typ.Name() == "" {
		return x.object(n, ruled)
	}
	ref, known := x.refs[structUse{n, ruled}]
	if !known {
		name := x.defName(n.Typ)
		ref = x.refPrefix + name
		x.refs[structUse{n, ruled}], x.defs[name] = ref, keywords{} // before its members refer to it
		x.defs[name] = x.object(n, ruled)
	}
	return keywords{"$ref": ref}
}

// publicName returns the name of a type without packages, with the names of its type
// parameters behind it. It is "" for a type without a name: the text of such a type holds
// all its tags, which clients must not see.
func publicName(t reflect.Type) string {
	name := t.Name()
	if strings.ContainsAny(name, "{(") { // a type parameter without a name, such as struct{…} or func(…)
		name, _, _ = strings.Cut(name, "[")
	}
	return strings.Trim(betweenNames.ReplaceAllString(name, "_"), "_")
}

// betweenNames matches the characters between two names in the name of a generic type. This
// includes the package of the second name, and the number behind a first name that is
// declared in a function.
var betweenNames = regexp.MustCompile(`(?:·[0-9]+)?[\[\],* ]+(?:[^\[\],* ]*\.)?`)

var notInName = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

// ComponentName returns the name of t in ASCII: Größe becomes Gr_e. It is "" for a type
// without a name.
func ComponentName(t reflect.Type) string {
	return strings.Trim(notInName.ReplaceAllString(publicName(t), "_"), "_")
}

// defName returns a new name for the definition of t. A name gets a number if it is taken: two
// packages may each have an Item, and one Item may be needed with its rules and without them.
func (x *Exporter) defName(t reflect.Type) string {
	base := cmp.Or(ComponentName(t), "Object")
	name := base
	for i := 2; x.defs[name] != nil; i++ {
		name = fmt.Sprintf("%s_%d", base, i)
	}
	return name
}
