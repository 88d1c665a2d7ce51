package apikeytest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/apikey"
)

// Behaviours returns the behaviours that every store must have.
func Behaviours() []Behaviour {
	return []Behaviour{
		{"a record is found as it was put", foundAsPut},
		{"IDs are compared exactly", exactIDs},
		{"Put replaces a record", putReplaces},
		{"Put stores all records or none", putIsAtomic},
		{"a key is valid until the instant of its end", exactEnd},
		{"a rotated key is valid during the overlap", rotation},
		{"Replace never brings back a revoked key", replaceAfterDelete},
		{"Replace never overwrites another change", replaceAfterChange},
		{"Replace can be repeated", replaceAgain},
		{"one of many rotations at a time succeeds", concurrentRotations},
		{"changes at a time are all kept", concurrentPuts},
		{"a revoked key is refused everywhere", revocation},
		{"Records has all records, the oldest first", listing},
	}
}

func foundAsPut(r Rig) error {
	full, err := r.stored()
	if err != nil {
		return err
	}
	least := r.generate()
	least.record = apikey.Record{
		ID: least.record.ID, Hash: least.record.Hash, Subject: "bob", DangerouslyAnyAddress: true, ExpiresAt: full.record.ExpiresAt,
	}
	err = r.Store.Put(r.Context(), least.record)
	err = errors.Join(err, r.has(r.Store, full.record), r.has(r.Store, least.record))
	time.Sleep(r.Spread)
	return errors.Join(err, r.has(r.Other, full.record), r.has(r.Other, least.record))
}

func exactIDs(r Rig) error {
	k := r.generate()
	k.record.ID = "abcDEF123456"
	err := errors.Join(r.Store.Put(r.Context(), k.record), r.has(r.Store, k.record))
	for _, id := range []string{"ABCDEF123456", "abcdef123456", "abcDEF12345", "abcDEF123457", "*", "", "abcDEF123456 "} {
		err = errors.Join(err, r.lacks(r.Store, id))
	}
	return err
}

func putReplaces(r Rig) error {
	k, err := r.stored()
	k.record.Tenant, k.record.Scopes = "other", nil
	err = errors.Join(err, r.Store.Put(r.Context(), k.record), r.has(r.Store, k.record))
	all, listErr := r.Store.Records(r.Context())
	if len(all) != 1 {
		err = errors.Join(err, fmt.Errorf("%d records after Put of one record twice", len(all)))
	}
	return errors.Join(err, listErr)
}

func putIsAtomic(r Rig) error {
	old, err := r.stored()
	one, bad, changed := r.generate(), r.generate(), old.record
	bad.record.Subject, changed.Tenant = "", "changed"
	for _, err := range []error{
		r.Store.Put(r.Context(), one.record, bad.record),
		r.Store.Put(r.Context(), one.record, one.record),
		r.Store.Replace(r.Context(), old.record, one.record, changed, bad.record),
	} {
		if err == nil {
			return errors.New("a faulty record was stored")
		}
	}
	return errors.Join(err, r.lacks(r.Store, one.record.ID), r.lacks(r.Store, bad.record.ID), r.has(r.Store, old.record))
}

func exactEnd(r Rig) error {
	k, err := r.stored()
	if err != nil {
		return err
	}
	time.Sleep(time.Until(k.record.ExpiresAt) - 1)
	err = errors.Join(r.answers(r.Store, k, nil), r.answers(r.Other, k, nil))
	time.Sleep(time.Nanosecond)
	return errors.Join(err, r.answers(r.Store, k, authn.ErrExpired), r.answers(r.Other, k, authn.ErrExpired))
}

func rotation(r Rig) error {
	old, err := r.stored()
	next, previous := r.rotate(old, time.Minute)
	err = errors.Join(err, r.Store.Replace(r.Context(), old.record, next.record, previous.record))
	time.Sleep(r.Spread)
	for _, s := range []apikey.Store{r.Store, r.Other} {
		err = errors.Join(err, r.answers(s, old, nil), r.answers(s, next, nil))
	}
	time.Sleep(time.Until(previous.record.ExpiresAt))
	for _, s := range []apikey.Store{r.Store, r.Other} {
		err = errors.Join(err, r.answers(s, old, authn.ErrExpired), r.answers(s, next, nil))
	}
	ended, last := r.rotate(next, 0)
	err = errors.Join(err, r.Store.Replace(r.Context(), next.record, ended.record, last.record))
	return errors.Join(err, r.answers(r.Store, next, authn.ErrExpired), r.answers(r.Store, ended, nil))
}

func replaceAfterDelete(r Rig) error {
	old, err := r.stored()
	next, previous := r.rotate(old, time.Minute)
	_, deleteErr := r.Other.Delete(r.Context(), old.record.ID)
	if err := errors.Join(err, deleteErr); err != nil {
		return err
	}
	if err := r.Store.Replace(r.Context(), old.record, next.record, previous.record); !errors.Is(err, apikey.ErrChanged) {
		return fmt.Errorf("a Replace of a deleted record: %w", err)
	}
	time.Sleep(r.Spread)
	return errors.Join(r.lacks(r.Store, old.record.ID), r.lacks(r.Store, next.record.ID))
}

