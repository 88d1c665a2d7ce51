package jwtissuer_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn/jwtissuer"
)

// However the files of a folder change, the key that signs is published, it was published
// for Ahead before its first token, and each token is accepted until it expires.
func TestKeyFileProperty(t *testing.T) {
	for seed := range uint64(12) {
		if fault := violation(t, seed, 15*time.Minute); fault != "" {
			t.Errorf("seed %d: %s", seed, fault)
		}
	}
	// An issuer whose keys sign after 5 min is detected.
	found := false
	for seed := uint64(0); seed < 12 && !found; seed++ {
		found = violation(t, seed, 5*time.Minute) != ""
	}
	if !found {
		t.Error("keys that sign too early are not detected")
	}
}

// violation changes the files of an issuer with the given Ahead at random, and returns the
// first fault.
func violation(t *testing.T, seed uint64, configured time.Duration) (fault string) {
	const ahead = 15 * time.Minute
	random := rand.New(rand.NewPCG(seed, 18))
	d := newKeyFolder(t)
	synctest.Test(t, func(t *testing.T) {
		d.set("a")
		cfg := d.config("")
		cfg.Ahead = configured
		i := newIssuer(t, cfg)
		v := verifierOf(t, i)
		var live []jwtissuer.Issued
		since := map[string]time.Time{"a": time.Now().Add(-ahead)} // when a key was published; a is the first key
		changes := ""
		for range 60 {
			if random.IntN(3) == 0 {
				names := "" // an empty folder is a fault, and changes nothing
				for _, name := range strings.Split("abcdefgh", "") {
					if random.IntN(3) == 0 {
						names += name
					}
				}
				d.set(names)
				changes += names + " "
			}
			time.Sleep(time.Duration(1+random.IntN(10)) * time.Minute)
			signs, known := namesIn(t, i)
			for name := range since {
				if !strings.Contains(known, name) {
					delete(since, name)
				}
			}
			for _, name := range strings.Split(known, "") {
				if _, before := since[name]; !before {
					since[name] = time.Now()
				}
			}
			if at, ok := since[signs]; !ok || time.Since(at) < ahead {
				fault = fmt.Sprintf("%s: %s signs, %s are published, for %v", changes, signs, known, time.Since(at))
				return
			}
			live = append(live, issue(t, i, grant()))
			live = slices.DeleteFunc(live, func(out jwtissuer.Issued) bool { return !time.Now().Before(out.ExpiresAt) })
			for _, out := range live {
				if _, err := v.Verify(context.Background(), out.Token); err != nil {
					fault = fmt.Sprintf("%s: %v", changes, err)
					return
				}
			}
		}
	})
	return fault
}
