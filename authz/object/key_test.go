package object_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// A value that is no key is 404, and the store is not asked.
func TestBadKeys(t *testing.T) {
	var keys []int
	byNumber := build(t, object.Config[*note, int]{
		Name: "note", Parse: strconv.Atoi, Owner: ownerOf, Tenant: tenantOf,
		Load: func(_ context.Context, id int) (*note, bool, error) {
			keys = append(keys, id)
			return annsNote(), true, nil
		},
	})
	store := newShelf(annsNote())
	byText := build(t, store.config())
	for _, id := range []string{"", "\x00", "1\x00", "1\n", "\x7f", "\xff", "1\xc3"} {
		for name, check := range map[string]func(*http.Request) (*note, error){"text": byText.Check, "number": byNumber.Check} {
			if got, err := check(request(ann(), "GET", id)); got != nil || !errors.Is(err, httperr.ErrNotFound) {
				t.Errorf("%s %q: %v, %v", name, id, got, err)
			}
		}
	}
	for _, id := range []string{"x", "1.5", "9223372036854775808", " 1", "1 ", "0x1"} {
		if _, err := byNumber.Check(request(ann(), "GET", id)); !errors.Is(err, httperr.ErrNotFound) {
			t.Errorf("%q: %v", id, err)
		}
	}
	if n := store.loads.Load(); n != 0 || len(keys) != 0 {
		t.Errorf("the store was asked %d times, and for %v", n, keys)
	}
	if got, err := byNumber.Check(request(ann(), "GET", "42")); got == nil || err != nil || fmt.Sprint(keys) != "[42]" {
		t.Errorf("%v, %v for %v", got, err, keys)
	}
}

// A key may be read from several wildcards, and a Key without a result is 404.
func TestKeyOfTheProgram(t *testing.T) {
	type place struct{ list, id string }
	var asked []place
	notes := build(t, object.Config[*note, place]{
		Name: "note", Owner: ownerOf, Tenant: tenantOf,
		Key: func(r *http.Request) (place, bool) {
			return place{r.PathValue("list"), r.PathValue("id")}, r.PathValue("list") != ""
		},
		Load: func(_ context.Context, at place) (*note, bool, error) {
			asked = append(asked, at)
			return annsNote(), true, nil
		},
	})
	r := request(ann(), "GET", "1")
	if _, err := notes.Check(r); !errors.Is(err, httperr.ErrNotFound) || asked != nil {
		t.Errorf("%v, asked for %v", err, asked)
	}
	r.SetPathValue("list", "9")
	if _, err := notes.Check(r); err != nil || fmt.Sprint(asked) != "[{9 1}]" {
		t.Errorf("%v, asked for %v", err, asked)
	}
	if d := notes.Description(); d.Wildcard != "" {
		t.Errorf("the wildcard is %q", d.Wildcard)
	}
}

// The key is in the path only: neither the query nor the body of a request can choose another
// object.
func TestKeyIsInThePath(t *testing.T) {
	store := newShelf(annsNote(), &note{ID: "2", Issuer: issuer, Subject: "bob", Tenant: "acme"})
	notes := build(t, store.config())
	mux := http.NewServeMux()
	mux.Handle("POST /notes/{id}", notes.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := notes.From(r.Context())
		fmt.Fprint(w, n.ID)
	})))
	r := httptest.NewRequest("POST", "/notes/1?id=2&owner=bob", strings.NewReader("id=2&subject=bob"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	as(ann(), mux).ServeHTTP(w, r)
	if w.Code != 200 || w.Body.String() != "1" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
