package apikey

import (
	"net/http"
	"sync"
	"time"

	"github.com/go-sallyport/sallyport/authn"
)

// LastUse returns a function for authn.Config.Observe that reports the use of keys, so that
// an operator finds the keys that are no longer used. For each key it calls record at the
// first use, and then at most once in every. record gets the ID of the key and the time. It
// runs within the request, so it must not block: let it write to a buffered channel, a log
// or a metric. Uses that are refused are not reported.
//
// Each process remembers the keys that were used within the last every, and no others.
func LastUse(every time.Duration, record func(keyID string, at time.Time)) func(*http.Request, authn.Decision) {
	var s sampler
	return func(_ *http.Request, d authn.Decision) {
		if d.Err != nil || d.Principal == nil || d.Principal.Kind != kind {
			return
		}
		if now := time.Now(); s.isDue(d.Principal.TokenID, now, every) {
			record(d.Principal.TokenID, now)
		}
	}
}

// A sampler holds the time of the last report of each key.
type sampler struct {
	mu      sync.RWMutex
	last    map[string]time.Time
	sweepAt time.Time // when to forget old reports
}

// isDue reports whether a use at now must be reported, and then notes it.
func (s *sampler) isDue(id string, now time.Time, every time.Duration) bool {
	s.mu.RLock()
	last, known := s.last[id]
	s.mu.RUnlock()
	if known && now.Sub(last) < every {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if last, known := s.last[id]; known && now.Sub(last) < every {
		return false // another request has reported the use since
	}
	if s.last == nil || !now.Before(s.sweepAt) {
		kept := make(map[string]time.Time)
		for id, last := range s.last {
			if now.Sub(last) < every {
				kept[id] = last
			}
		}
		s.last, s.sweepAt = kept, now.Add(every)
	}
	s.last[id] = now
	return true
}
