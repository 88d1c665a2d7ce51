package object_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authz/object"
)

// FuzzPath sends any text as a segment of a path through http.ServeMux. The store is asked for
// exactly the value that the mux has decoded, or not at all.
func FuzzPath(f *testing.F) {
	for _, s := range []string{"1", "%31", "%2e%2e", "..", "1%00", "1%2f2", "%c3", "é", "1;x=2", "1?id=2", "%20", "a//b", "\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, segment string) {
		r, err := http.NewRequest("GET", "http://a.example/notes/"+segment, nil)
		if err != nil {
			return
		}
		var asked []string
		notes := build(t, object.Config[*note, string]{
			Name: "note", Owner: ownerOf, SingleTenant: true,
			Load: func(_ context.Context, id string) (*note, bool, error) {
				asked = append(asked, id)
				return &note{ID: id, Issuer: issuer, Subject: "ann"}, true, nil
			},
		})
		var matched, ran bool
		var value string
		mux := http.NewServeMux()
		mux.Handle("GET /notes/{id}", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			matched, value = true, r.PathValue("id")
			notes.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { ran = true })).ServeHTTP(w, r)
		}))
		as(ann(), mux).ServeHTTP(httptest.NewRecorder(), r)
		valid := matched && value != "" && strings.ToValidUTF8(value, "") == value &&
			!strings.ContainsFunc(value, func(c rune) bool { return c < 0x20 || c == 0x7f })
		if ran != valid || len(asked) > 1 || valid != (len(asked) == 1) || valid && asked[0] != value {
			t.Errorf("%q: value %q, valid %v, asked for %q, ran %v", segment, value, valid, asked, ran)
		}
	})
}
