package apikey

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/field"
)

var _ authn.Authenticator = (*Authenticator)(nil)

// kind is the Kind of every Principal of this package.
const kind = "apikey"

var (
	errTwice = authn.ErrAmbiguous.With(errors.New("apikey: more than one header with a key"))

	errForm = malformedField()

	// One error for both reasons, also in the log: two errors would need two code
	// paths.
	errUnknown = authn.ErrInvalid.With(errors.New("apikey: unknown key or wrong secret"))
)

// malformedField returns the refusal of a malformed Authorization field. Its message says so,
// because the request may carry exactly one key.
func malformedField() *httperr.Error {
	e := authn.ErrAmbiguous.With(errors.New("apikey: Authorization is not \"Bearer\" with one key"))
	e.Message = `The Authorization field is malformed. It must be "Bearer", a space and the key.`
	return e
}

// Present reports whether r has the header of the Config, also more than once. An empty
// header is no key. With Config.Bearer, neither is "Bearer" alone, nor an Authorization
// field of another scheme. A key in the query is ignored: a query ends up in logs,
// histories and Referer headers.
func (a *Authenticator) Present(r *http.Request) bool {
	value, found, ok := field.One(r.Header, a.header)
	return found && (!ok || value != "" && (!a.bearer || !field.NoBearer(value)))
}

// Authenticate returns the Principal of the key in r. Its Kind is "apikey" and its
// TokenID is the ID of the key. Authenticate fails with
//
//   - authn.ErrNoCredentials: r has no key;
//   - authn.ErrAmbiguous: r has more than one key, or an Authorization field that is
//     not "Bearer" with one key;
//   - authn.ErrInvalid: the key is malformed, unknown, not valid yet, or used
//     from outside its networks;
//   - authn.ErrExpired: the key was valid, and its holder may know;
//   - authn.ErrUnavailable: the store failed.
//
// The address of the client is the address that an outer layer (clientip) found,
// or else the peer of the connection.
func (a *Authenticator) Authenticate(r *http.Request) (*authn.Principal, error) {
	if !a.Present(r) {
		return nil, authn.ErrNoCredentials
	}
	key, _, ok := field.One(r.Header, a.header)
	if !ok {
		return nil, errTwice
	}
	if a.bearer {
		if key, ok = field.Bearer(key); !ok || strings.ContainsAny(key, " \t,\"") {
			return nil, errForm
		}
	}
	p, err := a.verify(r, key)
	if errors.Is(err, authn.ErrInvalid) || errors.Is(err, authn.ErrExpired) {
		carrier.NoteCredential(r.Context(), key)
	}
	return p, err
}

// verify returns the Principal of key.
func (a *Authenticator) verify(r *http.Request, key string) (*authn.Principal, error) {
	var rec Record
	hash, known, err := a.find(r.Context(), key, &rec)
	if err != nil {
		return nil, err
	}
	if !known {
		rec = Record{} // no secret has a hash of zeros
	}
	// The comparison precedes the test of known, so that it also runs for an unknown
	// key.
	if !a.equal(hash, rec.Hash) || !known {
		return nil, errUnknown
	}
	if err := checkUse(r, &rec, time.Now()); err != nil {
		return nil, err
	}
	return &authn.Principal{
		Kind:      kind,
		Issuer:    a.issuer,
		Subject:   rec.Subject,
		ClientID:  rec.ClientID,
		TokenID:   rec.ID,
		Tenant:    rec.Tenant,
		Scopes:    rec.Scopes,
		Roles:     rec.Roles,
		IssuedAt:  rec.CreatedAt,
		ExpiresAt: rec.ExpiresAt,
	}, nil
}

// find stores the record of key in rec, and returns the hash that the record must have.
func (a *Authenticator) find(ctx context.Context, key string, rec *Record) (hash [sha256.Size]byte, known bool, err error) {
	if a.legacy != nil && !strings.HasPrefix(key, a.head) {
		return a.findLegacy(ctx, key, rec)
	}
	id, secret, err := parse(a.head, key)
	if err != nil {
		return hash, false, err
	}
	if *rec, known, err = a.store.Find(ctx, id); err != nil {
		return hash, false, authn.ErrUnavailable.With(fmt.Errorf("apikey: store: %w", err))
	}
	var text [secretLen]byte // a conversion to []byte would allocate
	copy(text[:], secret)
	// A store may compare text without case, as some databases do by default, and
	// then return the record of another ID.
	return sha256.Sum256(text[:]), known && rec.ID == id, nil
}

// checkUse checks the address and the time at which a key with the right secret is
// used. The address comes first, so that a thief on another network does not learn
// that the key has expired. If the store does not validate its records, checkUse
// refuses a record without networks or without ExpiresAt.
func checkUse(r *http.Request, rec *Record, now time.Time) error {
	if !rec.DangerouslyAnyAddress {
		if client, ok := clientWithin(rec.Networks, r); !ok {
			return authn.ErrInvalid.With(fmt.Errorf("apikey: key %s is used from %v, outside its networks", rec.ID, client))
		}
	}
	switch {
	case now.Before(rec.NotBefore):
		return authn.ErrInvalid.With(fmt.Errorf("apikey: key %s is not valid yet", rec.ID))
	case !now.Before(rec.ExpiresAt):
		if facts := carrier.From(r.Context()); facts != nil {
			facts.Update(func(f *carrier.Facts) { f.Events |= carrier.KeyExpired })
		}
		return authn.ErrExpired.With(fmt.Errorf("apikey: key %s has expired", rec.ID))
	}
	return nil
}

// clientWithin reports whether the client of r is in one of networks. It is false
// for an unknown address. It is also false for a peer with a zone, even if an outer
// layer has resolved that peer: the name of a zone has a meaning on one machine
// only, and a prefix cannot contain it.
func clientWithin(networks []netip.Prefix, r *http.Request) (client netip.Addr, ok bool) {
	client = carrier.ClientAddr(r)
	if client == carrier.Peer(r) && strings.IndexByte(r.RemoteAddr, '%') >= 0 {
		return client, false
	}
	return client, slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(client) })
}

// Challenge returns the scheme ApiKey, which is not registered, and the realm if it is
// set. It is the same for every error with the status 401. For a request with two keys
// it returns "". With Config.Bearer it returns the challenges of RFC 6750, section 3.
func (a *Authenticator) Challenge(realm string, err error) string {
	isAmbiguous := errors.Is(err, authn.ErrAmbiguous) && !errors.Is(err, authn.ErrInvalid)
	if a.bearer {
		return bearerChallenge(realm, err, isAmbiguous)
	}
	if isAmbiguous {
		return ""
	}
	if realm == "" {
		return "ApiKey"
	}
	return `ApiKey realm="` + realm + `"`
}
