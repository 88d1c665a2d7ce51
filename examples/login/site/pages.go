package site

import (
	_ "embed"
	"html/template"
	"net/http"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/headers"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Parse(pageText))

// A view is the data of a page.
type view struct {
	Title, Nonce string
	User         string // "" without a session
	Private      bool
	Notes        []string
}

func (s *Site) show(w http.ResponseWriter, r *http.Request, v view) error {
	if p, ok := authn.FromContext(r.Context()); ok {
		v.User = s.users.nameOf(p.Subject)
	}
	v.Nonce, _ = headers.Nonce(r.Context())
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	return page.Execute(w, v)
}

func (s *Site) home(w http.ResponseWriter, r *http.Request) error {
	return s.show(w, r, view{Title: "Home"})
}

func (s *Site) notes(w http.ResponseWriter, r *http.Request) error {
	p, _ := authn.FromContext(r.Context()) // the layer before lets no request without a user pass
	return s.show(w, r, view{Title: "Notes", Private: true, Notes: s.users.notesOf(p.Subject)})
}

func (s *Site) addNote(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	text := r.PostFormValue("text")
	if text == "" {
		return &httperr.Error{Status: http.StatusBadRequest, Code: "note_empty", Message: "Write a note first."}
	}
	p, _ := authn.FromContext(r.Context())
	s.users.addNote(p.Subject, text)
	http.Redirect(w, r, "/notes", http.StatusSeeOther)
	return nil
}
