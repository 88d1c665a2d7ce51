package sessionfaults

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

const (
	resetClients   = 400
	resetRotations = 10 // of each client
	resets         = 200
)

// A resetResult is what clients saw while connections were cut.
type resetResult struct {
	rotations, retries atomic.Int64
	ended              atomic.Int64 // clients that lost their session
	thefts             int
}

// rotateUnderResets lets clients rotate while connections are cut. After 503, a client tries
// again with the token that it has.
func rotateUnderResets(t *testing.T, st stage, wrap func(sessionstore.Store) sessionstore.Store) *resetResult {
	t.Helper()
	s := newService(t, wrap(st.open(t)), policy{grace: st.grace, budget: time.Second})
	var sids, tokens [resetClients]string
	for i := range resetClients {
		sids[i], tokens[i] = s.login(t, fmt.Sprint("user ", i%20))
	}
	res, done := new(resetResult), make(chan struct{})
	var clients, cutter sync.WaitGroup
	period := time.Duration(resetRotations) * st.grace
	cutter.Go(func() {
		for range resets {
			select {
			case <-time.After(period / resets):
				st.reset()
			case <-done:
				return
			}
		}
	})
	for i := range resetClients {
		clients.Go(func() {
			time.Sleep(st.grace * time.Duration(i) / resetClients)
			for range resetRotations {
				next, ok := rotateOnce(s, tokens[i], res)
				if !ok {
					res.ended.Add(1)
					return
				}
				if next != tokens[i] {
					res.rotations.Add(1)
				}
				tokens[i] = next
				time.Sleep(st.grace + st.grace/20)
			}
		})
	}
	clients.Wait()
	close(done)
	cutter.Wait()
	for _, sid := range sids {
		res.thefts += s.thefts(sid)
	}
	t.Logf("%-8s %d rotations under %d resets, %d retries, %d false reuses, %d clients logged out",
		st.name, res.rotations.Load(), resets, res.retries.Load(), res.thefts, res.ended.Load())
	return res
}

// rotateOnce refreshes until there is an answer. ok is false if the session has ended.
func rotateOnce(s *service, token string, res *resetResult) (next string, ok bool) {
	for {
		next, status := s.refresh(presenting(token), token)
		switch status {
		case http.StatusOK:
			return next, true
		case http.StatusUnauthorized:
			return "", false
		}
		res.retries.Add(1)
		time.Sleep(20 * time.Millisecond)
	}
}

// Connections that are cut while sessions rotate end no session, although answers of the
// store are lost.
func TestResets(t *testing.T) {
	onEachStage(t, func(t *testing.T, st stage) {
		res := rotateUnderResets(t, st, sound)
		mwtest.Publish(t, "rotation.rotations", res.rotations.Load())
		mwtest.Publish(t, "rotation.resets", resets)
		mwtest.Publish(t, "rotation.false", res.thefts)
		mwtest.Publish(t, "rotation.ended", res.ended.Load())
		if res.thefts > 0 || res.ended.Load() > 0 {
			t.Errorf("%d false reuses, %d clients logged out", res.thefts, res.ended.Load())
		}
		if n := res.rotations.Load(); n < resetClients*resetRotations*9/10 {
			t.Errorf("only %d rotations", n)
		}
		if res.retries.Load() < resets/10 {
			t.Error("the resets hit too few calls: the test proves nothing")
		}
	})
}

// The same clients detect a service without a grace.
func TestResetsDetectsMistakes(t *testing.T) {
	onCalibratedStages(t, func(t *testing.T, st stage) {
		res := rotateUnderResets(t, st, func(s sessionstore.Store) sessionstore.Store { return graceless{s} })
		mwtest.Publish(t, "rotation.mistake", res.thefts)
		if res.thefts == 0 {
			t.Error("passes")
		}
	})
}
