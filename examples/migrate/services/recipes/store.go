// Package recipes is a service on the standard library before and after its move. Its front end
// sends "Authorization: Token …", wraps each body, and expects 422 with the messages by field.
package recipes

import (
	"strings"
	"sync"
)

// A Recipe belongs to its author.
type Recipe struct {
	Slug   string `json:"slug"`
	Title  string `json:"title"`
	Steps  string `json:"steps"`
	Author int    `json:"-"`
	Mine   bool   `json:"mine"` // the caller is the author
}

// A Store stands for the database of both sides.
type Store struct {
	mu      sync.Mutex
	users   map[string]int
	recipes map[string]Recipe
}

// NewStore returns an empty Store.
func NewStore() *Store { return &Store{users: map[string]int{}, recipes: map[string]Recipe{}} }

func (s *Store) addUser(email string) (id int, free bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users[email] != 0 {
		return 0, false
	}
	s.users[email] = len(s.users) + 1
	return s.users[email], true
}

func (s *Store) add(author int, title, steps string) Recipe {
	r := Recipe{Slug: strings.ReplaceAll(strings.ToLower(title), " ", "-"), Title: title, Steps: steps, Author: author}
	s.put(r)
	return r
}

func (s *Store) put(r Recipe) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recipes[r.Slug] = r
}

func (s *Store) recipe(slug string) (Recipe, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.recipes[slug]
	return r, ok
}
