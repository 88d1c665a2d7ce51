package apikey

import (
	"crypto/sha256"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// Generate makes a key with the rights of grant, and the record to put into the
// store. It stores neither. Show the key to its holder once, and do not keep it.
//
// ID and Hash of grant must be empty, and ExpiresAt in the future. All faults
// are returned at once, joined, each a *httperr.ConfigError.
func (a *Authenticator) Generate(grant Record) (key string, record Record, err error) {
	f := httperr.ConfigFaults{Package: "apikey"}
	if grant.ID != "" {
		f.Add("ID", nil, "is set, but a key gets an ID of its own", "leave it empty")
	}
	if grant.Hash != [sha256.Size]byte{} {
		f.Add("Hash", nil, "is set, but a key gets a secret of its own", "leave it empty")
	}
	if !grant.ExpiresAt.IsZero() && !time.Now().Before(grant.ExpiresAt) {
		f.Add("ExpiresAt", grant.ExpiresAt.Format(time.RFC3339), "has passed", "set it in the future")
	}
	secret := random(secretLen)
	record = grant.clone()
	record.ID = random(idLen)
	record.Hash = sha256.Sum256([]byte(secret))
	record.check(&f, "")
	if err := f.Err(); err != nil {
		return "", Record{}, err
	}
	return format(a.head, record.ID, secret), record, nil
}

// Rotate makes the successor of a key: a new key with a new ID and the rights of
// old. The new key expires at expiresAt. Both keys are valid for the time of
// overlap, so that the holder can change to the new key. Then old expires. Rotate
// never makes old expire later than before.
//
// Rotate stores nothing. Put next into the store, and replace old by previous, a
// copy of old that expires with the overlap. Rotate refuses a key that is not
// valid now, because its successor would be valid.
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
	grant.ID, grant.Hash, grant.NotBefore, grant.ExpiresAt = "", [sha256.Size]byte{}, time.Time{}, expiresAt
	if key, next, err = a.Generate(grant); err != nil {
		return "", Record{}, Record{}, err
	}
	previous = old.clone()
	if end := now.Add(overlap); end.Before(previous.ExpiresAt) {
		previous.ExpiresAt = end
	}
	return key, next, previous, nil
}
