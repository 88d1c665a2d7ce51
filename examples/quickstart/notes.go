package main

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/go-sallyport/sallyport/authn"
	httperr "github.com/go-sallyport/sallyport/errors"
)

// CreateNote is the body of POST /v1/notes. Whatever the tags do not allow,
// members that are not listed here included, is refused before a handler runs.
type CreateNote struct {
	Title string   `json:"title" validate:"required,min=1,max=200"`
	Body  string   `json:"body" validate:"max=10000"`
	Tags  []string `json:"tags" validate:"max=10,dive,min=1,max=30"`
}

// Note is what a client sees of a note. Who owns it is not part of that.
type Note struct {
	ID      string    `json:"id"`
	Title   string    `json:"title"`
	Body    string    `json:"body"`
	Tags    []string  `json:"tags"`
	Created time.Time `json:"created"`

	owner owner
}

// StatusCode makes the answer to a creation a 201.
func (*Note) StatusCode() int { return http.StatusCreated }

// owner is an identity: a subject means nothing without its issuer.
type owner struct{ issuer, subject string }

func ownerOf(p *authn.Principal) owner { return owner{p.Issuer, p.Subject} }

// notes keeps everything in memory: enough for an example, gone with it.
type notes struct {
	mu   sync.Mutex
	byID map[string]*Note
	all  []*Note // in the order of their creation
}

// create stores a note for whoever is calling. The owner comes from the
// principal and from nowhere else: CreateNote has no member for it.
func (n *notes) create(ctx context.Context, in *CreateNote) (*Note, error) {
	p, ok := authn.FromContext(ctx)
	if !ok {
		return nil, authn.ErrNoCredentials
	}
	id, err := uuid.NewRandom()
	if err != nil {
		return nil, err
	}
	note := &Note{ID: id.String(), Title: in.Title, Body: in.Body, Tags: in.Tags, Created: time.Now().UTC(), owner: ownerOf(p)}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.byID[note.ID] = note
	n.all = append(n.all, note)
	return note, nil
}

// list answers with the caller's own notes.
func (n *notes) list(w http.ResponseWriter, r *http.Request) error {
	p, ok := authn.FromContext(r.Context())
	if !ok {
		return authn.ErrNoCredentials
	}
	own := []*Note{}
	n.mu.Lock()
	for _, note := range n.all {
		if note.owner == ownerOf(p) {
			own = append(own, note)
		}
	}
	n.mu.Unlock()
	return writeJSON(w, map[string]any{"notes": own})
}

// get answers with a note of the caller's. A foreign note is as missing as one
// that was never there: a 403 would confirm that the ID exists.
func (n *notes) get(w http.ResponseWriter, r *http.Request) error {
	p, ok := authn.FromContext(r.Context())
	if !ok {
		return authn.ErrNoCredentials
	}
	n.mu.Lock()
	note := n.byID[r.PathValue("id")]
	n.mu.Unlock()
	if note == nil || note.owner != ownerOf(p) && !p.HasRole("admin") {
		return httperr.ErrNotFound
	}
	return writeJSON(w, note)
}
