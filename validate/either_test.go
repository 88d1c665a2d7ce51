package validate_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

type eitherBase struct {
	Kind string `form:"kind" json:"kind" default:"note" validate:"oneof=note memo"`
}

// A post is sent by a script as JSON, and by a browser as a form.
type post struct {
	ID string `path:"id"`
	eitherBase
	Title string    `form:"title" json:"title" mod:"trim" validate:"required,min=2,max=5"`
	Stars *int8     `form:"stars" json:"stars" validate:"omitempty,max=9"`
	Tags  []string  `form:"tags" json:"tags,omitempty" style:"repeat" validate:"max=2,dive,max=3"`
	Memo  string    `form:"memo" json:"memo" validate:"required_if=Kind memo,max=4"`
	Again string    `form:"again" json:"again" validate:"eqfield=Memo"`
	At    time.Time `form:"at" json:"at"`
}

func (p *post) Validate(context.Context) error {
	switch p.Title {
	case "taken":
		return validate.Fault("/title", "title_taken", "is taken")
	case "form":
		return validate.FaultIn("form", "title", "title_taken", "is taken")
	case "whole":
		return validate.Fault("", "whole", "is wrong")
	case "tag":
		return validate.Fault("/tags/0", "tag", "is wrong")
	case "query":
		return validate.FaultIn("path", "id", "id", "is wrong")
	}
	return nil
}

var ofPosts = validate.Config{Path: func(*http.Request, string) string { return "1" }}

// Both bodies have the same faults, each at a place in the body that was sent.
func TestEither(t *testing.T) {
	s := kit.MustNew[post](t, ofPosts)
	for _, tc := range []struct{ form, asForm, json, asJSON string }{
		{"title=+ab+", "", `{"title":" ab "}`, ""},
		{"title=ab&stars=9&tags=a&tags=b&at=2026-01-02T03:04:05Z", "", `{"title":"ab","stars":9,"tags":["a","b"],"at":"2026-01-02T03:04:05Z"}`, ""},
		{"", "form title required", `{}`, "/title required"},
		{"title=", "form title min_length", `{"title":""}`, "/title min_length"},
		{"title=abcdef", "form title max_length", `{"title":"abcdef"}`, "/title max_length"},
		{"title=ab&stars=10", "form stars max", `{"title":"ab","stars":10}`, "/stars max"},
		{"title=ab&stars=200", "form stars range", `{"title":"ab","stars":200}`, "/stars range"},
		{"title=ab&stars=x", "form stars type", `{"title":"ab","stars":"x"}`, "/stars type"},
		{"title=ab&tags=a&tags=b&tags=c", "form tags max_items", `{"title":"ab","tags":["a","b","c"]}`, "/tags max_items"},
		{"title=ab&tags=a&tags=abcd", "form tags max_length", `{"title":"ab","tags":["a","abcd"]}`, "/tags/1 max_length"},
		{"title=ab&kind=memo", "form memo required", `{"title":"ab","kind":"memo"}`, "/memo required"},
		{"title=ab&kind=memo&memo=a&again=a", "", `{"title":"ab","kind":"memo","memo":"a","again":"a"}`, ""},
		{"title=ab&kind=x", "form kind enum", `{"title":"ab","kind":"x"}`, "/kind enum"},
		{"title=ab&memo=a&again=b", "form again compare", `{"title":"ab","memo":"a","again":"b"}`, "/again compare"},
		{"title=ab&at=2026", "form at format_date_time", `{"title":"ab","at":"2026"}`, "/at format_date_time"},
		{"title=ab&title=ab", "form title duplicate", `{"title":"ab","title":"ab"}`, "/title duplicate_member"},
		{"title=ab&Title=ab", "form  unknown_parameter", `{"title":"ab","Title":"ab"}`, " unknown_member"},
		{"title=taken", "form title title_taken", `{"title":"taken"}`, "/title title_taken"},
		{"title=form", "form title title_taken", `{"title":"form"}`, "/title title_taken"},
		{"title=whole", " whole", `{"title":"whole"}`, " whole"},
		{"title=tag", "form tags tag", `{"title":"tag"}`, "/tags/0 tag"},
		{"title=query", "path id id", `{"title":"query"}`, "path id id"},
		{"title=%zz", "form  syntax", `{"title":}`, "/title syntax"},
	} {
		kit.AnswersTo(t, s, kit.Submit(kit.Urlencoded, tc.form), tc.asForm)
		kit.AnswersTo(t, s, kit.Submit(kit.Urlencoded+"; charset=utf-8", tc.form), tc.asForm)
		kit.AnswersTo(t, s, kit.Post(tc.json), tc.asJSON)
	}
}

