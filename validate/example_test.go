package validate_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"time"

	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

type CreateNote struct {
	Title string   `json:"title" validate:"required,min=1,max=80"`
	Stars int      `json:"stars" validate:"required,max=5"` // 0 is a value, absence is not
	Tags  []string `json:"tags" validate:"max=10,unique,dive,alphanum"`
}

type Note struct {
	ID    int    `json:"id"`
	Title string `json:"title"`
}

// StatusCode makes the answer 201 instead of 200.
func (*Note) StatusCode() int { return http.StatusCreated }

func Example() {
	mux := http.NewServeMux()
	mux.Handle("POST /notes", validate.Handler(func(ctx context.Context, in *CreateNote) (*Note, error) {
		return &Note{ID: 1, Title: in.Title}, nil
	}))

	id := regexp.MustCompile(`"correlation_id":"[^"]*"`)
	for _, body := range []string{
		`{"title":"Hi","stars":0}`,
		`{"title":"","owner":"me","tags":["a","-"]}`,
	} {
		r := httptest.NewRequest("POST", "/notes", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		fmt.Println(w.Code, strings.NewReplacer("},", "},\n ", "[{", "[\n {").Replace(id.ReplaceAllString(w.Body.String(), `"correlation_id":"…"`)))
	}
	// Output:
	// 201 {"id":1,"title":"Hi"}
	//
	// 400 {"code":"validation_failed","message":"The request is not valid. Correct the faults in errors.","correlation_id":"…","errors":[
	//  {"pointer":"/title","code":"min_length","message":"must have at least 1 character","params":{"min":1}},
	//  {"pointer":"","code":"unknown_member","message":"has a member that is not known"},
	//  {"pointer":"/tags/1","code":"pattern","message":"must have letters and digits only","params":{"name":"alphanum"}},
	//  {"pointer":"/stars","code":"required","message":"is required"}]}
}

// The rules in the tags of a struct that gin or echo has bound so far stay, and New names
// every tag that must change. gin's tag binding is validate here. Its uri is path, and its form
// is query for a URL and form for a body, with the default in the tag default. echo's param is
// path. A field has only one of them. New refuses binding, and it refuses the other tags on a
// field that has no tag of this package.
//
// New also refuses the rules of huma and swag, such as minLength, unless a rule of the field
// says the same. Config.IgnoreTags has the tags that another program still reads.
// To huma a member without omitempty is required, and here it is if the tag validate says so. The
// fields of its Body are those of an embedded struct.
//
// Lists and maps of structs with rules, other than required, need dive. Without dive the
// validator has never run those rules. RegisterValidation is Config.Rules or Config.Patterns.
// A rule for the whole struct, and a rule that asks a database, is the Validate method.
func Example_tagsOfOtherLibraries() {
	type Line struct {
		SKU string `json:"sku" validate:"required,alphanum"`
		Qty int    `json:"qty" validate:"min=1"`
	}
	type before struct {
		ID    string         `uri:"id" binding:"required,uuid"`
		Name  string         `json:"name" minLength:"1" enum:"a,b"`
		Count int            `json:"count,string"`
		Meta  map[string]any `json:"meta"`
		Lines []Line         `json:"lines" validate:"max=50"`
	}
	_, err := validate.New[before](validate.Config{})
	for fault := range strings.SplitSeq(err.Error(), "\n") {
		tag, _, _ := strings.Cut(strings.TrimPrefix(fault, "validate: "), `": `)
		fmt.Println(tag + `"`) // the reason and the fix follow
	}

	type after struct {
		ID    string         `path:"id" validate:"uuid"`
		Name  string         `json:"name" minLength:"1" validate:"min=1,oneof=a b"`
		Count int            `json:"count"`            // with ",string" it would have two types in JSON
		Meta  map[string]any `json:"meta" free:"true"` // any JSON must be declared
		Lines []Line         `json:"lines" validate:"max=50,dive"`
	}
	_, err = validate.New[after](validate.Config{})
	fmt.Println(err)
	// Output:
	// before.ID: "uri:\"id\""
	// before.ID: "binding:\"required,uuid\""
	// before.Name: "minLength:\"1\""
	// before.Name: "enum:\"a,b\""
	// before.Count: "count,string"
	// before.Meta[]: "interface {}"
	// before.Lines: "max=50"
	// <nil>
}

// The rules are those of go-playground/validator. The checks around them are stricter than
// encoding/json and the validator alone: required asks for presence, null needs a type that
// has it, and names are exact.
func Example_comingFromValidator() {
	type Model struct {
		ID        int       `json:"id"`
		CreatedAt time.Time `json:"created_at"`
	}
	type Address struct {
		City string `json:"city" validate:"required,min=1"`
	}
	type Person struct {
		// An embedded Model is a part of the body, so a client can write it. New refuses one
		// with exported fields that have no tag.
		Model `json:"-"`

		// required means that the member is there. It may be 0, "" or false. Add min=1 to
		// text and lists, ne=0 or min=1 to numbers. A required member no longer needs a
		// pointer to tell zero from absent.
		Nick  string `json:"nick" validate:"required"`
		Stars int    `json:"stars" validate:"required,ne=0"`

		// omitempty on a struct that is a value does not make it optional: it must be there
		// if one of its members is required. Use a pointer.
		Home Address  `json:"home" validate:"omitempty"`
		Work *Address `json:"work"`

		// null is for pointers, lists, maps and Optional. encoding/json accepts it for every
		// type, and keeps the value that the field had. A PATCH that tells null from absent has an
		// Optional.
		Note validate.Optional[string] `json:"note"`

		// A time.Time is as in RFC 3339. A date alone, 2026-11-22, is a string with a rule.
		Born string `json:"born" validate:"omitempty,datetime=2006-01-02"`

		// Unknown members are refused, and members in another case than the tag has. To be
		// lenient, declare the members that are ignored.
		Version any `json:"version" free:"true"`
	}
	people, err := validate.New[Person](validate.Config{})
	if err != nil {
		panic(err)
	}
	for _, body := range []string{
		`{"nick":"","stars":1,"home":{"city":"Rome"},"note":null,"born":"2001-11-22","version":2}`,
		`{"nick":"","stars":0}`,
		`{"nick":null,"stars":1,"home":{"city":"Rome"},"Work":{},"created_at":"2001-11-22T00:00:00Z"}`,
	} {
		_, err := people.Decode(nil, kit.Post(body))
		fmt.Println(err)
	}
	// Output:
	// <nil>
	// validation_failed: /stars not, /home required
	// validation_failed: /nick null, (body) unknown_member
}

// A plain HTML form sends an empty input as "", which is not absent. A number refuses it, also
// behind a pointer, and a text needs omitempty before email. A checkbox sends "on", which is no
// bool unless the checkbox has value="true". It sends nothing if it is not checked, so do not
// make it required.
func Example_plainForm() {
	type SignUp struct {
		Email string `form:"email" validate:"omitempty,email"`
		Age   *int   `form:"age"`
		News  bool   `form:"news"`
	}
	forms, err := validate.New[SignUp](validate.Config{})
	if err != nil {
		panic(err)
	}
	for _, body := range []string{"email=&news=true", "email=&age=", "news=on", ""} {
		_, err := forms.Decode(nil, kit.Submit(kit.Urlencoded, body))
		fmt.Println(err)
	}
	// Output:
	// <nil>
	// validation_failed: form age type
	// validation_failed: form news type
	// <nil>
}

// A tag with a mistake checks nothing in many libraries, or panics at the first request. New
// refuses it. Call New when the program starts, and end the program at its error.
func Example_incorrect() {
	type SignUp struct {
		Email string   `json:"email" validate:"required,emial"`
		Tags  []string `json:"tags" binding:"max=5"`
	}
	_, err := validate.New[SignUp](validate.Config{})
	fmt.Println(err)
	// Output:
	// validate: SignUp.Tags: "binding:\"max=5\"": is a tag of another library, whose rules nothing here runs; rename it to validate, where required admits zero: add min=1 if that is not allowed; if another program reads it too, name "binding" in Config.IgnoreTags
	// validate: SignUp.Email: "emial": is not a rule that this package knows; correct its name, or declare a rule of your own in Config.Patterns or Config.Rules; the words of oneof have spaces between them
}
