package view_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/authz/view"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

type Profile struct {
	ID    string `json:"id" view:"public"`
	Name  string `json:"name" view:"public" write:"self"`
	Email string `json:"email" view:"self,admin" write:"self"`
	Role  string `json:"role" view:"admin" write:"admin"`
	Hash  string `json:"hash"` // in no view
}

func caller(method, body, subject string, roles ...string) *http.Request {
	r := httptest.NewRequestWithContext(context.Background(), method, "/profiles", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return r.WithContext(authn.NewContext(r.Context(), &authn.Principal{Issuer: "https://id.example", Subject: subject, Roles: roles}))
}

// Each caller sees the public members, and the owner and an administrator see more.
func Example() {
	profiles, err := view.New[[]Profile](view.Config{
		Views:  map[string]authz.Requirement{"admin": authz.AnyRole("admin")},
		Owners: []view.Owner{view.OwnerOf(func(p *Profile) (issuer, subject string) { return "", p.ID })},
		Issuer: "https://id.example",
	})
	if err != nil {
		panic(err)
	}
	all := []Profile{{"ann", "Ann", "ann@x.example", "editor", "$2a$"}, {"bob", "Bob", "bob@x.example", "", "$2a$"}}
	list := httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		return profiles.Write(w, r, http.StatusOK, &all)
	})
	for _, r := range []*http.Request{caller("GET", "", "eve"), caller("GET", "", "ann"), caller("GET", "", "root", "admin")} {
		w := httptest.NewRecorder()
		list.ServeHTTP(w, r)
		fmt.Printf("%q %s\n", w.Header().Get("Cache-Control"), w.Body)
	}
	// Output:
	// "" [{"id":"ann","name":"Ann"},{"id":"bob","name":"Bob"}]
	// "private" [{"id":"ann","name":"Ann","email":"ann@x.example"},{"id":"bob","name":"Bob"}]
	// "private" [{"id":"ann","name":"Ann","email":"ann@x.example","role":"editor"},{"id":"bob","name":"Bob","email":"bob@x.example","role":""}]
}

// Handler filters the bytes of a handler that knows no views.
func ExampleView_Handler() {
	profiles, err := view.New[Profile](view.Config{Views: map[string]authz.Requirement{"admin": authz.AnyRole("admin")}})
	if err != nil {
		panic(err)
	}
	legacy := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"id":"ann","role":"editor","hash":"$2a$","debug":{"sql":"select"}}`)
	})
	for _, r := range []*http.Request{caller("GET", "", "eve"), caller("GET", "", "root", "admin")} {
		w := httptest.NewRecorder()
		profiles.Handler(legacy).ServeHTTP(w, r)
		fmt.Println(w.Body)
	}
	// Output:
	// {"id":"ann"}
	// {"id":"ann","role":"editor"}
}

// A member that the caller may not set is refused, and not dropped.
func ExampleInput_Handler() {
	input, err := view.NewInput[Profile](view.Config{Views: map[string]authz.Requirement{"admin": authz.AnyRole("admin")}})
	if err != nil {
		panic(err)
	}
	set := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	for _, r := range []*http.Request{caller("PATCH", `{"role":"admin"}`, "eve"), caller("PATCH", `{"role":"editor"}`, "root", "admin")} {
		w := httptest.NewRecorder()
		input.Handler(set).ServeHTTP(w, r)
		_, faults, _ := strings.Cut(w.Body.String(), `"errors":`)
		fmt.Println(w.Code, strings.TrimSpace(faults))
	}
	// Output:
	// 403 [{"pointer":"/role","code":"not_writable","message":"may not be set by the caller"}]}
	// 204
}

type reporter struct{}

func (reporter) Helper()                           {}
func (reporter) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }

// In a test of your types, t is the *testing.T.
func ExampleAssertHidden() {
	var t reporter
	view.AssertHidden[Profile](t, "Hash", "role")
	// Output: view: view_test.Profile.Role is in a view
}
