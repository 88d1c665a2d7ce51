package cors_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/go-sallyport/sallyport/cors"
)

func Example() {
	xo, err := cors.New(cors.Config{
		Origins:        []string{"https://app.example.com", "https://*.preview.example.com"},
		Credentials:    true,
		Methods:        []string{"PUT", "PATCH", "DELETE"},
		RequestHeaders: []string{"Content-Type", "Authorization"},
		MaxAge:         time.Hour,
	})
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /notes/{id}", func(w http.ResponseWriter, r *http.Request) {})
	handler := xo.Handler(mux) // outside the router: the router would refuse OPTIONS

	r := httptest.NewRequest("OPTIONS", "/notes/7", nil)
	r.Header.Set("Origin", "https://app.example.com")
	r.Header.Set("Access-Control-Request-Method", "PUT")
	r.Header.Set("Access-Control-Request-Headers", "authorization,content-type")
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Header().Get("Access-Control-Allow-Methods"))

	r.Header.Set("Origin", "https://evil.example")
	w = httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Header().Get("Access-Control-Allow-Origin") == "")
	// Output:
	// 204 PUT
	// 403 true
}

func ExampleNew() {
	_, err := cors.New(cors.Config{
		Origins:     []string{"https://*example.com", "null"},
		Credentials: true,
	})
	fmt.Println(err)
	// Output:
	// cors: Origins[0]: "https://*example.com": "*" must be a whole label, or "evilexample.com" matches too; write "https://*.example.com" instead
	// cors: Origins[1]: "null": any page can obtain the null origin with a sandboxed iframe; serve the page from an https origin and list that
}

// CORS decides which origins may read a response. CrossOriginProtection decides
// which origins may change something, and needs the same list of origins.
func Example_crossOriginProtection() {
	const app = "https://app.example.com"
	xo, err := cors.New(cors.Config{Origins: []string{app}, Credentials: true})
	if err != nil {
		panic(err)
	}
	csrf := http.NewCrossOriginProtection()
	if err := csrf.AddTrustedOrigin(app); err != nil {
		panic(err)
	}
	handler := xo.Handler(csrf.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {})))

	for _, origin := range []string{app, "https://evil.example"} {
		r := httptest.NewRequest("POST", "/notes", nil)
		r.Header.Set("Origin", origin)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Println(origin, w.Code)
	}
	// Output:
	// https://app.example.com 200
	// https://evil.example 403
}

// A list with "*" and cookies would let every page on the web act as its visitor. New refuses it.
// List the origins of your pages, or leave out Credentials for a public API.
func Example_incorrect() {
	_, err := cors.New(cors.Config{AllowAnyOrigin: true, Credentials: true})
	fmt.Println(err)
	_, err = cors.New(cors.Config{Origins: []string{"*"}, Credentials: true})
	fmt.Println(err)
	_, err = cors.New(cors.Config{Origins: []string{"https://app.example.com"}, Credentials: true})
	fmt.Println(err)
	// Output:
	// cors: AllowAnyOrigin: any page could act with its visitor's cookies; list the Origins, or drop Credentials
	// cors: Origins[0]: "*": any origin cannot be combined with Credentials; list each origin
	// <nil>
}