func replaceAfterChange(r Rig) error {
	old, err := r.stored()
	shorter := old.record
	shorter.ExpiresAt = shorter.ExpiresAt.Add(-time.Nanosecond)
	next, previous := r.rotate(old, time.Minute)
	if err := errors.Join(err, r.Other.Put(r.Context(), shorter)); err != nil {
		return err
	}
	if err := r.Store.Replace(r.Context(), old.record, next.record, previous.record); !errors.Is(err, apikey.ErrChanged) {
		return fmt.Errorf("a Replace of a changed record: %w", err)
	}
	err = r.lacks(r.Other, next.record.ID)
	err = errors.Join(err, r.Store.Replace(r.Context(), shorter, next.record, previous.record))
	return errors.Join(err, r.has(r.Store, next.record), r.has(r.Store, previous.record))
}

// A caller that got no reply sends the same Replace again.
func replaceAgain(r Rig) error {
	old, err := r.stored()
	next, previous := r.rotate(old, time.Minute)
	replace := func(s apikey.ManagedStore) error {
		return s.Replace(r.Context(), old.record, next.record, previous.record)
	}
	err = errors.Join(err, replace(r.Store), replace(r.Other), r.has(r.Other, next.record), r.has(r.Other, previous.record))
	if _, deleteErr := r.Other.Delete(r.Context(), next.record.ID); err != nil || deleteErr != nil {
		return errors.Join(err, deleteErr)
	}
	if err := replace(r.Store); !errors.Is(err, apikey.ErrChanged) {
		return fmt.Errorf("a second Replace after the new key was revoked: %w", err)
	}
	if err := r.Store.Replace(r.Context(), old.record); !errors.Is(err, apikey.ErrChanged) {
		return fmt.Errorf("a Replace of a changed record by none: %w", err)
	}
	return r.lacks(r.Other, next.record.ID)
}

func concurrentRotations(r Rig) error {
	old, err := r.stored()
	if err != nil {
		return err
	}
	var succeeded atomic.Int64
	var wg sync.WaitGroup
	for i := range 8 {
		next, previous := r.rotate(old, time.Minute)
		store := []apikey.ManagedStore{r.Store, r.Other}[i%2]
		wg.Go(func() {
			if store.Replace(r.Context(), old.record, next.record, previous.record) == nil {
				succeeded.Add(1)
			}
		})
	}
	wg.Wait()
	all, err := r.Store.Records(r.Context())
	if n := succeeded.Load(); n != 1 || len(all) != 2 {
		return fmt.Errorf("%d rotations succeeded, %d records are stored", n, len(all))
	}
	return err
}

func concurrentPuts(r Rig) error {
	var wg sync.WaitGroup
	var failed atomic.Pointer[error]
	var ids []string
	for range 8 {
		k := r.generate()
		ids = append(ids, k.record.ID)
		wg.Go(func() {
			if err := r.Store.Put(r.Context(), k.record); err != nil {
				failed.Store(&err)
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	all, err := r.Store.Records(r.Context())
	for _, id := range ids {
		if !slices.ContainsFunc(all, func(have apikey.Record) bool { return have.ID == id }) {
			return fmt.Errorf("%s of %d is lost: %w", id, len(ids), err)
		}
	}
	return err
}

func revocation(r Rig) error {
	k, err := r.stored()
	stays, putErr := r.stored()
	time.Sleep(r.Spread)
	err = errors.Join(err, putErr, r.answers(r.Other, k, nil), r.answers(r.Other, stays, nil))
	found, deleteErr := r.Store.Delete(r.Context(), k.record.ID)
	again, againErr := r.Store.Delete(r.Context(), k.record.ID)
	if !found || again {
		err = errors.Join(err, fmt.Errorf("the method Delete reports %v, and then %v", found, again))
	}
	err = errors.Join(err, deleteErr, againErr, r.answers(r.Store, k, authn.ErrInvalid))
	time.Sleep(r.Spread)
	return errors.Join(err, r.answers(r.Other, k, authn.ErrInvalid), r.answers(r.Other, stays, nil))
}

func listing(r Rig) error {
	var want, got []string
	for i := range 5 {
		k := r.generate()
		k.record.CreatedAt = k.record.CreatedAt.Add(-time.Duration(i*7%5) * time.Minute)
		if err := r.Store.Put(r.Context(), k.record); err != nil {
			return err
		}
		want = append(want, k.record.CreatedAt.Format(time.RFC3339Nano)+" "+k.record.ID)
	}
	slices.Sort(want)
	all, err := r.Store.Records(r.Context())
	for _, have := range all {
		got = append(got, have.CreatedAt.UTC().Format(time.RFC3339Nano)+" "+have.ID)
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("the list is\n%s\nwant\n%s\n%w", strings.Join(got, "\n"), strings.Join(want, "\n"), err)
	}
	return err
}
