package view_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/authz/view"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

const issuer = "https://id.example"

type base struct {
	ID      string    `json:"id" view:"public"`
	Created time.Time `json:"created,omitzero" view:"public"`
	Trace   string    `json:"trace"`
}

type address struct {
	City   string `json:"city" view:"public"`
	Street string `json:"street" view:"admin"`
}

type comment struct {
	Author string `json:"author" view:"public"`
	Text   string `json:"text" view:"public"`
	IP     string `json:"ip" view:"self,admin"`
	Owner  string `json:"owner"`
}

type user struct {
	base
	Name     string            `json:"name" view:"public"`
	Email    string            `json:"email" view:"self,admin"`
	Age      int               `json:"age,string" view:"self"`
	Password string            `json:"password"`
	Home     *address          `json:"home,omitempty" view:"self,admin"`
	Labels   map[string]string `json:"labels,omitempty" view:"public,keys=team|office"`
	Texts    map[string]int    `json:"texts,omitempty" view:"admin,keys=*"`
	Raw      json.RawMessage   `json:"raw,omitempty" view:"public,keys=a|b"`
	Any      any               `json:"any,omitempty" view:"admin,keys=*"`
	Comments []comment         `json:"comments,omitempty" view:"public"`
	Grid     [][]int           `json:"grid,omitempty" view:"public"`
}

var admin = map[string]authz.Requirement{"admin": authz.AnyRole("admin")}

var commentOwner = view.OwnerOf(func(c *comment) (string, string) { return "", c.Owner })

func build[T any](t testing.TB, cfg view.Config) *view.View[T] {
	t.Helper()
	return mwtest.Must[*view.View[T]](t)(view.New[T](cfg))
}

func users(t testing.TB) *view.View[user] {
	t.Helper()
	return build[user](t, view.Config{Views: admin, Owners: []view.Owner{commentOwner}, Issuer: issuer})
}

func sample() *user {
	return &user{
		base: base{ID: "u1", Trace: "SECRET"}, Name: "Ann <b>", Email: "SELF@x", Age: 7, Password: "SECRET",
		Home:   &address{City: "Bonn", Street: "ADMIN 1"},
		Labels: map[string]string{"team": "red", "password": "SECRET"}, Texts: map[string]int{"x": 1},
		Raw:      json.RawMessage(`{"a":{"b":1,"c":"SECRET"},"pass\u0077ord":"SECRET","b":[{"c":"SECRET","a":1e400}]}`),
		Any:      []any{map[string]any{"k": []int{1}}},
		Comments: []comment{{"ann", "hi", "IP-ANN", "ann"}, {"bob", "yo", "IP-BOB", "bob"}, {"x", "x", "IP-X", ""}},
		Grid:     [][]int{{1}, nil, {}},
	}
}

// as returns a request of a principal. owned is the finding of a guard.
func as(method, subject string, owned bool, roles ...string) *http.Request {
	r := httptest.NewRequest(method, "/users/u1", nil)
	if subject == "" {
		return r
	}
	rec, r := carrier.Ensure(r)
	authn.NewContext(r.Context(), &authn.Principal{Kind: "jwt", Issuer: issuer, Subject: subject, Roles: roles})
	rec.Update(func(f *carrier.Facts) { f.Owned = owned })
	return r
}
