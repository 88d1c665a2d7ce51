package tokens

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/gorilla/sessions"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/session"
	"github.com/go-sallyport/sallyport/authn/session/sessionstore"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// page: gorilla-before
func gorillaBefore(store *sessions.CookieStore) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		s, _ := store.Get(r, "session") // the password is right
		s.Values["user"] = r.PostFormValue("user")
		_ = s.Save(r, w)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s, _ := store.Get(r, "session")
		user, ok := s.Values["user"].(string)
		if !ok {
			http.Error(w, "log in first", http.StatusUnauthorized)
			return
		}
		_, _ = fmt.Fprint(w, user)
	})
	mux.HandleFunc("POST /logout", func(w http.ResponseWriter, r *http.Request) {
		s, _ := store.Get(r, "session")
		s.Options.MaxAge = -1
		_ = s.Save(r, w)
	})
	return mux
}

// page: end

// page: scs-before
func scsBefore(manager *scs.SessionManager) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		_ = manager.RenewToken(r.Context()) // the password is right
		manager.Put(r.Context(), "user", r.PostFormValue("user"))
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		user := manager.GetString(r.Context(), "user")
		if user == "" {
			http.Error(w, "log in first", http.StatusUnauthorized)
			return
		}
		_, _ = fmt.Fprint(w, user)
	})
	mux.HandleFunc("POST /logout", func(_ http.ResponseWriter, r *http.Request) {
		_ = manager.Destroy(r.Context())
	})
	return manager.LoadAndSave(mux)
}

// page: end

// page: after
func cookiesAfter(store sessionstore.Store, old OldSession, until time.Time) (http.Handler, error) {
	cookies, err := session.NewCookie(session.CookieConfig{
		Store:  store,
		Issuer: audience,
		Grant:  func(context.Context, session.Session) (session.Rights, error) { return session.Rights{}, nil },
	})
	if err != nil {
		return nil, err
	}
	auth, err := authn.New(authn.Config{Authenticators: []authn.Authenticator{cookies}})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("POST /login", httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		_, err := cookies.Start(w, r, session.Login{Principal: &authn.Principal{Subject: r.PostFormValue("user")}})
		return err
	}))
	mux.Handle("/", Adopt(cookies, old, until, auth.Handler(showCaller)))
	mux.Handle("POST /logout", httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		if err := cookies.End(w, r); err != nil {
			return err
		}
		old.End(w, r) // or the next request would adopt it
		w.WriteHeader(http.StatusNoContent)
		return nil
	}))
	return mux, nil
}

// page: end

// page: adopt
// An OldSession reads the sessions of the library that the service leaves.
type OldSession struct {
	User func(*http.Request) string // "" without a session
	End  func(http.ResponseWriter, *http.Request)

	// Keep leaves the old session to the browser, so that the build of before can come back.
	Keep bool
}

// Adopt starts a session for a browser that comes with an old one, ends the old one unless it is
// kept, and lets the request continue with the new one. A logout must end the old one too.
func Adopt(cookies *session.Cookie, old OldSession, until time.Time, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user := ""
		if !cookies.Present(r) && time.Now().Before(until) {
			user = old.User(r)
		}
		if user != "" {
			if _, err := cookies.Start(w, r, session.Login{Principal: &authn.Principal{Subject: user}, Label: "adopted"}); err != nil {
				httperr.Write(w, r, err)
				return
			}
			r = r.Clone(r.Context())
			for _, c := range (&http.Response{Header: w.Header()}).Cookies() {
				r.AddCookie(c)
			}
			if !old.Keep {
				old.End(w, r)
			}
		}
		next.ServeHTTP(w, r)
	})
}

// page: end

// page: gorilla-old
func gorillaOld(store *sessions.CookieStore) OldSession {
	return OldSession{
		User: func(r *http.Request) string {
			s, _ := store.Get(r, "session")
			user, _ := s.Values["user"].(string)
			return user
		},
		End: func(w http.ResponseWriter, r *http.Request) {
			s, _ := store.Get(r, "session")
			s.Options.MaxAge = -1 // only this browser forgets it: a copy lasts until its MaxAge
			_ = s.Save(r, w)
		},
	}
}

// page: end

// page: scs-old
func scsOld(manager *scs.SessionManager) OldSession {
	load := func(r *http.Request) (context.Context, error) {
		token := ""
		if c, err := r.Cookie(manager.Cookie.Name); err == nil {
			token = c.Value
		}
		return manager.Load(r.Context(), token)
	}
	return OldSession{
		User: func(r *http.Request) string {
			ctx, err := load(r)
			if err != nil {
				return ""
			}
			return manager.GetString(ctx, "user")
		},
		End: func(_ http.ResponseWriter, r *http.Request) {
			if ctx, err := load(r); err == nil {
				_ = manager.Destroy(ctx)
			}
		},
	}
}

// page: end
