package apikey_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestAllocs(t *testing.T) {
	a, s := buildWithStore(t)
	good, _ := issue(t, a, s, nil)
	unknown, _ := issue(t, a, newStore(), nil)
	bad := good[:len(good)-6] + "000000"
	for name, tc := range map[string]struct {
		key  string
		max  float64
		want error
	}{
		"good":         {good, 1, nil}, // the Principal
		"bad checksum": {bad, 0, authn.ErrInvalid},
		"bad length":   {good + "0", 0, authn.ErrInvalid},
		"unknown":      {unknown, 0, authn.ErrInvalid},
	} {
		r := request(tc.key).WithContext(authn.NewContext(context.Background(), nil))
		mwtest.MaxAllocs(t, name, tc.max, func() {
			if _, err := a.Authenticate(r); !errors.Is(err, tc.want) {
				t.Fatal(err)
			}
		})
	}
	r := request(good).WithContext(authn.NewContext(context.Background(), nil))
	w := mwtest.NewDiscard()
	h := protect(t, a, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if p, _ := authn.FromContext(r.Context()); p == nil || p.Subject != "ann" {
			t.Error("refused")
		}
	}))
	mwtest.MaxAllocs(t, "the whole middleware", 1, func() { h.ServeHTTP(w, r) })
}

// A malformed guess does not reach the store.
func TestMalformedKeysDoNotReachTheStore(t *testing.T) {
	a, s := buildWithStore(t)
	good, _ := issue(t, a, s, nil)
	for i := range len(good) {
		for _, c := range []byte("0aZ_-\x00") {
			if good[i] == c {
				continue
			}
			if _, err := a.Authenticate(request(good[:i] + string(c) + good[i+1:])); !errors.Is(err, authn.ErrInvalid) {
				t.Errorf("byte %d changed to %q: %v", i, c, err)
			}
		}
	}
	if n := s.calls.Load(); n != 0 {
		t.Errorf("the store was called %d times", n)
	}
}

// Requests with a stable key pass while another key is rotated again and again.
func TestConcurrentUse(t *testing.T) {
	a, s := buildWithStore(t)
	stable, _ := issue(t, a, s, nil)
	_, rec := issue(t, a, s, nil)
	h := protect(t, a, &mwtest.Spy{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				w := httptest.NewRecorder()
				if h.ServeHTTP(w, request(stable)); w.Code != 200 {
					t.Errorf("status %d", w.Code)
				}
			}
		})
	}
	wg.Go(func() {
		for range 200 {
			_, next, previous, err := a.Rotate(rec, time.Now().Add(time.Hour), time.Minute)
			if err == nil {
				err = s.inner.Replace(t.Context(), rec, next, previous)
			}
			if found, _ := s.inner.Delete(t.Context(), previous.ID); err != nil || !found {
				t.Errorf("rotation: %v", err)
			}
			rec = next
		}
	})
	wg.Wait()
}

func BenchmarkAuthenticate(b *testing.B) {
	a, s := buildWithStore(b)
	good, _ := issue(b, a, s, nil)
	for name, tc := range map[string]struct {
		key  string
		want error
	}{"good": {good, nil}, "checksum": {good[:len(good)-6] + "000000", authn.ErrInvalid}} {
		b.Run(name, func(b *testing.B) {
			r := request(tc.key)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := a.Authenticate(r); !errors.Is(err, tc.want) {
					b.Fatal(err)
				}
			}
		})
	}
}
