package apikey_test

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/apikey"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// Both keys are valid during the overlap, and only the new key afterwards.
func TestRotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, s := buildWithStore(t)
		start := time.Now()
		oldKey, old := issue(t, a, s, func(r *apikey.Record) { r.NotBefore = start }) // for one hour
		newKey, next, previous, err := a.Rotate(old, start.Add(48*time.Hour), 10*time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if previous.ID != old.ID || previous.Hash != old.Hash || !previous.ExpiresAt.Equal(start.Add(10*time.Minute)) {
			t.Errorf("previous %+v", previous)
		}
		if next.ID == old.ID || next.Hash == old.Hash || next.Subject != "ann" || !next.NotBefore.IsZero() || next.Tenant != "acme" || len(next.Networks) != 2 || len(next.Scopes) != 2 {
			t.Errorf("next %+v", next)
		}
		if err := s.inner.Put(t.Context(), next, previous); err != nil {
			t.Fatal(err)
		}
		check := func(when, key string, want error) {
			t.Helper()
			if _, err := a.Authenticate(request(key)); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", when, err, want)
			}
		}
		check("old key during the overlap", oldKey, nil)
		check("new key during the overlap", newKey, nil)
		time.Sleep(10*time.Minute - 1)
		check("old key in its last nanosecond", oldKey, nil)
		time.Sleep(time.Nanosecond)
		check("old key after the overlap", oldKey, authn.ErrExpired)
		check("new key after the overlap", newKey, nil)
		time.Sleep(48 * time.Hour)
		check("new key after its expiry", newKey, authn.ErrExpired)
	})
}

func TestRotateRefuses(t *testing.T) {
	a := build(t, apikey.Config{Store: newStore()})
	_, old, _ := a.Generate(grant())
	end := time.Now().Add(48 * time.Hour)
	change := func(f func(*apikey.Record)) apikey.Record { r := old; f(&r); return r }
	for name, tc := range map[string]struct {
		old     apikey.Record
		end     time.Time
		overlap time.Duration
		want    []string
	}{
		"negative overlap": {old, end, -1, []string{`apikey: overlap: "-1ns": `}},
		"expired":          {change(func(r *apikey.Record) { r.ExpiresAt = time.Now().Add(-1) }), end, 0, []string{"apikey: ExpiresAt: "}},
		"not valid yet":    {change(func(r *apikey.Record) { r.NotBefore = time.Now().Add(time.Minute) }), end, 0, []string{"apikey: NotBefore: "}},
		"no expiry":        {old, time.Time{}, 0, []string{"apikey: ExpiresAt: is missing"}},
		"expiry now":       {old, time.Now(), 0, []string{"apikey: ExpiresAt: "}},
		"zero":             {apikey.Record{}, end, -1, []string{"apikey: ID: ", "apikey: Hash: ", "apikey: Subject: ", "apikey: Networks: ", "apikey: ExpiresAt: ", "apikey: overlap: "}},
	} {
		t.Run(name, func(t *testing.T) {
			key, next, previous, err := a.Rotate(tc.old, tc.end, tc.overlap)
			mwtest.Faults(t, err, tc.want...)
			if key != "" || next.ID != "" || previous.ID != "" {
				t.Error("Rotate returned a key and faults")
			}
		})
	}
	// An overlap longer than the remaining life of the old key does not extend it.
	if _, _, previous, err := a.Rotate(old, end, 1000*time.Hour); err != nil || !previous.ExpiresAt.Equal(old.ExpiresAt) {
		t.Errorf("the old key lives until %v, %v", previous.ExpiresAt, err)
	}
}

