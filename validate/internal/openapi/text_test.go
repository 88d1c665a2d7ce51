package openapi_test

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

// newest takes UUIDs of version 7 only, and writes them in capitals.
type newest [16]byte

func (n *newest) UnmarshalText(b []byte) error {
	id, err := uuid.ParseBytes(b)
	if *n = newest(id); err == nil && id.Version() != 7 {
		return errors.New("another version")
	}
	return err
}

func (n newest) String() string { return strings.ToUpper(uuid.UUID(n).String()) }

// UUID is not a UUID in spite of its name: it is 16 bytes in hexadecimal.
type UUID [16]byte

func (u *UUID) UnmarshalText(b []byte) error {
	if len(b) != 32 {
		return errors.New("not 32 digits")
	}
	_, err := hex.Decode(u[:], b)
	return err
}

func (u UUID) String() string { return hex.EncodeToString(u[:]) }

// moody panics in each method.
type moody [16]byte

func (*moody) UnmarshalText([]byte) error { panic("not today") }
func (moody) String() string              { panic("nor this") }

// shownID is a struct with a UUID that it prints.
type shownID struct{ id uuid.UUID }

func (r *shownID) UnmarshalText(b []byte) error { return r.id.UnmarshalText(b) }
func (r shownID) String() string                { return r.id.String() }

type texts struct {
	Plain  uuid.UUID   `json:"plain"`
	Ptr    *uuid.UUID  `json:"ptr"`
	List   []uuid.UUID `json:"list"`
	Ruled  uuid.UUID   `json:"ruled" validate:"omitempty,uuid4"`
	Newest newest      `json:"newest"`
	Hex    UUID        `json:"hex"`
	Moody  moody       `json:"moody"`
	Ref    shownID     `json:"ref"`
	ByRule shownID     `json:"byRule" validate:"uuid"`
	Maybe  shownID     `json:"maybe" validate:"omitempty,uuid4"`
	When   time.Time   `json:"when"`
	Addr   netip.Addr  `json:"addr"`
	ID     uuid.UUID   `path:"id"`
}

func TestFormatsOfTypes(t *testing.T) {
	s := kit.MustNew[texts](t, validate.Config{MaxString: 40})
	var got struct {
		Properties map[string]struct {
			Type   any
			Format string
			Items  struct{ Format string }
			AnyOf  any
		}
	}
	if err := json.Unmarshal(s.JSONSchema(), &got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"plain": "uuid", "ptr": "uuid", "list": "", "ruled": "uuid", "newest": "uuid",
		"hex": "", "moody": "", "ref": "", "byRule": "uuid", "maybe": "",
		"when": "date-time", "addr": "",
	} {
		if p := got.Properties[name]; p.Format != want || p.Type == nil || p.AnyOf != nil {
			t.Errorf("%s: %+v, want format %q", name, p, want)
		}
	}
	if got.Properties["list"].Items.Format != "uuid" {
		t.Errorf("list: %+v", got.Properties["list"])
	}
	if p := string(s.Parameters()); p != `[{"name":"id","in":"path","required":true,"schema":{"format":"uuid","maxLength":40,"type":"string"}}]` {
		t.Errorf("parameters: %s", p)
	}
}

type trimmed struct {
	Kind  string   `json:"kind" mod:"trim,lower" validate:"oneof=a b"`
	Code  string   `json:"code" mod:"trim" validate:"min=2,max=3"`
	Maybe string   `json:"maybe" mod:"trim" validate:"omitempty,min=2,max=3"`
	Mail  string   `json:"mail" mod:"lower" validate:"omitempty,email"`
	List  []string `json:"list" mod:"squeeze" validate:"max=2,dive,max=3"`
	Free  string   `json:"free" mod:"trim"`
}

// A rule behind a mod does not apply to the text as sent, so it is in the description and
// not among the keywords.
func TestJSONSchemaOfMods(t *testing.T) {
	s := kit.MustNew[trimmed](t, validate.Config{MaxString: 40})
	got := s.JSONSchema()
	const want = `{"$schema":"https://json-schema.org/draft/2020-12/schema","additionalProperties":false,"properties":{` +
		`"code":{"description":"After trim: {\"maxLength\":3}","maxLength":40,"minLength":2,"type":"string"},` +
		`"free":{"maxLength":40,"type":"string"},` +
		`"kind":{"description":"After trim, lower: {\"enum\":[\"a\",\"b\"]}","maxLength":40,"type":"string"},` +
		`"list":{"items":{"description":"After squeeze: {\"maxLength\":3}","maxLength":40,"type":"string"},"maxItems":2,"type":["array","null"]},` +
		`"mail":{"description":"After lower: {\"anyOf\":[{\"const\":\"\"},{\"format\":\"email\"}]}","maxLength":40,"type":"string"},` +
		`"maybe":{"description":"After trim: {\"anyOf\":[{\"const\":\"\"},{\"minLength\":2}],\"maxLength\":3}","maxLength":40,"type":"string"}},` +
		`"required":["kind","code"],"title":"trimmed","type":"object"}`
	if string(got) != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	// Both accept the texts as sent; a schema with the rules for the changed text
	// would refuse most of them.
	wrongly := strings.NewReplacer(`"maxLength":40,"minLength":2`, `"maxLength":3`, `"description":"After trim, lower: {\"enum\":[\"a\",\"b\"]}"`, `"enum":["a","b"]`,
		`"maxLength":40`, `"minLength":2,"maxLength":3`).Replace(want)
	refused := 0
	for _, body := range []string{
		`{"kind":" A ","code":"abc"}`, `{"kind":"a","code":"  abc  "}`, `{"kind":"b","code":"abc","maybe":" "}`,
		`{"kind":"b","code":"abc","maybe":"  abc  "}`, `{"kind":"b","code":"abc","list":["a  \t "]}`,
	} {
		if _, err := s.Decode(nil, kit.Post(body)); err != nil {
			t.Errorf("%s: %v", body, err)
		}
		if !readSchema(t, got).valid(body) {
			t.Errorf("%s is accepted, and invalid", body)
		}
		if !readSchema(t, []byte(wrongly)).valid(body) {
			refused++
		}
	}
	if refused != 5 {
		t.Errorf("%d of the bodies show that a schema is wrong", refused)
	}
}
