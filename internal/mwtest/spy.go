package mwtest

import (
	"io"
	"net/http"
	"sync"
)

// Spy is a handler that counts its requests and keeps the last one. The zero value
// answers 200 with the body "ok".
type Spy struct {
	Respond func(w http.ResponseWriter, r *http.Request) // nil: 200 "ok"

	mu    sync.Mutex
	calls int
	last  *http.Request
}

func (s *Spy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.calls++
	s.last = r
	s.mu.Unlock()
	if s.Respond != nil {
		s.Respond(w, r)
		return
	}
	_, _ = io.WriteString(w, "ok")
}

// Calls returns how many requests reached the handler.
func (s *Spy) Calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

// Last returns the latest request that reached the handler, or nil.
func (s *Spy) Last() *http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}
