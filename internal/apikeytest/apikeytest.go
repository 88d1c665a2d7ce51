// Package apikeytest tests any apikey.ManagedStore against the behaviours that every
// store of API keys must have.
//
// # Use
//
//	for _, b := range apikeytest.Behaviours() {
//		t.Run(b.Name, func(t *testing.T) {
//			synctest.Test(t, func(t *testing.T) {
//				if err := b.Run(apikeytest.Rig{T: t, Store: store, Other: other, Spread: 2 * time.Second}); err != nil {
//					t.Error(err)
//				}
//			})
//		})
//	}
package apikeytest

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/apikey"
)

// A Rig is an empty store under test. It is used in a bubble of testing/synctest.
type Rig struct {
	*testing.T
	Store apikey.ManagedStore
	Other apikey.ManagedStore // the same store as another process sees it

	// Spread is the longest time until Other sees a change that was made through Store;
	// 0 if Other sees it at once.
	Spread time.Duration
}

// A Behaviour is a behaviour that every store must have, as a test. Run returns the
// first difference that it finds.
type Behaviour struct {
	Name string
	Run  func(Rig) error
}

// A key is a key with its record.
type key struct {
	text   string
	record apikey.Record
}

// authenticator returns an Authenticator on s.
func (r Rig) authenticator(s apikey.Store) *apikey.Authenticator {
	r.Helper()
	a, err := apikey.New(apikey.Config{Store: s, Prefix: "notes", Env: "live"})
	if err != nil {
		r.Fatal(err)
	}
	return a
}

// generate makes a key that no store has yet, with a value in each field of its record.
func (r Rig) generate() key {
	r.Helper()
	now := time.Now()
	text, record, err := r.authenticator(r.Store).Generate(apikey.Record{
		Subject: "ann", ClientID: "cli", Tenant: "acme <&> ü", Scopes: []string{"notes:read", "notes:write"}, Roles: []string{"editor"},
		Networks:  []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/32")},
		NotBefore: now.Add(-time.Hour + 1), ExpiresAt: now.Add(time.Hour + 123456789),
	})
	if err != nil {
		r.Fatal(err)
	}
	return key{text, record}
}

// stored makes a key and puts it into the store.
func (r Rig) stored() (key, error) {
	r.Helper()
	k := r.generate()
	return k, r.Store.Put(r.Context(), k.record)
}

// rotate returns the successor of k, and the record of k with an end in overlap.
func (r Rig) rotate(k key, overlap time.Duration) (next, previous key) {
	r.Helper()
	text, n, p, err := r.authenticator(r.Store).Rotate(k.record, time.Now().Add(5*time.Hour), overlap)
	if err != nil {
		r.Fatal(err)
	}
	return key{text, n}, key{k.text, p}
}

// answers checks the answer of an Authenticator on s to a request with k.
func (r Rig) answers(s apikey.Store, k key, want error) error {
	r.Helper()
	req := httptest.NewRequestWithContext(r.Context(), "GET", "/", nil) // from 192.0.2.1
	req.Header.Set("X-API-Key", k.text)
	p, err := r.authenticator(s).Authenticate(req)
	switch {
	case !errors.Is(err, want):
		return fmt.Errorf("the answer to a request: want %s: %w", fmt.Sprint(want), err)
	case want == nil && p.TokenID != k.record.ID:
		return fmt.Errorf("the key is %s, want %s", p.TokenID, k.record.ID)
	}
	return nil
}

// has checks that s finds exactly the record want.
func (r Rig) has(s apikey.Store, want apikey.Record) error {
	got, found, err := s.Find(r.Context(), want.ID)
	if err != nil || !found {
		return fmt.Errorf("the record is not found: %v, %w", found, err)
	}
	for _, times := range [][2]*time.Time{
		{&got.NotBefore, &want.NotBefore}, {&got.ExpiresAt, &want.ExpiresAt}, {&got.CreatedAt, &want.CreatedAt},
	} {
		if !times[0].Equal(*times[1]) {
			return fmt.Errorf("a time is %v, want %v", times[0], times[1])
		}
		*times[0] = *times[1] // the zone may differ
	}
	if !reflect.DeepEqual(got, want) {
		return fmt.Errorf("found %+v, want %+v", got, want)
	}
	return nil
}

// lacks checks that s has no record with the ID.
func (r Rig) lacks(s apikey.Store, id string) error {
	if got, found, err := s.Find(r.Context(), id); err != nil || found {
		return fmt.Errorf("%s is found: %+v, %w", id, got, err)
	}
	return nil
}
