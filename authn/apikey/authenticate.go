package apikey

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/field"
)

var _ authn.Authenticator = (*Authenticator)(nil)

var (
	errTwice = authn.ErrAmbiguous.With(errors.New("apikey: more than one header with a key"))

	// Not even the log tells these two apart: it would take a second path.
	errUnknown = authn.ErrInvalid.With(errors.New("apikey: unknown key or wrong secret"))
)

// Present reports whether r has the header of the Config, be it empty or there
// more than once. The query is never looked at: it ends up in logs, histories
// and Referer headers.
func (a *Authenticator) Present(r *http.Request) bool { return len(r.Header[a.header]) > 0 }

// Authenticate returns whom the key in r stands for: a Principal of Kind
// "apikey" with the ID of the key as TokenID. It fails with
//
//   - authn.ErrNoCredentials: there is no key;
//   - authn.ErrAmbiguous: there is more than one;
//   - authn.ErrInvalid: the key is malformed, unknown, not valid yet, or used
//     from outside its networks;
//   - authn.ErrExpired: it was valid, and its holder may know;
//   - authn.ErrUnavailable: the store failed.
//
// The address of the client is the one that an outer layer found (clientip),
// else the peer of the connection.
func (a *Authenticator) Authenticate(r *http.Request) (*authn.Principal, error) {
	key, found, ok := field.One(r.Header, a.header)
	switch {
	case !ok:
		return nil, errTwice
	case !found:
		return nil, authn.ErrNoCredentials
	}
	p, err := a.verify(r, key)
	if errors.Is(err, authn.ErrInvalid) || errors.Is(err, authn.ErrExpired) {
		carrier.NoteCredential(r.Context(), key)
	}
	return p, err
}

// verify returns whom key stands for.
func (a *Authenticator) verify(r *http.Request, key string) (*authn.Principal, error) {
	id, secret, err := parse(a.head, key)
	if err != nil {
		return nil, err
	}
	rec, known, err := a.store.Find(r.Context(), id)
	if err != nil {
		return nil, authn.ErrUnavailable.With(fmt.Errorf("apikey: store: %w", err))
	}
	// A store that compares text without case, as some databases do unasked,
	// finds a neighbour.
	known = known && rec.ID == id
	if !known {
		rec = Record{} // no secret hashes to zero
	}
	var text [secretLen]byte // a conversion would go to the heap
	copy(text[:], secret)
	// The comparison comes first, so that it runs also for an unknown key.
	if !a.equal(sha256.Sum256(text[:]), rec.Hash) || !known {
		return nil, errUnknown
	}
	if err := usable(r, &rec, time.Now()); err != nil {
		return nil, err
	}
	return &authn.Principal{
		Kind:      "apikey",
		Issuer:    a.issuer,
		Subject:   rec.Subject,
		ClientID:  rec.ClientID,
		TokenID:   rec.ID,
		Tenant:    rec.Tenant,
		Scopes:    rec.Scopes,
		Roles:     rec.Roles,
		ExpiresAt: rec.ExpiresAt,
	}, nil
}

// usable judges where and when the key is used; its secret was right. The place
// comes first: a thief elsewhere shall not learn that the key has expired. A
// record without networks or without an end, from a store that does not
// validate, is refused.
func usable(r *http.Request, rec *Record, now time.Time) error {
	if !rec.DangerouslyAnyAddress {
		if client, ok := within(rec.Networks, r); !ok {
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

// within reports whether the client of r is in one of networks. It is false for
// an address that is not known, and for a peer with a zone, also if an outer
// layer has resolved it: what a zone is called is a matter of one machine, and
// no prefix can say it.
func within(networks []netip.Prefix, r *http.Request) (client netip.Addr, ok bool) {
	client = carrier.ClientAddr(r)
	if client == carrier.Peer(r) && strings.IndexByte(r.RemoteAddr, '%') >= 0 {
		return client, false
	}
	return client, slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(client) })
}

// Challenge returns the same for every error that is answered with 401: the
// scheme, which is not registered, and the realm if there is one. To somebody
// who has sent two keys it says nothing.
func (a *Authenticator) Challenge(realm string, err error) string {
	if errors.Is(err, authn.ErrAmbiguous) && !errors.Is(err, authn.ErrInvalid) {
		return ""
	}
	if realm == "" {
		return "ApiKey"
	}
	return `ApiKey realm="` + realm + `"`
}
