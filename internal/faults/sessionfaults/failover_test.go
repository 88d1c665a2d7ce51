package sessionfaults

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/session"
	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/internal/redistest"
)

const (
	failovers       = 20
	doomedSessions  = 400
	revokers        = 8
	beforeCut       = 60 * time.Millisecond
	cutTime         = 250 * time.Millisecond // the replicas get nothing in this time before the kill
	promotionLimit  = 20 * time.Second
	afterPromotion  = time.Second // for clients that still dial the old primary
	afterRestart    = 10 * time.Second
	revocationPause = 2 * time.Millisecond
)

// A loss counts revocations around the death of a server.
type loss struct{ confirmed, unconfirmed, lost int }

func (l *loss) add(o loss) {
	l.confirmed += o.confirmed
	l.unconfirmed += o.unconfirmed
	l.lost += o.lost
}

func (l *loss) publish(t *testing.T) {
	mwtest.Publish(t, "revocation.confirmed", l.confirmed)
	mwtest.Publish(t, "revocation.lost", l.lost)
}

func (l *loss) String() string {
	return fmt.Sprintf("%d revocations confirmed, %d not, %d of the confirmed ones lost", l.confirmed, l.unconfirmed, l.lost)
}

// endAll ends sessions of logins, one after the other and on several goroutines, while die runs. It
// then counts the confirmed revocations that check no longer finds. ok is false if die
// reports that it could not do its work.
func endAll(t *testing.T, logins, s *service, check checker, die func() bool) (l loss, ok bool) {
	t.Helper()
	type doomed struct {
		subject, sid string
		confirmed    bool
	}
	all := make([]doomed, doomedSessions)
	for i := range all {
		all[i].subject = fmt.Sprint("user ", i%50)
		all[i].sid, _ = logins.login(t, all[i].subject)
	}
	var wg sync.WaitGroup
	for n := range revokers {
		wg.Go(func() {
			for i := n; i < len(all); i += revokers {
				all[i].confirmed = s.Revoke(t.Context(), all[i].subject, all[i].sid) == nil
				time.Sleep(revocationPause)
			}
		})
	}
	ok = die()
	if wg.Wait(); !ok {
		return loss{}, false
	}
	for _, one := range all {
		switch {
		case !one.confirmed:
			l.unconfirmed++
		case check.passesAtLast(t, one.subject, one.sid):
			l.lost++
			fallthrough
		default:
			l.confirmed++
		}
	}
	return l, true
}

// passesAtLast is passes for a store that may not answer yet.
func (c checker) passesAtLast(t *testing.T, subject, sid string) bool {
	t.Helper()
	for start := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		revoked, err := c.Revoked(t.Context(), accessToken(subject, sid))
		if err == nil {
			return !revoked
		}
		if time.Since(start) > afterRestart {
			t.Fatalf("no answer %v after the death: %v", afterRestart, err)
		}
	}
}

// sentinelClient returns a client that asks the sentinels for the primary.
func sentinelClient(tb testing.TB, group *redistest.Sentinel) redis.UniversalClient {
	tb.Helper()
	c := redis.NewFailoverClient(&redis.FailoverOptions{
		MasterName: group.MasterName, SentinelAddrs: group.Addrs(), MaxRetries: -1, ContextTimeoutEnabled: true,
	})
	tb.Cleanup(func() { _ = c.Close() })
	return c
}

// failOver kills the primary of a new group while sessions are ended. With cut, its replicas
// receive nothing in the last moments of its life. Sentinels that promote no replica in time
// say nothing about the store, so it is tried again.
func failOver(t *testing.T, b backend, durable, cut bool) loss {
	t.Helper()
	for range 3 {
		group := redistest.StartSentinel(t)
		logins := newService(t, b.open(t, sentinelClient(t, group), false), policy{budget: time.Second})
		s := newService(t, b.open(t, sentinelClient(t, group), durable), policy{budget: time.Second})
		check := newChecker(t, b.open(t, sentinelClient(t, group), durable), time.Second)
		for start := time.Now(); ; time.Sleep(10 * time.Millisecond) { // until the replicas of the new group acknowledge
			_, err := s.Begin(t.Context(), session.Login{Principal: &authn.Principal{Subject: "first"}})
			if err == nil {
				break
			}
			if time.Since(start) > promotionLimit {
				t.Fatal(err)
			}
		}
		if l, ok := endAll(t, logins, s, check, func() bool { return replacePrimary(t, group, cut) }); ok {
			return l
		}
	}
	t.Fatalf("no replica was promoted in %v", promotionLimit)
	return loss{}
}

