package apikey

import (
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// Generate makes a key with the rights of grant, and the record to put into the
// store. It stores neither. Show the key to its holder once, and do not keep it.
//
// ID, Hash, CreatedAt and ReplacedBy of grant must be empty, and ExpiresAt in the
// future. All faults are returned at once, joined, each a *httperr.ConfigError.
func (a *Authenticator) Generate(grant Record) (key string, record Record, err error) {
	f := httperr.ConfigFaults{Package: "apikey"}
	if grant.ID != "" {
		f.Add("ID", nil, "is set, but a key gets an ID of its own", "leave it empty")
	}
	if grant.Hash != [sha256.Size]byte{} {
		f.Add("Hash", nil, "is set, but a key gets a secret of its own", "leave it empty")
	}
	if !grant.CreatedAt.IsZero() {
		f.Add("CreatedAt", nil, "is set, but a key is created now", "leave it zero")
	}
	if grant.ReplacedBy != "" {
		f.Add("ReplacedBy", nil, "is set, but a new key has no successor", "leave it empty")
	}
	now := time.Now()
	if !grant.ExpiresAt.IsZero() && !now.Before(grant.ExpiresAt) {
		f.Add("ExpiresAt", grant.ExpiresAt.Format(time.RFC3339), "has passed", "set it in the future")
	}
	secret := random(secretLen)
	record = grant.clone()
	record.ID = random(idLen)
	record.Hash = sha256.Sum256([]byte(secret))
	record.CreatedAt = now.UTC().Round(0) // without the monotonic time, which a store cannot keep
	record.check(&f, "")
	if err := f.Err(); err != nil {
		return "", Record{}, err
	}
	return format(a.head, record.ID, secret), record, nil
}

// Pattern returns a regular expression (RE2, PCRE, Hyperscan) that finds the keys of a in
// text, for a secret scanner such as gitleaks or the custom patterns of GitHub. It matches
// every key that Generate makes. The checksum of a match, the last 6 characters, tells a
// key from a text that only looks like a key.
func (a *Authenticator) Pattern() string {
	return fmt.Sprintf("%s[0-9A-Za-z]{%d}_[0-9A-Za-z]{%d}", a.head, idLen, secretLen+sumLen)
}
