package validate_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
)

// mustNew compiles T or ends the test.
func mustNew[T any](t testing.TB, cfg validate.Config) *validate.Schema[T] {
	t.Helper()
	s, err := validate.New[T](cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// post returns a request with a JSON body.
func post(body string) *http.Request {
	r := httptest.NewRequest("POST", "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return r
}

// send sends a body through the middleware.
func send[T any](s *validate.Schema[T], r *http.Request) (*http.Response, *mwtest.Spy) {
	spy := &mwtest.Spy{}
	w := httptest.NewRecorder()
	s.Handler(spy).ServeHTTP(w, r)
	return w.Result(), spy
}

// faults writes the faults of an envelope as "pointer code" lines.
func faults(e mwtest.Envelope) []string {
	list := make([]string, len(e.Errors))
	for i, f := range e.Errors {
		if f.Pointer == nil {
			list[i] = "? " + f.Code
			continue
		}
		list[i] = *f.Pointer + " " + f.Code
	}
	return list
}

// sourced writes the faults of an envelope as "in name code" or "pointer code".
func sourced(e mwtest.Envelope) []string {
	list := faults(e)
	for i, f := range e.Errors {
		if f.Pointer == nil {
			list[i] = strings.Join([]string{f.In, f.Name, f.Code}, " ")
		}
	}
	return list
}

// admitted notes an error unless what was sent has been answered with 200, by
// the handlers if they are given.
func admitted(t *testing.T, sent string, res *http.Response, handlers ...*mwtest.Spy) bool {
	t.Helper()
	if res.StatusCode != http.StatusOK {
		e, _ := mwtest.ReadEnvelope(res)
		t.Errorf("%s: refused: %d %s %q", sent, res.StatusCode, e.Code, sourced(e))
		return false
	}
	for _, spy := range handlers {
		if spy.Calls() != 1 {
			t.Errorf("%s: %d calls of the handler", sent, spy.Calls())
			return false
		}
	}
	return true
}

// equalJSON reports whether a and b are the same, to the last digit.
func equalJSON(a, b []byte) bool {
	norm := func(in []byte) string {
		d := json.NewDecoder(bytes.NewReader(in))
		d.UseNumber()
		var v any
		if d.Decode(&v) != nil {
			return string(in)
		}
		out, _ := json.Marshal(v)
		return string(out)
	}
	return norm(a) == norm(b)
}

func sprint(v any) string { return strings.TrimSpace(fmt.Sprint(v)) }
