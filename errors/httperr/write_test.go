package httperr_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestWriteSendsTheHeadersOfTheError(t *testing.T) {
	e := errTaken.WithHeader("retry-after", "7")
	w := httptest.NewRecorder()
	httperr.Write(w, httptest.NewRequest("GET", "/", nil), e)
	if got := w.Header().Get("Retry-After"); got != "7" {
		t.Errorf("Retry-After %q", got)
	}
	w.Header()["Retry-After"][0] = "vandalised"
	if e.Header.Get("Retry-After") != "7" {
		t.Error("the response shares the header of the declared error")
	}
}

func TestHeadHasNoBody(t *testing.T) {
	w := httptest.NewRecorder()
	httperr.Write(w, httptest.NewRequest("HEAD", "/", nil), errTaken)
	if w.Code != 409 || w.Body.Len() != 0 {
		t.Errorf("%d with %q", w.Code, w.Body)
	}
}

func TestWriteAllocs(t *testing.T) {
	m, r := newMiddleware(t, nil), httptest.NewRequest("GET", "/", nil)
	w := mwtest.NewDiscard()
	refusal := m.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { httperr.Write(w, r, errTaken) }))
	mwtest.MaxAllocs(t, "a refusal in the chain", 3, func() { w.Reset(); refusal.ServeHTTP(w, r) })
	if w.Code != 409 || w.Bytes < 50 {
		t.Fatalf("measured no refusal: %d, %d bytes", w.Code, w.Bytes)
	}
}
