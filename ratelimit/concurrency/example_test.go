package concurrency_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/ratelimit/concurrency"
)

func Example() {
	exports, err := concurrency.New(concurrency.Config{Name: "export", Max: 1, Key: ratelimit.ByClientIP})
	if err != nil {
		panic(err)
	}
	var h http.Handler
	h = exports.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/first" { // while it runs, the same client asks for more
			second := httptest.NewRecorder()
			h.ServeHTTP(second, httptest.NewRequest("GET", "/second", nil))
			fmt.Println("second:", second.Code, second.Header().Get("Retry-After"))
		}
	}))
	for _, path := range []string{"/first", "/third"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		fmt.Println(path, w.Code)
	}
	// Output:
	// second: 429 1
	// /first 200
	// /third 200
}
