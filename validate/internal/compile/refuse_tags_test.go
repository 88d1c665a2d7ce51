package compile_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

type ginInner struct {
	Deep string `json:"deep" binding:"required"`
}

type ginRequest struct {
	Name   string     `json:"name" binding:"required"`
	Ignore string     `json:"-" binding:"required"`
	Query  string     `query:"q" binding:"-"`
	Both   string     `json:"both" binding:"required" validate:"min=1"`
	In     []ginInner `json:"in"`
	hidden string     `binding:"required"`
}

// A rule of another library is refused, because nothing would run it.
func TestRulesOfOtherLibrariesRefused(t *testing.T) {
	_ = ginRequest{}.hidden
	_, err := validate.New[ginRequest](validate.Config{})
	const reason = `: "binding:\"required\"": is a tag of another library, whose rules nothing here runs; rename it to validate, where required admits zero: add min=1`
	mwtest.Faults(t, err, "validate: ginRequest.Name"+reason, "validate: ginRequest.Ignore"+reason, "validate: ginRequest.Query",
		"validate: ginRequest.Both"+reason, "validate: ginInner.Deep"+reason, "validate: ginRequest.hidden"+reason)

	type asaskevich struct {
		Mail string `json:"mail" valid:"email,required"`
	}
	_, err = validate.New[asaskevich](validate.Config{})
	mwtest.Faults(t, err, `validate: asaskevich.Mail: "valid:\"email,required\"": is a tag of another library, whose rules nothing here runs; write its rules in a tag validate`)
}

// A field with the source tag of another library would be a member of the body.
func TestSourcesOfOtherLibrariesRefused(t *testing.T) {
	type bound struct {
		URI    string `uri:"id"`
		Param  string `param:"id"`
		Params string `params:"id"`
		Cookie string `cookie:"session"`
		Schema string `schema:"page"`
		In     string `in:"query=page"`
		Req    string `reqHeader:"X-Trace"`
		hidden string `uri:"id"`
	}
	_ = bound{}.hidden
	_, err := validate.New[bound](validate.Config{})
	const reason = "is how another library says where a field comes from: here it would be a member of the body, which the client can write; "
	mwtest.Faults(t, err,
		`validate: bound.URI: "uri:\"id\"": `+reason+`tag it path, or json:"URI" if it is a member`, "validate: bound.Param: \"param:\\\"id\\\"\": "+reason+"tag it path",
		"validate: bound.Params", "validate: bound.Cookie: \"cookie:\\\"session\\\"\": "+reason+"let authn read credentials",
		"validate: bound.Schema: \"schema:\\\"page\\\"\": "+reason+"tag it query, or form", "validate: bound.In: \"in:\\\"query=page\\\"\": "+reason+"tag it path, query or header", "validate: bound.Req")
}

type Ref struct {
	ID string `path:"id" uri:"id" param:"id"`
}

type shared struct {
	Ref     `in:"path"`
	Page    int    `query:"page" schema:"page" db:"page"`
	Session string `json:"-" cookie:"session"`
	Match   string `header:"If-Match" reqHeader:"If-Match"`
	Title   string `json:"title" schema:"title" uri:"title" db:"title" gorm:"column:title;not null" xml:"title,attr" yaml:"title" example:"A \"title\""`
	Plain   string
	Empty   string `json:",omitempty" in:"body" bson:"empty"`
}

// A struct may serve two libraries if each field has a tag of this package.
func TestSharedStructs(t *testing.T) {
	s := kit.MustNew[shared](t, validate.Config{})
	r := kit.Post(`{"title":"a","Plain":"b"}`)
	r.SetPathValue("id", "7")
	r.Pattern = "POST /{id}"
	v, err := s.Decode(nil, r)
	if err != nil || v.ID != "7" || v.Title != "a" || v.Plain != "b" {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestTagsInAnotherCaseRefused(t *testing.T) {
	type inner struct {
		Deep int `json:"deep" Validate:"min=1"`
	}
	type in struct {
		A string  `json:"a" VALIDATE:"required"`
		B string  `JSON:"b"`
		C []inner `json:"c"`
		D string  `json:"d" modes:"trim" bson:"i" Doc:"it"`
	}
	_, err := validate.New[in](validate.Config{})
	const reason = "is a tag that nothing here reads: the case of a key counts; write "
	mwtest.Faults(t, err, `validate: in.A: "VALIDATE": `+reason+"validate", `validate: in.B: "JSON": `+reason+"json", `validate: inner.Deep: "Validate": `+reason+"validate")
}

func TestNamesOfOtherLibrariesRefused(t *testing.T) {
	type ginForm struct {
		Page int    `form:"page,default=1"`
		Skip string `form:"-"`
	}
	_, err := validate.New[ginForm](validate.Config{})
	mwtest.Faults(t, err, `validate: ginForm.Page: "page,default=1": is not the name of a parameter`, `validate: ginForm.Skip: "-": is not the name of a parameter`)
	for _, want := range []string{"write the name alone (default, style and validate are tags of their own)", `or json:"-" for a field`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	type brackets struct {
		A string `query:"a[b]"`
		B string `query:"b,required"`
	}
	_, err = validate.New[brackets](validate.Config{})
	mwtest.Faults(t, err, `validate: brackets.A: "a[b]": has brackets, which no parser here expands`, `validate: brackets.B: "b,required": is not the name of a parameter: letters, digits and ._~:$@- of ASCII; write the name alone`)
}

type renderBind struct {
	Name string `json:"name"`
}

// Bind is the method of chi/render.
func (*renderBind) Bind(*http.Request) error { return nil }

type humaResolve struct {
	In renderBind `json:"in"`
}

// Resolve is the method of huma, which has a context of its own.
func (humaResolve) Resolve(context.Context) []error { return nil }

// resolved has a method Validate beside the one that huma calls.
type resolved struct{ humaResolve }

func (resolved) Validate(context.Context) error { return nil }

// resolver has another method of the name.
type resolver struct {
	Name string `json:"name"`
}

func (resolver) Resolve() string { return "" }

// A method by which another library lets a request check itself would not be called.
func TestMethodsOfOtherLibrariesRefused(t *testing.T) {
	_, err := validate.New[humaResolve](validate.Config{})
	mwtest.Faults(t, err, `validate: humaResolve: "humaResolve": has a method Resolve that another library calls to check a request, and nothing here does`,
		`validate: humaResolve.In: "renderBind": has a method Bind that another library calls`)
	_, err = validate.New[struct {
		In []resolved `json:"in" validate:"dive"`
		By resolver   `json:"by"`
	}](validate.Config{})
	mwtest.Faults(t, err, `validate: humaResolve.In: "renderBind": has a method Bind`)
}

// A field Body without a tag is the whole body to huma. A text is a member in any library.
func TestBodyOfOtherLibrariesRefused(t *testing.T) {
	type note struct {
		Body  string
		Inner struct{ Body struct{ A int } } `json:"inner"`
	}
	if _, err := validate.New[note](validate.Config{}); err != nil {
		t.Error(err)
	}
	type body struct {
		Body *struct{ A int }
	}
	_, err := validate.New[body](validate.Config{})
	mwtest.Faults(t, err, `validate: body.Body: "*struct { A int }": is how another library says which field is the body: here it would be the member Body of the body; `+
		`embed its struct, make a list a validate.List, or tag it json:"Body"`)
}