// The text of a fault speaks of parameters in a form, and of members in JSON.
func TestEitherMessages(t *testing.T) {
	s := kit.MustNew[post](t, ofPosts)
	for media, body := range map[string][2]string{
		"parameter": {kit.Urlencoded, "title=ab&memo=a&again=b"},
		"member":    {"application/json", `{"title":"ab","memo":"a","again":"b"}`},
	} {
		_, err := s.Decode(nil, kit.Submit(body[0], body[1]))
		e, ok := errors.AsType[*httperr.Error](err)
		if !ok || e.Faults[0].Message != "must be equal to another "+media || e.Faults[0].Params["with"] != "memo" {
			t.Errorf("%s: %+v", media, e.Faults)
		}
	}
}

// The Content-Type alone decides.
func TestEitherMediaTypes(t *testing.T) {
	vendor := ofPosts
	vendor.MediaTypes = []string{"application/vnd.a+json"}
	for _, tc := range []struct {
		cfg         validate.Config
		media, body string
		status      int
	}{
		{ofPosts, "application/json", `{"title":"ab"}`, 200},
		{ofPosts, "application/json", `title=ab`, 400},
		{ofPosts, kit.Urlencoded, `{"title":"ab"}`, 400},
		{ofPosts, "Application/X-WWW-Form-Urlencoded", `title=ab`, 200},
		{ofPosts, "multipart/form-data; boundary=b", "--b--\r\n", 415},
		{ofPosts, "text/plain", `title=ab`, 415},
		{ofPosts, "application/json", ``, 400},
		{vendor, "application/vnd.a+json", `{"title":"ab"}`, 200},
		{vendor, kit.Urlencoded, `title=ab`, 200},
		{vendor, "application/json", `{"title":"ab"}`, 415},
	} {
		res, _ := kit.Send(kit.MustNew[post](t, tc.cfg), kit.Submit(tc.media, tc.body))
		if _ = res.Body.Close(); res.StatusCode != tc.status {
			t.Errorf("%s %s: %d, want %d", tc.media, tc.body, res.StatusCode, tc.status)
		}
	}
}

// A handler that finds a fault does not know how the value was sent.
func TestEitherFaultOfHandler(t *testing.T) {
	h := validate.Handle(kit.MustNew[post](t, ofPosts), func(context.Context, *post) (*struct{}, error) {
		return nil, validate.Fault("/memo", "memo_taken", "is taken")
	})
	for body, media := range map[string]string{"title=ab": kit.Urlencoded, `{"title":"ab"}`: "application/json"} {
		e, err := mwtest.ReadEnvelope(kit.Serve(h, kit.Submit(media, body)))
		want := map[string]string{kit.Urlencoded: "form memo memo_taken", "application/json": "/memo memo_taken"}[media]
		if err != nil || strings.Join(kit.Sourced(e), ",") != want {
			t.Errorf("%s: %+v, %v", body, e, err)
		}
	}
}

