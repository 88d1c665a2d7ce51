package jwtissuer_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"io"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtissuer"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func fetch(i *jwtissuer.Issuer, method string, headers ...string) *http.Response {
	r := httptest.NewRequest(method, "/.well-known/jwks.json", nil)
	for n := 0; n < len(headers); n += 2 {
		r.Header.Add(headers[n], headers[n+1])
	}
	return mwtest.Do(i.JWKS(), r)
}

// jwkSet parses a JWK Set and refuses unknown fields.
func jwkSet(t testing.TB, body io.Reader) []map[string]string {
	t.Helper()
	var set struct {
		Keys []map[string]string `json:"keys"`
	}
	dec := json.NewDecoder(body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&set); err != nil {
		t.Fatal(err)
	}
	return set.Keys
}

func publishedIDs(t testing.TB, i *jwtissuer.Issuer) (kids []string) {
	t.Helper()
	for _, k := range jwkSet(t, fetch(i, "GET").Body) {
		kids = append(kids, k["kid"])
	}
	return kids
}

// parseJWK parses a JWK with only the standard library.
func parseJWK(t *testing.T, k map[string]string) crypto.PublicKey {
	t.Helper()
	number := func(name string) *big.Int { return new(big.Int).SetBytes([]byte(decode(k[name]))) }
	switch k["kty"] {
	case "RSA":
		return &rsa.PublicKey{N: number("n"), E: int(number("e").Int64())}
	case "EC":
		for _, c := range privateKeys() {
			if c, ok := c.(*ecdsa.PrivateKey); ok && c.Curve.Params().Name == k["crv"] {
				public, err := ecdsa.ParseUncompressedPublicKey(c.Curve, []byte("\x04"+decode(k["x"])+decode(k["y"])))
				if err != nil {
					t.Fatal(err)
				}
				return public
			}
		}
	case "OKP":
		return ed25519.PublicKey(decode(k["x"]))
	}
	t.Fatalf("no key: %v", k)
	return nil
}

// A published key verifies tokens. It has exactly the members of a public key, and no
// number of the private key.
func TestPublishedKeys(t *testing.T) {
	want := map[string][]string{"RSA": {"alg", "e", "kid", "kty", "n", "use"}, "EC": {"alg", "crv", "kid", "kty", "use", "x", "y"}, "OKP": {"alg", "crv", "kid", "kty", "use", "x"}}
	eachAlgorithm(t, func(t *testing.T, key jwtissuer.SigningKey) {
		i := newIssuer(t, issuerConfig(key))
		text, err := io.ReadAll(fetch(i, "GET").Body)
		if err != nil || containsPrivateKey(string(text), key.Private) {
			t.Fatalf("%v, or the private key is in %s", err, text)
		}
		keys := jwkSet(t, bytes.NewReader(text))
		if len(keys) != 1 {
			t.Fatalf("the set is %s", text)
		}
		k := keys[0]
		if got := slices.Sorted(maps.Keys(k)); !slices.Equal(got, want[k["kty"]]) {
			t.Errorf("members %v of %s", got, k["kty"])
		}
		if k["use"] != "sig" || k["alg"] != string(key.Algorithm) || k["kid"] != kid {
			t.Errorf("the published key is %v", k)
		}
		public := key.Private.(crypto.Signer).Public()
		if !public.(interface{ Equal(crypto.PublicKey) bool }).Equal(parseJWK(t, k)) {
			t.Error("another key is published")
		}
		v := build(t, trusting(jwks.Static(jwks.Key{ID: k["kid"], Algorithm: jwks.Algorithm(k["alg"]), Public: parseJWK(t, k)})))
		if _, err := v.Verify(context.Background(), issue(t, i, grant()).Token); err != nil {
			t.Error(err)
		}
	})
}

