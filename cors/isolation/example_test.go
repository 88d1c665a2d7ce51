package isolation_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/cors/isolation"
)

func Example() {
	iso, err := isolation.New(isolation.Config{Exempt: []string{"GET /embed/"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	handler := iso.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for _, path := range []string{"/notes", "/embed/player.js"} {
		r := httptest.NewRequest("GET", path, nil) // as a page of another site loads a script
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.Header.Set("Sec-Fetch-Mode", "no-cors")
		r.Header.Set("Sec-Fetch-Dest", "script")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Println(path, w.Code)
	}
	// Output:
	// /notes 403
	// /embed/player.js 200
}

// The origins that package cors lists may pass.
func Example_cors() {
	xo, err := cors.New(cors.Config{Origins: []string{"https://app.example"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	iso, err := isolation.New(isolation.Config{Allow: func(r *http.Request) bool {
		d, _ := xo.Check(r)
		return d.Granted
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	handler := xo.Handler(iso.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
	for _, origin := range []string{"https://app.example", "https://evil.example"} {
		r := httptest.NewRequest("GET", "/notes", nil) // as a script of the origin fetches it
		r.Header.Set("Origin", origin)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.Header.Set("Sec-Fetch-Mode", "cors")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Println(origin, w.Code)
	}
	// Output:
	// https://app.example 200
	// https://evil.example 403
}
