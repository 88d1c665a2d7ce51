// Package kit has helpers for the tests of package validate and of its rooms.
package kit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
)

// MustNew compiles T or ends the test.
func MustNew[T any](t testing.TB, cfg validate.Config) *validate.Schema[T] {
	t.Helper()
	s, err := validate.New[T](cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Post returns a request with a JSON body.
func Post(body string) *http.Request {
	return Submit("application/json", body)
}

// Send sends r through the middleware of s, in front of a spy.
func Send[T any](s *validate.Schema[T], r *http.Request) (*http.Response, *mwtest.Spy) {
	spy := &mwtest.Spy{}
	return Serve(s.Middleware(spy), r), spy
}

// Faults returns the faults of an envelope as "pointer code".
func Faults(e mwtest.Envelope) []string {
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

// Sourced returns the faults of an envelope as "in name code" or "pointer code".
func Sourced(e mwtest.Envelope) []string {
	list := Faults(e)
	for i, f := range e.Errors {
		if f.Pointer == nil {
			list[i] = strings.Join([]string{f.In, f.Name, f.Code}, " ")
		}
	}
	return list
}

// Admitted reports whether the answer is 200 and each of the handlers was called once. It notes
// an error otherwise. sent describes the request.
func Admitted(t *testing.T, sent string, res *http.Response, handlers ...*mwtest.Spy) bool {
	t.Helper()
	if res.StatusCode != http.StatusOK {
		e, _ := mwtest.ReadEnvelope(res)
		t.Errorf("%s: refused: %d %s %q", sent, res.StatusCode, e.Code, Sourced(e))
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

// EqualJSON reports whether a and b are the same JSON, with equal digits in all numbers.
func EqualJSON(a, b []byte) bool {
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

// Sprint returns the text of v without spaces around it.
func Sprint(v any) string { return strings.TrimSpace(fmt.Sprint(v)) }

// Submit returns a request with a body of the media type.
func Submit(media, body string) *http.Request {
	r := httptest.NewRequest("POST", "/", strings.NewReader(body))
	r.Header.Set("Content-Type", media)
	return r
}

// Urlencoded is the media type of a form without files.
const Urlencoded = "application/x-www-form-urlencoded"

// Serve returns the response of h to r.
func Serve(h http.Handler, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

// Stream returns a request whose body is not in one buffer, so that a measurement counts only
// the memory of the package under test.
func Stream(parts ...string) *http.Request {
	r := Post("")
	readers := make([]io.Reader, len(parts))
	r.ContentLength = 0
	for i, p := range parts {
		readers[i] = strings.NewReader(p)
		r.ContentLength += int64(len(p))
	}
	r.Body = io.NopCloser(io.MultiReader(readers...))
	return r
}

// Allocated returns the number of bytes that f allocates.
func Allocated(f func()) int64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

// Quoted returns s as a JSON string and a newline.
func Quoted(s string) string {
	var b bytes.Buffer
	_ = json.NewEncoder(&b).Encode(s)
	return b.String()
}

// Answers sends a body and compares the faults with want, a list of "pointer code" with commas.
func Answers[T any](t *testing.T, s *validate.Schema[T], body, want string) {
	t.Helper()
	answers(t, s, Post(body), body, Faults, want)
}

// AnswersTo sends r and compares the faults with want, a list of "pointer code" or "in name code"
// with commas.
func AnswersTo[T any](t *testing.T, s *validate.Schema[T], r *http.Request, want string) {
	t.Helper()
	answers(t, s, r, r.URL.RawQuery, Sourced, want)
}

func answers[T any](t *testing.T, s *validate.Schema[T], r *http.Request, sent string, list func(mwtest.Envelope) []string, want string) {
	t.Helper()
	var got []string
	res, spy := Send(s, r)
	defer func() { _ = res.Body.Close() }()
	if spy.Calls() == 0 {
		e, err := mwtest.ReadEnvelope(res)
		if err != nil {
			t.Fatal(err)
		}
		got = list(e)
	}
	wanted := strings.FieldsFunc(want, func(r rune) bool { return r == ',' })
	slices.Sort(got)
	slices.Sort(wanted)
	if !slices.Equal(got, wanted) {
		t.Errorf("%s: %q, want %q", sent, got, wanted)
	}
}
