package validate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"

	"github.com/go-playground/validator/v10"
)

// writeSchema returns the JSON Schema of a body.
func writeSchema(root *slot, run *validator.Validate, own ownRules) json.RawMessage {
	x, top := export(root, run, own, "#", "#/$defs/")
	top["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	if len(x.defs) > 0 {
		top["$defs"] = x.defs
	}
	out, err := encoded(top)
	if err != nil {
		return json.RawMessage("true") // admits everything; a test holds that nothing here can fail to encode
	}
	return out
}

// export returns the schema of the body, and the exporter with all that it has
// met on the way. References are to self, the body, and to names behind defs.
func export(root *slot, run *validator.Validate, own ownRules, self, defs string) (*exporter, keywords) {
	x := &exporter{validator: run, own: own, refs: map[place]string{}, at: defs, taken: map[string]bool{}, defs: map[string]any{}}
	x.refs[place{root.node, true}] = self
	top := x.object(root.node, true)
	if title := publicName(root.node.typ); title != "" {
		top["title"] = title
	}
	x.form(top)
	return x, top
}

func encoded(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // patterns are to be read
	err := e.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

// An exporter writes a plan as JSON Schema.
type exporter struct {
	validator *validator.Validate
	own       ownRules
	refs      map[place]string
	at        string // where the definitions are
	taken     map[string]bool
	defs      map[string]any
	found     [sources][]described // parameters, in the order of the struct
}

// A place is a struct with its rules or, in a list without dive, without them.
type place struct {
	node  *node
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
func (x *exporter) object(n *node, ruled bool) keywords {
	properties, required := keywords{}, make([]bool, len(n.members))
	x.members(n, n.typ, n.fields, ruled, properties, required)
	k := keywords{"type": "object", "properties": properties, "additionalProperties": false}
	var names []string
	for i, m := range n.members {
		if required[i] {
			names = append(names, m.name)
		}
	}
	if len(names) > 0 {
		k["required"] = names
	}
	return k
}

func (x *exporter) members(n *node, t reflect.Type, fields map[string]goField, ruled bool, properties keywords, required []bool) {
	for f := range t.Fields() {
		to, ok := fields[f.Name]
		if !ok {
			continue
		}
		levels := to.rules.levels
		switch r := ruled && !to.rules.off(); {
		case to.embedded != nil:
			x.members(n, f.Type, to.embedded, r && runsInside(at(levels, 0), false), properties, required)
		case to.param != nil:
			x.param(to.param, f, levels, r)
		default:
			m := &n.members[to.member]
			s := ofField(&m.slot, f, levels, r)
			k := x.value(s)
			if d, has := f.Tag.Lookup("default"); has {
				setDefault(k, m.node.kind, d)
			} else {
				required[to.member] = m.required || x.mustBeSent(s)
			}
			properties[m.name] = k
		}
	}
}

func setDefault(k keywords, of kind, text string) {
	switch raw := json.RawMessage(text); {
	case of == kindString, of == kindText:
		k["default"] = text
	case of == kindBool:
		k["default"] = text == "true" || text == "1"
	case json.Valid(raw):
		k["default"] = raw
	}
}

// A spec is a slot with the tag that it has there.
type spec struct {
	*slot
	typ      reflect.Type // of the field or element, pointers included
	levels   []level
	depth    int
	ruled    bool   // the validator comes here
	mods     string // run before the rules are looked at
	optional bool   // absent or null, no rule is certain to look at it
}

// ofField returns the spec of a field. Behind an Optional, the rules are those
// of the value itself.
func ofField(of *slot, f reflect.StructField, levels []level, ruled bool) spec {
	s := spec{slot: of, typ: f.Type, levels: levels, ruled: ruled, mods: f.Tag.Get("mod")}
	if in, ok := optionalOf(f.Type); ok {
		value := *of
		value.pointer = false
		s.slot, s.typ, s.optional = &value, in, true
	}
	return s
}

func (s spec) here() level {
	if !s.ruled {
		return level{}
	}
	return at(s.levels, s.depth)
}

// elem returns that of the elements. The validator goes on to them only by a
// dive.
func (s spec) elem() spec {
	base := behind(s.typ)
	s.ruled = s.ruled && s.here().deep
	s.slot, s.typ, s.depth, s.optional = s.node.elem, base.Elem(), s.depth+1, false
	return s
}

// value returns the schema of a slot.
func (x *exporter) value(s spec) keywords {
	k := keywords{}
	if name := kinds[s.node.kind].name; name != "" {
		k["type"] = name
	}
	switch n := s.node; n.kind {
	case kindObject:
		k = x.structure(n, s.ruled && runsInside(s.here(), s.pointer))
	case kindMap:
		x.rules(k, s)
		limit(k, "maxProperties", s.maxItems)
		k["additionalProperties"] = x.value(s.elem())
		k["propertyNames"] = x.namesOf(s)
	case kindList:
		x.rules(k, s)
		limit(k, "maxItems", s.maxItems)
		k["items"] = x.value(s.elem())
	case kindTuple:
		k["minItems"], k["maxItems"] = n.length, n.length
		k["items"] = x.value(s.elem())
	case kindString, kindBytes:
		x.rules(k, s)
		if s.length != nil { // the scan checks it also where the validator does not come
			limit(k, "maxLength", s.length.most)
		}
		limit(k, "maxLength", s.maxBytes) // a character is one byte at least
		if n.kind == kindBytes {
			k["contentEncoding"] = "base64"
		}
	case kindText:
		limit(k, "maxLength", s.maxBytes)
		x.rules(k, s)
		if format := formatOf(n.typ); format != "" {
			k["format"] = format
		}
	case kindInt:
		x.rules(k, s)
		setBound(k, "minimum", "exclusiveMinimum", json.Number(fmt.Sprint(int64(-1)<<(n.bits-1))))
		setBound(k, "maximum", "exclusiveMaximum", json.Number(fmt.Sprint(int64(math.MaxInt64)>>(64-n.bits))))
	case kindUint:
		x.rules(k, s)
		setBound(k, "minimum", "exclusiveMinimum", "0")
		setBound(k, "maximum", "exclusiveMaximum", json.Number(fmt.Sprint(uint64(math.MaxUint64)>>(64-n.bits))))
	case kindBool, kindFloat, kindNumber:
		x.rules(k, s)
	case kindInvalid: // New has admitted one, which is a file
		k["type"], k["format"] = "string", "binary"
	}
	return withNull(k, s.nullable && !x.refusesNil(s))
}

// namesOf returns the schema of the names of a map.
func (x *exporter) namesOf(s spec) keywords {
	k := keywords{}
	if keys := at(s.levels, s.depth+1).keys; s.ruled && s.here().deep {
		of := spec{slot: &slot{node: &node{kind: kindString}}, typ: behind(s.typ).Key(), levels: []level{{rules: keys}}, ruled: true}
		x.rules(k, of)
	}
	limit(k, "maxLength", maxName)
	return k
}

// limit sets a bound that holds if no rule has set a lower one.
func limit(k keywords, name string, most int) {
	if set, ok := k[name].(int); k["enum"] == nil && k["const"] == nil && (!ok || set > most) {
		k[name] = most
	}
}

func setBound(k keywords, name, or string, n json.Number) {
	if k[name] == nil && k[or] == nil && k["enum"] == nil && k["const"] == nil {
		k[name] = n
	}
}

// withNull admits null too, or says that it is not admitted.
func withNull(k keywords, nullable bool) keywords {
	t, typed := k["type"].(string)
	plain := true
	for _, name := range []string{"$ref", "enum", "const", "anyOf", "allOf", "not"} {
		plain = plain && k[name] == nil
	}
	switch {
	case len(k) == 0 && !nullable:
		return keywords{"not": keywords{"type": "null"}}
	case len(k) == 0 || !nullable:
	case typed && plain:
		k["type"] = []string{t, "null"}
	default:
		return keywords{"anyOf": []any{k, keywords{"type": "null"}}}
	}
	return k
}

// structure returns a reference to the schema of a struct that has a name, and
// else the schema itself.
func (x *exporter) structure(n *node, ruled bool) keywords {
	if n.typ.Name() == "" {
		return x.object(n, ruled)
	}
	ref, known := x.refs[place{n, ruled}]
	if !known {
		name := x.name(publicName(n.typ))
		ref = x.at + name
		x.refs[place{n, ruled}] = ref // before its own members refer to it
		x.defs[name] = x.object(n, ruled)
	}
	return keywords{"$ref": ref}
}
