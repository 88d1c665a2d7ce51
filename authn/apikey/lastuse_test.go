package apikey_test

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/apikey"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestLastUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var got []string
		observe := apikey.LastUse(time.Hour, func(id string, at time.Time) { got = append(got, fmt.Sprint(id, " ", at.Sub(start))) })
		use := func(kind, id string) {
			observe(nil, authn.Decision{Principal: &authn.Principal{Kind: kind, Subject: "ann", TokenID: id}})
		}
		for range 3 {
			use("apikey", "one")
			use("jwt", "token")
			observe(nil, authn.Decision{Err: authn.ErrExpired})
			observe(nil, authn.Decision{})
		}
		time.Sleep(30 * time.Minute)
		use("apikey", "two")
		time.Sleep(30*time.Minute - 1)
		use("apikey", "one")
		time.Sleep(time.Nanosecond)
		use("apikey", "one")
		use("apikey", "two")
		time.Sleep(30 * time.Minute)
		use("apikey", "two")
		if want := "[one 0s two 30m0s one 1h0m0s two 1h30m0s]"; fmt.Sprint(got) != want {
			t.Errorf("reported %v, want %s", got, want)
		}
	})
}

// The observer of a chain gets the ID of the key that was used, and no refused use.
func TestLastUseObserves(t *testing.T) {
	a, s := buildWithStore(t)
	key, rec := issue(t, a, s, nil)
	var got []string
	m := mwtest.Must[*authn.Middleware](t)(authn.New(authn.Config{
		Authenticators: []authn.Authenticator{a},
		Observe:        apikey.LastUse(time.Hour, func(id string, _ time.Time) { got = append(got, id) }),
	}))
	h := m.Handler(&mwtest.Spy{})
	for _, k := range []string{key + "x", key, key} {
		h.ServeHTTP(httptest.NewRecorder(), request(k))
	}
	if len(got) != 1 || got[0] != rec.ID {
		t.Errorf("reported %v, want %s", got, rec.ID)
	}
}

// Many requests at a time report a use once, and the next use of the same key allocates
// nothing.
func TestLastUseRace(t *testing.T) {
	var reports atomic.Int64
	observe := apikey.LastUse(time.Hour, func(string, time.Time) { reports.Add(1) })
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 1000 {
				observe(nil, authn.Decision{Principal: &authn.Principal{Kind: "apikey", TokenID: fmt.Sprint(i % 10)}})
			}
		})
	}
	wg.Wait()
	if n := reports.Load(); n != 10 {
		t.Errorf("%d reports of 10 keys", n)
	}
	d := authn.Decision{Principal: &authn.Principal{Kind: "apikey", TokenID: "1"}}
	mwtest.MaxAllocs(t, "a use", 0, func() { observe(nil, d) })
	observe(nil, authn.Decision{Principal: d.Principal, Err: errors.New("refused")})
}
