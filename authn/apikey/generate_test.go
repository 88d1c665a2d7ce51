package apikey_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
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

// The pattern finds every key in each text where keys leak, and no random text. The
// checksum decides about a text that only looks like a key.
func TestPattern(t *testing.T) {
	s := newStore()
	a := build(t, apikey.Config{Store: s})
	pattern := regexp.MustCompile(a.Pattern())
	for range 2000 {
		key, _, err := a.Generate(grant())
		if err != nil {
			t.Fatal(err)
		}
		for _, around := range []string{"%s", "X-API-Key: %s\n", `{"key":"%s"}`, "?key%%3D%s&a=1", "KEY=%s;", "%s_more", "notes_live_%s"} {
			if got := pattern.FindString(fmt.Sprintf(around, key)); got != key {
				t.Fatalf("%s: found %q, want %q", around, got, key)
			}
		}
	}
	key, _, _ := a.Generate(grant())
	random := rand.New(rand.NewPCG(1, 2))
	// Each place of this text is the beginning of a random string.
	const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz__"
	haystack := make([]byte, 1_000_000+len(key))
	for i := range haystack {
		haystack[i] = alphabet[random.IntN(len(alphabet))]
	}
	if found := pattern.Find(haystack); found != nil {
		t.Errorf("found %s", found)
	}
	text := []byte(key)
	for range 20_000 {
		copy(text, key[:24]) // with the beginning and the ID of a key
		for i := range text[24:] {
			text[24+i] = alphabet[random.IntN(62)]
		}
		if !pattern.Match(text) {
			t.Fatalf("not found: %s", text)
		}
		if _, err := a.Authenticate(request(string(text))); !errors.Is(err, authn.ErrInvalid) {
			t.Fatalf("%s: %v", text, err)
		}
	}
	if n := s.calls.Load(); n != 0 {
		t.Errorf("%d texts have the checksum of a key", n)
	}
	for _, other := range []apikey.Config{{Prefix: "notes", Env: "test"}, {Prefix: "other", Env: "live"}} {
		other.Store = s
		if key, _, _ := build(t, other).Generate(grant()); pattern.MatchString(key) {
			t.Errorf("the key of another environment is found: %s", key)
		}
	}
}

func TestGenerateRefuses(t *testing.T) {
	a := build(t, apikey.Config{Store: newStore()})
	_, old, _ := a.Generate(grant())
	for name, tc := range map[string]struct {
		grant apikey.Record
		want  []string
	}{
		"nothing":     {apikey.Record{}, []string{"apikey: Subject: ", "apikey: Networks: ", "apikey: ExpiresAt: is missing"}},
		"an old ID":   {old, []string{"apikey: ID: is set", "apikey: Hash: is set", "apikey: CreatedAt: is set"}},
		"a successor": {func() apikey.Record { g := grant(); g.ReplacedBy = old.ID; return g }(), []string{"apikey: ReplacedBy: is set"}},
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
