package object_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/authz/view"
	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/validate"
)

type update struct {
	ID    string `path:"id"`
	Title string `json:"title" validate:"required,max=9"`
}

type updated struct {
	ID, Owner, Title string
}

// The usual chain: authn, a limit per caller, scopes, the guard, and a handler of package
// validate. Each layer refuses before the next one works.
func TestChain(t *testing.T) {
	store := newShelf(annsNote(), &note{ID: "2", Issuer: issuer, Subject: "bob", Tenant: "acme"})
	notes := build(t, store.config())
	limit := mwtest.Must[*ratelimit.Limiter](t)(ratelimit.New(ratelimit.Config{
		Limits: []ratelimit.Limit{ratelimit.PerHour(8)}, Key: ratelimit.By(authn.PrincipalKey),
	}))
	write := mwtest.Must[*authz.Middleware](t)(authz.New(authz.Config{Require: authz.Scopes("notes:write")}))
	handler := validate.Handler(func(ctx context.Context, in *update) (*updated, error) {
		n, _ := notes.From(ctx)
		return &updated{n.ID, n.Subject, in.Title}, nil
	})
	mux := http.NewServeMux()
	mux.Handle("PUT /notes/{id}", authenticated(byHeader, limit.Handler(write.Handler(notes.Handler(handler)))))
	s := serve(t, httperr.WrapMux(mux))
	for _, tc := range []struct {
		name, caller, scopes, path, body string
		status                           int
		code                             string
		loads                            int64
	}{
		{"anonymous", "", "", "/notes/1", `{"title":"new"}`, 401, "unauthenticated", 0},
		{"no scope", "ann", "notes:read", "/notes/1", `{"title":"new"}`, 403, "insufficient_scope", 0},
		{"no scope, a foreign note", "ann", "", "/notes/2", `{"title":"new"}`, 403, "insufficient_scope", 0},
		{"a foreign note", "ann", "notes:write", "/notes/2", `{"title":"new"}`, 404, "not_found", 1},
		{"a foreign note, a bad body", "ann", "notes:write", "/notes/2", `{"`, 404, "not_found", 1},
		{"a missing note, a bad body", "ann", "notes:write", "/notes/3", `{"`, 404, "not_found", 1},
		{"a bad body", "ann", "notes:write", "/notes/1", `{"title":"far too long"}`, 400, "validation_failed", 1},
		{"an owner in the body", "ann", "notes:write", "/notes/1", `{"title":"new","owner":"bob"}`, 400, "validation_failed", 1},
		{"the owner", "ann", "notes:write", "/notes/1", `{"title":"new"}`, 200, `{"ID":"1","Owner":"ann","Title":"new"}`, 1},
		{"beyond the limit", "ann", "notes:write", "/notes/1", `{"title":"new"}`, 429, "rate_limited", 0},
		{"another caller has a limit of its own", "bob", "notes:write", "/notes/2", `{"title":"new"}`, 200, `"Owner":"bob"`, 1},
	} {
		before := store.loads.Load()
		r := mwtest.Must[*http.Request](t)(http.NewRequestWithContext(t.Context(), "PUT", s.URL+tc.path, strings.NewReader(tc.body)))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Caller", tc.caller)
		r.Header.Set("X-Scopes", tc.scopes)
		res := mwtest.Must[*http.Response](t)(http.DefaultTransport.RoundTrip(r))
		body := mwtest.Must[[]byte](t)(io.ReadAll(res.Body))
		_ = res.Body.Close()
		if loads := store.loads.Load() - before; res.StatusCode != tc.status || !strings.Contains(string(body), tc.code) || loads != tc.loads {
			t.Errorf("%s: %d %s after %d loads, want %d %s after %d", tc.name, res.StatusCode, body, loads, tc.status, tc.code, tc.loads)
		}
	}
	if rec := s.last(t); rec.Rule != "note {id}: owner" || rec.Route != "/notes/{id}" || rec.Status != 200 || rec.Events&audit.AuthzDenied != 0 {
		t.Errorf("record %+v", rec)
	}
}

