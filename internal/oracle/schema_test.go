//go:build goexperiment.jsonv2

package oracle

import (
	"bytes"
	"encoding/json"
	"encoding/json/jsontext"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate"
)

func ruledSchema(t testing.TB) *validate.Schema[Ruled] {
	s, err := validate.New[Ruled](validate.Config{AllowFree: true, MaxItems: 6, MaxString: 40, Patterns: map[string]string{"sku": `[A-Z]\d|[Aa]bc\d{4}`}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// compileSchema makes an implementation of JSON Schema read the exported schema.
func compileSchema(t testing.TB, exported []byte) func(in []byte) error {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(exported))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return func(in []byte) error {
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(in))
		if err != nil {
			return err
		}
		return s.Validate(v)
	}
}

// structural are the codes that a JSON Schema has to refuse as well. Formats are
// missing, because a schema only annotates them. Duplicates are missing too, and so is
// the length in bytes, because a schema counts characters.
var structural = []string{
	"unknown_member", "required", "type", "null", "enum", "items", "max_items", "min_items", "max_members", "min_members",
	"unique_items", "min_length", "min", "max", "exclusive_min", "exclusive_max", "pattern", "range",
}

// schemaDisagreement returns an error if the two disagree about a body where they must
// agree.
func schemaDisagreement(in []byte, refused, invalid error) error {
	switch {
	case refused == nil && invalid != nil:
		return fmt.Errorf("accepted, and invalid: %w", invalid)
	case refused == nil || invalid != nil:
		return nil
	case !jsontext.Value(in).IsValid():
		return nil // a schema neither sees nor counts a duplicate
	}
	if e, ok := errors.AsType[*httperr.Error](refused); ok && slices.ContainsFunc(e.Faults, func(f httperr.Fault) bool { return strings.Contains(*f.Pointer, "/opt") }) {
		return nil // the rules inside a struct with omitempty are not exported
	}
	for _, code := range codesOf(refused) {
		if code == "type" && bytes.Contains(in, []byte("1e3")) {
			return nil // JSON Schema takes it for an integer
		}
		if slices.Contains(structural, code) {
			return fmt.Errorf("valid, and refused: %w", refused)
		}
	}
	return nil
}

func FuzzSchema(f *testing.F) {
	for i := range uint64(400) {
		f.Add(i, uint8(i%6)*30)
	}
	s := ruledSchema(f)
	valid := compileSchema(f, s.JSONSchema())
	f.Fuzz(func(t *testing.T, seed uint64, wild uint8) {
		in := likelyBody(seed, int(wild))
		_, err := s.Decode(nil, request(in))
		if err := schemaDisagreement(in, err, valid(in)); err != nil {
			t.Errorf("%s: %v", in, err)
		}
	})
}

// likelyBody returns a body that is likely to be valid. A body drawn by type alone
// would hardly satisfy thirty rules.
func likelyBody(seed uint64, wild int) []byte {
	var v map[string]json.RawMessage
	if json.Unmarshal(body[Ruled](seed, wild), &v) != nil {
		return body[Ruled](seed, wild)
	}
	good := map[string]string{
		"email": `""`, "kind": `"card"`, "maybe": `"ab"`, "must": `5`, "note": `"ab"`, "sku": `""`, "count": `7`, "rate": `0.5`, "step": `5`,
		"tags": `["a","b"]`, "need": `[1]`, "kids": `[]`, "bare": `[{"name":"","qty":99}]`, "dived": `[{"name":"a"}]`, "by": `{"k":{"name":"n"}}`,
		"names": `{}`, "pair": `[{"name":"a"},{"name":"b"}]`, "bytes": `"AQID"`, "opt": `{"name":""}`, "site": `{"name":"x","qty":50}`, "matrix": `[[-1]]`, "deep": `{"a":[1]}`,
	}
	// One member in eight keeps its random value.
	for i, name := range slices.Sorted(maps.Keys(good)) {
		if _, has := v[name]; has && (seed+uint64(i)*7)%8 != 0 {
			v[name] = json.RawMessage(good[name])
		}
	}
	out, _ := json.Marshal(v)
	return out
}

func TestSchemaDetectsMistakes(t *testing.T) {
	s := ruledSchema(t)
	exported := string(s.JSONSchema())
	type verdict struct {
		in  []byte
		err error
	}
	var all []verdict
	accepted := 0
	for seed := range uint64(2400) {
		in := likelyBody(seed, int(seed%6)*30)
		_, err := s.Decode(nil, request(in))
		all = append(all, verdict{in, err})
		if err == nil {
			accepted++
		}
	}
	if accepted < 200 || accepted > 2200 {
		t.Errorf("%d of %d accepted", accepted, len(all))
	}
	first := func(exported string) error {
		valid := compileSchema(t, []byte(exported))
		for _, v := range all {
			if err := schemaDisagreement(v.in, v.err, valid(v.in)); err != nil {
				return fmt.Errorf("%s: %w", v.in, err)
			}
		}
		return nil
	}
	if err := first(exported); err != nil {
		t.Error(err)
	}
	for _, change := range [][2]string{
		{`"maxItems":3,`, ``}, {`"minItems":1,`, ``}, {`"maxItems":6`, `"maxItems":0`}, {`"additionalProperties":false,`, ``}, {`"must",`, ``}, {`"type":"integer"`, `"type":"number"`},
		{`"maximum":99`, `"maximum":6`}, {`"minimum":1`, `"minimum":0`}, {`"card",`, ``}, {`{"const":""},`, ``}, {`["string","null"]`, `"string"`}, {`"maxProperties":2`, `"maxProperties":0`},
	} {
		broken := strings.ReplaceAll(exported, change[0], change[1])
		if broken == exported {
			t.Errorf("%s is not in the schema\n%s", change[0], exported)
		} else if first(broken) == nil {
			t.Errorf("%q for %q: not detected", change[1], change[0])
		}
	}
}
