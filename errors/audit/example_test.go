package audit_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"

	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// A Sink gets one Record of each request.
func ExampleFunc() {
	sink := audit.Func(func(_ context.Context, r audit.Record) error {
		fmt.Println(r.Method, r.Status)
		return nil
	})
	m, err := httperr.New(httperr.Config{Logger: slog.New(slog.DiscardHandler), Sink: sink})
	if err != nil {
		panic(err)
	}
	h := m.Handler(http.NotFoundHandler())
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/nothing", nil))
	// Output: GET 404
}
