package ratelimit

import (
	"crypto/sha256"
	"encoding/binary"
	"net/http"

	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/field"
)

// A KeyFunc finds the Key of a request, or reports that there is none. No
// request goes unlimited for want of a key: those without one share the zero
// Key and its quota. To refuse them instead is for authentication to do.
type KeyFunc func(*http.Request) (Key, bool)

// ByClientIP is a KeyFunc: the [AddrKey] of the client's address, which is what
// package clientip resolved behind trusted proxies or else the peer of the
// connection. It reads no header. A RemoteAddr that is not an address with a
// port has no key: that of a Unix socket, and what some middleware writes there
// out of a header that anybody may send.
func ByClientIP(r *http.Request) (Key, bool) {
	a := carrier.ClientAddr(r)
	return AddrKey(a), a.IsValid()
}

// ByRoute is a KeyFunc: the pattern of the router that matched, as it is in
// http.Request.Pattern. http.ServeMux has the method in it if it was registered
// with one; other routers may not. It has a key only inside the router, and is
// there to be joined with another.
func ByRoute(r *http.Request) (Key, bool) {
	if r.Pattern == "" {
		return Key{}, false
	}
	return StringKey(r.Pattern), true
}

// By returns a KeyFunc of the [StringKey] that f finds. An empty string is no
// key: a subject that is empty by accident must not be anybody's.
//
//	ratelimit.By(func(r *http.Request) (string, bool) {
//		p, ok := authn.FromContext(r.Context())
//		if !ok {
//			return "", false
//		}
//		return p.Issuer + " " + p.Subject, true // a subject alone is nobody
//	})
//
// By(nil) is nil, which [New] refuses.
func By(f func(*http.Request) (string, bool)) KeyFunc {
	if f == nil {
		return nil
	}
	return func(r *http.Request) (Key, bool) {
		if s, ok := f(r); ok && s != "" {
			return StringKey(s), true
		}
		return Key{}, false
	}
}

// ByHeader returns a KeyFunc of the [StringKey] of a request header, which must
// come exactly once. Whoever can send the header chooses the key, and a new one
// for each request is a new quota each time: use it only for what a proxy in
// front sets and removes from what clients send, or joined with what they
// cannot choose, and beside a limit by address. A name that is no token gives
// nil, which [New] refuses, and so does one that net/http never leaves among the
// headers: Host, Transfer-Encoding, Trailer. For the host write a [By].
//
// What is in the body is for [By], and for a Limiter inside the validation that
// has read it: the same holds for it.
//
//	ratelimit.By(func(r *http.Request) (string, bool) {
//		login, ok := validate.From[Login](r)
//		return strings.ToLower(login.Email), ok
//	})
func ByHeader(name string) KeyFunc {
	if !field.Token(name) {
		return nil
	}
	name = http.CanonicalHeaderKey(name)
	switch name {
	case "Host", "Transfer-Encoding", "Trailer":
		return nil // it would never have a key, and all requests one quota
	}
	return func(r *http.Request) (Key, bool) {
		v, found, ok := field.One(r.Header, name)
		if !found || !ok || v == "" {
			return Key{}, false
		}
		return StringKey(v), true
	}
}

// First returns a KeyFunc that asks each of fs until one has a key: such as the
// principal if there is one, and otherwise the address. It is nil, which [New]
// refuses, if one of fs is nil or there are none.
func First(fs ...KeyFunc) KeyFunc {
	fs = copyUnlessNil(fs)
	if fs == nil {
		return nil
	}
	return func(r *http.Request) (Key, bool) {
		for _, f := range fs {
			if k, ok := f(r); ok {
				return k, true
			}
		}
		return Key{}, false
	}
}

// Join returns a KeyFunc that counts each combination of what fs find by
// itself, such as tenant and route. It has a key only if each of fs has one. It
// is nil, which [New] refuses, if one of fs is nil or there are none.
func Join(fs ...KeyFunc) KeyFunc {
	fs = copyUnlessNil(fs)
	if fs == nil {
		return nil
	}
	return func(r *http.Request) (Key, bool) {
		// Each part is written with its length, so that no two combinations
		// read alike. SHA-256, cut to 120 bits, and not a seeded hash: keys
		// must be the same on every process.
		b := make([]byte, 0, 512)
		for _, f := range fs {
			k, ok := f(r)
			if !ok {
				return Key{}, false
			}
			head := k.bytes()
			b = append(b, head[:]...)
			b = binary.BigEndian.AppendUint64(b, uint64(len(k.s)))
			b = append(b, k.s...)
		}
		sum := sha256.Sum256(b)
		return Key{
			hi: binary.BigEndian.Uint64(sum[:8]),
			lo: binary.BigEndian.Uint64(sum[8:])&^0xff | kindJoined,
		}, true
	}
}

// compact copies fs, or returns nil if it cannot be used.
func copyUnlessNil(fs []KeyFunc) []KeyFunc {
	for _, f := range fs {
		if f == nil {
			return nil
		}
	}
	return append([]KeyFunc(nil), fs...)
}
