package apikey

import (
	"crypto/sha256"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
)

// Record is the data that a store keeps about a key. It does not contain the secret,
// so it cannot be used to make a request.
type Record struct {
	ID   string   // 12 characters of [0-9A-Za-z]; made by Generate
	Hash [32]byte // SHA-256 of the secret; made by Generate

	Subject  string   // user or program that the key stands for; required
	ClientID string   // program that holds the key; optional
	Tenant   string   // organisation; optional
	Scopes   []string // permissions of the key (RFC 6749, section 3.3)
	Roles    []string // functions of Subject

	// Networks are the client addresses that may use the key. A prefix has no bits
	// beyond its length, and an IPv4 prefix is not written as IPv6. A prefix of
	// length 0 is refused, because it contains every address. At least one is
	// required.
	Networks []netip.Prefix

	// DangerouslyAnyAddress lets every client address use the key, instead of
	// Networks. A thief can then use a leaked key from anywhere.
	DangerouslyAnyAddress bool

	NotBefore time.Time // when the key becomes valid; zero: at once
	ExpiresAt time.Time // when the key expires, exclusive; required

	CreatedAt  time.Time // when Generate made the key; zero: unknown, and so due for rotation
	ReplacedBy string    // ID of the successor that Rotate made; empty: no successor
}

// Validate returns all faults of the record at once, joined, each a
// *httperr.ConfigError. An expired record is not a fault.
func (r Record) Validate() error {
	f := httperr.ConfigFaults{Package: "apikey"}
	r.check(&f, "")
	return f.Err()
}

// check adds the faults of r, with path in front of the names of the fields.
func (r Record) check(f *httperr.ConfigFaults, path string) {
	fault := func(name string, value any, reason, fix string) { f.Add(path+name, value, reason, fix) }
	// The text of a fault does not repeat a wrong ID or hash, because it may be a
	// key.
	if !validID(r.ID) {
		fault("ID", nil, "is not 12 characters of [0-9A-Za-z]", "take the record that Generate returned")
	}
	if r.Hash == [sha256.Size]byte{} {
		fault("Hash", nil, "is missing", "take the record that Generate returned")
	}
	switch {
	case r.Subject == "":
		fault("Subject", nil, "is missing", "name whom the key stands for")
	case !field.Name(r.Subject):
		fault("Subject", r.Subject, "is not printable", "name whom the key stands for")
	}
	for _, f := range [...]struct{ name, value string }{{"ClientID", r.ClientID}, {"Tenant", r.Tenant}} {
		if f.value != "" && !field.Name(f.value) {
			fault(f.name, f.value, "is not printable", "leave it empty if there is none")
		}
	}
	for i, s := range r.Scopes {
		switch name := fmt.Sprintf("Scopes[%d]", i); {
		case !field.Scope(s):
			fault(name, s, "is not one scope of RFC 6749, section 3.3", `write each scope on its own, such as "notes:read"`)
		case slices.Contains(r.Scopes[:i], s):
			fault(name, s, "is there twice", "remove one")
		}
	}
	for i, s := range r.Roles {
		switch name := fmt.Sprintf("Roles[%d]", i); {
		case !field.Name(s):
			fault(name, s, "is empty or not printable", `write the name of a role, such as "admin"`)
		case slices.Contains(r.Roles[:i], s):
			fault(name, s, "is there twice", "remove one")
		}
	}
	r.checkNetworks(fault)
	r.checkTimes(fault)
}

// checkTimes adds the faults of the times and of the successor.
func (r Record) checkTimes(fault func(name string, value any, reason, fix string)) {
	if r.ReplacedBy != "" && (!validID(r.ReplacedBy) || r.ReplacedBy == r.ID) {
		fault("ReplacedBy", nil, "is not the ID of another key", "take the record that Rotate returned")
	}
	for _, t := range [...]struct {
		name string
		at   time.Time
	}{{"NotBefore", r.NotBefore}, {"ExpiresAt", r.ExpiresAt}, {"CreatedAt", r.CreatedAt}} {
		if y := t.at.UTC().Year(); y < 1 || y > 9999 {
			fault(t.name, nil, "has a year that RFC 3339 cannot express", "set a year from 1 to 9999")
		}
	}
	switch {
	case r.ExpiresAt.IsZero():
		fault("ExpiresAt", nil, "is missing; a key that never ends is found sooner or later", "set it, and rotate the key before")
	case !r.NotBefore.Before(r.ExpiresAt):
		fault("NotBefore", r.NotBefore.Format(time.RFC3339), "is not before ExpiresAt", "set it earlier, or leave it zero")
	}
}

func (r Record) checkNetworks(fault func(name string, value any, reason, fix string)) {
	switch {
	case len(r.Networks) == 0 && !r.DangerouslyAnyAddress:
		fault("Networks", nil, "is empty, so that the key could not be used from anywhere",
			"list the networks of its holder, or set DangerouslyAnyAddress")
	case len(r.Networks) > 0 && r.DangerouslyAnyAddress:
		fault("DangerouslyAnyAddress", nil, "contradicts Networks", "keep one of them")
	}
	for i, p := range r.Networks {
		switch name := fmt.Sprintf("Networks[%d]", i); {
		case !p.IsValid():
			fault(name, nil, "is not a prefix", "use netip.ParsePrefix and check its error")
		case p.Addr().Is4In6():
			fault(name, p, "is IPv4 written as IPv6, which no client address is", "write it as IPv4, such as 192.0.2.0/24")
		case p.Bits() == 0:
			fault(name, p, "is every address there is", "list the networks of its holder, or set DangerouslyAnyAddress")
		case p != p.Masked():
			single := netip.PrefixFrom(p.Addr(), p.Addr().BitLen())
			fault(name, p, "has bits beyond its length", fmt.Sprintf("write %v, or %v if one address is meant", p.Masked(), single))
		case slices.Contains(r.Networks[:i], p):
			fault(name, p, "is there twice", "remove one")
		}
	}
}

func validID(id string) bool { return len(id) == idLen && isBase62(id) }

// clone returns r with copies of its slices, so that a caller can neither change
// them nor append into them.
func (r Record) clone() Record {
	r.Scopes = slices.Clip(slices.Clone(r.Scopes))
	r.Roles = slices.Clip(slices.Clone(r.Roles))
	r.Networks = slices.Clip(slices.Clone(r.Networks))
	return r
}
