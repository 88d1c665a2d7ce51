package adoption_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

// refused asserts that New refuses T with these faults, and no others.
func refused[T any](t *testing.T, faults ...string) {
	t.Helper()
	_, err := validate.New[T](validate.Config{})
	mwtest.Faults(t, err, faults...)
}

// A request is sent to a route. target may be "", for the pattern itself; want are the faults.
type request struct {
	target, body, want string
	header             [2]string
}

// admits asserts that New accepts T for a route with the pattern, and that each request is
// admitted or has the faults that it wants. A body that begins with a bracket is JSON, and any
// other is a form.
func admits[T any](t *testing.T, pattern string, cfg validate.Config, requests ...request) {
	t.Helper()
	s := kit.MustNew[T](t, cfg)
	method, path, _ := strings.Cut(pattern, " ")
	for _, sent := range requests {
		spy := &mwtest.Spy{}
		mux := http.NewServeMux()
		mux.Handle(pattern, s.Middleware(spy))
		target := path
		if sent.target != "" {
			target = sent.target
		}
		r := httptest.NewRequest(method, target, http.NoBody)
		if sent.body != "" {
			r = httptest.NewRequest(method, target, strings.NewReader(sent.body))
			media := kit.Urlencoded
			if strings.ContainsAny(sent.body[:1], "[{") {
				media = "application/json"
			}
			r.Header.Set("Content-Type", media)
		}
		if sent.header[0] != "" {
			r.Header.Set(sent.header[0], sent.header[1])
		}
		var got []string
		if res := kit.Serve(mux, r); spy.Calls() == 0 {
			e, err := mwtest.ReadEnvelope(res)
			if err != nil {
				t.Fatalf("%s %s: %d, %v", target, sent.body, res.StatusCode, err)
			}
			if got = kit.Sourced(e); len(got) == 0 {
				got = []string{e.Code}
			}
		}
		want := strings.FieldsFunc(sent.want, func(c rune) bool { return c == ',' })
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s %s: %q, want %q", target, sent.body, got, want)
		}
	}
}
