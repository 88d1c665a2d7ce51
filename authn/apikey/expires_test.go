package apikey_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn/apikey"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// The header comes from Warn before the end on, and is never later than the end.
func TestExpiresHeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore()
		end := time.Now().Add(30 * 24 * time.Hour).Add(999_999_999)
		text := end.UTC().Truncate(time.Second).Format(http.TimeFormat)
		key, rec := "", apikey.Record{}
		header := map[string]string{}
		handlers := map[string]http.Handler{}
		for name, warn := range map[string]time.Duration{"default": 0, "a day": 24 * time.Hour, "never": -1} {
			a := build(t, apikey.Config{Store: s, Warn: warn})
			if key == "" {
				key, rec = issue(t, a, s, func(r *apikey.Record) { r.ExpiresAt = end })
			}
			handlers[name] = protect(t, a, &mwtest.Spy{})
		}
		for _, left := range []time.Duration{7*24*time.Hour + 1, 7 * 24 * time.Hour, 24*time.Hour + 1, 24 * time.Hour, 1} {
			time.Sleep(time.Until(end) - left)
			for name, h := range handlers {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, request(key))
				header[name] = w.Header().Get("X-API-Key-Expires")
				warn := map[string]time.Duration{"default": 7 * 24 * time.Hour, "a day": 24 * time.Hour, "never": 0}[name]
				if want := map[bool]string{true: text}[left <= warn]; header[name] != want || w.Code != 200 {
					t.Errorf("%v before the end, %s: %d %q, want %q", left, name, w.Code, header[name], want)
				}
			}
		}
		if at, err := http.ParseTime(text); err != nil || at.After(rec.ExpiresAt) {
			t.Errorf("%q is after the end: %v", text, err)
		}
		time.Sleep(time.Nanosecond)
		w := httptest.NewRecorder()
		handlers["default"].ServeHTTP(w, request(key))
		mwtest.Refused(t, w.Result(), 401, "credentials_expired")
		if w.Header().Get("X-API-Key-Expires") != "" {
			t.Error("a refusal has the header")
		}
	})
}
