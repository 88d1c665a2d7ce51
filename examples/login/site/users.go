package site

import (
	"cmp"
	"crypto/rand"
	"slices"
	"sync"

	"github.com/go-sallyport/sallyport/authn/oauth"
)

// users are the accounts, in memory. An account is found by issuer and subject, and never by an
// e-mail address.
type users struct {
	mu   sync.Mutex
	ids  map[identity]string
	byID map[string]*user
}

type identity struct{ issuer, subject string }

type user struct {
	name  string
	notes []string
}

func (u *users) findOrCreate(id oauth.Identity) string {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.ids == nil {
		u.ids, u.byID = map[identity]string{}, map[string]*user{}
	}
	key := identity{id.Issuer, id.Subject}
	if u.ids[key] == "" {
		u.ids[key] = rand.Text()
		u.byID[u.ids[key]] = &user{}
	}
	u.byID[u.ids[key]].name = cmp.Or(id.Name, id.Email, "a user")
	return u.ids[key]
}

// nameOf returns the name of a user, or "" if there is no such user.
func (u *users) nameOf(id string) string {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.byID[id] == nil {
		return ""
	}
	return u.byID[id].name
}

func (u *users) notesOf(id string) []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Clone(u.byID[id].notes)
}

func (u *users) addNote(id, text string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.byID[id].notes = append(u.byID[id].notes, text)
}
