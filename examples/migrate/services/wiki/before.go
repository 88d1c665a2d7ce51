// Package wiki is a site with pages and session cookies before and after its move.
package wiki

import (
	"fmt"
	"html"
	"net/http"
	"sync"

	"github.com/gorilla/sessions"
)

// A Store stands for the database of both sides.
type Store struct {
	mu    sync.Mutex
	text  string
	users map[string]string // passwords; a real service has their hashes
}

// NewStore returns a Store with the users ann and bob.
func NewStore() *Store {
	return &Store{text: "empty", users: map[string]string{"ann": "correct horse", "bob": "battery staple"}}
}

func (s *Store) read() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text
}

func (s *Store) write(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text = text
}

func (s *Store) check(user, password string) bool { return password != "" && s.users[user] == password }

// Before is the site as it is found.
func Before(store *Store, cookies *sessions.CookieStore) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		s, _ := cookies.Get(r, "wiki")
		if !store.check(r.PostFormValue("user"), r.PostFormValue("password")) {
			http.Error(w, "wrong user or password", http.StatusUnauthorized)
			return
		}
		s.Values["user"] = r.PostFormValue("user")
		_ = s.Save(r, w)
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	mux.HandleFunc("POST /logout", func(w http.ResponseWriter, r *http.Request) {
		s, _ := cookies.Get(r, "wiki")
		s.Options.MaxAge = -1
		_ = s.Save(r, w)
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	user := func(r *http.Request) string {
		s, _ := cookies.Get(r, "wiki")
		name, _ := s.Values["user"].(string)
		return name
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		page(w, store.read(), user(r))
	})
	mux.HandleFunc("POST /edit", func(w http.ResponseWriter, r *http.Request) {
		if user(r) == "" {
			http.Error(w, "log in first", http.StatusUnauthorized)
			return
		}
		store.write(r.PostFormValue("text"))
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	return mux
}

func page(w http.ResponseWriter, text, user string) {
	if user == "" {
		user = "nobody"
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = fmt.Fprintf(w, "<p>%s<p>seen by %s", html.EscapeString(text), html.EscapeString(user))
}
