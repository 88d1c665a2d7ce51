// Package tools is a service on gin before and after its move: neighbours lend tools. Its
// clients send a token without a scheme, or in the query.
package tools

import (
	"slices"
	"sync"
)

// A Tool belongs to a neighbour.
type Tool struct {
	ID    int    `json:"id"`
	Owner string `json:"-"`
	Name  string `json:"name"`
	Days  int    `json:"days"` // for which it may be lent
}

// A Store stands for the database of both sides.
type Store struct {
	mu    sync.Mutex
	tools []Tool
}

// NewStore returns an empty Store.
func NewStore() *Store { return new(Store) }

func (s *Store) add(t Tool) Tool {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.ID = len(s.tools) + 1
	s.tools = append(s.tools, t)
	return t
}

func (s *Store) tool(id int) (Tool, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id < 1 || id > len(s.tools) {
		return Tool{}, false
	}
	return s.tools[id-1], true
}

func (s *Store) put(t Tool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tools[t.ID-1] = t
}

// list returns the tools from the index from on.
func (s *Store) list(from, limit int) []Tool {
	s.mu.Lock()
	defer s.mu.Unlock()
	from = min(from, len(s.tools))
	return append([]Tool{}, slices.Clone(s.tools[from:min(from+limit, len(s.tools))])...)
}
