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

// CreateNote is the body of POST /v1/notes. Whatever the tags do not allow,
// members that are not listed here included, is refused before a handler runs.
type CreateNote struct {
	Title string   `json:"title" mod:"trim" validate:"required,min=1,max=200"`
	Body  string   `json:"body" validate:"max=10000"`
	Tags  []string `json:"tags" mod:"trim,lower" validate:"max=10,dive,min=1,max=30"`
}

// UpdateNote is PATCH /v1/notes/{id}: a member that is absent stays as it is.
type UpdateNote struct {
	ID    string                    `path:"id" validate:"uuid"`
	Title validate.Optional[string] `json:"title" mod:"trim" validate:"min=1,max=200"`
	Body  validate.Optional[string] `json:"body" validate:"max=10000"` // null empties it
}

// GetNote is GET /v1/notes/{id}. An ID that cannot be one is as missing as any.
type GetNote struct {
	ID string `path:"id"`
}

// ListNotes is GET /v1/notes?page=2&limit=50&sort=title.
type ListNotes struct {
	Page  int    `query:"page" default:"1" validate:"min=1,max=1000000"`
	Limit int    `query:"limit" default:"20" validate:"min=1,max=100"`
	Sort  string `query:"sort" default:"-created" validate:"oneof=created -created title -title"`
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

// Notes is one page of them.
type Notes struct {
	Notes []Note `json:"notes"`
}

// Created is the answer to POST: a Note, with 201.
type Created struct{ Note }

// StatusCode is asked by package validate.
func (*Created) StatusCode() int { return http.StatusCreated }

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

// update changes a note of the caller's.
func (n *notes) update(ctx context.Context, in *UpdateNote) (*Note, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	note, err := n.of(ctx, in.ID)
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

// get answers with a note of the caller's.
func (n *notes) get(ctx context.Context, in *GetNote) (*Note, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	note, err := n.of(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	found := *note
	return &found, nil
}

// of returns the note if it is the caller's, or the caller an admin. A foreign
// note is as missing as one that was never there: a 403 would confirm that the
// ID exists.
func (n *notes) of(ctx context.Context, id string) (*Note, error) {
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

// list answers with one page of the caller's own notes.
func (n *notes) list(ctx context.Context, in *ListNotes) (*Notes, error) {
	p, ok := authn.FromContext(ctx)
	if !ok {
		return nil, authn.ErrNoCredentials
	}
	own := []Note{}
	n.mu.Lock()
	for _, note := range n.all { // in the order of their creation
		if note.owner == ownerOf(p) {
			own = append(own, *note)
		}
	}
	n.mu.Unlock()
	by, descending := strings.CutPrefix(in.Sort, "-")
	if by == "title" {
		slices.SortStableFunc(own, func(a, b Note) int { return strings.Compare(a.Title, b.Title) })
	}
	if descending {
		slices.Reverse(own)
	}
	own = own[min((in.Page-1)*in.Limit, len(own)):]
	return &Notes{own[:min(in.Limit, len(own))]}, nil
}
