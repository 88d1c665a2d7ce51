package httperr_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// ErrSoldOut is declared once, with what clients may know of it.
var ErrSoldOut = &httperr.Error{Status: http.StatusConflict, Code: "sold_out", Message: "No ticket is left."}

// A handler writes an error; its cause goes into the log alone.
func ExampleWrite() {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		httperr.Write(w, r, ErrSoldOut.With(errors.New("row 17 of table seats")))
	})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("POST", "/tickets", nil))
	body, _, _ := strings.Cut(w.Body.String(), `,"correlation_id"`)
	fmt.Println(w.Code, body)
	// Output: 409 {"code":"sold_out","message":"No ticket is left."
}

// The outermost layer answers a panic like any other error of the program.
func ExampleNew() {
	m, err := httperr.New(httperr.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		panic(err)
	}
	w := httptest.NewRecorder()
	h := m.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a nil map") }))
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	body, _, _ := strings.Cut(w.Body.String(), `,"message"`)
	fmt.Println(w.Code, body)
	// Output: 500 {"code":"internal_error"
}
