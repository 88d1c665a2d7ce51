package allowedhosts_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/go-sallyport/sallyport/headers/allowedhosts"
)

func Example() {
	hosts, err := allowedhosts.New(allowedhosts.Config{
		Hosts:  []string{"example.com", "*.tenants.example.com"},
		Exempt: []string{"/healthz"},
	})
	if err != nil {
		panic(err)
	}
	handler := hosts.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for _, url := range []string{"http://example.com/", "http://shop.tenants.example.com/", "http://evil.example/", "http://10.0.0.7/healthz"} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest("GET", url, nil))
		fmt.Println(w.Code, url)
	}
	// Output:
	// 200 http://example.com/
	// 200 http://shop.tenants.example.com/
	// 421 http://evil.example/
	// 200 http://10.0.0.7/healthz
}
