package authztest_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/authz/authztest"
	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/authz/routes"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// attack returns the messages of an attack.
func attack(cfg authztest.Config) *recorder {
	r := &recorder{}
	authztest.Attack(r, cfg)
	return r
}

// A service that keeps its policies has no fault, and the report names each route with its
// policy.
func TestCorrectService(t *testing.T) {
	for name, strict := range map[string]bool{"refuses unknown names": true, "ignores unknown names": false} {
		s := newService(t)
		s.strict = strict
		s.build()
		if !strict {
			s.cfg.IgnoresOwner = "old clients send more"
		}
		r := attack(s.cfg)
		for _, e := range r.errors {
			t.Errorf("%s: %s", name, e)
		}
		for _, row := range s.cfg.Routes {
			if row.Router == 0 && !slices.ContainsFunc(r.logs, func(l string) bool {
				return strings.HasPrefix(l, "authztest: "+row.Pattern+": holds in ") && strings.HasSuffix(l, row.Policy)
			}) {
				t.Errorf("%s: the report does not name %s:\n%s", name, row.Pattern, strings.Join(r.logs, "\n"))
			}
		}
	}
}

// A service without tenants, with one issuer, and with credentials that are not tokens.
func TestServiceWithKeys(t *testing.T) {
	var sent []authztest.Caller
	var addresses []string
	s := newService(t)
	s.build()
	sign := s.cfg.Sign
	s.cfg.Sign = func(r *http.Request, c authztest.Caller) error {
		sent = append(sent, c)
		return sign(r, c)
	}
	s.cfg.Handler = around(s.cfg.Handler, func(r *http.Request) bool { return r.Method != http.MethodHead }, func(r *http.Request) {
		addresses = append(addresses, strings.TrimSuffix(r.RemoteAddr, ":49152"))
		for name := range r.Header {
			if strings.HasPrefix(name, "Authztest") {
				t.Errorf("the service gets the header %s", name)
			}
		}
	})
	s.cfg.OtherIssuer = ""
	s.cfg.Without = map[authztest.State]string{authztest.OtherAudience: "a key has no audience"}
	for _, e := range attack(s.cfg).errors {
		t.Error(e)
	}
	for _, c := range sent {
		if c.State == authztest.OtherAudience || c.Issuer != firstIssuer || c.AuthTime.IsZero() {
			t.Fatalf("signed for %+v", c)
		}
	}
	for _, address := range []string{"192.0.2.77", "198.51.100.77", "203.0.113.77"} {
		if !slices.Contains(addresses, address) {
			t.Errorf("no request from %s", address)
		}
	}
}

// A route whose rightful caller differs names it. So does one whose success is not 2xx.
func TestTargetOfAnotherCaller(t *testing.T) {
	s := newService(t)
	mux := mwtest.Must[*routes.Mux](t)(routes.New(routes.Config{Authenticate: s.authenticate}))
	mux.Handle(routes.Route{Pattern: "POST /reports", Require: authz.All(authz.AnyRole("auditor"), authz.Tenant("umbrella")), NoObject: "there is one",
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusSeeOther) })})
	s.build()
	s.cfg.Handler, s.cfg.Routes, s.cfg.Public = mwtest.Must[http.Handler](t)(mux.Build()), mux.Routes(), nil
	target := authztest.Target{Status: http.StatusSeeOther}
	s.cfg.Targets = map[string]func(*authztest.Client) authztest.Target{"POST /reports": func(*authztest.Client) authztest.Target { return target }}
	s.cfg.IgnoresOwner = "there is no body"
	if r := attack(s.cfg); len(r.errors) != 1 || !strings.Contains(r.errors[0], "POST /reports: is untested: answered 403, want 303") {
		t.Error(r.errors)
	}
	target.Caller = authztest.Caller{Subject: "eve", Roles: []string{"auditor"}, Tenant: "umbrella"}
	if r := attack(s.cfg); len(r.errors) != 0 {
		t.Error(r.errors)
	}
}

