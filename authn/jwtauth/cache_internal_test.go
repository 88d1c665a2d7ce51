package jwtauth

import (
	"hash/maphash"
	"testing"
	"time"

	httperr "github.com/go-sallyport/sallyport/errors"
)

// The hash says where to look; what a token is, the sum alone says.
func TestHashOfAnotherToken(t *testing.T) {
	now := time.Now()
	c := newCache(new(httperr.ConfigFaults), 4)
	c.keep("good", now, &entry{kid: "good", dates: dates{exp: now.Add(time.Hour)}})
	if e := c.find("good", now); e == nil || e.kid != "good" {
		t.Fatalf("%+v", e)
	}
	forged := *c.find("good", now)
	forged.hash = maphash.String(c.seed, "forged")
	set := c.set(forged.hash)
	set[0].Store(&forged)
	if e := c.find("forged", now); e != nil {
		t.Errorf("a token was taken for another with its hash: %+v", e)
	}
}

// keep replaces what it knows and what is free before it forgets anything.
func TestPlaces(t *testing.T) {
	now := time.Now()
	c := newCache(new(httperr.ConfigFaults), cacheWays)
	for _, token := range []string{"a", "b", "c", "d"} {
		for range 2 {
			c.keep(token, now, &entry{kid: token, dates: dates{exp: now.Add(time.Hour)}})
		}
	}
	for _, token := range []string{"a", "b", "c", "d"} {
		if e := c.find(token, now); e == nil || e.kid != token {
			t.Errorf("%s: %+v", token, e)
		}
	}
	if c.find("a", now.Add(remember)) != nil {
		t.Error("remembered for too long")
	}
	for i := range c.places {
		if c.places[i].Load() != nil {
			t.Error("what is over takes a place")
		}
	}
}