func TestEitherRefused(t *testing.T) {
	type mixed struct {
		A string        `form:"a" json:"a"`
		B string        `form:"b"`
		C string        `json:"c"`
		D string        `form:"d" json:"D"`
		E string        `form:"e" json:",omitempty"`
		F validate.File `form:"f" json:"f"`
		G struct {
			H string `form:"h" json:"h"`
		} `form:"g" json:"g"`
		Q string `query:"q" json:"q"`
	}
	mwtest.Faults(t, newError[mixed](),
		`validate: mixed: "b": is a field of a form only, and other fields are members of JSON too; tag it json:"b" as well`,
		`validate: mixed: "c": is a member of JSON only, and other fields are read from a form; tag it form:"c", or json:"-"`,
		`validate: mixed.D: "d": is the name in a form of a field that JSON has as "D"; give it one name in both`,
		`validate: mixed.E: "e": is the name in a form of a field that JSON has as "E"`,
		`validate: mixed.F: "validate.File": is a file, which JSON has none of`,
		`validate: mixed.G: "struct { H string \"form:\\\"h\\\" json:\\\"h\\\"\" }": is not a type that a parameter can have`,
		"validate: ", `validate: mixed.Q: "q": is a member of the body, and the field is read from the query`)
}

// The description is that of the members, which are the fields of the form too.
func TestEitherInOpenAPI(t *testing.T) {
	type jsonOnly struct {
		Title string   `json:"title" validate:"required,max=5"`
		Tags  []string `json:"tags" validate:"max=2"`
	}
	type both struct {
		Title string   `json:"title" form:"title" validate:"required,max=5"`
		Tags  []string `json:"tags" form:"tags" style:"repeat" validate:"max=2"`
	}
	a, b := string(kit.MustNew[jsonOnly](t, validate.Config{}).JSONSchema()), string(kit.MustNew[both](t, validate.Config{}).JSONSchema())
	if strings.Replace(a, "jsonOnly", "both", 1) != b {
		t.Errorf("%s\n%s", a, b)
	}
}

// FuzzEither asserts that a form and a JSON body with the same values are both admitted, as the
// same value, or have the same faults.
func FuzzEither(f *testing.F) {
	f.Add("ab", "9", "a", "b", "note", "m", "m")
	f.Add("  é ", "-129", "abcd", "", "memo", "", "x")
	f.Add("taken", "01", "日本語字", "\x00", "", "mmmmm", "mmmmm")
	s := kit.MustNew[post](f, ofPosts)
	f.Fuzz(func(t *testing.T, title, stars, one, two, kind, memo, again string) {
		whole := json.Valid([]byte(stars)) && strings.Trim(stars, "-0123456789") == ""
		if !whole || !utf8.ValidString(strings.Join([]string{title, one, two, kind, memo, again}, " ")) {
			return
		}
		form := url.Values{"title": {title}, "stars": {stars}, "tags": {one, two}, "kind": {kind}, "memo": {memo}, "again": {again}}
		body, _ := json.Marshal(map[string]any{
			"title": title, "stars": json.Number(stars), "tags": []string{one, two}, "kind": kind, "memo": memo, "again": again,
		})
		a, wrong := s.Decode(nil, kit.Submit(kit.Urlencoded, form.Encode()))
		b, err := s.Decode(nil, kit.Post(string(body)))
		if x, y := fieldsOf(wrong), fieldsOf(err); !slices.Equal(x, y) || !reflect.DeepEqual(a, b) {
			t.Fatalf("%s: %q %+v\n%s: %q %+v", form.Encode(), x, a, body, y, b)
		}
	})
}

// fieldsOf returns the faults in err as "field code", in order and without repetition.
func fieldsOf(err error) []string {
	e, _ := errors.AsType[*httperr.Error](err)
	var list []string
	for i := 0; e != nil && i < len(e.Faults); i++ {
		name := e.Faults[i].Name
		if p := e.Faults[i].Pointer; p != nil && *p != "" {
			name, _, _ = strings.Cut((*p)[1:], "/")
		}
		list = append(list, cmp.Or(name, "body")+" "+e.Faults[i].Code)
	}
	slices.Sort(list)
	return slices.Compact(list)
}