// replacePrimary kills the primary, and starts it again when another one has taken its place.
// It returns false if none has.
func replacePrimary(t *testing.T, group *redistest.Sentinel, cut bool) bool {
	t.Helper()
	old := group.Primary()
	time.Sleep(beforeCut)
	if cut {
		setPassword(t, group, old, "wrong")
		if _, err := old.Do("CLIENT", "KILL", "TYPE", "replica"); err != nil {
			t.Error(err)
		}
		time.Sleep(cutTime)
	}
	old.Stop()
	if cut {
		setPassword(t, group, old, "")
	}
	for killed := time.Now(); group.Primary() == old; time.Sleep(time.Millisecond) {
		if time.Since(killed) > promotionLimit {
			return false
		}
	}
	old.Restart(t)
	time.Sleep(afterPromotion)
	return true
}

// setPassword sets the password with which the replicas log in to the primary.
func setPassword(t *testing.T, group *redistest.Sentinel, primary *redistest.Server, password string) {
	t.Helper()
	for _, n := range group.Nodes {
		if n == primary {
			continue
		}
		if _, err := n.Do("CONFIG", "SET", "masterauth", password); err != nil {
			t.Error(err)
		}
	}
}

// The primary dies while sessions are ended, and each revocation waits for a replica. No
// confirmed revocation is lost, also not if the replicas were cut off before.
func TestSentinelKill(t *testing.T) {
	runs := failovers
	if testing.Short() {
		runs = 2
	}
	for _, b := range backends[:1] {
		t.Run(b.name, func(t *testing.T) {
			var sum loss
			for i := range runs {
				t.Run(fmt.Sprint(i), func(t *testing.T) { // its servers end with it
					got := failOver(t, b, true, i%2 == 1)
					t.Logf("run %2d, replicas cut off %-5v  %v", i, i%2 == 1, &got)
					sum.add(got)
				})
			}
			t.Logf("%d runs: %v", runs, &sum)
			sum.publish(t)
			if sum.lost > 0 {
				t.Errorf("%d lost", sum.lost)
			}
			if sum.confirmed < 20*runs || sum.unconfirmed == 0 {
				t.Error("too few revocations on one side of the death: the test proves nothing")
			}
		})
	}
}

// The same death detects a store that confirms before a replica has the revocation.
func TestSentinelKillDetectsMistakes(t *testing.T) {
	got := failOver(t, calibration, false, true)
	t.Logf("broken: confirms at once  %v", &got)
	mwtest.Publish(t, "revocation.mistake", got.lost)
	if got.lost == 0 {
		t.Error("passes")
	}
}

// restart kills a server while sessions are ended, and starts it again.
func restart(t *testing.T, server *redistest.Server, b backend) (loss, bool) {
	t.Helper()
	open := func() sessionstore.Store { return b.open(t, newClient(t, server.Addr), false) }
	s := newService(t, open(), policy{budget: time.Second})
	check := newChecker(t, open(), time.Second)
	return endAll(t, s, s, check, func() bool {
		time.Sleep(beforeCut)
		server.Stop()
		time.Sleep(beforeCut)
		server.Restart(t)
		return true
	})
}

// A server with a log on disk dies while sessions are ended. No confirmed revocation is lost.
func TestAppendOnlyKill(t *testing.T) {
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			server := redistest.StartAppendOnly(t)
			var sum loss
			for range 5 {
				got, _ := restart(t, server, b)
				sum.add(got)
			}
			t.Logf("5 runs: %v", &sum)
			sum.publish(t)
			if sum.lost > 0 {
				t.Errorf("%d lost", sum.lost)
			}
			if sum.confirmed < 100 || sum.unconfirmed == 0 {
				t.Error("too few revocations on one side of the death: the test proves nothing")
			}
		})
	}
}

// The same death detects a server that keeps nothing.
func TestAppendOnlyKillDetectsMistakes(t *testing.T) {
	got, _ := restart(t, redistest.Start(t), calibration)
	t.Logf("broken: no log on disk  %v", &got)
	if got.lost == 0 {
		t.Error("passes")
	}
}
