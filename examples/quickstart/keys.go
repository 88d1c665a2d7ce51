package main

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/go-sallyport/sallyport/authn/apikey"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/authz/routes"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate"
)

const keyLifetime = 24 * time.Hour

// apiKeys are the API keys of programs, which admins manage.
type apiKeys struct {
	store apikey.ManagedStore
	auth  *apikey.Authenticator
}

// routes returns the routes of admins.
func (k *apiKeys) routes(l limits) []routes.Route {
	admin := func(pattern string, h http.Handler) routes.Route {
		return routes.Route{
			Pattern: pattern, Require: authz.AnyRole("admin"), NoObject: "an admin manages the keys of all programs",
			Limits: []routes.Limit{l.admin}, Handler: h,
		}
	}
	return []routes.Route{
		admin("GET /v1/keys", validate.Handler(k.list)),
		admin("POST /v1/keys/{id}/rotation", validate.Handler(k.rotate)),
		admin("DELETE /v1/keys/{id}", validate.Handler(k.revoke)),
	}
}

// ListKeys is GET /v1/keys.
type ListKeys struct{}

// RotateKey is POST /v1/keys/{id}/rotation. Both keys are valid during the overlap.
type RotateKey struct {
	ID             string `path:"id"`
	OverlapSeconds int    `json:"overlap_seconds" validate:"required,min=0,max=604800"`
}

// RevokeKey is DELETE /v1/keys/{id}.
type RevokeKey struct {
	ID string `path:"id"`
}

// Key describes an API key. Only the response that makes the key has its text.
type Key struct {
	ID         string    `json:"id"`
	Subject    string    `json:"subject"`
	Scopes     []string  `json:"scopes"`
	ExpiresAt  time.Time `json:"expires_at"`
	ReplacedBy string    `json:"replaced_by,omitempty"`
	Text       string    `json:"key,omitempty"`
}

// Keys is the response to GET /v1/keys.
type Keys struct {
	Keys []Key `json:"keys"`
}

// NewKey is the response to a rotation: a Key with status 201.
type NewKey struct{ Key }

// StatusCode tells package validate the status of the response.
func (*NewKey) StatusCode() int { return http.StatusCreated }

func describe(r apikey.Record, text string) Key {
	return Key{ID: r.ID, Subject: r.Subject, Scopes: r.Scopes, ExpiresAt: r.ExpiresAt, ReplacedBy: r.ReplacedBy, Text: text}
}

func (k *apiKeys) list(ctx context.Context, _ *ListKeys) (*Keys, error) {
	records, err := k.store.Records(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]Key, len(records))
	for i, r := range records {
		all[i] = describe(r, "")
	}
	return &Keys{all}, nil
}

// rotate returns a new key, once. The old key ends with the overlap, or earlier.
func (k *apiKeys) rotate(ctx context.Context, in *RotateKey) (*NewKey, error) {
	old, found, err := k.store.Find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if !found || !time.Now().Before(old.ExpiresAt) {
		return nil, httperr.ErrNotFound
	}
	text, next, previous, err := k.auth.Rotate(old, time.Now().Add(keyLifetime), time.Duration(in.OverlapSeconds)*time.Second)
	if err != nil {
		return nil, err
	}
	switch err := k.store.Replace(ctx, old, next, previous); {
	case errors.Is(err, apikey.ErrChanged):
		return nil, errKeyChanged
	case err != nil:
		return nil, err
	}
	return &NewKey{describe(next, text)}, nil
}

var errKeyChanged = &httperr.Error{Status: http.StatusConflict, Code: "key_changed", Message: "The key has been changed meanwhile."}

// revoke makes the next request with the key fail.
func (k *apiKeys) revoke(ctx context.Context, in *RevokeKey) (*struct{}, error) {
	found, err := k.store.Delete(ctx, in.ID)
	if err == nil && !found {
		err = httperr.ErrNotFound
	}
	return nil, err
}
