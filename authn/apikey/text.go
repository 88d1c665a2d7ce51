package apikey

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"
)

// recordText is the JSON form of a Record.
type recordText struct {
	ID         string         `json:"id"`
	Hash       string         `json:"sha256"`
	Subject    string         `json:"subject"`
	ClientID   string         `json:"client_id,omitempty"`
	Tenant     string         `json:"tenant,omitempty"`
	Scopes     []string       `json:"scopes,omitempty"`
	Roles      []string       `json:"roles,omitempty"`
	Networks   []netip.Prefix `json:"networks,omitempty"`
	AnyAddress bool           `json:"dangerously_any_address,omitempty"`
	NotBefore  time.Time      `json:"not_before,omitzero"`
	ExpiresAt  time.Time      `json:"expires_at"`
	CreatedAt  time.Time      `json:"created_at,omitzero"`
	ReplacedBy string         `json:"replaced_by,omitempty"`
}

// MarshalJSON returns the form in which a FileStore and redisstore.APIKeys keep a record:
// an object with the members id, sha256 (the Hash in hexadecimal), subject, client_id,
// tenant, scopes, roles, networks, dangerously_any_address, not_before, expires_at,
// created_at and replaced_by. Times are in UTC, to the nanosecond (RFC 3339). Empty
// members are left out.
func (r Record) MarshalJSON() ([]byte, error) {
	utc := func(t time.Time) time.Time {
		if t.IsZero() {
			return time.Time{}
		}
		return t.UTC()
	}
	return json.Marshal(recordText{
		r.ID, hex.EncodeToString(r.Hash[:]), r.Subject, r.ClientID, r.Tenant, r.Scopes, r.Roles, r.Networks, r.DangerouslyAnyAddress,
		utc(r.NotBefore), utc(r.ExpiresAt), utc(r.CreatedAt), r.ReplacedBy,
	})
}

// UnmarshalJSON reads the form of MarshalJSON. It refuses an unknown member, a member
// that is there twice or in another case, and null. Its errors do not repeat the text. It
// does not validate the record.
func (r *Record) UnmarshalJSON(text []byte) error {
	var t recordText
	known := map[string]any{
		"id": &t.ID, "sha256": &t.Hash, "subject": &t.Subject, "client_id": &t.ClientID, "tenant": &t.Tenant,
		"scopes": &t.Scopes, "roles": &t.Roles, "networks": &t.Networks, "dangerously_any_address": &t.AnyAddress,
		"not_before": &t.NotBefore, "expires_at": &t.ExpiresAt, "created_at": &t.CreatedAt, "replaced_by": &t.ReplacedBy,
	}
	if err := readMembers(text, known); err != nil {
		return err
	}
	record := Record{
		ID: t.ID, Subject: t.Subject, ClientID: t.ClientID, Tenant: t.Tenant, Scopes: t.Scopes, Roles: t.Roles,
		Networks: t.Networks, DangerouslyAnyAddress: t.AnyAddress,
		NotBefore: t.NotBefore.UTC(), ExpiresAt: t.ExpiresAt.UTC(), CreatedAt: t.CreatedAt.UTC(), ReplacedBy: t.ReplacedBy,
	}
	hash, err := hex.DecodeString(t.Hash)
	if err != nil || len(hash) != sha256.Size {
		return errors.New("sha256 is not 64 hexadecimal digits")
	}
	copy(record.Hash[:], hash)
	*r = record
	return nil
}

// readMembers reads the members of the object text into the values of known. The package
// encoding/json alone would ignore the case of a name, and accept a name twice.
func readMembers(text []byte, known map[string]any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	if first, err := d.Token(); err != nil || first != json.Delim('{') {
		return errors.New("is not a JSON object")
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return errors.New("is not JSON")
		}
		value, ok := known[name.(string)]
		if !ok {
			return fmt.Errorf("has an unknown member, or a member twice, at byte %d", d.InputOffset())
		}
		delete(known, name.(string))
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return errors.New("is not JSON")
		}
		if err := json.Unmarshal(raw, value); err != nil || string(raw) == "null" {
			return fmt.Errorf("the value of %s does not have its form", name)
		}
	}
	if _, err := d.Token(); err != nil {
		return errors.New("is not a complete JSON object")
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("has text behind the JSON object")
	}
	return nil
}

// equalRecords reports whether a and b are the same record.
func equalRecords(a, b Record) bool {
	textA, errA := a.MarshalJSON()
	textB, errB := b.MarshalJSON()
	return errA == nil && errB == nil && bytes.Equal(textA, textB)
}
