package apikey

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	httperr "github.com/go-sallyport/sallyport/errors"
)

// Generate makes a key for what grant says, and the record to put into the
// store. It stores neither: show the key to its holder once, and forget it.
//
// ID and Hash of grant must be empty, and ExpiresAt in the future. All faults
// are returned at once, joined, each a *httperr.ConfigError.
func (a *Authenticator) Generate(grant Record) (key string, record Record, err error) {
	var faults []error
	fault := func(name, value, reason, fix string) {
		faults = append(faults, &httperr.ConfigError{Package: "apikey", Field: name, Value: value, Reason: reason, Fix: fix})
	}
	if grant.ID != "" {
		fault("ID", "", "is set, but a key gets an ID of its own", "leave it empty")
	}
	if grant.Hash != [sha256.Size]byte{} {
		fault("Hash", "", "is set, but a key gets a secret of its own", "leave it empty")
	}
	if !grant.ExpiresAt.IsZero() && !time.Now().Before(grant.ExpiresAt) {
		fault("ExpiresAt", fmt.Sprintf("%q", grant.ExpiresAt.Format(time.RFC3339)), "has passed", "set it in the future")
	}
	secret := random(secretLen)
	record = grant.clone()
	record.ID = random(idLen)
	record.Hash = sha256.Sum256([]byte(secret))
	faults = append(faults, record.faults("")...)
	if len(faults) > 0 {
		return "", Record{}, errors.Join(faults...)
	}
	return format(a.head, record.ID, secret), record, nil
}

// Rotate makes the successor of a key: a new key with a new ID for the same
// grant, which ends at expiresAt. Both keys are valid for the time of overlap,
// in which the holder changes over; then old ends. It never ends later than it
// would have without Rotate.
//
// Nothing is stored. Put next into the store, and previous in the place of old.
// A key that is not valid now cannot be rotated: that would bring it to life.
func (a *Authenticator) Rotate(old Record, expiresAt time.Time, overlap time.Duration) (key string, next, previous Record, err error) {
	now := time.Now()
	faults := old.faults("")
	fault := func(name, value, reason, fix string) {
		faults = append(faults, &httperr.ConfigError{Package: "apikey", Field: name, Value: fmt.Sprintf("%q", value), Reason: reason, Fix: fix})
	}
	if overlap < 0 {
		fault("overlap", overlap.String(), "is negative", "use 0 to end the old key at once")
	}
	switch {
	case len(faults) > 0:
	case now.Before(old.NotBefore):
		fault("NotBefore", old.NotBefore.Format(time.RFC3339), "has not come yet", "delete the old key and generate another")
	case !now.Before(old.ExpiresAt):
		fault("ExpiresAt", old.ExpiresAt.Format(time.RFC3339), "has passed", "generate another key")
	}
	if len(faults) > 0 {
		return "", Record{}, Record{}, errors.Join(faults...)
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
