package main

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate"
)

// CreateNote is the body of POST /v1/notes. Package validate refuses every value
// that the tags do not allow, and every member that is not listed here, before a
// handler runs.
type CreateNote struct {
	Title string   `json:"title" mod:"trim" validate:"required,min=1,max=200"`
	Body  string   `json:"body" validate:"max=10000"`
	Tags  []string `json:"tags" mod:"trim,lower" validate:"max=10,dive,min=1,max=30"`
}

// UpdateNote is PATCH /v1/notes/{id}. An absent member does not change.
type UpdateNote struct {
	ID    string                    `path:"id" validate:"uuid"`
	Title validate.Optional[string] `json:"title" mod:"trim" validate:"min=1,max=200"`
	Body  validate.Optional[string] `json:"body" validate:"max=10000"` // null empties it
}

// GetNote is GET /v1/notes/{id}. The ID has no rule: a malformed ID gets the
// same 404 as a missing note.
type GetNote struct {
	ID string `path:"id"`
}

// ListNotes is GET /v1/notes?page=2&limit=50&sort=title.
type ListNotes struct {
	Page  int    `query:"page" default:"1" validate:"min=1,max=1000000"`
	Limit int    `query:"limit" default:"20" validate:"min=1,max=100"`
	Sort  string `query:"sort" default:"-created" validate:"oneof=created -created title -title"`
}

// Note is a note. Its exported fields are the response; the owner is not part of
// the response.
type Note struct {
	ID      string    `json:"id"`
	Title   string    `json:"title"`
	Body    string    `json:"body"`
	Tags    []string  `json:"tags"`
	Created time.Time `json:"created"`

	owner owner
}

// Notes is one page of notes.
type Notes struct {
	Notes []Note `json:"notes"`
}

// Created is the response to POST: a Note with status 201.
type Created struct{ Note }

// StatusCode tells package validate the status of the response.
func (*Created) StatusCode() int { return http.StatusCreated }

// owner identifies a principal. Two issuers can use the same subject, so a
// subject alone is not enough.
type owner struct{ issuer, subject string }

func ownerOf(p *authn.Principal) owner { return owner{p.Issuer, p.Subject} }

// notes keeps all notes in memory. They are lost when the example ends.
type notes struct {
	mu   sync.Mutex
	byID map[string]*Note
	all  []*Note // in the order of their creation
}

// create stores a note of the caller. The owner comes only from the principal:
// CreateNote has no member for it.
func (n *notes) create(ctx context.Context, in *CreateNote) (*Created, error) {
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
	return &Created{*note}, nil
}

// update changes a note of the caller.
func (n *notes) update(ctx context.Context, in *UpdateNote) (*Note, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	note, err := n.find(ctx, in.ID)
	switch {
	case err != nil:
		return nil, err
	case in.Title.Null:
		return nil, errNoTitle
	}
	if in.Title.Set {
		note.Title = in.Title.Value
	}
	if in.Body.Set {
		note.Body = in.Body.Value
	}
	changed := *note
	return &changed, nil
}

var errNoTitle = &httperr.Error{Status: http.StatusUnprocessableEntity, Code: "title_required", Message: "A note has a title."}

// get returns a note of the caller.
func (n *notes) get(ctx context.Context, in *GetNote) (*Note, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	note, err := n.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	found := *note
	return &found, nil
}

// find returns the note if the caller owns it or is an admin. Otherwise it
// returns ErrNotFound, as for an ID that does not exist: a 403 would confirm that
// the ID exists.
func (n *notes) find(ctx context.Context, id string) (*Note, error) {
	p, ok := authn.FromContext(ctx)
	if !ok {
		return nil, authn.ErrNoCredentials
	}
	note := n.byID[id]
	if note == nil || note.owner != ownerOf(p) && !p.HasRole("admin") {
		return nil, httperr.ErrNotFound
	}
	return note, nil
}

// list returns one page of the caller's own notes.
func (n *notes) list(ctx context.Context, in *ListNotes) (*Notes, error) {
	p, ok := authn.FromContext(ctx)
	if !ok {
		return nil, authn.ErrNoCredentials
	}
	owned := []Note{}
	n.mu.Lock()
	for _, note := range n.all { // in the order of their creation
		if note.owner == ownerOf(p) {
			owned = append(owned, *note)
		}
	}
	n.mu.Unlock()
	by, descending := strings.CutPrefix(in.Sort, "-")
	if by == "title" {
		slices.SortStableFunc(owned, func(a, b Note) int { return strings.Compare(a.Title, b.Title) })
	}
	if descending {
		slices.Reverse(owned)
	}
	owned = owned[min((in.Page-1)*in.Limit, len(owned)):]
	return &Notes{owned[:min(in.Limit, len(owned))]}, nil
}
