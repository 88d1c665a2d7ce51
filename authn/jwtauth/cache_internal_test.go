package jwtauth

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// ErrCredential is the reason why a malformed Authorization field is refused.
var ErrCredential = errCredential

// CachedTokens returns the number of tokens in the cache of v.
func CachedTokens[C any](v *Verifier[C]) (n int) {
	for i := range v.cache.slots {
		if v.cache.slots[i].Load() != nil {
			n++
		}
	}
	return n
}

// FromCacheAt returns the principal of a cached token at the time now, or nil if the
// token has to be verified.
func FromCacheAt[C any](ctx context.Context, v *Verifier[C], token string, now time.Time) (*authn.Principal, error) {
	t, err := splitToken(token)
	if err != nil {
		return nil, err
	}
	return v.fromCache(ctx, nil, t, now)
}

// CachedHeaders returns the number of headers in the cache of v.
func CachedHeaders[C any](v *Verifier[C]) (n int) {
	for i := range v.headers {
		if v.headers[i].Load() != nil {
			n++
		}
	}
	return n
}

// tokenOf returns a token with this signing input and signature.
func tokenOf(s, signature string) token { return token{signingInput: s, signature: signature} }

// The sum is of the whole signature: that of RSA with 4096 bits has 683 characters, and a
// sum of its beginning would take a forged token out of the cache.
func TestSumOfSignatures(t *testing.T) {
	for _, n := range []int{0, 1, 86, 511, 512, 513, 683, maxSignature} {
		signature := strings.Repeat("a", n)
		if got := sumSignature(signature); got != sha256.Sum256([]byte(signature)) {
			t.Errorf("%d bytes: %x", n, got)
		}
	}
}

// The hash only selects the bucket. The signing input and the signature together identify
// a token.
func TestHashCollision(t *testing.T) {
	now := time.Now()
	good := tokenOf("good", "signature")
	for name, other := range map[string]token{
		"both":      tokenOf("forged", "forged"),
		"signed":    tokenOf("forged", "signature"),
		"signature": tokenOf("good", "forged"),
		"longer":    tokenOf("good", "signature\x00"),
		"moved":     tokenOf("goods", "ignature"),
		"long":      tokenOf("good", strings.Repeat("s", 8000)),
	} {
		c := newCache(new(httperr.ConfigFaults), 4)
		c.put(good, now, &entry{kid: "good", times: times{exp: now.Add(time.Hour)}})
		if e := c.find(good, now); e == nil || e.kid != "good" {
			t.Fatalf("%+v", e)
		}
		forged := *c.find(good, now)
		forged.bucketHash = c.bucketHash(other)
		set := c.bucket(forged.bucketHash)
		set[0].Store(&forged)
		if e := c.find(other, now); e != nil {
			t.Errorf("%s: find returned the entry of another token with the same hash: %+v", name, e)
		}
	}
}

// A reader of the memory of the process finds no signature in the cache.
func TestEntryIsNoCredential(t *testing.T) {
	now := time.Now()
	c := newCache(new(httperr.ConfigFaults), 4)
	text := strings.Repeat("x", 100) + ".hunter2"
	c.put(token{signingInput: text[:100], signature: text[101:]}, now, &entry{times: times{exp: now.Add(time.Hour)}})
	e := c.find(token{signingInput: text[:100], signature: "hunter2"}, now)
	if e == nil || unsafe.StringData(e.signingInput) == unsafe.StringData(text) {
		t.Error("the entry keeps the text of the request in memory")
	}
	if s := fmt.Sprintf("%+v", *e); strings.Contains(s, "hunter2") {
		t.Error(s)
	}
}

// put first reuses the slot of the same token or a free slot, before it replaces another
// token.
func TestPutReplacesLeastNecessary(t *testing.T) {
	now := time.Now()
	c := newCache(new(httperr.ConfigFaults), bucketSize)
	for _, token := range []string{"a", "b", "c", "d"} {
		for range 2 {
			c.put(tokenOf("x", token), now, &entry{kid: token, times: times{exp: now.Add(time.Hour)}})
		}
	}
	for _, token := range []string{"a", "b", "c", "d"} {
		if e := c.find(tokenOf("x", token), now); e == nil || e.kid != token {
			t.Errorf("%s: %+v", token, e)
		}
	}
	if c.find(tokenOf("x", "a"), now.Add(maxCacheTime)) != nil {
		t.Error("the entry did not expire")
	}
	for i := range c.slots {
		if c.slots[i].Load() != nil {
			t.Error("an expired entry still takes a slot")
		}
	}
}

func TestHeaders(t *testing.T) {
	var h headerCache
	if h.find("") != nil || h.find("a") != nil {
		t.Error("find returns a header from an empty cache")
	}
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 200 {
				segment := fmt.Sprintf("segment-%d", (i*7+g)%9)
				if k := h.find(segment); k == nil {
					h.put(knownHeader{segment: segment, kid: segment})
				} else if k.segment != segment || k.kid != segment {
					t.Errorf("%s is %+v", segment, k)
				}
			}
		})
	}
	wg.Wait()
	known := 0
	for i := range 9 {
		if h.find(fmt.Sprintf("segment-%d", i)) != nil {
			known++
		}
	}
	if known == 0 || known > len(h) {
		t.Errorf("%d headers are cached", known)
	}
}

// WithoutLeeway makes v demand exact clocks.
func WithoutLeeway[C any](v *IDTokenVerifier[C]) *IDTokenVerifier[C] {
	v.verifier.issuers[0].leeway = 0
	return v
}

// TenantOf returns the tenant in iss for the first issuer of v.
func TenantOf[C any](v *Verifier[C], iss string) (tenant string, ok bool) {
	return v.issuers[0].tenantOf(iss)
}

// A signature of the largest key is accepted, and a longer one is refused by its length.
func TestLongestSignature(t *testing.T) {
	longest := "h.c." + strings.Repeat("a", maxSignature)
	if _, err := splitToken(longest); err != nil {
		t.Error(err)
	}
	if _, err := splitToken(longest + "a"); err != refuseSignatureSize.err {
		t.Error(err)
	}
}

// The decoder of Go skips line ends, so one token would have many spellings.
func TestLineEndsAreRefused(t *testing.T) {
	var buf [8]byte
	for segment, want := range map[string]bool{"YWI": true, "\nYWI": false, "\rYWI": false, "Y\nWI": false, "YWI\r": false} {
		if _, ok := decodeSegment(buf[:], segment); ok != want {
			t.Errorf("%q: %v", segment, ok)
		}
	}
}
