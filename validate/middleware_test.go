package validate_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-sallyport/sallyport/validate"
)

// An outer layer learns the route of a ServeMux behind the copy of the request.
func TestRouteBehindTheMiddleware(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /notes/{id}", func(http.ResponseWriter, *http.Request) {})
	h := validate.Middleware[struct {
		Page int `query:"page"`
	}]()(mux)
	r := httptest.NewRequest("GET", "/notes/7?page=1", nil)
	h.ServeHTTP(httptest.NewRecorder(), r)
	if r.Pattern != "GET /notes/{id}" {
		t.Errorf("pattern %q", r.Pattern)
	}
}