// The response to the other user at Read may be a refusal. Its correlation ID is not a change, and a
// success after it is one.
func TestReadThatRefusesTheOtherUser(t *testing.T) {
	for _, broken := range []bool{false, true} {
		named := false
		mine := func(w http.ResponseWriter, r *http.Request) error {
			if p, _ := authn.FromContext(r.Context()); p.Subject != "ann" && !named {
				return httperr.ErrNotFound
			}
			_, err := fmt.Fprint(w, "mine")
			return err
		}
		set := func(_ http.ResponseWriter, r *http.Request) { named = broken && r.URL.Query().Has("user_id") }
		s := newService(t)
		s.build()
		errs := mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{Logger: slog.New(slog.DiscardHandler)}))
		mux := mwtest.Must[*routes.Mux](t)(routes.New(routes.Config{Authenticate: s.authenticate}))
		mux.Handle(routes.Route{Pattern: "GET /x", AnyCaller: "its own", NoObject: "its own", Handler: httperr.HandlerFunc(mine)})
		mux.Handle(routes.Route{Pattern: "PUT /x", AnyCaller: "its own", NoObject: "its own", Handler: http.HandlerFunc(set)})
		s.cfg.Handler, s.cfg.Routes = errs.Handler(mwtest.Must[http.Handler](t)(mux.Build())), mux.Routes()
		s.cfg.Targets, s.cfg.Public, s.cfg.IgnoresOwner = nil, nil, "there is no body"
		r := attack(s.cfg)
		caught := slices.ContainsFunc(r.errors, func(e string) bool {
			return strings.Contains(e, "PUT /x: answered 200, and has changed the response to the other user: by rightful caller with user_id=bob")
		})
		if caught != broken || !broken && len(r.errors) > 0 {
			t.Errorf("broken %v:\n%s", broken, strings.Join(r.errors, "\n"))
		}
	}
}

// If the caller of a Target is the other user, the other user is the rightful caller of the rest.
func TestTargetOfTheOtherUser(t *testing.T) {
	for _, broken := range []bool{false, true} {
		s := newService(t)
		if broken {
			s.guard.Tenant, s.guard.SingleTenant = nil, true
		}
		s.build()
		bob := s.cfg.Caller
		bob.Subject, bob.Tenant, bob.Issuer = s.cfg.OtherUser, s.cfg.OtherTenant, s.cfg.OtherIssuer
		s.cfg.Targets["/notes/{id}"] = func(c *authztest.Client) authztest.Target {
			id := c.As(bob).Create("/notes", `{"text":"a"}`)
			return authztest.Target{Values: map[string]string{"id": id}, Body: `{"text":"b"}`, Caller: bob}
		}
		r := attack(s.cfg)
		caught := slices.ContainsFunc(r.errors, func(e string) bool {
			return strings.Contains(e, "GET /notes/{id}: answered 200, want 404: by other tenant;")
		})
		if caught != broken || !broken && len(r.errors) > 0 {
			t.Errorf("broken %v:\n%s", broken, strings.Join(r.errors, "\n"))
		}
	}
}

