package main

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/authz/routes"
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
	Title validate.Optional[string] `json:"title" mod:"trim" validate:"min=1,max=200"`
	Body  validate.Optional[string] `json:"body" validate:"max=10000"` // null empties it
}

// GetNote is GET /v1/notes/{id}. The guard reads the ID.
type GetNote struct{}

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

	owner object.Owner
}

// Notes is one page of notes.
type Notes struct {
	Notes []Note `json:"notes"`
}

// Created is the response to POST: a Note with status 201.
type Created struct{ Note }

// StatusCode tells package validate the status of the response.
func (*Created) StatusCode() int { return http.StatusCreated }

// notes keeps all notes in memory. They are lost when the example ends.
type notes struct {
	guard *object.Guard[Note, string]

	mu   sync.Mutex
	byID map[string]*Note
	all  []*Note // in the order of their creation
}

func newNotes() *notes {
	n := &notes{byID: make(map[string]*Note)}
	n.guard = must(object.New(object.Config[Note, string]{
		Name:         "note",
		Load:         n.load,
		Owner:        func(n Note) object.Owner { return n.owner },
		SingleTenant: true,
		OrRole:       []string{"admin"},
	}))
	return n
}

// README: begin

// routes returns the routes of notes. Each of them has a policy, or the service does not start.
func (n *notes) routes(l limits) []routes.Route {
	read, write := authz.Scopes("notes:read"), authz.Scopes("notes:write")
	reads, writes := []routes.Limit{l.data}, []routes.Limit{l.data, l.writes}
	return []routes.Route{
		{Pattern: "GET /v1/notes", Require: read, Lists: true, Limits: reads, Handler: validate.Handler(n.list)},
		{Pattern: "POST /v1/notes", Require: write, Creates: true, Limits: writes, Handler: validate.Handler(n.create)},
		{Pattern: "GET /v1/notes/{id}", Require: read, Object: n.guard, Limits: reads, Handler: validate.Handler(n.get)},
		{Pattern: "PATCH /v1/notes/{id}", Require: write, Object: n.guard, Limits: writes, Handler: validate.Handler(n.update)},
	}
}

// README: end

// load returns a copy of a note.
func (n *notes) load(_ context.Context, id string) (Note, bool, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if note := n.byID[id]; note != nil {
		return *note, true, nil
	}
	return Note{}, false, nil
}

// create stores a note of the caller. The owner comes only from the principal:
// CreateNote has no member for it.
func (n *notes) create(ctx context.Context, in *CreateNote) (*Created, error) {
	owner, _, err := object.Own(ctx)
	if err != nil {
		return nil, err
	}
	id, err := uuid.NewRandom()
	if err != nil {
		return nil, err
	}
	note := &Note{ID: id.String(), Title: in.Title, Body: in.Body, Tags: in.Tags, Created: time.Now().UTC(), owner: owner}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.byID[note.ID] = note
	n.all = append(n.all, note)
	return &Created{*note}, nil
}

// update changes the note that the guard has admitted.
func (n *notes) update(ctx context.Context, in *UpdateNote) (*Note, error) {
	if in.Title.Null {
		return nil, errNoTitle
	}
	admitted, _ := n.guard.From(ctx) // the zero Note behind no guard, and there is none without an ID
	n.mu.Lock()
	defer n.mu.Unlock()
	note := n.byID[admitted.ID]
	if note == nil {
		return nil, httperr.ErrNotFound
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

// get returns the note that the guard has admitted.
func (n *notes) get(ctx context.Context, _ *GetNote) (*Note, error) {
	note, ok := n.guard.From(ctx)
	if !ok {
		return nil, httperr.ErrInternal // the route lacks the guard
	}
	return &note, nil
}

// list returns one page of the caller's own notes.
func (n *notes) list(ctx context.Context, in *ListNotes) (*Notes, error) {
	filter := object.FilterOf(ctx) // without a caller, it matches no note
	owned := []Note{}
	n.mu.Lock()
	for _, note := range n.all { // in the order of their creation
		if filter.Matches(note.owner) {
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
