package lifecycle_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/go-sallyport/sallyport/headers/lifecycle"
)

func Example() {
	v1, err := lifecycle.New(lifecycle.Config{
		Deprecated:    time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		Sunset:        time.Date(2099, 7, 1, 0, 0, 0, 0, time.UTC),
		SuccessorLink: "/v2/notes",
		Gone:          true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	notes := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	w := httptest.NewRecorder()
	v1.Handler(notes).ServeHTTP(w, httptest.NewRequest("GET", "/v1/notes", nil))
	for _, name := range []string{"Deprecation", "Sunset", "Link"} {
		fmt.Println(name+":", w.Header().Get(name))
	}
	// Output:
	// Deprecation: @1767225600
	// Sunset: Wed, 01 Jul 2099 00:00:00 GMT
	// Link: </v2/notes>; rel="successor-version"
}
