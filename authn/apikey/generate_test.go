package apikey_test

import (
	"crypto/sha256"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/apikey"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestGenerate(t *testing.T) {
	a := build(t, apikey.Config{Store: newStore()})
	seen := map[string]bool{}
	for range 200 {
		key, rec, err := a.Generate(grant())
		if err != nil {
			t.Fatal(err)
		}
		rest, ok := strings.CutPrefix(key, "notes_live_"+rec.ID+"_")
		if !ok || len(rest) != 43+6 {
			t.Fatalf("key %q", key)
		}
		if rec.Hash != sha256.Sum256([]byte(rest[:43])) {
			t.Error("Hash is not SHA-256 of the secret")
		}
		if seen[rec.ID] || seen[rest] {
			t.Error("the same key again")
		}
		seen[rec.ID], seen[rest] = true, true
	}
}

func TestGenerateRefuses(t *testing.T) {
	a := build(t, apikey.Config{Store: newStore()})
	_, old, _ := a.Generate(grant())
	for name, tc := range map[string]struct {
		grant apikey.Record
		want  []string
	}{
		"nothing":   {apikey.Record{}, []string{"apikey: Subject: ", "apikey: Networks: ", "apikey: ExpiresAt: is missing"}},
		"an old ID": {old, []string{"apikey: ID: is set", "apikey: Hash: is set"}},
		"already expired": {func() apikey.Record { g := grant(); g.ExpiresAt = time.Now().Add(-time.Hour); return g }(),
			[]string{"apikey: ExpiresAt: "}},
	} {
		key, rec, err := a.Generate(tc.grant)
		mwtest.Faults(t, err, tc.want...)
		allHaveFixes(t, err)
		if key != "" || rec.ID != "" || rec.Hash != [32]byte{} {
			t.Errorf("%s: Generate returned a key with the error %v", name, err)
		}
	}
}

// NotBefore and ExpiresAt hold to the nanosecond.
func TestLifetime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, s := buildWithStore(t)
		start := time.Now()
		key, _ := issue(t, a, s, func(r *apikey.Record) {
			r.NotBefore, r.ExpiresAt = start.Add(time.Hour), start.Add(2*time.Hour)
		})
		for _, tc := range []struct {
			after time.Duration
			want  error
		}{
			{0, authn.ErrInvalid},
			{time.Hour - 1, authn.ErrInvalid},
			{time.Hour, nil},
			{2*time.Hour - 1, nil},
			{2 * time.Hour, authn.ErrExpired},
			{9 * time.Hour, authn.ErrExpired},
		} {
			time.Sleep(time.Until(start.Add(tc.after)))
			if _, err := a.Authenticate(request(key)); !errors.Is(err, tc.want) {
				t.Errorf("after %v: %v, want %v", tc.after, err, tc.want)
			}
		}
	})
}

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
		if err := s.inner.Put(next, previous); err != nil {
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
