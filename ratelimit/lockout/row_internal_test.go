package lockout

import (
	"testing"
	"time"
)

// merge gives an upper bound of both counters.
func TestMergeIsAnUpperBound(t *testing.T) {
	for _, c := range [][3]counter{
		{{n: 3, last: 10}, {n: 1, last: 20}, {n: 3, last: 20}},
		{{n: 1, last: 20}, {n: 3, last: 10}, {n: 3, last: 20}},
		{{}, {n: 2, pending: 2, last: 5, since: 4}, {n: 2, last: 5}},
	} {
		got := c[0]
		if got.merge(&c[1]); got != c[2] {
			t.Errorf("%+v and %+v: %+v", c[0], c[1], got)
		}
	}
}

// A starting counter has the count of the bound, and no earlier reservation belongs to
// it, even one with the same time.
func TestStartingCounter(t *testing.T) {
	overflow := counter{n: 2, pending: 1, last: 5}
	c := overflow.startingCounter(7)
	if c.n != 2 || c.pending != 0 || c.last != 5 {
		t.Errorf("%+v", c)
	}
	c.reserve(7)
	c.refund(7)
	if counted, _ := c.fail(8, 7, 9); counted || c.n != 3 {
		t.Errorf("an earlier reservation counts: %+v", c)
	}
	c.refund(8)
	if c.n != 2 {
		t.Errorf("a later reservation is not refunded: %+v", c)
	}
}

// claimAccount evicts the account with the lowest load. It never evicts an account at
// its limit, with an address at its limit, or with an overflow at that limit.
func TestClaimAccountEvictsTheLowestLoad(t *testing.T) {
	p := &Policy{PerAddress: 4, PerAccount: 10, Window: time.Hour}
	var r row
	for i := range r.accounts {
		r.accounts[i] = account{id: [16]byte{byte(i)}, counter: counter{n: 9, last: 1}}
	}
	r.accounts[0].n = 10
	r.accounts[1].n, r.accounts[1].pairs[7].n, r.accounts[1].pairs[7].last = 5, 4, 1
	r.accounts[2].n, r.accounts[2].overflow = 5, counter{n: 4, last: 1}
	r.accounts[3].n, r.accounts[3].overflow = 5, counter{n: 3, last: 2}
	r.accounts[3].pairs[0].n, r.accounts[3].pairs[0].last = 2, 3
	r.overflow.last, r.overflow.n = 1, 1

	a := r.claimAccount([16]byte{99}, 10, p)
	if a != &r.accounts[3] || a.n != 1 || a.overflow.n != 0 {
		t.Fatalf("%+v", a)
	}
	if r.overflow.n != 5 || r.overflow.overflow.n != 3 || r.overflow.overflow.last != 3 {
		t.Errorf("overflow after the eviction: %+v", r.overflow)
	}
	a.n = 9 // all other accounts have 9 failures or cannot be evicted
	if b := r.claimAccount([16]byte{98}, 11, p); b.n != 5 || b.overflow.n != 3 {
		t.Errorf("the next account starts from %+v", b)
	}
	for i := range r.accounts {
		r.accounts[i].n = 10
	}
	if b := r.claimAccount([16]byte{97}, 12, p); b != &r.overflow {
		t.Errorf("a full row gave %+v", b)
	}
}

// An account that gets a slot takes its own pairs from the overflow, and no pairs of
// other accounts.
func TestClaimAccountTakesItsPairsFromTheOverflow(t *testing.T) {
	p := &Policy{PerAddress: 4, PerAccount: 10, Window: time.Hour}
	var r row
	for i := range r.accounts {
		r.accounts[i] = account{id: [16]byte{byte(i)}, counter: counter{n: 10, last: 1}}
	}
	ann, bob := [16]byte{98}, [16]byte{99}
	for i, id := range [][16]byte{ann, bob, ann} {
		a, c := r.claimPair(id, uint64(i+1), 2, p)
		if a != &r.overflow {
			t.Fatal("an account of a full row got a slot")
		}
		c.reserve(3)
	}
	r.accounts[5].n = 0
	a, c := r.claimPair(ann, 3, 4, p)
	if a != &r.accounts[5] || c.n != 1 || c.pending != 1 {
		t.Fatalf("%+v in %+v", c, a)
	}
	for id, want := range map[uint64][2]bool{1: {true, false}, 2: {false, true}, 3: {true, false}} {
		inAccount, inOverflow := a.findPair(id) != nil, r.overflow.findPair(id) != nil
		if inAccount != want[0] || inOverflow != want[1] {
			t.Errorf("pair %d: in the account %v, in the overflow %v", id, inAccount, inOverflow)
		}
	}
}
