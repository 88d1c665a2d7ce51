package browser

import (
	"fmt"
	"net/http"

	"github.com/go-sallyport/sallyport/cors"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// Policy is the CORS policy of the API: pages of the origins may use it with cookies.
func Policy(origins ...string) cors.Config {
	return cors.Config{
		Origins:        origins,
		Credentials:    true,
		Methods:        []string{"PUT"},
		RequestHeaders: []string{"Content-Type"},
		ExposeOwn:      true,
	}
}

// API returns the notes behind the layers of the library.
func API(policy cors.Config, notes http.Handler) (http.Handler, error) {
	outer, err := httperr.New(httperr.Config{})
	if err != nil {
		return nil, err
	}
	hdr, err := headers.New(headers.API())
	if err != nil {
		return nil, err
	}
	xo, err := cors.New(policy)
	if err != nil {
		return nil, err
	}
	limit, err := ratelimit.New(ratelimit.Config{
		Limits: []ratelimit.Limit{ratelimit.PerMinute(1000)},
		Key:    ratelimit.ByClientIP,
	})
	if err != nil {
		return nil, err
	}
	return outer.Handler(hdr.Handler(xo.Handler(limit.Handler(notes)))), nil
}

// Protected lets the origins of the policy, and no other one, cause requests that change something.
func Protected(policy cors.Config, notes http.Handler) (http.Handler, error) {
	xo, err := cors.New(policy)
	if err != nil {
		return nil, err
	}
	protection, err := xo.CrossOriginProtection()
	if err != nil {
		return nil, err
	}
	return protection.Handler(notes), nil
}

// Notes answers with the method, so that a page sees its request arrive. Its cookie lets every site
// send it, as a cookie must that the pages of other sites use.
func Notes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/notes", func(w http.ResponseWriter, r *http.Request) {
		user := "no user"
		if c, err := r.Cookie("user"); err == nil {
			user = c.Value
		}
		_, _ = fmt.Fprintf(w, "%s of %s", r.Method, user) // an error is the end of the connection
	})
	mux.HandleFunc("/login", func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{
			Name: "user", Value: "ann", Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteNoneMode,
		})
	})
	// A careless handler: its Vary replaces that of the layers, and every cache may keep the answer.
	mux.HandleFunc("/cached", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Vary", "Accept-Encoding")
		w.Header().Set("Cache-Control", "public, max-age=600")
		_, _ = fmt.Fprint(w, "cached")
	})
	mux.HandleFunc("/panic", func(http.ResponseWriter, *http.Request) { panic("a fault of the handler") })
	mux.HandleFunc("/pixel.svg", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/svg+xml")
		_, _ = fmt.Fprint(w, `<svg xmlns="http://www.w3.org/2000/svg" width="7" height="7"/>`)
	})
	return mux
}
