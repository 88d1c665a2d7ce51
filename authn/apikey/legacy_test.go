package apikey_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/apikey"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// The keys that a team had before: one good, one that has expired, one for another network,
// and a function with each fault that it can have.
func TestLegacy(t *testing.T) {
	errDown := errors.New("down")
	asked := ""
	record := func(key string) apikey.Record {
		r := grant()
		r.ID, r.Hash = "old-1", sha256.Sum256([]byte(key))
		return r
	}
	s := newStore()
	a := build(t, apikey.Config{Store: s, Legacy: func(_ context.Context, key string) (apikey.Record, bool, error) {
		asked = key
		r := record(key)
		switch key {
		case "good", strings.Repeat("x", 1024):
		case "expired":
			r.ExpiresAt = time.Now().Add(-time.Second)
		case "early":
			r.NotBefore = time.Now().Add(time.Minute)
		case "elsewhere":
			r.Networks = prefixes("10.0.0.0/8")
		case "of another": // as from a database that compares without case
			return record("OF ANOTHER"), true, nil
		case "no hash":
			r.Hash = [32]byte{}
		case "no expiry":
			r.ExpiresAt = time.Time{}
		case "not found":
			return r, false, nil
		case "down":
			return r, true, errDown
		default:
			return apikey.Record{}, false, nil
		}
		return r, true, nil
	}})
	for key, want := range map[string]error{
		"good": nil, strings.Repeat("x", 1024): nil, "expired": authn.ErrExpired, "early": authn.ErrInvalid, "elsewhere": authn.ErrInvalid,
		"of another": authn.ErrInvalid, "no hash": authn.ErrInvalid, "no expiry": authn.ErrExpired, "not found": authn.ErrInvalid,
		"unknown": authn.ErrInvalid, "down": authn.ErrUnavailable, "Notes_live_": authn.ErrInvalid,
	} {
		p, err := a.Authenticate(request(key))
		if !errors.Is(err, want) || (err == nil) != (want == nil) || asked != key {
			t.Errorf("%s: %v, want %v; asked for %q", key, err, want, asked)
		}
		if err == nil && (p.Subject != "ann" || p.TokenID != "old-1" || p.Kind != "apikey") {
			t.Errorf("%s: %+v", key, p)
		}
		if want == authn.ErrUnavailable && !errors.Is(err, errDown) {
			t.Errorf("the error for the log lacks the cause: %v", err)
		}
	}
	// Neither a key of the new form, nor an empty or an endless one, reaches the function.
	good, _ := issue(t, a, s, nil)
	asked = ""
	for key, want := range map[string]error{
		good: nil, good[:len(good)-1] + "!": authn.ErrInvalid, "notes_live_": authn.ErrInvalid, "": authn.ErrNoCredentials, strings.Repeat("x", 1025): authn.ErrInvalid,
	} {
		if _, err := a.Authenticate(request(key)); !errors.Is(err, want) || asked != "" {
			t.Errorf("%.20q: %v, want %v; asked for %q", key, err, want, asked)
		}
	}
	unknown, wrong := httptest.NewRecorder(), httptest.NewRecorder()
	h := protect(t, a, &mwtest.Spy{})
	h.ServeHTTP(unknown, request("unknown"))
	h.ServeHTTP(wrong, request("of another"))
	if u, w := mwtest.Refused(t, unknown.Result(), 401, "invalid_credentials"), mwtest.Refused(t, wrong.Result(), 401, "invalid_credentials"); u.Message != w.Message {
		t.Errorf("%q and %q", u.Message, w.Message)
	}
}
