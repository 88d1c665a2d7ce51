package validate_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"unicode"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate"
)

// A body is trimmed, then held to its rules. All faults come at once, each with its place.
func Example_createPost() {
	type CreatePost struct {
		Title   string   `json:"title" mod:"trim" validate:"required,min=3,max=200"`
		Content string   `json:"content" validate:"required,max=50000"`
		Tags    []string `json:"tags" validate:"max=10,dive,min=1,max=50"`
	}
	show[CreatePost](validate.Config{},
		`{"title":"  Hello  ","content":"","tags":["go"]}`,
		`{"title":" Hi ","tags":[""],"author":"me"}`,
	)
	// Output:
	// {Title:Hello Content: Tags:[go]}
	// /title min_length, /tags/0 min_length, "" unknown_member, /content required
}

// A rule of the program checks a password, and tells its user what a good one has. A role that
// is not sent is the least one; only the roles of the list can be asked for.
func Example_createUser() {
	type CreateUser struct {
		Email    string `json:"email" mod:"trim,lower" validate:"required,email,max=255"`
		Name     string `json:"name" mod:"trim" validate:"required,min=1,max=100"`
		Password string `json:"password" validate:"required,min=8,max=128,password"`
		Role     string `json:"role" default:"user" validate:"oneof=user moderator"`
	}
	strong := func(value any, _ string) bool {
		s := value.(string)
		return strings.ContainsFunc(s, unicode.IsUpper) && strings.ContainsFunc(s, unicode.IsLower) && strings.ContainsFunc(s, unicode.IsDigit)
	}
	cfg := validate.Config{Rules: map[string]validate.Rule{
		"password": {Check: strong, Message: "must have an upper and a lower case letter and a digit"},
	}}
	show[CreateUser](cfg,
		`{"email":" Ann@Example.com ","name":"Ann","password":"Abcdefg1"}`,
		`{"email":"ann","name":"  ","password":"abcdefgh","role":"admin"}`,
	)
	// Output:
	// {Email:ann@example.com Name:Ann Password:Abcdefg1 Role:user}
	// /email format_email, /name min_length, /password rule_password, /role enum
}

// Metadata of any shape is declared for one field, and the number of its members is limited. A
// name that is there twice is a fault at any depth.
func Example_freeMetadata() {
	type Labelled struct {
		Name     string         `json:"name" validate:"required,max=50"`
		Metadata map[string]any `json:"metadata" free:"true" validate:"max=3,dive,keys,min=1,max=64,endkeys"`
	}
	show[Labelled](validate.Config{},
		`{"name":"a","metadata":{"size":{"x":[1,null]}}}`,
		`{"name":"a","metadata":{"a":1,"b":2,"c":3,"d":4}}`,
		`{"name":"a","metadata":{"a":{"b":1,"b":2}}}`,
	)
	// Output:
	// {Name:a Metadata:map[size:map[x:[1 <nil>]]]}
	// /metadata max_members
	// /metadata duplicate_member
}

// Metadata that is text is a map of text. The fault of a value is at the map, because a client
// chose the names in it.
func Example_textMetadata() {
	type Tagged struct {
		Metadata map[string]string `json:"metadata" validate:"required,max=10,dive,keys,max=64,endkeys,max=5"`
	}
	show[Tagged](validate.Config{},
		`{"metadata":{"team":"blue"}}`,
		`{"metadata":{"team":"purple"}}`,
		`{"metadata":{"team":7}}`,
	)
	// Output:
	// {Metadata:map[team:blue]}
	// /metadata max_length
	// /metadata type
}

// UpdatePost changes the members that are sent. At least one is.
type UpdatePost struct {
	Title   validate.Optional[string]   `json:"title" mod:"trim" validate:"min=3,max=200"`
	Content validate.Optional[string]   `json:"content" validate:"max=50000"`
	Tags    validate.Optional[[]string] `json:"tags" validate:"max=10,dive,min=1"`
}

// Validate implements the rule that no tag can express.
func (u *UpdatePost) Validate(context.Context) error {
	if !u.Title.Set && !u.Content.Set && !u.Tags.Set {
		return validate.Fault("", "at_least_one", "must have at least one of title, content and tags")
	}
	return nil
}

// A partial update tells absent from null from a value.
func Example_updatePost() {
	show[UpdatePost](validate.Config{},
		`{"title":" New ","tags":null}`,
		`{}`,
		`{"title":"  a  ","tags":[""]}`,
	)
	// Output:
	// {Title:{Set:true Null:false Value:New} Content:{Set:false Null:false Value:} Tags:{Set:true Null:true Value:[]}}
	// "" at_least_one
	// /title min_length, /tags/0 min_length
}

// A query is read as strictly as a body. What is absent has its default, and a name to sort by is
// one of a list, so that it can stand in a query of a database.
func Example_listPosts() {
	type ListPosts struct {
		Page   int    `query:"page" default:"1" validate:"min=1"`
		Limit  int    `query:"limit" default:"20" validate:"min=1,max=100"`
		Sort   string `query:"sort" default:"created_at" validate:"oneof=created_at updated_at title"`
		Order  string `query:"order" default:"desc" validate:"oneof=asc desc"`
		Search string `query:"search" mod:"trim" validate:"max=100"`
	}
	posts, err := validate.New[ListPosts](validate.Config{})
	if err != nil {
		panic(err)
	}
	for _, query := range []string{"", "page=2&limit=5&sort=title&order=asc&search=a+b", "page=0&limit=1000&sort=id;drop", "page=1&page=2&sort=id"} {
		in, err := posts.Decode(nil, httptest.NewRequest("GET", "/posts?"+query, http.NoBody))
		fmt.Println(outcome(in, err))
	}
	// Output:
	// {Page:1 Limit:20 Sort:created_at Order:desc Search:}
	// {Page:2 Limit:5 Sort:title Order:asc Search:a b}
	// query syntax
	// query page duplicate, query sort enum
}

// An optional number is a pointer: absent it is nil, and if it is sent its rules hold, for 0 too.
func Example_signUp() {
	type SignUp struct {
		Email string `json:"email" validate:"required,email,max=254"`
		Role  string `json:"role" validate:"required,oneof=user admin"`
		Age   *int   `json:"age" validate:"omitempty,min=13,max=120"`
	}
	show[SignUp](validate.Config{Status: http.StatusUnprocessableEntity},
		`{"email":"ann@example.com","role":"user"}`,
		`{"email":"ann@example.com","role":"user","age":0}`,
		`{"email":"ann@example.com","role":"user","age":"20"}`,
	)
	// Output:
	// {Email:ann@example.com Role:user Age:<nil>}
	// /age min
	// /age type
}

// show prints what a schema makes of each body: the value, or the faults.
func show[T any](cfg validate.Config, bodies ...string) {
	schema, err := validate.New[T](cfg)
	if err != nil {
		panic(err)
	}
	for _, body := range bodies {
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		in, err := schema.Decode(nil, r)
		fmt.Println(outcome(in, err))
	}
}

// outcome returns the text of a value, or of the faults in err, each with its place.
func outcome[T any](in *T, err error) string {
	if err == nil {
		return fmt.Sprintf("%+v", *in)
	}
	e, ok := errors.AsType[*httperr.Error](err)
	if !ok {
		return err.Error()
	}
	var list []string
	for _, f := range e.Faults {
		place := strings.TrimSpace(f.In + " " + f.Name)
		if f.Pointer != nil {
			place = *f.Pointer
			if place == "" {
				place = `""`
			}
		}
		list = append(list, place+" "+f.Code)
	}
	return strings.Join(list, ", ")
}
