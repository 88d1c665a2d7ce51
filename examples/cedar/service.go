package main

import (
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"

	"github.com/cedar-policy/cedar-go"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/headers/clientip"
)

//go:embed policies.cedar
var policyText []byte

// A note has an owner: an issuer and a subject.
type note struct {
	issuer, subject, tenant, text string
	frozen                        bool
}

// A store has the notes by their ID.
type store map[string]note

// entity returns the note that the path names. A note that is missing is an entity without
// attributes. The policies deny it like the note of another owner, so the response does not
// tell whether it exists.
func (s store) entity(r *http.Request) (cedar.Entity, error) {
	id := r.PathValue("id")
	if id == "" {
		return cedar.Entity{}, errors.New("the pattern has no {id}")
	}
	entity := cedar.Entity{UID: cedar.NewEntityUID("Note", cedar.String(id))}
	if n, ok := s[id]; ok {
		entity.Attributes = cedar.NewRecord(cedar.RecordMap{
			"owner":  cedar.NewRecord(cedar.RecordMap{"issuer": cedar.String(n.issuer), "subject": cedar.String(n.subject)}),
			"tenant": cedar.String(n.tenant),
			"frozen": cedar.Boolean(n.frozen),
		})
	}
	return entity, nil
}

// newService builds the chain for callers that keys authenticates.
func newService(logger *slog.Logger, keys authn.Authenticator, notes store) http.Handler {
	policies := must(readPolicies("policies.cedar", policyText))
	guard := func(action string) *authz.Middleware {
		return must(authz.New(authz.Config{Require: authz.Decide(decider{policies, action, notes.entity})}))
	}
	errs := must(httperr.New(httperr.Config{Logger: logger}))
	ip := must(clientip.New(clientip.Direct()))
	hdr := must(headers.New(headers.API()))
	auth := must(authn.New(authn.Config{Authenticators: []authn.Authenticator{keys}}))

	mux := http.NewServeMux()
	mux.Handle("GET /notes/{id}", auth.Handler(guard("notes:read").Handler(httperr.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) error {
			n, ok := notes[r.PathValue("id")]
			if !ok {
				return httperr.ErrNotFound
			}
			_, err := fmt.Fprintln(w, n.text)
			return err
		}))))
	mux.Handle("POST /notes/{id}/share", auth.Handler(guard("notes:share").Handler(http.HandlerFunc(
		func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))))
	return errs.Handler(ip.Handler(hdr.Handler(httperr.WrapMux(mux))))
}

// must ends the program if a Config is faulty, and prints each fault on a line.
func must[T any](v T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return v
}
