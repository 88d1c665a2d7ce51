package ratelimit

import (
	"net/http"
	"slices"

	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/field"
)

// A KeyFunc finds the Key of a request, or reports that there is no key. Requests
// without a key are not unlimited: they share the zero Key and its quota. To refuse
// them is the task of authentication.
type KeyFunc func(*http.Request) (Key, bool)

// ByClientIP is a KeyFunc. It returns the [AddrKey] of the address that package
// clientip resolved behind trusted proxies, or else of the peer of the connection. It
// reads no header. A RemoteAddr that is not an address with a port has no key. Unix
// sockets have such a RemoteAddr, and some middleware writes one from a header that
// every client can send.
func ByClientIP(r *http.Request) (Key, bool) {
	a := carrier.ClientAddr(r)
	return AddrKey(a), a.IsValid()
}

// ByClientPrefix returns a KeyFunc like [ByClientIP], of the [AddrPrefixKey] of the
// address. Providers give a customer an IPv6 network of 64, 56 or 48 bits. With
// ByClientIP, which takes 64, a customer with 56 has 256 quotas; with
// ByClientPrefix(32, 56), four customers with 58 bits share one. To hold both, count by
// 64 bits and, with a higher quota, by 48: two limiters. Numbers of bits out of range give
// nil, and [New] refuses it.
func ByClientPrefix(v4, v6 int) KeyFunc {
	if !validPrefixes(v4, v6) {
		return nil
	}
	return func(r *http.Request) (Key, bool) {
		a := carrier.ClientAddr(r)
		return addrKey(a, v4, v6), a.IsValid()
	}
}

// ByRoute is a KeyFunc. It returns the pattern of the router that matched, from
// http.Request.Pattern. The pattern of http.ServeMux contains the method if the route
// was registered with one; other routers may leave the method out. ByRoute has a key
// only inside the router. Use it with Join.
func ByRoute(r *http.Request) (Key, bool) {
	if r.Pattern == "" {
		return Key{}, false
	}
	return StringKey(r.Pattern), true
}

// By returns a KeyFunc of the [StringKey] that f finds. An empty string is no key, so a
// subject that is empty by accident shares no quota with a named subject.
//
//	ratelimit.By(authn.PrincipalKey)
//
// By(nil) is nil, and [New] refuses it.
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

// ByHeader returns a KeyFunc of the [StringKey] of a request header. The header must
// occur exactly once. A client that can send the header chooses the key, and gets a new
// quota with each new value. So use ByHeader only for a header that a proxy in front
// sets, and removes from client requests; or join it with a key that clients cannot
// choose, and add a limit by address. A name that is not a token gives nil, and [New]
// refuses it. So does a header that net/http removes from the headers: Host,
// Transfer-Encoding, Trailer. For the host write a [By].
//
// For a value in the body use [By], with a Limiter inside the validation that has read
// the body, or [Limiter.Guard] in the handler. Clients choose that value too.
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
		return nil // no request would have a key, so all would share one quota
	}
	return func(r *http.Request) (Key, bool) {
		v, found, ok := field.One(r.Header, name)
		if !found || !ok || v == "" {
			return Key{}, false
		}
		return StringKey(v), true
	}
}

// First returns a KeyFunc that returns the first key that one of fs finds: for example
// the principal if there is one, and otherwise the address. First returns nil, and
// [New] refuses it, if fs is empty or contains nil.
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

// Join returns a KeyFunc that counts each combination of the keys of fs by itself, such
// as tenant and route. A request has a key only if each of fs finds one. Join returns
// nil, and [New] refuses it, if fs is empty or contains nil. To limit two keys each by
// itself, such as the address and the account of a login, use two limiters.
func Join(fs ...KeyFunc) KeyFunc {
	fs = copyUnlessNil(fs)
	if fs == nil {
		return nil
	}
	return func(r *http.Request) (Key, bool) {
		b := make([]byte, 0, 512)
		for _, f := range fs {
			k, ok := f(r)
			if !ok {
				return Key{}, false
			}
			b = k.appendTo(b)
		}
		return joinedKey(b), true
	}
}

// copyUnlessNil copies fs. It returns nil if fs is empty or contains nil.
func copyUnlessNil(fs []KeyFunc) []KeyFunc {
	if slices.ContainsFunc(fs, func(f KeyFunc) bool { return f == nil }) {
		return nil
	}
	return append([]KeyFunc(nil), fs...)
}
