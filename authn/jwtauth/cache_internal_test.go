package jwtauth

import (
	"fmt"
	"hash/maphash"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// signed is a token that says s, with a signature.
func signed(s, signature string) token { return token{signed: s, signature: signature} }

// The hash says where to look; what a token is, only both of its parts say.
func TestHashOfAnotherToken(t *testing.T) {
	now := time.Now()
	good := signed("good", "signature")
	for name, other := range map[string]token{
		"both":      signed("forged", "forged"),
		"signed":    signed("forged", "signature"),
		"signature": signed("good", "forged"),
		"longer":    signed("good", "signature\x00"),
		"moved":     signed("goods", "ignature"),
		"long":      signed("good", strings.Repeat("s", 8000)),
	} {
		c := newCache(new(httperr.ConfigFaults), 4)
		c.keep(good, now, &entry{kid: "good", dates: dates{exp: now.Add(time.Hour)}})
		if e := c.find(good, now); e == nil || e.kid != "good" {
			t.Fatalf("%+v", e)
		}
		forged := *c.find(good, now)
		forged.hash = maphash.String(c.seed, other.signature)
		set := c.set(forged.hash)
		set[0].Store(&forged)
		if e := c.find(other, now); e != nil {
			t.Errorf("%s: a token was taken for another with its hash: %+v", name, e)
		}
	}
}

// Whoever reads the memory of the process finds no signature in it.
func TestEntryIsNoCredential(t *testing.T) {
	now := time.Now()
	c := newCache(new(httperr.ConfigFaults), 4)
	text := strings.Repeat("x", 100) + ".hunter2"
	c.keep(token{signed: text[:100], signature: text[101:]}, now, &entry{dates: dates{exp: now.Add(time.Hour)}})
	e := c.find(token{signed: text[:100], signature: "hunter2"}, now)
	if e == nil || unsafe.StringData(e.signed) == unsafe.StringData(text) {
		t.Error("the entry holds on to the text of the request")
	}
	if s := fmt.Sprintf("%+v", *e); strings.Contains(s, "hunter2") {
		t.Error(s)
	}
}

// keep replaces what it knows and what is free before it forgets anything.
func TestPlaces(t *testing.T) {
	now := time.Now()
	c := newCache(new(httperr.ConfigFaults), cacheWays)
	for _, token := range []string{"a", "b", "c", "d"} {
		for range 2 {
			c.keep(signed("x", token), now, &entry{kid: token, dates: dates{exp: now.Add(time.Hour)}})
		}
	}
	for _, token := range []string{"a", "b", "c", "d"} {
		if e := c.find(signed("x", token), now); e == nil || e.kid != token {
			t.Errorf("%s: %+v", token, e)
		}
	}
	if c.find(signed("x", "a"), now.Add(remember)) != nil {
		t.Error("remembered for too long")
	}
	for i := range c.places {
		if c.places[i].Load() != nil {
			t.Error("what is over takes a place")
		}
	}
}