// Services of one or two routes, in forms that a mistaken attack would report, and with faults that
// only such forms have.
func TestOddServices(t *testing.T) {
	write := func(status int, body string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status); _, _ = fmt.Fprint(w, body) })
	}
	only := func(target authztest.Target) map[string]func(*authztest.Client) authztest.Target {
		return map[string]func(*authztest.Client) authztest.Target{"/x": func(*authztest.Client) authztest.Target { return target }}
	}
	form := func(known ...string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_ = r.ParseForm()
			for name := range r.Form {
				if !slices.Contains(known, name) {
					http.Error(w, "unknown", http.StatusBadRequest)
				}
			}
		})
	}
	admin := authz.AnyRole("admin")
	for name, tc := range map[string]struct {
		routes  []routes.Route
		targets map[string]func(*authztest.Client) authztest.Target
		public  []string
		deny    func(http.ResponseWriter, *http.Request, error)
		front   func(http.Handler) http.Handler
		want    []string
	}{
		"a public page for all paths": {
			routes: []routes.Route{{Pattern: "GET /x", Require: admin, Handler: text("secret")}, {Pattern: "GET /{all...}", Public: "pages", Subtree: "pages", Handler: text("page")}},
			targets: map[string]func(*authztest.Client) authztest.Target{"/{all...}": func(*authztest.Client) authztest.Target {
				return authztest.Target{Values: map[string]string{"all": "a/b"}}
			}},
			public: []string{"GET /{all...}"},
		},
		"the secret on a path of the public page": {
			routes: []routes.Route{{Pattern: "GET /x", Require: admin, Handler: text("secret")}, {Pattern: "GET /{all...}", Public: "pages", Subtree: "pages", Handler: text("page")}},
			targets: map[string]func(*authztest.Client) authztest.Target{"/{all...}": func(*authztest.Client) authztest.Target {
				return authztest.Target{Values: map[string]string{"all": "a/b"}}
			}},
			public: []string{"GET /{all...}"},
			front: func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/X" {
						next = text("secret")
					}
					next.ServeHTTP(w, r)
				})
			},
			want: []string{"GET /x: answered 200, want a refusal: by anonymous on /X"},
		},
		"a host":  {routes: []routes.Route{{Pattern: "GET api.example/x", Require: admin, Handler: text("x")}}},
		"a query": {routes: []routes.Route{{Pattern: "QUERY /x", Require: admin, Handler: form()}}, targets: only(authztest.Target{Body: "{}"})},
		"a form": {
			routes:  []routes.Route{{Pattern: "POST /x", Require: admin, Handler: form("a")}},
			targets: only(authztest.Target{Body: "a=b", ContentType: "application/x-www-form-urlencoded"}),
		},
		"a form that believes an owner": {
			routes:  []routes.Route{{Pattern: "POST /x", Require: admin, Handler: form("a", "user_id")}},
			targets: only(authztest.Target{Body: "a=b", ContentType: "application/x-www-form-urlencoded"}),
			want:    []string{"POST /x: answered 200, want 400 or 404; if the service ignores such names, say why in IgnoresOwner: by rightful caller with user_id=bob in the query; rightful caller with user_id=bob in the body"},
		},
		"a name that is something else here": {
			routes:  []routes.Route{{Pattern: "POST /x", Require: admin, Handler: form("user", "subject")}},
			targets: only(authztest.Target{Body: `{"subject":"hello"}`, Query: "user=interface"}),
			want:    []string{"POST /x: answered 200, want 400 or 404"},
		},
		"another scheme for a new login": {
			routes: []routes.Route{{Pattern: "GET /x", Require: authz.ACR("mfa"), Handler: text("x")}},
			deny:   func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusUnauthorized) },
			want:   []string{"GET /x: answered 401 without insufficient_user_authentication, so no client can ask for the login: by weaker login"},
		},
		"no HEAD": {
			routes: []routes.Route{{Pattern: "GET /x", Require: admin, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodHead {
					w.WriteHeader(http.StatusMethodNotAllowed)
				}
			})}},
			want: []string{"GET /x: HEAD answered 405, and GET 200: by rightful caller"},
		},
		"a list that fails for others": {
			routes: []routes.Route{{Pattern: "GET /x", Require: admin, Lists: true, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if p, _ := authn.FromContext(r.Context()); p.Subject == "bob" {
					w.WriteHeader(http.StatusInternalServerError)
					return
				}
				_, _ = fmt.Fprint(w, `["note-11", "note-1"]`)
			})}},
			targets: only(authztest.Target{ID: "note-1"}),
			want:    []string{"GET /x: is untested: answered 500, want a list: by other user", "GET /x: answered 500, want 400 or 404: by other user with owner=ann in the query"},
		},
		"no way to read the object": {
			routes: []routes.Route{{Pattern: "DELETE /x/{id}", Require: admin, Object: anyObject{}, Handler: write(204, "")}},
			targets: map[string]func(*authztest.Client) authztest.Target{"/x/{id}": func(*authztest.Client) authztest.Target {
				return authztest.Target{Values: map[string]string{"id": "1"}}
			}},
			want: []string{`DELETE /x/{id}: is untested: it changes an object: give the path on which its owner reads it, in Targets["DELETE /x/{id}"].Read`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newService(t)
			s.build()
			mux := mwtest.Must[*routes.Mux](t)(routes.New(routes.Config{Authenticate: s.authenticate, Deny: tc.deny}))
			for _, r := range tc.routes {
				if r.Object == nil && !r.Lists {
					r.NoObject = "there is one"
				}
				mux.Handle(r)
			}
			s.cfg.Handler = mwtest.Must[http.Handler](t)(mux.Build())
			if tc.front != nil {
				s.cfg.Handler = tc.front(s.cfg.Handler)
			}
			s.cfg.Routes, s.cfg.Targets, s.cfg.Public = mux.Routes(), tc.targets, tc.public
			r := attack(s.cfg)
			for _, want := range tc.want {
				if !slices.ContainsFunc(r.errors, func(e string) bool { return strings.HasPrefix(e, "authztest: "+want) }) {
					t.Errorf("no %q", want)
				}
			}
			if t.Failed() || tc.want == nil && len(r.errors) > 0 {
				t.Error(strings.Join(r.errors, "\n"))
			}
		})
	}
}

// anyObject is a guard that admits each caller.
type anyObject struct{}

func (anyObject) Handler(next http.Handler) http.Handler { return next }
func (anyObject) Description() object.Description        { return object.Description{Name: "x"} }