type profile struct {
	ID    string `json:"id" view:"public"`
	Email string `json:"email" view:"self"`
}

// The profile of another user shows the public view only, in this tenant only.
func TestProfileOfAnotherUser(t *testing.T) {
	store := newShelf(&note{ID: "ann", Issuer: issuer, Subject: "ann", Tenant: "acme"}, &note{ID: "eve", Issuer: issuer, Subject: "eve", Tenant: "other"})
	cfg := store.config()
	cfg.Name, cfg.OthersRead = "user", true
	users := build(t, cfg)
	filter := mwtest.Must[*view.View[profile]](t)(view.New[profile](view.Config{}))
	get := httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		u, _ := users.From(r.Context())
		return filter.Write(w, r, http.StatusOK, &profile{u.ID, u.ID + "@example.com"})
	})
	mux := http.NewServeMux()
	mux.Handle("/users/{id}", authenticated(byHeader, users.Handler(get)))
	s := serve(t, mux)
	for _, tc := range []struct {
		method, caller, id string
		status             int
		body               string
	}{
		{"GET", "ann", "ann", 200, `{"id":"ann","email":"ann@example.com"}`},
		{"GET", "bob", "ann", 200, `{"id":"ann"}`},
		{"GET", "bob", "eve", 404, "not_found"},
		{"GET", "eve", "eve", 404, "not_found"}, // this eve is of another tenant
		{"PUT", "bob", "ann", 404, "not_found"},
		{"GET", "", "ann", 401, "unauthenticated"},
	} {
		res, body := s.do(t, tc.method, "/users/"+tc.id, "X-Caller", tc.caller)
		if res.StatusCode != tc.status || !strings.Contains(body, tc.body) {
			t.Errorf("%s %s as %q: %d %s", tc.method, tc.id, tc.caller, res.StatusCode, body)
		}
	}
}

// Own and FilterOf work inside of validate.Handler, without glue: ann lists the note that she has
// created, and no other caller does. A caller without a principal gets an empty list.
func TestCreateAndList(t *testing.T) {
	var stored []*note
	create := validate.Handler(func(ctx context.Context, in *struct {
		Title string `json:"title" validate:"required"`
	}) (*updated, error) {
		owner, tenant, err := object.Own(ctx)
		if err != nil {
			return nil, err
		}
		stored = append(stored, &note{ID: in.Title, Issuer: owner.Issuer, Subject: owner.Subject, Tenant: tenant})
		return nil, nil
	})
	list := validate.Handler(func(ctx context.Context, _ *struct{}) (*[]string, error) {
		ids, f := []string{}, object.FilterOf(ctx)
		for _, n := range stored {
			if f.MatchesIn(ownerOf(n), n.Tenant) {
				ids = append(ids, n.ID)
			}
		}
		return &ids, nil
	})
	mux := http.NewServeMux()
	mux.Handle("POST /notes", authenticated(byHeader, create))
	mux.Handle("GET /notes", authenticated(byHeader, list))
	s := serve(t, mux)
	for caller, want := range map[string]int{"ann": 204, "": 401} {
		r := mwtest.Must[*http.Request](t)(http.NewRequestWithContext(t.Context(), "POST", s.URL+"/notes", strings.NewReader(`{"title":"a"}`)))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Caller", caller)
		res := mwtest.Must[*http.Response](t)(http.DefaultTransport.RoundTrip(r))
		_ = res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%q creates: %d", caller, res.StatusCode)
		}
	}
	for caller, want := range map[string]string{"ann": `["a"]`, "bob": `[]`, "": `[]`} {
		if _, body := s.do(t, "GET", "/notes", "X-Caller", caller); strings.TrimSpace(body) != want {
			t.Errorf("%q lists %s", caller, body)
		}
	}
}
