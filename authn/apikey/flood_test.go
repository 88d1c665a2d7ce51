package apikey_test

import (
	"errors"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

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
