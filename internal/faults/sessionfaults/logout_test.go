package sessionfaults

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sallyport/sallyport/authn/session"
	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
)

// outcome says what was left of a session after the answer to its logout.
type outcome struct {
	given  int // access tokens that were given by refreshes that began before the logout was answered
	after  int // the same, answered after it
	passed int // access tokens of these that are accepted after the logout
	alive  int // sessions that still refresh
}

func (o outcome) safe() bool { return o.passed == 0 && o.alive == 0 }

// logoutDuringIssue logs out on one process while another signs an access token, for so long
// that the revocation of the session may be over.
func logoutDuringIssue(t *testing.T, st stage, signs time.Duration, wrap func(sessionstore.Store) sessionstore.Store) (o outcome) {
	t.Helper()
	signing, loggedOut := make(chan struct{}), make(chan struct{})
	var first sync.Once
	slow := newService(t, wrap(st.open(t)), policy{issue: func(context.Context, session.Session) {
		first.Do(func() {
			close(signing)
			<-loggedOut
			time.Sleep(signs)
		})
	}})
	fast := newService(t, wrap(st.open(t)), byDefault)
	check := newChecker(t, wrap(st.open(t)), time.Second)
	sid, token := fast.login(t, "ann")
	var wg sync.WaitGroup
	var next string
	wg.Go(func() { next, _ = slow.refresh(presenting(token), token) })
	<-signing
	if status := fast.logout(t.Context(), token); status != http.StatusNoContent {
		t.Fatalf("logout: status %d", status)
	}
	close(loggedOut)
	wg.Wait()
	if next != "" {
		o.after++
		if check.passes(t, "ann", sid) {
			o.passed++
		}
		if _, status := fast.refresh(presenting(next), next); status == http.StatusOK {
			o.alive++
		}
	}
	t.Logf("%-8s logout while a token is signed: %+v", st.name, o)
	return o
}

// A session ends while an access token of it is signed. The token is not sent: on the memory
// store, signing takes until the revocation of the session is over.
func TestLogoutDuringIssue(t *testing.T) {
	onEachStage(t, func(t *testing.T, st stage) {
		signs := 10 * time.Millisecond
		if st.virtual {
			signs = 20 * time.Minute
		}
		if o := logoutDuringIssue(t, st, signs, sound); !o.safe() || o.after > 0 {
			t.Errorf("%+v", o)
		}
	})
}

// The same logout detects a commit that does not see that the session has ended.
func TestLogoutDuringIssueDetectsMistakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := logoutDuringIssue(t, memoryStage(), 20*time.Minute, func(s sessionstore.Store) sessionstore.Store { return afterLogout{s} })
		if o.safe() {
			t.Errorf("passes: %+v", o)
		}
	})
}

const logouts = 300

// logoutDuringRefresh logs sessions out on one process while another refreshes them.
func logoutDuringRefresh(t *testing.T, st stage, wrap func(sessionstore.Store) sessionstore.Store) (o outcome) {
	t.Helper()
	here := newService(t, wrap(st.open(t)), policy{budget: time.Second})
	there := newService(t, wrap(st.open(t)), policy{budget: time.Second})
	check := newChecker(t, wrap(st.open(t)), time.Second)
	for i := range logouts {
		subject := fmt.Sprint("user ", i%50)
		sid, token := here.login(t, subject)
		var (
			wg       sync.WaitGroup
			mu       sync.Mutex
			answered bool
		)
		for range 4 {
			wg.Go(func() {
				for range 100 { // a session that cannot be ended would go on for ever
					if _, status := there.refresh(presenting(token), token); status != http.StatusOK {
						return
					}
					mu.Lock()
					if o.given++; answered {
						o.after++
					}
					mu.Unlock()
				}
			})
		}
		time.Sleep(time.Duration(i%20) * 250 * time.Microsecond)
		if status := here.logout(t.Context(), token); status != http.StatusNoContent {
			t.Fatalf("logout: status %d", status)
		}
		mu.Lock()
		answered = true
		mu.Unlock()
		passes := check.passes(t, subject, sid)
		wg.Wait()
		if passes || check.passes(t, subject, sid) {
			o.passed++
		}
		if _, status := there.refresh(presenting(token), token); status == http.StatusOK {
			o.alive++
		}
	}
	t.Logf("%-8s %d logouts while another process refreshes: %+v", st.name, logouts, o)
	return o
}

// After the answer to a logout, no access token of the session is accepted, and no refresh
// succeeds.
func TestLogoutDuringRefresh(t *testing.T) {
	onEachStage(t, func(t *testing.T, st stage) {
		o := logoutDuringRefresh(t, st, sound)
		if !o.safe() {
			t.Errorf("%+v", o)
		}
		if o.given < logouts {
			t.Errorf("only %d refreshes: the test proves nothing", o.given)
		}
	})
}

// The same logouts detect a service that ends the refresh tokens alone.
func TestLogoutDuringRefreshDetectsMistakes(t *testing.T) {
	onCalibratedStages(t, func(t *testing.T, st stage) {
		if o := logoutDuringRefresh(t, st, func(s sessionstore.Store) sessionstore.Store { return refreshOnly{s} }); o.safe() {
			t.Errorf("passes: %+v", o)
		}
	})
}
