package main

import (
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"sync"

	"github.com/go-sallyport/sallyport/authn/session"
)

// A user can log in. The email is the account; the subject is the name in tokens, and never
// changes.
type user struct {
	email, subject, name string
	scopes, roles        []string
	password             password
}

// A password is stored as a hash that is slow to compute.
type password struct{ salt, hash []byte }

// iterations makes one guess cost about 0.1 s (OWASP Password Storage Cheat Sheet, PBKDF2
// with SHA-256).
const iterations = 600_000

func hashPassword(text string, salt []byte) []byte {
	return must(pbkdf2.Key(sha256.New, text, salt, iterations, sha256.Size))
}

func newPassword(text string) password {
	salt := []byte(rand.Text())
	return password{salt, hashPassword(text, salt)}
}

func (p password) is(text string) bool {
	return subtle.ConstantTimeCompare(hashPassword(text, p.salt), p.hash) == 1
}

// users keeps all users in memory. A real service has a database here.
type users struct {
	mu      sync.Mutex
	byEmail map[string]*user
	dummy   password // of no user
}

// newUsers returns the two users of the example.
func newUsers(creds *credentials) *users {
	u := &users{byEmail: make(map[string]*user), dummy: password{[]byte(rand.Text()), []byte(rand.Text())}}
	for _, one := range []*user{
		{"walt@notes.example", "walt", "Walt", []string{"notes:read", "notes:write"}, nil, newPassword(creds.waltPassword)},
		{"anna@notes.example", "anna", "Anna", []string{"notes:read", "notes:write"}, []string{"admin"}, newPassword(creds.annaPassword)},
	} {
		u.byEmail[one.email] = one
	}
	return u
}

// find returns a copy of the user with an email.
func (u *users) find(email string) (found user, ok bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if one := u.byEmail[email]; one != nil {
		return *one, true
	}
	return user{}, false
}

// check returns the user if the password is right. For an unknown email it hashes as well,
// so that the time of the answer does not tell which accounts exist.
func (u *users) check(email, text string) (found user, ok bool) {
	found, ok = u.find(email)
	if !ok {
		found.password = u.dummy
	}
	right := found.password.is(text)
	return found, ok && right
}

// bySubject returns a copy of the user with a subject.
func (u *users) bySubject(_ context.Context, subject string) (found user, ok bool, err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, one := range u.byEmail {
		if one.subject == subject {
			return *one, true, nil
		}
	}
	return user{}, false, nil
}

// update changes the members that are set, and returns a copy of the user.
func (u *users) update(email string, in *UpdateProfile) (changed user, ok bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	one := u.byEmail[email]
	if one == nil {
		return user{}, false
	}
	if in.Name.Set {
		one.name = in.Name.Value
	}
	if in.Roles.Set {
		one.roles = in.Roles.Value
	}
	return *one, true
}

func (u *users) setPassword(email, text string) {
	changed := newPassword(text) // without the lock, because it is slow
	u.mu.Lock()
	defer u.mu.Unlock()
	if one := u.byEmail[email]; one != nil {
		one.password = changed
	}
}

// rights is session.Config.Grant: it returns the rights that a user has now.
func (u *users) rights(ctx context.Context, s session.Session) (session.Rights, error) {
	if one, ok, _ := u.bySubject(ctx, s.Subject); ok {
		return session.Rights{Scopes: one.scopes, Roles: one.roles}, nil
	}
	return session.Rights{}, session.ErrEnded // the user was removed
}
