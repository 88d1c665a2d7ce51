package object_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/authz/view"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// Note is a row of the table of notes.
type Note struct {
	ID, Text                string
	Issuer, Subject, Tenant string
}

// Notes is a store of notes.
type Notes []*Note

// Note returns the note with an ID. Its result false is the row that is missing.
func (s Notes) Note(_ context.Context, id string) (*Note, bool, error) {
	for _, n := range s {
		if n.ID == id {
			return n, true, nil
		}
	}
	return nil, false, nil
}

// List returns the notes that a filter matches. A query says the same:
//
//	owner, ok := f.Owner()
//	tenant, inTenant := f.Tenant()
//	if !ok || !inTenant {
//		return nil, nil
//	}
//	rows, err := db.QueryContext(ctx, `SELECT … WHERE issuer = ? AND subject = ? AND tenant = ?`,
//		owner.Issuer, owner.Subject, tenant)
func (s Notes) List(f object.Filter) (ids []string) {
	for _, n := range s {
		if f.MatchesIn(object.Owner{Issuer: n.Issuer, Subject: n.Subject}, n.Tenant) {
			ids = append(ids, n.ID)
		}
	}
	return ids
}

// call sends a request of a user. In a service authn sets the principal; the examples set it
// directly.
func call(h http.Handler, user, method, path string) {
	ctx := authn.NewContext(context.Background(), &authn.Principal{Issuer: "https://id.example", Subject: user, Tenant: "acme"})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, method, path, nil))
	var e struct{ Code string }
	if json.Unmarshal(w.Body.Bytes(), &e) == nil && e.Code != "" {
		w.Body.Reset()
	}
	fmt.Println(strings.TrimSpace(fmt.Sprintln(user, method, path, w.Code, w.Body.String()+e.Code)))
}

func Example() {
	store := Notes{{ID: "1", Text: "milk", Issuer: "https://id.example", Subject: "ann", Tenant: "acme"}}
	notes, err := object.New(object.Config[*Note, string]{
		Name:   "note",
		Load:   store.Note,
		Owner:  func(n *Note) object.Owner { return object.Owner{Issuer: n.Issuer, Subject: n.Subject} },
		Tenant: func(n *Note) string { return n.Tenant },
	})
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /notes/{id}", notes.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := notes.From(r.Context()) // the very note that was checked
		_, _ = io.WriteString(w, n.Text)
	})))
	call(mux, "ann", "GET", "/notes/1")
	call(mux, "bob", "GET", "/notes/1")
	call(mux, "bob", "GET", "/notes/2")
	fmt.Println(notes.Description())
	// Output:
	// ann GET /notes/1 200 milk
	// bob GET /notes/1 404 not_found
	// bob GET /notes/2 404 not_found
	// note {id}: owner
}

// An item belongs to the owner of its list. The guard of the items checks the list first, and
// an item of another list is not found.
func ExampleChildOf() {
	type list struct {
		id    int
		owner string
	}
	lists, err := object.New(object.Config[list, int]{
		Name: "list", Wildcard: "list", Parse: strconv.Atoi, SingleTenant: true,
		Load: func(_ context.Context, id int) (list, bool, error) {
			return list{id, map[int]string{7: "ann", 8: "bob"}[id]}, id == 7 || id == 8, nil
		},
		Owner:  func(l list) object.Owner { return object.Owner{Subject: l.owner} },
		Issuer: "https://id.example", // the table of lists has no issuer
	})
	if err != nil {
		panic(err)
	}
	type item struct {
		list int
		text string
	}
	items, err := object.New(object.Config[item, string]{
		Name: "item",
		Load: func(_ context.Context, id string) (item, bool, error) {
			i, ok := map[string]item{"1": {7, "milk"}, "2": {8, "tea"}}[id]
			return i, ok, nil
		},
		Under: object.ChildOf(lists, func(i item) int { return i.list }),
	})
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /lists/{list}/items/{id}", items.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i, _ := items.From(r.Context())
		l, _ := lists.From(r.Context())
		_, _ = fmt.Fprintf(w, "%s of list %d", i.text, l.id)
	})))
	call(mux, "ann", "GET", "/lists/7/items/1")
	call(mux, "ann", "GET", "/lists/8/items/2")
	call(mux, "ann", "GET", "/lists/7/items/2")
	call(mux, "ann", "GET", "/lists/seven/items/1")
	// Output:
	// ann GET /lists/7/items/1 200 milk of list 7
	// ann GET /lists/8/items/2 404 not_found
	// ann GET /lists/7/items/2 404 not_found
	// ann GET /lists/seven/items/1 404 not_found
}

