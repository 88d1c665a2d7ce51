package sessionfaults

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

const (
	usesAtOnce = 64
	processes  = 8
	crowds     = 20
)

// gated lets no call read before all uses of a crowd have read.
type gated struct {
	sessionstore.Store
	gate *gate
}

type gate struct {
	mu   sync.Mutex
	wait *sync.WaitGroup // nil: open
}

func (g *gate) set(wait *sync.WaitGroup) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.wait = wait
}

func (s gated) Read(ctx context.Context, sid string) (sessionstore.Record, bool, error) {
	r, found, err := s.Store.Read(ctx, sid)
	s.gate.mu.Lock()
	wait := s.gate.wait
	s.gate.mu.Unlock()
	if wait != nil {
		wait.Done()
		wait.Wait()
	}
	return r, found, err
}

// useAtOnce presents one token many times at once, to several processes. It returns how many
// different successors were given, at most and over several crowds, and how many clients
// were refused.
func useAtOnce(t *testing.T, st stage, wrap func(sessionstore.Store) sessionstore.Store) (successors, refused int) {
	t.Helper()
	g := new(gate)
	services := make([]*service, processes)
	for i := range services {
		services[i] = newService(t, gated{wrap(st.open(t)), g}, policy{grace: st.grace, budget: 10 * time.Second})
	}
	for crowd := range crowds {
		_, token := services[0].login(t, fmt.Sprint("user ", crowd))
		var (
			ready, wg sync.WaitGroup
			mu        sync.Mutex
			given     = map[string]bool{}
		)
		ready.Add(usesAtOnce)
		g.set(&ready)
		for i := range usesAtOnce {
			wg.Go(func() {
				next, status := services[i%processes].refresh(presenting(token), token)
				mu.Lock()
				defer mu.Unlock()
				if status != http.StatusOK {
					refused++
					return
				}
				given[next] = true
			})
		}
		wg.Wait()
		g.set(nil)
		successors = max(successors, len(given))
		for next := range given {
			if again, status := services[0].refresh(presenting(next), next); status != http.StatusOK || again != next {
				refused++
			}
		}
	}
	t.Logf("%-8s %d crowds of %d uses of one token on %d processes: %d successors, %d refused",
		st.name, crowds, usesAtOnce, processes, successors, refused)
	return successors, refused
}

// Of many requests that read the same state, one rotates, and the others get its successor.
func TestOneSuccessor(t *testing.T) {
	onEachStage(t, func(t *testing.T, st stage) {
		n, refused := useAtOnce(t, st, sound)
		mwtest.Publish(t, "rotation.successors", n)
		if n != 1 || refused > 0 {
			t.Errorf("%d successors, %d refused", n, refused)
		}
	})
}

// The same crowd detects a commit that compares nothing.
func TestOneSuccessorDetectsMistakes(t *testing.T) {
	onCalibratedStages(t, func(t *testing.T, st stage) {
		if n, refused := useAtOnce(t, st, func(s sessionstore.Store) sessionstore.Store { return uncompared{s} }); n == 1 && refused == 0 {
			t.Error("passes")
		}
	})
}
