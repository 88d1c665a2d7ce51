package watch_test

import (
	"strconv"
	"testing"

	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/watch"
)

// flood observes one request of each of n principals, from number from on.
func (s *sim) flood(w, from, n int) {
	for i := range n {
		s.put(w, 1, audit.Record{Route: "/flood", Status: 200, Principal: "flood-" + strconv.Itoa(from+i)})
	}
}

// small is a Config with so few slots that a test can fill them.
func small() watch.Config { return watch.Config{Principals: 200} }

func TestNewSubjectOfAFullWatcherIsReported(t *testing.T) {
	s := newSim(makeWatcher, small())
	for w := range 20 {
		s.flood(w, 0, 200) // active subjects keep their slots
	}
	s.flood(20, 1000, 5000)
	for _, a := range s.alerts {
		if a.Scope != watch.Route { // the requests of the route have really increased
			t.Errorf("the flood: %+v", a)
		}
	}
	s.put(20, 150, audit.Record{Route: "/login", Status: 401, Principal: "mallory"})
	found := false
	for _, a := range s.alerts {
		for _, s := range append([]watch.Series{a.Series}, a.Others...) {
			found = found || s.Scope == watch.Principal && s.Signal == watch.Unauthorized && s.Subject == "mallory" && s.Shared
		}
	}
	if !found {
		t.Errorf("mallory is not reported: %+v", s.alerts)
	}
	if err := s.err(); err != nil {
		t.Error(err)
	}
}

func TestNoActiveSubjectLosesItsSlotInAFlood(t *testing.T) {
	s := newSim(makeWatcher, small())
	w := s.observer.(*watch.Watcher)
	mallory := audit.Record{Route: "/export", Status: 200, Bytes: 1 << 20, Principal: "mallory"}
	s.steady(0, 60, 5, mallory)
	for n := range 120 { // two hours; mallory is silent in the second
		if n < 60 {
			s.put(60+n, 1, mallory)
		}
		s.flood(60+n, n*2000, 2000)
	}
	if !w.Owns(watch.Principal, "mallory") {
		t.Fatal("mallory lost the slot too early")
	}
	s.alerts = nil
	s.put(180, 40, mallory)
	if len(s.windows(watch.Bytes, watch.Principal)) != 1 || s.alerts[0].New || s.alerts[0].Shared {
		t.Errorf("%+v", s.alerts)
	}
}

func TestIdleSubjectsLoseTheirSlots(t *testing.T) {
	s := newSim(makeWatcher, small())
	w := s.observer.(*watch.Watcher)
	s.flood(0, 0, 200)
	s.flood(60, 1000, 200) // after two half-lives, but not more
	if w.Owns(watch.Principal, "flood-1000") {
		t.Error("a slot was reused too early")
	}
	s.flood(61, 2000, 200)
	if !w.Owns(watch.Principal, "flood-2000") || !w.Owns(watch.Principal, "flood-2199") || w.Owns(watch.Principal, "flood-0") {
		t.Error("idle slots were not reused")
	}
	if own, shared := w.Places(watch.Principal); own != 200 || shared != 25 {
		t.Errorf("%d own, %d shared", own, shared)
	}
	s.wantNone("coming and going")
	if err := s.err(); err != nil {
		t.Error(err)
	}
}

// A shared series has a baseline like any other series. A cap that is much too
// small costs resolution, but steady traffic raises no alerts.
func TestSharedSeriesHaveABaseline(t *testing.T) {
	s := newSim(makeWatcher, small())
	for w := range 100 {
		for i := range 1000 {
			s.put(w, 1, audit.Record{Route: "/a", Status: 401, Principal: strconv.Itoa(i)})
		}
	}
	for _, a := range s.alerts {
		if a.Scope == watch.Principal {
			t.Errorf("steady: %+v", a)
			break
		}
	}
	s.alerts = nil
	s.put(100, 500, audit.Record{Route: "/a", Status: 401, Principal: "999"})
	if got := s.windows(watch.Unauthorized, watch.Principal); len(got) != 1 || !s.alerts[0].Shared || s.alerts[0].New || s.alerts[0].Baseline < 10 {
		t.Errorf("%+v", s.alerts)
	}
}

// A subject that could get a slot in the middle of a window stays in its shared
// series until the window ends. Otherwise its count would be split into two
// series.
func TestNoCountIsSplit(t *testing.T) {
	level := watch.Level{Min: 100, New: 100, Max: 100}
	s := newSim(makeWatcher, watch.Config{Principals: 200, Forbidden: level})
	s.flood(0, 0, 200)
	for w := 50; w <= 61; w += 11 { // all subjects stay active except number 190
		s.flood(w, 0, 190)
		s.flood(w, 191, 9)
	}
	mallory := audit.Record{Route: "/a", Status: 403, Principal: "mallory"}
	s.put(61, 50, mallory)
	s.put(61, 50, mallory) // by now all slots could have been examined twice
	if got := s.windows(watch.Forbidden, watch.Principal); len(got) != 1 {
		t.Errorf("alerts in windows %v", got)
	}
	for w := 62; w < 90; w++ { // each window examines eight slots
		s.put(w, 1, mallory)
	}
	if !s.observer.(*watch.Watcher).Owns(watch.Principal, "mallory") {
		t.Error("the idle slot was never found")
	}
}

func TestNoCooldownIsLostWithASlot(t *testing.T) {
	s := newSim(makeWatcher, watch.Config{Principals: 1, HalfLife: 1, Cooldown: 50})
	mallory := audit.Record{Route: "/a", Status: 403, Principal: "mallory"}
	s.put(0, 100, mallory)
	s.flood(20, 0, 1)
	s.put(40, 100, mallory)
	s.flood(60, 1, 1)
	s.put(90, 100, mallory)
	s.put(91, 100, mallory)
	if got := s.windows(watch.Forbidden, watch.Principal); len(got) != 2 || got[0] != 0 || got[1] != 90 {
		t.Errorf("alerts in windows %v, want 0 and 90", got)
	}
}
