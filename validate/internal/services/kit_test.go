package services

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

// moved checks that New refuses Found with these texts and no other fault.
func moved[Found any](t *testing.T, texts ...string) {
	t.Helper()
	_, err := validate.New[Found](validate.Config{})
	left := mwtest.Leaves(err)
	for _, text := range texts {
		i := slices.IndexFunc(left, func(e error) bool { return strings.Contains(e.Error(), text) })
		if i < 0 {
			t.Errorf("%T: no %q in %v", *new(Found), text, err)
			continue
		}
		left = slices.Delete(left, i, i+1)
	}
	if len(left) > 0 {
		t.Errorf("%T: also %v", *new(Found), left)
	}
}

// A request is sent to a route. target may be "", for the pattern itself; want are the faults.
type request struct {
	target, body, want string
	header             [2]string
}

// admits asserts that New accepts T for a route with the pattern, and that each request is
// admitted or has the faults that it wants, in any order. A body that begins with form: is a
// form, and any other is JSON.
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
			body, form := strings.CutPrefix(sent.body, "form:")
			r = httptest.NewRequest(method, target, strings.NewReader(body))
			r.Header.Set("Content-Type", map[bool]string{true: kit.Urlencoded, false: "application/json"}[form])
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
		if want := strings.Split(sent.want, ","); !slices.Equal(sorted(got), sorted(want)) {
			t.Errorf("%T: %s %s: %q, want %q", *new(T), target, sent.body, got, want)
		}
	}
}

// sorted returns the texts of a list that are not empty, sorted and without space around them.
func sorted(list []string) []string {
	var out []string
	for _, s := range list {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return out
}
