package watch_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/errors/watch"
)

// Guessed passwords raise an alert.
func Example() {
	alerts := make(chan watch.Alert, 16)
	w, err := watch.New(watch.Config{
		// OnAlert runs during a request, so it must not wait.
		OnAlert: func(a watch.Alert) {
			select {
			case alerts <- a:
			default:
			}
		},
		Unauthorized: watch.Level{Min: 20, New: 20},
	})
	if err != nil {
		panic(err)
	}
	errs, err := httperr.New(httperr.Config{Observe: w.Observe, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		panic(err)
	}

	mux := http.NewServeMux()
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	h := errs.Handler(mux)
	for range 50 { // a client guesses passwords
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/login", nil))
	}

	a := <-alerts
	fmt.Printf("%s %s: %d %s in %s, usually %.0f\n", a.Scope, a.Subject, a.Count, a.Signal, a.Window, a.Baseline)
	// Output:
	// route /login: 20 unauthorized in 1m0s, usually 0
}