func TestPublication(t *testing.T) {
	cfg := issuerConfig(edDSA(kid))
	cfg.MaxAge = 10 * time.Minute
	i := newIssuer(t, cfg)
	res := fetch(i, "GET")
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	etag := res.Header.Get("ETag")
	for name, want := range map[string]string{"Content-Type": "application/jwk-set+json", "Cache-Control": "public, max-age=600", "X-Content-Type-Options": "nosniff", "Content-Length": strconv.Itoa(len(body)), "ETag": etag} {
		if got := res.Header.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	mwtest.OnlyHeaders(t, res.Header, "Content-Type", "Cache-Control", "X-Content-Type-Options", "Content-Length", "ETag")
	if res.StatusCode != 200 || len(etag) < 20 || etag[0] != '"' || etag[len(etag)-1] != '"' {
		t.Errorf("%d, ETag %s", res.StatusCode, etag)
	}

	head := fetch(i, "HEAD")
	rest, err := io.ReadAll(head.Body)
	if err != nil || len(rest) > 0 || head.StatusCode != 200 || !maps.EqualFunc(head.Header, res.Header, slices.Equal) {
		t.Errorf("HEAD: %d %q %v", head.StatusCode, rest, head.Header)
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "get", "TRACE"} {
		res := fetch(i, method)
		mwtest.Refused(t, res, 405, "method_not_allowed")
		if allow := res.Header.Get("Allow"); allow != "GET, HEAD" {
			t.Errorf("%s: Allow %q", method, allow)
		}
	}
	for name, tc := range map[string]struct {
		values []string
		fresh  bool
	}{
		"the tag":       {[]string{etag}, true},
		"weak":          {[]string{"W/" + etag}, true},
		"any":           {[]string{"*"}, true},
		"of several":    {[]string{`"a" , W/"b",` + etag + ` , "c"`}, true},
		"second field":  {[]string{`"a"`, etag}, true},
		"another":       {[]string{`"a"`}, false},
		"unquoted":      {[]string{strings.Trim(etag, `"`)}, false},
		"part":          {[]string{etag[:10]}, false},
		"empty":         {[]string{""}, false},
		"commas":        {[]string{",,,"}, false},
		"lower-case w/": {[]string{"w/" + etag}, false},
		"weak, later":   {[]string{`"a",	W/` + etag + `,"b"`}, true},
		"in a word":     {[]string{"x" + etag}, false},
		"and a word":    {[]string{etag + "x"}, false},
		"a megabyte":    {[]string{strings.Repeat(",", 1<<20) + etag}, true},
	} {
		for _, method := range []string{"GET", "HEAD"} {
			r := httptest.NewRequest(method, "/", nil)
			r.Header["If-None-Match"] = tc.values
			res := mwtest.Do(i.JWKS(), r)
			if fresh := res.StatusCode == http.StatusNotModified; fresh != tc.fresh {
				t.Errorf("%s: %s: status %d", name, method, res.StatusCode)
			} else if fresh {
				mwtest.OnlyHeaders(t, res.Header, "Cache-Control", "X-Content-Type-Options", "ETag")
				if rest, err := io.ReadAll(res.Body); err != nil || len(rest) > 0 || res.Header.Get("ETag") != etag {
					t.Errorf("%s: %q %v", name, rest, res.Header)
				}
			}
		}
	}
}

// The keys are public and have no rate limit, so a request must be cheap. Splitting the
// list at its commas took 18 ms.
func TestIfNoneMatchIsCheap(t *testing.T) {
	i := newIssuer(t, issuerConfig(edDSA("a")))
	fastest := func(condition string) time.Duration {
		least := time.Hour
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("If-None-Match", condition)
		for range 5 {
			began := time.Now()
			mwtest.Do(i.JWKS(), r)
			least = min(least, time.Since(began))
		}
		return least
	}
	if commas, text := fastest(strings.Repeat(",", 1<<20)), fastest(strings.Repeat("a", 1<<20)); commas > 4*text+time.Millisecond {
		t.Errorf("a megabyte of commas takes %v, one of text %v", commas, text)
	}
}

// The ETag changes when the set changes, also when a key drops out by itself.
func TestPublicationChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := newIssuer(t, issuerConfig(edDSA("a")))
		tag := func() string { return fetch(i, "GET").Header.Get("ETag") }
		a := tag()
		time.Sleep(1000 * time.Hour)
		if tag() != a {
			t.Error("another tag for the same set")
		}
		rotate(t, i, "b")
		both := tag()
		time.Sleep(31*time.Minute - 1)
		if both == a || tag() != both {
			t.Error("the tag of two keys")
		}
		time.Sleep(time.Nanosecond)
		b := tag()
		if b == a || b == both || strings.Join(publishedIDs(t, i), " ") != "b" {
			t.Error("the tag of the second key")
		}
		if res := fetch(i, "GET", "If-None-Match", both); res.StatusCode != 200 {
			t.Errorf("an outdated tag: %d", res.StatusCode)
		}
	})
}

func TestPublicationUnshared(t *testing.T) {
	i := newIssuer(t, issuerConfig(edDSA(kid)))
	for name, wrap := range map[string]func(http.Handler) http.Handler{
		"alone":        func(h http.Handler) http.Handler { return h },
		"in the chain": mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{})).Handler,
	} {
		for _, tag := range []string{"", "*"} {
			t.Run(name+tag, func(t *testing.T) {
				// The inner handler changes the header fields that the JWKS handler has
				// set.
				mwtest.Unshared(t, func(next http.Handler) http.Handler {
					return wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						i.JWKS().ServeHTTP(w, r)
						next.ServeHTTP(w, r)
					}))
				}, func() *http.Request {
					r := httptest.NewRequest("GET", "/", nil)
					if tag != "" {
						r.Header.Set("If-None-Match", tag)
					}
					return r
				})
			})
		}
	}
}

func TestPublicationAllocs(t *testing.T) {
	i := newIssuer(t, issuerConfig(edDSA(kid)))
	rotate(t, i, "next")
	h, w := i.JWKS(), mwtest.NewDiscard()
	for name, tag := range map[string]string{"whole": `"a", "b"`, "fresh": "*"} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("If-None-Match", tag)
		serve := func(r *http.Request) {
			w.Reset()
			h.ServeHTTP(w, r)
			if w.Code != 200 && w.Code != 304 {
				t.Fatalf("status %d", w.Code)
			}
		}
		mwtest.MaxAllocs(t, name+", alone: the header values", 1, func() { serve(r) })
		chain := make([]*http.Request, 600)
		for n := range chain {
			_, chain[n] = carrier.Ensure(r)
		}
		n := 0
		mwtest.MaxAllocs(t, name+", in the chain", 0, func() { serve(chain[n]); n++ })
	}
}
