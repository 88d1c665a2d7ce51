package sessionfaults

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

const replays = 1000

// replay spends the first token of many sessions, and uses it again after the grace. It
// returns how many of these replays were caught: refused and reported once, with the session
// and its access tokens revoked, for the holder of the current token too.
func replay(t *testing.T, st stage, wrap func(sessionstore.Store) sessionstore.Store) (caught int) {
	t.Helper()
	s := newService(t, wrap(st.open(t)), policy{grace: st.grace, budget: time.Second})
	check := newChecker(t, st.open(t), time.Second)
	var (
		wg    sync.WaitGroup
		mu    sync.Mutex
		turns = make(chan struct{}, 50)
	)
	for i := range replays {
		wg.Go(func() {
			subject := fmt.Sprint("user ", i)
			turns <- struct{}{}
			sid, spent := s.login(t, subject)
			current, status := s.refresh(presenting(spent), spent)
			passed := check.passes(t, subject, sid)
			<-turns
			if status != http.StatusOK || current == spent || !passed {
				t.Errorf("no rotation: status %d", status)
			}
			time.Sleep(st.grace + st.grace/10)
			turns <- struct{}{}
			defer func() { <-turns }()
			_, first := s.refresh(presenting(spent), spent)
			_, second := s.refresh(presenting(current), current)
			refused := first == http.StatusUnauthorized && second == http.StatusUnauthorized
			if refused && s.thefts(sid) == 1 && !check.passes(t, subject, sid) {
				mu.Lock()
				defer mu.Unlock()
				caught++
			}
		})
	}
	wg.Wait()
	t.Logf("%-8s %d of %d replays caught", st.name, caught, replays)
	return caught
}

// Every spent token that comes again after the grace is noticed.
func TestReplays(t *testing.T) {
	onEachStage(t, func(t *testing.T, st stage) {
		caught := replay(t, st, sound)
		mwtest.Publish(t, "rotation.missed", replays-caught)
		if caught != replays {
			t.Errorf("%d of %d caught", caught, replays)
		}
	})
}

// The same replays detect a service that accepts a predecessor for ever.
func TestReplaysDetectsMistakes(t *testing.T) {
	onCalibratedStages(t, func(t *testing.T, st stage) {
		if caught := replay(t, st, func(s sessionstore.Store) sessionstore.Store { return givesAgain{s} }); caught == replays {
			t.Error("passes")
		}
	})
}
