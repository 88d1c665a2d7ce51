package openapi_test

import (
	"context"
	"encoding/json"
	"math/big"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/validate"
)

type level int

func (level) MarshalText() ([]byte, error) { return []byte("high"), nil }

type opaque struct{ X int }

func (*opaque) MarshalJSON() ([]byte, error) { return []byte(`"x"`), nil }

type tree struct {
	Name  string   `json:"name"`
	Below []tree   `json:"below"`
	Up    *tree    `json:"up"`
	Deep  treeList `json:"deep"`
}

type treeList []treeList

type base struct {
	ID     string `json:"id"`
	Hidden int    `json:"same"`
}

type other struct {
	Same int `json:"same"` // with base.Hidden neither is written
}

//nolint:staticcheck // odd tags are a subject of the test
type everything struct {
	base
	*other
	Named    base              `json:"named"`
	When     time.Time         `json:"when"`
	Maybe    *time.Time        `json:"maybe"`
	Bytes    []byte            `json:"bytes"`
	Pair     [2]bool           `json:"pair"`
	Map      map[string]uint8  `json:"map"`
	ByLevel  map[level]float64 `json:"byLevel,omitempty"`
	Level    level             `json:"level"`
	LevelPtr *level            `json:"levelPtr"`
	Opaque   opaque            `json:"opaque"`
	Raw      json.RawMessage   `json:"raw"`
	Any      any               `json:"any"`
	Number   json.Number       `json:"number"`
	Quoted   int64             `json:"quoted,string"`
	QuotedP  *bool             `json:",string"`
	Zero     time.Time         `json:"zero,omitzero"`
	Ptr      *base             `json:"ptr,omitempty"`
	PtrPtr   **int             `json:"ptrptr,omitempty"`
	Addr     netip.Addr        `json:"addr"`
	Big      *big.Int          `json:"big"`
	Plain    int
	Bad      string   `json:"a\\b"`
	Dash     string   `json:"-,"`
	Skipped  chan int `json:"-"`
	_        chan int
	Struct   struct{ A, B string } `json:"struct"`
}

func result[T any](context.Context, *struct{}) (*T, error) { return nil, nil }

