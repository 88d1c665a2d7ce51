package ratelimit_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/go-sallyport/sallyport/ratelimit"
)

func Example() {
	perIP, err := ratelimit.New(ratelimit.Config{
		Name:   "api",
		Limits: []ratelimit.Limit{ratelimit.PerSecond(2), ratelimit.PerHour(1000)},
		Key:    ratelimit.ByClientIP,
	})
	if err != nil {
		panic(err)
	}
	h := perIP.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintln(w, "hello")
	}))
	for range 3 {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		fmt.Printf("%d RateLimit: %s Retry-After: %q\n", w.Code, w.Header().Get("RateLimit"), w.Header().Get("Retry-After"))
	}
	// Output:
	// 200 RateLimit: "api-second";r=1;t=1 Retry-After: ""
	// 200 RateLimit: "api-second";r=0;t=1 Retry-After: ""
	// 429 RateLimit: "api-second";r=0;t=1 Retry-After: "1"
}

// The key is the principal that authentication found, or else the address.
func ExampleFirst() {
	subject := func(r *http.Request) (string, bool) {
		s, ok := r.Context().Value(http.ServerContextKey).(string) // stands for authn.FromContext
		return s, ok
	}
	_, err := ratelimit.New(ratelimit.Config{
		Name:   "user",
		Limits: []ratelimit.Limit{ratelimit.PerMinute(100)},
		Key:    ratelimit.First(ratelimit.By(subject), ratelimit.ByClientIP),
	})
	fmt.Println(err)
	// Output: <nil>
}