// Each caller of the tenant may see a profile, and package view shows its e-mail address to the
// owner alone. Other methods than GET and HEAD need the owner.
func Example_profile() {
	type user struct {
		Name  string `json:"name" view:"public"`
		Email string `json:"email" view:"self"`
	}
	users, err := object.New(object.Config[*user, string]{
		Name: "user", Wildcard: "name", SingleTenant: true, OthersRead: true,
		Load: func(_ context.Context, name string) (*user, bool, error) {
			return &user{name, name + "@example.com"}, name == "ann", nil
		},
		Owner:  func(u *user) object.Owner { return object.Owner{Subject: u.Name} },
		Issuer: "https://id.example",
	})
	if err != nil {
		panic(err)
	}
	profiles, err := view.New[user](view.Config{})
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/users/{name}", users.Handler(httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		u, _ := users.From(r.Context())
		return profiles.Write(w, r, http.StatusOK, u)
	})))
	call(mux, "ann", "GET", "/users/ann")
	call(mux, "bob", "GET", "/users/ann")
	call(mux, "bob", "DELETE", "/users/ann")
	// Output:
	// ann GET /users/ann 200 {"name":"ann","email":"ann@example.com"}
	// bob GET /users/ann 200 {"name":"ann"}
	// bob DELETE /users/ann 404 not_found
}

// A new note belongs to its creator, also if the body says otherwise.
func ExampleOwn() {
	var store Notes
	create := httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		owner, tenant, err := object.Own(r.Context())
		if err != nil {
			return err // 401 without a principal
		}
		store = append(store, &Note{ID: "1", Issuer: owner.Issuer, Subject: owner.Subject, Tenant: tenant})
		w.WriteHeader(http.StatusCreated)
		return nil
	})
	call(create, "ann", "POST", "/notes")
	fmt.Printf("%+v\n", *store[0])
	// Output:
	// ann POST /notes 201
	// {ID:1 Text: Issuer:https://id.example Subject:ann Tenant:acme}
}

// A list has the notes of its caller. A request without a principal gets an empty list.
func ExampleFilterOf() {
	store := Notes{
		{ID: "1", Issuer: "https://id.example", Subject: "ann", Tenant: "acme"},
		{ID: "2", Issuer: "https://id.example", Subject: "bob", Tenant: "acme"},
		{ID: "3"}, // a row without an owner
	}
	list := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, slices.Concat([]string{"notes:"}, store.List(object.FilterOf(r.Context()))))
	})
	call(list, "ann", "GET", "/notes")
	call(list, "bob", "GET", "/notes")
	call(list, "", "GET", "/notes")
	// Output:
	// ann GET /notes 200 [notes: 1]
	// bob GET /notes 200 [notes: 2]
	// GET /notes 200 [notes:]
}

// A handler that loads an object by an ID of the client gives every caller every object. The guard
// loads it once, compares its owner with the caller, and hands it on.
func Example_incorrect() {
	notes := Notes{{ID: "1", Text: "mine", Issuer: "https://id.example", Subject: "ann", Tenant: "acme"}}
	guard, err := object.New(object.Config[*Note, string]{
		Name: "note", Load: notes.Note,
		Owner:  func(n *Note) object.Owner { return object.Owner{Issuer: n.Issuer, Subject: n.Subject} },
		Tenant: func(n *Note) string { return n.Tenant },
	})
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /wrong/{id}", func(w http.ResponseWriter, r *http.Request) {
		n, _, _ := notes.Note(r.Context(), r.PathValue("id"))
		_, _ = io.WriteString(w, n.Text)
	})
	mux.Handle("GET /right/{id}", guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := guard.From(r.Context())
		_, _ = io.WriteString(w, n.Text)
	})))
	call(mux, "bob", "GET", "/wrong/1")
	call(mux, "bob", "GET", "/right/1")
	call(mux, "ann", "GET", "/right/1")
	// Output:
	// bob GET /wrong/1 200 mine
	// bob GET /right/1 404 not_found
	// ann GET /right/1 200 mine
}