func TestResponseSchema(t *testing.T) {
	_, v := document(t, info, open("GET /a", validate.Handler(result[everything])), open("GET /b", validate.Handler(result[tree])))
	for name, want := range map[string]string{
		"id": `{"type":"string"}`, "same": ``, "named": `{"$ref":"#/components/schemas/base"}`,
		"when": `{"format":"date-time","type":"string"}`, "maybe": `{"format":"date-time","type":["string","null"]}`,
		"bytes": `{"contentEncoding":"base64","type":["string","null"]}`, "pair": `{"items":{"type":"boolean"},"maxItems":2,"minItems":2,"type":"array"}`,
		"map":     `{"additionalProperties":{"minimum":0,"type":"integer"},"type":["object","null"]}`,
		"byLevel": `{"additionalProperties":{"type":"number"},"type":"object"}`,
		"level":   `{"type":"string"}`, "levelPtr": `{"type":["string","null"]}`, "opaque": `{}`, "raw": `{}`, "any": `{}`, "number": `{"type":"number"}`,
		"quoted": `{"type":"string"}`, "QuotedP": `{"type":["string","null"]}`, "zero": `{"format":"date-time","type":"string"}`,
		"ptr": `{"$ref":"#/components/schemas/base"}`, "ptrptr": `{"type":["integer","null"]}`, "addr": `{"type":"string"}`, "big": `{}`,
		"Plain": `{"type":"integer"}`, "Bad": `{"type":"string"}`, "-": `{"type":"string"}`, "Skipped": ``, "_": ``,
		"struct": `{"properties":{"A":{"type":"string"},"B":{"type":"string"}},"required":["A","B"],"type":"object"}`,
	} {
		if got := at(t, v, "components", "schemas", "everything", "properties", name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	const required = `["named","when","maybe","bytes","pair","map","level","levelPtr","opaque","raw","any","number","quoted","QuotedP","addr","big","Plain","Bad","-","struct","id"]`
	if got := at(t, v, "components", "schemas", "everything", "required"); got != required {
		t.Errorf("required: %s", got)
	}
	const ofTree = `{"properties":{"below":{"items":{"$ref":"#/components/schemas/tree"},"type":["array","null"]},` +
		`"deep":{"anyOf":[{"$ref":"#/components/schemas/treeList"},{"type":"null"}]},"name":{"type":"string"},` +
		`"up":{"anyOf":[{"$ref":"#/components/schemas/tree"},{"type":"null"}]}},"required":["name","below","up","deep"],"type":"object"}`
	if got := at(t, v, "components", "schemas", "tree"); got != ofTree {
		t.Errorf("%s", got)
	}
	if got := at(t, v, "components", "schemas", "treeList"); got != `{"items":{"anyOf":[{"$ref":"#/components/schemas/treeList"},{"type":"null"}]},"type":"array"}` {
		t.Errorf("%s", got)
	}
}

type profile struct {
	Name  string `json:"name" view:"public"`
	Email string `json:"email" view:"self"`
	Home  place  `json:"home" view:"self"`
}

type place struct {
	City string `json:"city"`
}

type page struct {
	Profiles []profile `json:"profiles"`
	Next     string    `json:"next"`
}

type shop struct {
	At place `json:"at"`
}

// A view may leave out members of a type with tags, of the types around it and of the types
// in it, also where the same type is a part of another response.
func TestViewsRequireNothing(t *testing.T) {
	_, v := document(t, info,
		open("GET /a-shop", validate.Handler(result[shop])), open("GET /page", validate.Handler(result[page])), open("GET /tree", validate.Handler(result[tree])))
	for _, name := range []string{"profile", "page", "place"} {
		if got := at(t, v, "components", "schemas", name, "required"); got != "" || at(t, v, "components", "schemas", name) == "" {
			t.Errorf("%s requires %s", name, got)
		}
	}
	for name, want := range map[string]string{"shop": `["at"]`, "tree": `["name","below","up","deep"]`} {
		if got := at(t, v, "components", "schemas", name, "required"); got != want {
			t.Errorf("%s requires %s", name, got)
		}
	}
}

// Two types of one name get two components, and one schema used twice gets one.
func TestComponentNames(t *testing.T) {
	type createNote struct { // another than the type of the package
		Other string `json:"other" validate:"required"`
	}
	type Error struct{ X int }
	same := validate.Handler(create)
	_, v := document(t, info,
		open("POST /a", same), open("POST /b", validate.Handler(create)),
		open("POST /c", validate.Handler(func(context.Context, *createNote) (*Error, error) { return nil, nil })),
		open("POST /d", validate.Handler(func(context.Context, *struct {
			A string `json:"a"`
		}) (*createNote, error) {
			return nil, nil
		})),
		open("POST /e", validate.Handle(schemaOf[createNote](t, validate.Config{}), func(context.Context, *createNote) (*created, error) { return nil, nil })))
	for path, want := range map[string]string{"/a": "createNote", "/b": "createNote", "/c": "createNote_2", "/d": "postD", "/e": "createNote_2"} {
		if got := at(t, v, "paths", path, "post", "requestBody", "content", "application/json", "schema"); got != `{"$ref":"#/components/schemas/`+want+`"}` {
			t.Errorf("%s: %s", path, got)
		}
	}
	for path, want := range map[string]string{"/c": "Error_2", "/d": "createNote_3"} {
		if got := at(t, v, "paths", path, "post", "responses", "200", "content", "application/json", "schema"); got != `{"$ref":"#/components/schemas/`+want+`"}` {
			t.Errorf("%s: %s", path, got)
		}
	}
}

// A form has its media types, and needs a body only if a field is required.
func TestForms(t *testing.T) {
	type form struct {
		File validate.File `form:"file" validate:"required"`
	}
	type search struct {
		Text string `form:"text" validate:"max=9"`
	}
	type either struct {
		Title string `json:"title" form:"title" validate:"max=9"`
	}
	_, v := document(t, info,
		open("POST /form", validate.Middleware[form]()(http.NotFoundHandler())),
		open("POST /search", validate.Middleware[search]()(http.NotFoundHandler())), open("POST /either", validate.Middleware[either]()(http.NotFoundHandler())))
	if got := at(t, v, "paths", "/form", "post", "requestBody"); got != `{"content":{"application/x-www-form-urlencoded":{"schema":{"$ref":"#/components/schemas/form"}},"multipart/form-data":{"schema":{"$ref":"#/components/schemas/form"}}},"required":true}` {
		t.Error(got)
	}
	if got := at(t, v, "paths", "/search", "post", "requestBody", "required"); got != "false" {
		t.Error(got)
	}
	if got := at(t, v, "paths", "/either", "post", "requestBody"); got != `{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/either"}},`+
		`"application/x-www-form-urlencoded":{"schema":{"$ref":"#/components/schemas/either"}}},"required":true}` {
		t.Error(got)
	}
}
