package validate_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
)

type made struct {
	Sum    int `json:"sum"`
	status int
	Fail   any `json:"fail,omitempty"`
}

func (m *made) StatusCode() int { return m.status }

func serve(h http.Handler, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func TestHandler(t *testing.T) {
	h := validate.Handler(func(ctx context.Context, in *period) (*made, error) {
		switch in.From {
		case 0:
			return nil, nil
		case 1:
			return nil, errConflict.With(errors.New("secret"))
		case 2:
			return nil, errors.New("secret")
		case 3:
			return &made{status: 404}, nil
		case 4:
			return &made{status: 204}, nil
		case 5:
			return &made{status: 200, Fail: make(chan int)}, nil
		}
		return &made{Sum: in.From + in.To, status: 201}, nil
	})
	for _, tc := range []struct {
		from, status int
		code         string
	}{{0, 204, ""}, {1, 409, "taken"}, {2, 500, "internal_error"}, {3, 500, "internal_error"}, {4, 204, ""}, {5, 500, "internal_error"}, {-1, 400, "validation_failed"}} {
		res := serve(h, post(fmt.Sprintf(`{"from":%d,"to":6}`, tc.from)))
		if tc.code != "" {
			mwtest.Refused(t, res, tc.status, tc.code)
			continue
		}
		body, _ := io.ReadAll(res.Body)
		if res.StatusCode != tc.status || len(body) > 0 || len(res.Header) > 0 {
			t.Errorf("from %d: %d %q %v", tc.from, res.StatusCode, body, res.Header)
		}
	}

	res := serve(h, post(`{"from":6,"to":7}`))
	body, _ := io.ReadAll(res.Body)
	if res.StatusCode != 201 || string(body) != "{\"sum\":13}\n" || res.ContentLength != int64(len(body)) {
		t.Errorf("%d %q, length %d", res.StatusCode, body, res.ContentLength)
	}
	mwtest.OnlyHeaders(t, res.Header, "Content-Type", "X-Content-Type-Options", "Content-Length")

	r := post(`{"from":6,"to":7}`)
	r.Method = "HEAD"
	res = serve(h, r)
	if body, _ := io.ReadAll(res.Body); res.StatusCode != 201 || len(body) > 0 || res.Header.Get("Content-Length") != "11" {
		t.Errorf("HEAD: %d %q %v", res.StatusCode, body, res.Header)
	}
}

func TestNoInput(t *testing.T) {
	calls := 0
	h := validate.Handler(func(context.Context, *struct{}) (*map[string]int, error) {
		calls++
		return &map[string]int{"a": 1}, nil
	})
	if res := serve(h, httptest.NewRequest("GET", "/", nil)); res.StatusCode != 200 || calls != 1 {
		t.Errorf("no body: %d", res.StatusCode)
	}
	if res := serve(h, post(`{}`)); res.StatusCode != 200 || calls != 2 {
		t.Errorf("an empty object: %d", res.StatusCode)
	}
	mwtest.Refused(t, serve(h, post(`{"x":1}`)), 400, "validation_failed")
	mwtest.Refused(t, serve(h, httptest.NewRequest("POST", "/", strings.NewReader("x"))), 415, "unsupported_media_type")

	need := validate.JSON[period]()(&mwtest.Spy{})
	r := httptest.NewRequest("POST", "/", nil)
	mwtest.Refused(t, serve(need, r), 415, "unsupported_media_type")
	r = httptest.NewRequest("POST", "/", nil)
	r.Header.Set("Content-Type", "application/json")
	mwtest.Refused(t, serve(need, r), 400, "body_required")
	r.Body = nil
	mwtest.Refused(t, serve(need, r), 400, "body_required")
}

func TestFrom(t *testing.T) {
	s := mustNew[period](t, validate.Config{})
	h := s.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, ok := validate.From[period](r)
		if !ok || v.From != 1 || v.To != 2 {
			t.Errorf("From: %v %v", v, ok)
		}
		v.From = 9
		if again, _ := validate.From[period](r); again.From != 1 {
			t.Error("a handler changed what the next one sees")
		}
		if _, ok := validate.From[order](r); ok {
			t.Error("From of another type")
		}
		for _, verb := range []string{"%v", "%+v", "%s", "%#v"} {
			if s := fmt.Sprintf(verb, r.Context()); s != "sallyport validated value" {
				t.Errorf("the context prints %q", s)
			}
		}
	}))
	if res := serve(h, post(`{"from":1,"to":2}`)); res.StatusCode != 200 {
		t.Errorf("status %d", res.StatusCode)
	}
	if _, ok := validate.From[period](post("")); ok {
		t.Error("From without a value")
	}
}

func TestDenyAndObserve(t *testing.T) {
	var seen []validate.Decision
	var denied error
	s := mustNew[period](t, validate.Config{
		Deny:    func(w http.ResponseWriter, _ *http.Request, err error) { denied = err; w.WriteHeader(418) },
		Observe: func(_ *http.Request, d validate.Decision) { seen = append(seen, d) },
	})
	spy := &mwtest.Spy{}
	h := s.Handler(spy)
	serve(h, post(`{"from":1,"to":2}`))
	res := serve(h, post(`{"x":1}`))
	if res.StatusCode != 418 || spy.Calls() != 1 || !errors.Is(denied, validate.ErrInvalid) {
		t.Errorf("%d, %d calls, %v", res.StatusCode, spy.Calls(), denied)
	}
	fn := validate.Handle(s, func(context.Context, *period) (*period, error) { t.Error("fn was called"); return nil, nil })
	if res := serve(fn, post(`[]`)); res.StatusCode != 418 {
		t.Errorf("Handle: %d", res.StatusCode)
	}
	if len(seen) != 3 || !seen[0].Accepted || seen[0].Err != nil || seen[0].Bytes != 17 || seen[1].Accepted || seen[1].Err != denied && seen[1].Err == nil {
		t.Errorf("decisions %+v", seen)
	}
}

func TestUnshared(t *testing.T) {
	s := mustNew[period](t, validate.Config{})
	mwtest.Unshared(t, s.Handler, func() *http.Request { return post(`{}`) })
	mwtest.Unshared(t, s.Handler, func() *http.Request { return post(`{"x":1}`) })
	h := validate.Handle(s, func(context.Context, *period) (*period, error) { return &period{}, nil })
	mwtest.Unshared(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.ServeHTTP(w, r); next.ServeHTTP(w, r) })
	}, func() *http.Request { return post(`{}`) })
}

// Run under -race: one Schema, many requests, good and bad.
func TestConcurrent(t *testing.T) {
	s := mustNew[order](t, validate.Config{})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 50 {
				email := fmt.Sprintf("u%d-%d@example.com", i, n)
				v, err := s.Decode(nil, post(strings.Replace(`{`+good+`}`, "a@example.com", email, 1)))
				if err != nil || v.Email != email {
					t.Errorf("%v %v", v, err)
				}
				if _, err := s.Decode(nil, post(`{"email":"x","labels":{"a":"b","a":"c"}}`)); !errors.Is(err, validate.ErrInvalid) {
					t.Errorf("error %v", err)
				}
			}
		})
	}
	wg.Wait()
}
