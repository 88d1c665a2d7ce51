package redisstore

import (
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/redisscript"
	"github.com/go-sallyport/sallyport/internal/redistest"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

func packed(integers []int64) (r redisscript.Reply) {
	for _, i := range integers {
		r = binary.BigEndian.AppendUint64(r, uint64(i))
	}
	return r
}

func TestRepliesOfAnotherForm(t *testing.T) {
	for _, r := range [][]int64{nil, {1}, {1, 2, 3}, {1, 2, 3, 4, 5}, {8, 0, 0, 0}, {-2, 0, 0, 0}, {1, -1, 0, 0}, {1, 0, -1, 0}, {1, 0, 0, -1}} {
		if st, err := loginState(packed(r)); kind(err) != "unexpected" || st != (lockout.State{}) {
			t.Errorf("%d: %+v %v", r, st, err)
		}
	}
	if st, err := loginState(packed([]int64{-1, 0, 0, 0})); kind(err) != "corrupt" || st.Allowed {
		t.Errorf("%+v %v", st, err)
	}
	want := lockout.State{Allowed: true, Known: true, Locked: true, Failures: 3, Wait: 4 * time.Microsecond, Stamp: 5}
	if st, err := loginState(packed([]int64{7, 3, 4, 5})); err != nil || st != want {
		t.Errorf("%+v %v", st, err)
	}
}

// What is refused before it is sent counts nothing.
func TestLoginsThatAreNotSent(t *testing.T) {
	l := guards(t, newStore(t, redistest.Start(t).Addr, Config{Timeout: time.Second}), "unsent")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Begin(ctx, loginKey(1, 1), testPolicy); kind(err) != "canceled" || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := l.Settle(t.Context(), loginKey(1, 1), lockout.State{}, 3, testPolicy); kind(err) != "unexpected" {
		t.Error(err)
	}
	if n := l.store.client.DBSize(t.Context()).Val(); n != 0 {
		t.Errorf("%d keys", n)
	}
}

// Nothing that is stored says who it was, or is in the key of a window.
func TestLoginKeysSayNothing(t *testing.T) {
	s := newStore(t, redistest.Start(t).Addr, Config{Timeout: time.Second, Prefix: "shop"})
	l := guards(t, s, "login")
	g := guarded(t, l, lockout.Config{})
	if _, err := g.Begin(t.Context(), "ann@example.com", addrOf(1)); err != nil {
		t.Fatal(err)
	}
	token, err := g.Issue(t.Context(), "ann@example.com")
	if err != nil {
		t.Fatal(err)
	}
	keys := s.client.Keys(t.Context(), "*").Val()
	if len(keys) != 1 || !strings.HasPrefix(keys[0], "shop:login:lockout:{") || !strings.HasSuffix(keys[0], "}") || len(keys[0]) != len("shop:login:lockout:{}")+22 {
		t.Fatalf("keys %q", keys)
	}
	address := addrOf(1).As4()
	value := s.client.Get(t.Context(), keys[0]).Val()
	for _, plain := range []string{"ann", "example", token, string(address[:]), addrOf(1).String()} {
		if strings.Contains(keys[0]+value, plain) {
			t.Errorf("%q is stored", plain)
		}
	}
}

// Two policies in turn are each what the script is told.
func TestPoliciesInTurn(t *testing.T) {
	l := guards(t, newStore(t, redistest.Start(t).Addr, Config{Timeout: time.Second}), "turns")
	strict := testPolicy
	strict.PerAddress, strict.DelayAfter = 1, 1
	for range 3 {
		if st, err := l.Begin(t.Context(), loginKey(1, 1), testPolicy); err != nil || !st.Allowed {
			t.Fatalf("%+v %v", st, err)
		}
		if st, err := l.Begin(t.Context(), loginKey(1, 1), strict); err != nil || st.Allowed || !st.Locked {
			t.Fatalf("%+v %v", st, err)
		}
	}
}
