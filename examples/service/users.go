package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"strings"

	"github.com/go-sallyport/sallyport/authn/session"
)

// A user belongs to one tenant, which is a customer of the service.
type user struct{ subject, email, tenant, role string }

// rights returns the rights of a user. The role decides about both: a scope opens routes, and the
// role accountant opens the invoices of other users of the tenant.
func (u user) rights() session.Rights {
	if u.role == "viewer" {
		return session.Rights{Scopes: []string{"invoices:read"}}
	}
	return session.Rights{Scopes: []string{"invoices:read", "invoices:write"}, Roles: []string{u.role}}
}

// users are the rows of the table users.
type users struct {
	db    *sql.DB
	dummy string // the hash of no password
}

func newUsers(db *sql.DB) *users { return &users{db, hashPassword(rand.Text())} }

// add makes a user and returns its password, which is nowhere else. The email is stored in the
// spelling that a login looks for.
func (u *users) add(ctx context.Context, email, tenant, role string) (password string, err error) {
	password = rand.Text()
	_, err = u.db.ExecContext(ctx, `INSERT INTO users (subject, email, tenant, role, password) VALUES (?, ?, ?, ?, ?)`,
		rand.Text(), strings.ToLower(strings.TrimSpace(email)), tenant, role, hashPassword(password))
	return password, err
}

// check returns the user if the password is right. For an unknown email it hashes as well, so
// that the time of the answer does not tell which accounts exist.
func (u *users) check(ctx context.Context, email, password string) (found user, ok bool, err error) {
	hash := u.dummy
	err = u.db.QueryRowContext(ctx, `SELECT subject, email, tenant, role, password FROM users WHERE email = ?`, email).
		Scan(&found.subject, &found.email, &found.tenant, &found.role, &hash)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return user{}, false, err
	}
	right := isPassword(password, hash)
	return found, right && err == nil, nil
}

// bySubject returns the user with a subject.
func (u *users) bySubject(ctx context.Context, subject string) (found user, ok bool, err error) {
	err = u.db.QueryRowContext(ctx, `SELECT subject, email, tenant, role FROM users WHERE subject = ?`, subject).
		Scan(&found.subject, &found.email, &found.tenant, &found.role)
	if errors.Is(err, sql.ErrNoRows) {
		return user{}, false, nil
	}
	return found, err == nil, err
}

// setPassword replaces the password of a user.
func (u *users) setPassword(ctx context.Context, subject, password string) error {
	_, err := u.db.ExecContext(ctx, `UPDATE users SET password = ? WHERE subject = ?`, hashPassword(password), subject)
	return err
}

// grant is session.CookieConfig.Grant: it returns the rights that a user has now. A user that was
// removed or has moved to another tenant has no session any more.
func (u *users) grant(ctx context.Context, s session.Session) (session.Rights, error) {
	found, ok, err := u.bySubject(ctx, s.Subject)
	if err != nil {
		return session.Rights{}, err
	}
	if !ok || found.tenant != s.Tenant {
		return session.Rights{}, session.ErrEnded
	}
	return found.rights(), nil
}