// A first key that is rotated again during its overlap keeps its earlier end, and so
// does a first key whose successor is rotated.
func TestSecondRotationDuringTheOverlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := build(t, apikey.Config{Store: newStore()})
		start := time.Now()
		grant := grant()
		grant.ExpiresAt = start.Add(1000 * time.Hour)
		_, first, _ := a.Generate(grant)
		rotate := func(old apikey.Record, overlap time.Duration) (next, previous apikey.Record) {
			t.Helper()
			_, next, previous, err := a.Rotate(old, start.Add(2000*time.Hour), overlap)
			if err != nil || previous.ReplacedBy != next.ID || next.ReplacedBy != "" || !next.CreatedAt.Equal(time.Now()) {
				t.Fatalf("%+v, %+v, %v", next, previous, err)
			}
			return next, previous
		}
		second, first := rotate(first, 10*time.Hour)
		time.Sleep(4 * time.Hour)
		_, second = rotate(second, 10*time.Hour)
		if _, again := rotate(first, 10*time.Hour); !again.ExpiresAt.Equal(start.Add(10 * time.Hour)) {
			t.Errorf("the first key ends after %v", again.ExpiresAt.Sub(start))
		}
		if _, again := rotate(first, time.Hour); !again.ExpiresAt.Equal(start.Add(5 * time.Hour)) {
			t.Errorf("a shorter overlap ends the first key after %v", again.ExpiresAt.Sub(start))
		}
		if !second.ExpiresAt.Equal(start.Add(14 * time.Hour)) {
			t.Errorf("the second key ends after %v", second.ExpiresAt.Sub(start))
		}
		third, second := rotate(second, 0)
		if !second.ExpiresAt.Equal(time.Now()) || !third.ExpiresAt.Equal(start.Add(2000*time.Hour)) {
			t.Errorf("without overlap: %v, %v", second.ExpiresAt, third.ExpiresAt)
		}
		if _, _, _, err := a.Rotate(second, start.Add(2000*time.Hour), time.Hour); err == nil {
			t.Error("a key that has ended was rotated")
		}
	})
}

// A key that has become valid at this very instant can be ended at this instant.
func TestRotateInTheFirstNanosecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, s := buildWithStore(t)
		key, old := issue(t, a, s, func(r *apikey.Record) { r.NotBefore = time.Now() })
		_, next, previous, err := a.Rotate(old, old.ExpiresAt, 0)
		if err := errors.Join(err, s.inner.Replace(t.Context(), old, next, previous)); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Authenticate(request(key)); !errors.Is(err, authn.ErrExpired) {
			t.Error(err)
		}
	})
}

func TestDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		key := func(id string, age time.Duration, change func(*apikey.Record)) apikey.Record {
			r := apikey.Record{ID: id, CreatedAt: now.Add(-age), ExpiresAt: now.Add(time.Hour)}
			if change != nil {
				change(&r)
			}
			return r
		}
		const day = 24 * time.Hour
		all := []apikey.Record{
			key("young", 30*day-1, nil),
			key("exact", 30*day, nil),
			key("old", 31*day, nil),
			key("unknown age", 0, func(r *apikey.Record) { r.CreatedAt = time.Time{} }),
			key("expired", 31*day, func(r *apikey.Record) { r.ExpiresAt = now }),
			key("last nanosecond", 33*day, func(r *apikey.Record) { r.ExpiresAt = now.Add(1) }),
			key("not valid yet", 31*day, func(r *apikey.Record) { r.NotBefore = now.Add(1) }),
			key("replaced", 31*day, func(r *apikey.Record) { r.ReplacedBy = "young" }),
			key("successor revoked", 32*day, func(r *apikey.Record) { r.ReplacedBy = "gone" }),
		}
		ids := func(maxAge time.Duration, records []apikey.Record) (all []string) {
			for _, r := range apikey.Due(maxAge, records) {
				all = append(all, r.ID)
			}
			return all
		}
		if got, want := fmt.Sprint(ids(30*day, all)), "[unknown age last nanosecond successor revoked old exact]"; got != want {
			t.Errorf("due are %s, want %s", got, want)
		}
		if got := ids(0, all[:3]); len(got) != 3 {
			t.Errorf("with a maximum age of 0: %s", got)
		}
		if got := apikey.Due(day, nil); got != nil {
			t.Errorf("without records: %v", got)
		}
	})
}

// A daily job that rotates the keys that are due makes one key for each period, and its
// holder always has a valid key.
func TestDailyRotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const day = 24 * time.Hour
		a, s := buildWithStore(t)
		ctx := t.Context()
		key, rec, err := a.Generate(func() apikey.Record { g := grant(); g.ExpiresAt = time.Now().Add(40 * day); return g }())
		if err := errors.Join(err, s.inner.Put(ctx, rec)); err != nil {
			t.Fatal(err)
		}
		made := 0
		for range 365 {
			time.Sleep(day)
			records, _ := s.inner.Records(ctx)
			for _, old := range apikey.Due(30*day, records) {
				newKey, next, previous, err := a.Rotate(old, time.Now().Add(40*day), 7*day)
				if err := errors.Join(err, s.inner.Replace(ctx, old, next, previous)); err != nil {
					t.Fatal(err)
				}
				if _, err := a.Authenticate(request(key)); err != nil {
					t.Errorf("the old key during the overlap: %v", err)
				}
				key, made = newKey, made+1
			}
			if _, err := a.Authenticate(request(key)); err != nil {
				t.Fatal(err)
			}
		}
		if made != 12 {
			t.Errorf("%d keys in 365 days, want 12", made)
		}
	})
}
