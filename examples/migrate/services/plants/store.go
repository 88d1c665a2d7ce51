// Package plants is a service on gorilla/mux before and after its move: users have gardens, and
// gardens have plants.
package plants

import (
	"errors"
	"maps"
	"slices"
	"sync"
)

// A Garden belongs to a user.
type Garden struct {
	ID    int    `json:"id"`
	Owner int    `json:"-"`
	Name  string `json:"name"`
}

// A Plant belongs to a garden.
type Plant struct {
	ID     int    `json:"id"`
	Garden int    `json:"garden_id"`
	Name   string `json:"name"`
}

var errTaken = errors.New("the address is taken")

// A Store stands for the database of both sides.
type Store struct {
	mu      sync.Mutex
	last    int
	users   map[string]int
	gardens map[int]Garden
	plants  map[int]Plant
}

// NewStore returns an empty Store.
func NewStore() *Store {
	return &Store{users: map[string]int{}, gardens: map[int]Garden{}, plants: map[int]Plant{}}
}

func (s *Store) addUser(email string) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users[email] != 0 {
		return 0, errTaken
	}
	s.last++
	s.users[email] = s.last
	return s.last, nil
}

func (s *Store) addGarden(owner int, name string) Garden {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	g := Garden{ID: s.last, Owner: owner, Name: name}
	s.gardens[g.ID] = g
	return g
}

func (s *Store) garden(id int) (Garden, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok := s.gardens[id]
	return g, ok
}

func (s *Store) addPlant(garden int, name string) Plant {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	p := Plant{ID: s.last, Garden: garden, Name: name}
	s.plants[p.ID] = p
	return p
}

func (s *Store) plant(id int) (Plant, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.plants[id]
	return p, ok
}

func (s *Store) removePlant(id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.plants, id)
}

// plantsIn returns the plants of the gardens that owner has.
func (s *Store) plantsIn(owner int, gardens []int) []Plant {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []Plant{}
	for _, id := range slices.Sorted(maps.Keys(s.plants)) {
		p := s.plants[id]
		if slices.Contains(gardens, p.Garden) && s.gardens[p.Garden].Owner == owner {
			list = append(list, p)
		}
	}
	return list
}
