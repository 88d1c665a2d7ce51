package services

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

// 1: a struct for JSON and for forms, accepted as it is.
func TestFiberLogin(t *testing.T) {
	type login struct {
		Email    string `json:"email" form:"email" xml:"email" validate:"required,email"`
		Password string `json:"password" form:"password" xml:"password" validate:"required,min=8,max=72"`
		Remember bool   `json:"remember" form:"remember" xml:"remember"`
	}
	admits[login](t, "POST /login", validate.Config{},
		request{body: `{"email":"a@b.co","password":"12345678"}`},
		request{body: "form:email=a%40b.co&password=12345678&remember=true"},
		request{body: `{"email":"a","password":"1"}`, want: "/email format_email,/password min_length"},
		request{body: "form:email=a&remember=on", want: "form email format_email,form password required,form remember type"})
}

// 2: the part of a path has the tag params.
func TestFiberParams(t *testing.T) {
	type before struct {
		ID   uint   `params:"id" validate:"required"`
		Name string `json:"name" validate:"required,min=3,max=32"`
	}
	moved[before](t, `validate: before.ID: "params:\"id\"": is how another library says where a field comes from: here it would be a member of the body, `+
		`which the client can write; tag it path`)
	type after struct {
		ID   uint   `path:"id" validate:"min=1"`
		Name string `json:"name" validate:"required,min=3,max=32"`
	}
	admits[after](t, "PUT /users/{id}", validate.Config{},
		request{target: "/users/7", body: `{"name":"Ann"}`},
		request{target: "/users/7", body: `{"ID":9,"name":"Ann"}`, want: " unknown_member"},
		request{target: "/users/-1", body: `{"name":"A"}`, want: "path id type,/name min_length"})
}

// 3: a header has the tag reqHeader, and a list in a query says how it is sent.
func TestFiberSearch(t *testing.T) {
	type before struct {
		Tenant string   `reqHeader:"X-Tenant" validate:"required"`
		Query  string   `query:"q" validate:"max=80"`
		IDs    []string `query:"ids"`
	}
	moved[before](t, `validate: before.Tenant: "reqHeader:\"X-Tenant\"": `, `validate: before.IDs: does not say how the list is sent`)
	type after struct {
		Tenant string   `header:"X-Tenant" validate:"required,alphanum"`
		Query  string   `query:"q" validate:"max=80"`
		IDs    []string `query:"ids[]" style:"brackets" validate:"max=20,dive,min=1"`
	}
	tenant := [2]string{"X-Tenant", "a1"}
	admits[after](t, "GET /search", validate.Config{},
		request{target: "/search?q=x&ids[]=a&ids[]=b", header: tenant},
		request{target: "/search?q=x", want: "header X-Tenant required"},
		request{target: "/search?ids=a", header: tenant, want: "query  unknown_parameter"})
}

// 4: required refuses zero in the validator, and admits it here: a rule says what it must be.
func TestFiberProduct(t *testing.T) {
	type product struct {
		Name  string  `json:"name" validate:"required,min=1"`
		Price float64 `json:"price" validate:"required,gt=0"`
		Stock int     `json:"stock" validate:"required,gte=0"`
		Tags  []int   `json:"tags" validate:"dive,min=1"`
	}
	admits[product](t, "POST /products", validate.Config{},
		request{body: `{"name":"a","price":0.5,"stock":0,"tags":null}`},
		request{body: `{"name":"","price":0}`, want: "/name min_length,/price exclusive_min,/stock required"})
}

// 5: elements of a list that are structs may be required, and must be reached by dive.
func TestFiberOrder(t *testing.T) {
	type line struct {
		SKU string `json:"sku" validate:"required,uppercase"`
		Qty int    `json:"qty" validate:"min=1,max=99"`
	}
	type before struct {
		Lines []line `json:"lines" validate:"required,min=1"`
	}
	moved[before](t, `validate: before.Lines: "required,min=1": has structs in it with rules, and no dive`)
	type after struct {
		Lines []line `json:"lines" validate:"required,min=1,max=50,dive,required"`
	}
	admits[after](t, "POST /orders", validate.Config{},
		request{body: `{"lines":[{"sku":"A","qty":1}]}`}, request{body: `{"lines":[]}`, want: "/lines min_items"},
		request{body: `{"lines":[{"sku":"A","qty":1},null,{}]}`, want: "/lines/1 null,/lines/2/sku required,/lines/2/qty required"})
}

type fiberSignup struct {
	Email string `json:"email" form:"email"`
	Again string `json:"again" form:"again"`
}

// Validate has the name of the method here, and the result of another library.
func (fiberSignup) Validate() error { return nil }

type signup fiberSignup

func (s *signup) Validate(context.Context) error {
	if s.Email != s.Again {
		return validate.Fault("/again", "not_the_same", "is not the same address")
	}
	return nil
}

