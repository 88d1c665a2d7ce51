package apikey

import (
	"crypto/sha256"
	"slices"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// Due returns the records whose keys must be rotated now, the oldest key first. A key
// is due at the age of maxAge if it is valid and has no successor. A key of unknown age
// is due. records are all records of a store: a key is due again if its successor is
// not among them.
//
// A key that has expired cannot be rotated. So maxAge must be shorter than the lifetime
// of the keys, by at least the time between two calls of Due.
func Due(maxAge time.Duration, records []Record) []Record {
	now := time.Now()
	stored := make(map[string]bool, len(records))
	for _, r := range records {
		stored[r.ID] = true
	}
	var due []Record
	for _, r := range records {
		isValid := !now.Before(r.NotBefore) && now.Before(r.ExpiresAt)
		if isValid && !stored[r.ReplacedBy] && now.Sub(r.CreatedAt) >= maxAge {
			due = append(due, r)
		}
	}
	slices.SortStableFunc(due, func(a, b Record) int { return a.CreatedAt.Compare(b.CreatedAt) })
	return due
}

// Rotate makes the successor of a key: a new key with a new ID and the rights of
// old. The new key expires at expiresAt. Both keys are valid for the time of
// overlap, so that the holder can change to the new key. Then old expires. An overlap
// of 0 ends old at once. Rotate never makes old expire later than before: a key that
// is rotated again during its overlap keeps its earlier end.
//
// Rotate stores nothing. Give next and previous, a copy of old that expires with the
// overlap, to the method Replace of the store. Rotate refuses a key that is not valid
// now, because its successor would be valid. It also refuses a record of
// Config.Legacy: generate a key instead.
func (a *Authenticator) Rotate(old Record, expiresAt time.Time, overlap time.Duration) (key string, next, previous Record, err error) {
	now := time.Now()
	f := httperr.ConfigFaults{Package: "apikey"}
	old.check(&f, "")
	if overlap < 0 {
		f.Add("overlap", overlap, "is negative", "use 0 to end the old key at once")
	}
	switch {
	case f.Len() > 0:
	case now.Before(old.NotBefore):
		f.Add("NotBefore", old.NotBefore.Format(time.RFC3339), "has not come yet", "delete the old key and generate another")
	case !now.Before(old.ExpiresAt):
		f.Add("ExpiresAt", old.ExpiresAt.Format(time.RFC3339), "has passed", "generate another key")
	}
	if err := f.Err(); err != nil {
		return "", Record{}, Record{}, err
	}
	grant := old
	grant.ID, grant.Hash, grant.ReplacedBy = "", [sha256.Size]byte{}, ""
	grant.NotBefore, grant.ExpiresAt, grant.CreatedAt = time.Time{}, expiresAt, time.Time{}
	if key, next, err = a.Generate(grant); err != nil {
		return "", Record{}, Record{}, err
	}
	previous = old.clone()
	if end := now.Add(overlap); end.Before(previous.ExpiresAt) {
		previous.ExpiresAt = end.UTC().Round(0)
	}
	if !previous.NotBefore.Before(previous.ExpiresAt) {
		previous.NotBefore = time.Time{} // old became valid at this instant; a record must have a time in between
	}
	previous.ReplacedBy = next.ID
	return key, next, previous, nil
}
