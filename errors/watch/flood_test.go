package watch_test

import (
	"strconv"
	"testing"

	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/watch"
)

// flood lets n principals never seen before make one request each.
func (s *sim) flood(w, from, n int) {
	for i := range n {
		s.put(w, 1, audit.Record{Route: "/flood", Status: 200, Principal: "flood-" + strconv.Itoa(from+i)})
	}
}

// small is a Config that a test can fill.
func small() watch.Config { return watch.Config{Principals: 200} }

func TestWhoComesIntoAFullWatcherIsSeen(t *testing.T) {
	s := newSim(fast, small())
	for w := range 20 {
		s.flood(w, 0, 200) // who are active hold their places
	}
	s.flood(20, 1000, 5000)
	for _, a := range s.alerts {
		if a.Scope != watch.Route { // whose requests have indeed increased
			t.Errorf("the flood: %+v", a)
		}
	}
	s.put(20, 150, audit.Record{Route: "/login", Status: 401, Principal: "mallory"})
	found := false
	for _, a := range s.alerts {
		found = found || a.Scope == watch.Principal && a.Signal == watch.Unauthorized && a.Subject == "mallory" && a.Shared
	}
	if !found {
		t.Errorf("mallory is not reported: %+v", s.alerts)
	}
	if err := s.err(); err != nil {
		t.Error(err)
	}
}

func TestNobodyLosesAPlaceByAFlood(t *testing.T) {
	s := newSim(fast, small())
	w := s.observer.(*watch.Watcher)
	mallory := audit.Record{Route: "/export", Status: 200, Bytes: 1 << 20, Principal: "mallory"}
	s.steady(0, 60, 5, mallory)
	for n := range 120 { // two hours, in which mallory is silent for one
		if n < 60 {
			s.put(60+n, 1, mallory)
		}
		s.flood(60+n, n*2000, 2000)
	}
	if !w.Owns(watch.Principal, "mallory") {
		t.Fatal("mallory lost the place before the time")
	}
	s.alerts = nil
	s.put(180, 40, mallory)
	if len(s.windows(watch.Bytes, watch.Principal)) != 1 || s.alerts[0].New || s.alerts[0].Shared {
		t.Errorf("%+v", s.alerts)
	}
}

func TestIdlePlacesChangeHands(t *testing.T) {
	s := newSim(fast, small())
	w := s.observer.(*watch.Watcher)
	s.flood(0, 0, 200)
	s.flood(60, 1000, 200) // two half-lives, but not more
	if w.Owns(watch.Principal, "flood-1000") {
		t.Error("a place was taken too early")
	}
	s.flood(61, 2000, 200)
	if !w.Owns(watch.Principal, "flood-2000") || !w.Owns(watch.Principal, "flood-2199") || w.Owns(watch.Principal, "flood-0") {
		t.Error("idle places were not given up")
	}
	if own, shared := w.Places(watch.Principal); own != 200 || shared != 25 {
		t.Errorf("%d own, %d shared", own, shared)
	}
	s.wantNone("coming and going")
	if err := s.err(); err != nil {
		t.Error(err)
	}
}

// A shared series has a baseline like any other: a scope that is much too
// small loses resolution, not its peace.
func TestTheSharedHaveABaseline(t *testing.T) {
	s := newSim(fast, small())
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

// A subject that finds a place in the middle of a window stays where its count
// is until the window ends, or half of it would be in either series.
func TestNoCountIsSplit(t *testing.T) {
	level := watch.Level{Min: 100, New: 100, Max: 100}
	s := newSim(fast, watch.Config{Principals: 200, Forbidden: level})
	s.flood(0, 0, 200)
	for w := 50; w <= 61; w += 11 { // all but one, deep in the table, stay active
		s.flood(w, 0, 190)
		s.flood(w, 191, 9)
	}
	mallory := audit.Record{Route: "/a", Status: 403, Principal: "mallory"}
	s.put(61, 50, mallory)
	s.put(61, 50, mallory) // after which all places have been looked at twice
	if got := s.windows(watch.Forbidden, watch.Principal); len(got) != 1 {
		t.Errorf("alerts in windows %v", got)
	}
	for w := 62; w < 90; w++ { // eight places are looked at in each
		s.put(w, 1, mallory)
	}
	if !s.observer.(*watch.Watcher).Owns(watch.Principal, "mallory") {
		t.Error("the idle place was never found")
	}
}

func TestNoCooldownIsLostWithAPlace(t *testing.T) {
	s := newSim(fast, watch.Config{Principals: 1, HalfLife: 1, Cooldown: 50})
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