// 6: a method Validate of another type would never be called.
func TestFiberValidateMethod(t *testing.T) {
	moved[fiberSignup](t, `validate: fiberSignup: "fiberSignup": has a method Validate that is not func(context.Context) error, and so is not called`)
	admits[signup](t, "POST /signup", validate.Config{},
		request{body: `{"email":"a","again":"a"}`}, request{body: "form:email=a&again=a"},
		request{body: `{"email":"a","again":"b"}`, want: "/again not_the_same"},
		request{body: "form:email=a&again=b", want: "form again not_the_same"})
}

// 7: dates and filters of a report.
func TestFiberReport(t *testing.T) {
	type before struct {
		From  time.Time `query:"from" time_format:"2006-01-02"`
		Group string    `query:"group,default:day"`
	}
	moved[before](t, `validate: before.From: "time_format:\"2006-01-02\"": `, `validate: before.Group: "group,default:day": is not the name of a parameter`)
	type after struct {
		From   string  `query:"from" validate:"required,datetime=2006-01-02"`
		To     string  `query:"to" validate:"required_with=From,omitempty,datetime=2006-01-02"`
		Group  string  `query:"group" default:"day" validate:"oneof=day week"`
		Format *string `query:"format" validate:"omitempty,oneof=csv json"`
	}
	admits[after](t, "GET /report", validate.Config{},
		request{target: "/report?from=2026-01-02&to=2026-01-31"},
		request{target: "/report?from=2026-1-2&format=xls", want: "query from format_date_time,query format enum,query to required"})
}

// 8: an upload with a title.
func TestFiberUpload(t *testing.T) {
	type before struct {
		Title string        `form:"title" json:"title" validate:"required"`
		Photo validate.File `form:"photo" json:"photo" validate:"required"`
	}
	moved[before](t, `validate: before.Photo: "validate.File": is a file, which JSON has none of`)
	type after struct {
		Title string         `form:"title" validate:"required,max=80"`
		Tags  []string       `form:"tags[]" style:"brackets" validate:"max=3"`
		Photo *validate.File `form:"photo" accept:"image/png"`
	}
	admits[after](t, "POST /photos", validate.Config{},
		request{body: "form:title=a&tags[]=b&tags%5B%5D=c"}, request{body: "form:title=a&photo=x", want: "form photo type"},
		request{body: `{"title":"a"}`, want: "unsupported_media_type"})
}

// 9: two versions of one struct that serves another binder too.
func TestFiberSharedStruct(t *testing.T) {
	type before struct {
		Name string `json:"name" binding:"required" validate:"required,min=1"`
		Kind string `json:"kind" enums:"a,b" example:"a"`
	}
	moved[before](t, `validate: before.Name: "binding:\"required\"": is a tag of another library`, `validate: before.Kind: "enums:\"a,b\"": `)
	type after struct {
		Name string `json:"name" binding:"required" validate:"required,min=1"`
		Kind string `json:"kind" enums:"a,b" example:"a" validate:"oneof=a b"`
	}
	admits[after](t, "POST /things", validate.Config{IgnoreTags: []string{"binding"}},
		request{body: `{"name":"x","kind":"a"}`}, request{body: `{"name":"","kind":"c"}`, want: "/name min_length,/kind enum"})
}

// 10: a bulk change, and a slash command whose sender adds fields to its form.
func TestFiberBulk(t *testing.T) {
	type change struct {
		ID   int64  `json:"id" validate:"required,min=1"`
		Name string `json:"name" validate:"required,min=1"`
	}
	moved[[]change](t, `validate: []services.change: "[]services.change": is not a struct that encoding/json decodes by its fields; write the type without a *, wrap it in a struct, or for a body that is an array use validate.List`)
	admits[validate.List[change]](t, "PATCH /things", validate.Config{MaxItems: 2},
		request{body: `[{"id":1,"name":"a"}]`}, request{body: `[{"id":0,"name":"a"},{"id":"1"}]`, want: "/0/id min,/1/id type,/1/name required"})
	type command struct {
		Text string `form:"text" validate:"max=100"`
		User string `form:"user_id" validate:"required"`
	}
	admits[command](t, "POST /command", validate.Config{IgnoreUnknown: []string{"*"}},
		request{body: "form:text=hi&user_id=U1&team_domain=x&is_enterprise=false"},
		request{body: "form:text=hi&team=1&team=2&User_ID=U1", want: "form user_id required,form  duplicate,form  unknown_parameter"})
}

// The status of a service that answers 422 is the status of all its schemas.
func TestFiberStatus(t *testing.T) {
	type in struct {
		Age int `json:"age" validate:"gte=18"`
	}
	schema, err := validate.New[in](validate.Config{Defaults: validate.Defaults{Status: http.StatusUnprocessableEntity}})
	if err != nil {
		t.Fatal(err)
	}
	res, _ := kit.Send(schema, kit.Post(`{"age":17}`))
	if _ = res.Body.Close(); res.StatusCode != 422 {
		t.Errorf("status %d", res.StatusCode)
	}
}
