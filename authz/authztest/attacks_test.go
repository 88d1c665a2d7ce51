package authztest_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/authz/authztest"
	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/authz/routes"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit"
)

// A broken service is caught, and a message names the route, the caller and the answer.
func TestBrokenServicesAreCaught(t *testing.T) {
	for name, tc := range map[string]struct {
		weak  func(*service)              // breaks a part before the service is built
		front func(*service) http.Handler // breaks it in front of the router
		cfg   func(*authztest.Config)     // breaks the test
		want  []string                    // parts of messages, each of another one
	}{
		"no authentication on one route": {
			front: bypass(func(r *http.Request) bool {
				return r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/notes/")
			}, asItIs),
			want: []string{"GET /notes/{id}: answered 200, want 401: by anonymous", "GET /notes/{id}: answered 200, want 404: by other user"},
		},
		"no scope": {
			weak: onRoute("PUT /notes/{id}", func(r *routes.Route) { r.Require, r.AnyCaller = authz.Requirement{}, "by mistake" }),
			want: []string{"PUT /notes/{id}: answered 204, want 403: by without scope notes:write", "PUT /notes/{id}: answered 204, and has changed what its owner reads: by without scopes"},
		},
		"no role": {
			weak: onRoute("GET /report", func(r *routes.Route) { r.Require, r.AnyCaller = authz.Requirement{}, "by mistake" }),
			want: []string{"GET /report: answered 200, want 403: by without role admin", "GET /report: answered 200, want 403: by wrong role", "GET /report: answered 200, want 403: by address 192.0.2.77"},
		},
		"neither of two alternatives": {
			weak: onRoute("GET /either", func(r *routes.Route) { r.Require, r.AnyCaller = authz.Requirement{}, "by mistake" }),
			want: []string{"GET /either: answered 200, want 403: by without scopes and roles"},
		},
		"a stale login": {
			weak: onRoute("DELETE /notes/{id}", func(r *routes.Route) { r.Require = authz.Scopes("notes:write") }),
			want: []string{"DELETE /notes/{id}: answered 204, want 401: by stale login", "DELETE /notes/{id}: answered 204, want 401: by weaker login"},
		},
		"no guard": {
			weak: onRoute("DELETE /notes/{id}", func(r *routes.Route) { r.Object, r.NoObject = nil, "by mistake" }),
			want: []string{"DELETE /notes/{id}: answered 204, want 404: by other user", "DELETE /notes/{id}: answered 204, and afterwards its owner cannot read the object: 404: by other user"},
		},
		"owners by subject": {
			weak: func(s *service) {
				s.authenticate = s.authn(changing{s.verifier, func(p *authn.Principal) { p.Issuer = firstIssuer }})
			},
			want: []string{"GET /notes/{id}: answered 200, want 404: by same subject of other issuer", "GET /notes: the list has the ID: by same subject of other issuer"},
		},
		"no tenants": {
			weak: func(s *service) { s.guard.Tenant, s.guard.SingleTenant = nil, true },
			want: []string{"GET /notes/{id}: answered 200, want 404: by other tenant", "PUT /notes/{id}: answered 204, want 404: by administrator of other tenant"},
		},
		"an administrator of all tenants": {
			weak: func(s *service) { s.guard.AcrossTenants = true },
			want: []string{"GET /notes/{id}: answered 200, want 404: by administrator of other tenant"},
		},
		"403 for the object of another user": {
			weak: func(s *service) {
				s.guard.Deny = func(w http.ResponseWriter, r *http.Request, err error) {
					if errors.Is(err, httperr.ErrNotFound) {
						err = authz.ErrForbidden
					}
					httperr.Write(w, r, err)
				}
			},
			want: []string{"GET /notes/{id}: answered 403, want 404: by other user"},
		},
		"a refusal with the object in it": {
			weak: func(s *service) {
				s.guard.Deny = func(w http.ResponseWriter, r *http.Request, _ error) {
					n, _, _ := s.load(r.Context(), r.PathValue("id"))
					w.WriteHeader(http.StatusNotFound)
					_ = json.NewEncoder(w).Encode(map[string]any{"refused": n})
				}
			},
			want: []string{"GET /notes/{id}: answered 404 with the body of a success: by other user", "PUT /notes/{id}: answered 404 with the body of a success: by other user"},
		},
		"an object that a query gives away": {
			weak: func(s *service) {
				s.strict = false
				onRoute("PUT /notes/{id}", func(route *routes.Route) {
					next := route.Handler
					route.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						next.ServeHTTP(w, r)
						if owner := r.URL.Query().Get("owner_id"); owner != "" {
							s.mu.Lock()
							defer s.mu.Unlock()
							s.notes[r.PathValue("id")].Owner.Subject = owner
						}
					})
				})(s)
			},
			cfg:  func(c *authztest.Config) { c.IgnoresOwner = "queries are not checked" },
			want: []string{"PUT /notes/{id}: answered 204, and has changed the response to the other user: by rightful caller with owner_id=bob in the query"},
		},
		"a write before the check": {
			front: func(s *service) http.Handler {
				return around(s.cfg.Handler, func(r *http.Request) bool { return r.Method == http.MethodPut && r.Header.Get("Authorization") == "" }, func(r *http.Request) {
					s.write(path.Base(r.URL.Path), "changed")
				})
			},
			want: []string{"PUT /notes/{id}: answered 401, and has changed what its owner reads: by anonymous"},
		},
		"an object that is made before the check": {
			front: func(s *service) http.Handler {
				return around(s.cfg.Handler, func(r *http.Request) bool { return r.Method == http.MethodPost && r.Header.Get("Authorization") == "" }, func(*http.Request) {
					s.mu.Lock()
					defer s.mu.Unlock()
					s.notes["stray"] = &note{"stray", "", object.Owner{Issuer: firstIssuer, Subject: "ann"}, "acme"}
				})
			},
			want: []string{"POST /notes: answered 401, and has changed what its owner reads: by anonymous"},
		},
		"a list in another order each time": {
			weak: func(s *service) {
				n := 0
				onRoute("GET /notes", func(route *routes.Route) {
					next := route.Handler
					route.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						next.ServeHTTP(w, r)
						n++
						_, _ = fmt.Fprint(w, " ", n)
					})
				})(s)
			},
			want: []string{"POST /notes: is untested: GET /notes has other bytes in each response: by rightful caller"},
		},
		"an address that the client names": {
			front: func(s *service) http.Handler {
				return around(s.cfg.Handler, func(r *http.Request) bool { return r.Header.Get("X-Forwarded-For") != "" }, func(r *http.Request) {
					r.RemoteAddr = r.Header.Get("X-Forwarded-For") + ":1"
				})
			},
			want: []string{"GET /report: answered 200, want 403: by address 192.0.2.77 with X-Forwarded-For"},
		},
		"a list of all": {
			weak: func(s *service) { s.lists = func(object.Filter, *note, string) bool { return true } },
			want: []string{"GET /notes: the list has the ID: by other user"},
		},
		"a list of the owner in the query": {
			weak: func(s *service) {
				s.strict = false
				s.lists = func(f object.Filter, n *note, owner string) bool {
					return f.MatchesIn(n.Owner, n.tenant) || n.Owner.Subject == owner
				}
			},
			cfg:  func(c *authztest.Config) { c.IgnoresOwner = "queries are not checked" },
			want: []string{"GET /notes: the list has the ID: by other user with owner=ann in the query"},
		},
		"names in the query are ignored": {
			weak: func(s *service) { s.strict = false },
			want: []string{"GET /notes: answered 200, want 400 or 404: by other user with owner=ann in the query", "PUT /notes/{id}: answered 204, want 400: by rightful caller with owner=bob in the query"},
		},
		"the owner of the body": {
			weak: func(s *service) { s.believes = true },
			want: []string{"POST /notes: answered 200, want 400 or 404: by rightful caller with owner=bob in the body"},
		},
		"the owner of the body, with unknown names": {
			weak: func(s *service) { s.believes = true },
			cfg:  func(c *authztest.Config) { c.IgnoresOwner = "old clients" },
			want: []string{"POST /notes: answered 200, and has changed the response to the other user: by rightful caller with owner=bob in the body"},
		},
		"a trailing slash": {
			front: bypass(func(r *http.Request) bool { return len(r.URL.Path) > 1 && strings.HasSuffix(r.URL.Path, "/") }, func(p string) string { return strings.TrimRight(p, "/") }),
			want:  []string{"GET /notes/{id}: answered 200, want a refusal: by anonymous on /notes/note-", "PUT /notes/{id}: answered 204, and has changed what its owner reads: by anonymous on /notes/note-", "GET /report: answered 200, want a refusal: by anonymous on /report/"},
		},
		"a parameter of the path": {
			front: bypass(func(r *http.Request) bool { return strings.Contains(r.URL.Path, ";") }, func(p string) string { before, _, _ := strings.Cut(p, ";"); return before }),
			want:  []string{"GET /report: answered 200, want a refusal: by anonymous on /report;x"},
		},
		"a path that is cleaned behind the check": {
			front: bypass(func(r *http.Request) bool { return path.Clean(r.URL.Path) != r.URL.Path }, path.Clean),
			want:  []string{"GET /report: answered 200: by anonymous on //report", "GET /report: answered 200: by anonymous on /./report", "GET /report: answered 200: by anonymous on /%2e/report"},
		},
		"upper case": {
			front: bypass(func(r *http.Request) bool { return strings.ToLower(r.URL.Path) != r.URL.Path }, strings.ToLower),
			want:  []string{"GET /report: answered 200, want a refusal: by anonymous on /REPORT"},
		},
		"an encoded letter": {
			front: bypass(func(r *http.Request) bool { return strings.Contains(r.URL.RawPath, "%") }, asItIs),
			want:  []string{"GET /report: answered 200, want a refusal: by anonymous on /%72eport"},
		},
		"HEAD without a check": {
			front: bypass(func(r *http.Request) bool { return r.Method == http.MethodHead }, asItIs),
			want:  []string{"GET /notes/{id}: answered 200, want 401: by anonymous with HEAD", "GET /notes/{id}: answered 200, want 404: by other user with HEAD"},
		},
		"an override in a header": {
			front: overriding(func(r *http.Request) string { return r.Header.Get("X-HTTP-Method-Override") }),
			want:  []string{"DELETE /notes/{id}: answered 204, want a refusal: by anonymous with GET and X-HTTP-Method-Override DELETE"},
		},
		"an override in the query": {
			front: overriding(func(r *http.Request) string { return r.URL.Query().Get("_method") }),
			want:  []string{"DELETE /notes/{id}: answered 204, want a refusal: by anonymous with GET and _method in the query DELETE"},
		},
		"an override in the form": {
			front: overriding(func(r *http.Request) string { return r.PostFormValue("_method") }),
			want:  []string{"DELETE /notes/{id}: answered 204, want a refusal: by anonymous with POST and _method in the form DELETE"},
		},
		"an override that writes and answers as usual": {
			front: func(s *service) http.Handler {
				return around(s.cfg.Handler, func(r *http.Request) bool { return r.Header.Get("X-Method-Override") == http.MethodPut }, func(r *http.Request) {
					s.write(path.Base(r.URL.Path), "changed")
				})
			},
			want: []string{"PUT /notes/{id}: answered 401, and has changed what its owner reads: by anonymous with GET and X-Method-Override PUT"},
		},
		"the owner of the query": {
			front: bypass(func(r *http.Request) bool { return r.URL.Query().Get("sub") == "ann" }, asItIs),
			want:  []string{"GET /notes/{id}: answered 200, want 400 or 404: by other user with sub=ann in the query"},
		},
		"the owner of the query, for a write with the answer 404": {
			front: func(s *service) http.Handler {
				return around(s.cfg.Handler, func(r *http.Request) bool { return r.URL.Query().Get("sub") == "ann" }, func(r *http.Request) {
					s.write(path.Base(r.URL.Path), "changed")
				})
			},
			want: []string{"PUT /notes/{id}: answered 404, and has changed what its owner reads: by other user with sub=ann in the query"},
		},
		"expired tokens": {
			front: accepting("exp"),
			want:  []string{"GET /me: answered 200, want 401: by credential expired"},
		},
		"tokens of another audience": {
			front: accepting("aud"),
			want:  []string{"GET /me: answered 200, want 401: by credential of other audience"},
		},
		"forged tokens": {
			front: accepting(""),
			want:  []string{"GET /me: answered 200, want 401: by credential forged"},
		},
		"revoked tokens": {
			front: accepting("jti"),
			want:  []string{"GET /me: answered 200, want 401: by credential revoked"},
		},
		"a public route that nobody listed": {
			cfg:  func(c *authztest.Config) { c.Public = nil },
			want: []string{"GET /health: is public (for the load balancer), and Config.Public does not list it"},
		},
		"a listed route that is not public": {
			cfg:  func(c *authztest.Config) { c.Public = append(c.Public, "GET /me", "GET /gone") },
			want: []string{"GET /me: Config.Public lists it, and it is no public route", "GET /gone: Config.Public lists it"},
		},
		"no rightful caller": {
			cfg: func(c *authztest.Config) {
				c.Caller.Scopes = []string{"notes:read", "notes:write"}
				c.Caller.Roles = nil
			},
			want: []string{"GET /report: is untested: answered 403, want 2xx: by rightful caller"},
		},
		"no value for the path": {
			cfg:  func(c *authztest.Config) { delete(c.Targets, "/notes/{id}") },
			want: []string{`PUT /notes/{id}: is untested: its path needs a value for {id}: give one in Targets["PUT /notes/{id}"]: by rightful caller`},
		},
		"no body": {
			cfg:  func(c *authztest.Config) { delete(c.Targets, "POST /notes") },
			want: []string{"POST /notes: is untested: answered 4: by rightful caller"},
		},
		"no ID": {
			cfg:  func(c *authztest.Config) { delete(c.Targets, "GET /notes") },
			want: []string{`GET /notes: is untested: it lists objects: give the ID of one in Targets["GET /notes"]: by rightful caller`},
		},
		"an ID that is not in the list": {
			cfg: func(c *authztest.Config) {
				c.Targets["GET /notes"] = func(*authztest.Client) authztest.Target { return authztest.Target{ID: "note"} }
			},
			want: []string{`GET /notes: is untested: the list does not have the ID "note" of its caller: by rightful caller`},
		},
		"a target that fails": {
			cfg: func(c *authztest.Config) {
				c.Targets["/notes/{id}"] = func(c *authztest.Client) authztest.Target {
					c.Do("POST", "/notes", `{"txet":"a"}`)
					return authztest.Target{}
				}
			},
			want: []string{"GET /notes/{id}: is untested: the function in Targets fails: POST /notes: answered 400: by rightful caller"},
		},
		"a rate limit": {
			front: func(s *service) http.Handler {
				l := mwtest.Must[*ratelimit.Limiter](s.t)(ratelimit.New(ratelimit.Config{
					Key: ratelimit.ByClientIP, Limits: []ratelimit.Limit{ratelimit.PerHour(100)},
				}))
				return l.Handler(s.cfg.Handler)
			},
			want: []string{"is untested: a rate limit answered 429; give the service under test wider limits"},
		},
		"a path on which the owner cannot read": {
			cfg: func(c *authztest.Config) {
				old := c.Targets["/notes/{id}"]
				c.Targets["/notes/{id}"] = func(c *authztest.Client) authztest.Target { t := old(c); t.Read = "/gone"; return t }
			},
			want: []string{"PUT /notes/{id}: is untested: its owner cannot read GET /gone: answered 404: by rightful caller"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			if tc.weak != nil {
				tc.weak(s)
			}
			s.build()
			if tc.front != nil {
				s.cfg.Handler = tc.front(s)
			}
			if tc.cfg != nil {
				tc.cfg(&s.cfg)
			}
			onlyRoutesOf(&s.cfg, tc.want)
			r := &recorder{}
			authztest.Attack(r, s.cfg)
			for _, want := range tc.want {
				fault, attacker, _ := strings.Cut(want, ": by ")
				if !slices.ContainsFunc(r.errors, func(e string) bool { return strings.Contains(e, fault) && strings.Contains(e, attacker) }) {
					t.Errorf("no message has %q:\n%s", want, strings.Join(r.errors, "\n"))
				}
			}
		})
	}
}

// onlyRoutesOf keeps the routes with the paths in the wanted messages, which saves time.
func onlyRoutesOf(cfg *authztest.Config, want []string) {
	named := func(text string) bool {
		return slices.ContainsFunc(want, func(w string) bool { return strings.Contains(w, text+":") || !strings.Contains(w, " /") })
	}
	paths := map[string]bool{}
	for _, r := range cfg.Routes {
		paths[r.Path] = paths[r.Path] || named(r.Path)
	}
	cfg.Routes = slices.DeleteFunc(cfg.Routes, func(r routes.Row) bool { return !paths[r.Path] })
	maps.DeleteFunc(cfg.Targets, func(key string, _ func(*authztest.Client) authztest.Target) bool {
		return !paths[key[strings.IndexByte(key, '/'):]]
	})
}

// onRoute changes the layers that are served for a pattern.
func onRoute(pattern string, change func(*routes.Route)) func(*service) {
	return func(s *service) {
		s.route = func(r *routes.Route) {
			if r.Pattern == pattern {
				change(r)
			}
		}
	}
}

// around runs do for some requests, before next.
func around(next http.Handler, some func(*http.Request) bool, do func(*http.Request)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if some(r) {
			do(r)
		}
		next.ServeHTTP(w, r)
	})
}

// bypass serves some requests without a check, under another path.
func bypass(some func(*http.Request) bool, rewrite func(string) string) func(*service) http.Handler {
	return func(s *service) http.Handler {
		next := s.cfg.Handler
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !some(r) {
				next.ServeHTTP(w, r)
				return
			}
			r.URL.Path, r.URL.RawPath, r.URL.RawQuery = rewrite(r.URL.Path), "", ""
			s.plain.ServeHTTP(w, r)
		})
	}
}

func asItIs(path string) string { return path }

// overriding serves a request with the method that of returns, behind a check of its real
// method only.
func overriding(of func(*http.Request) string) func(*service) http.Handler {
	return func(s *service) http.Handler {
		next := s.cfg.Handler
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			method := of(r)
			if method == "" || r.Method == http.MethodDelete {
				next.ServeHTTP(w, r)
				return
			}
			r.Method, r.URL.RawQuery = method, ""
			s.plain.ServeHTTP(w, r)
		})
	}
}

// accepting makes a good token of each, as a service does that checks neither the signature
// nor the claim.
func accepting(claim string) func(*service) http.Handler {
	return func(s *service) http.Handler {
		return around(s.cfg.Handler, func(r *http.Request) bool { return r.Header.Get("Authorization") != "" }, func(r *http.Request) {
			var claims map[string]any
			text, err := base64.RawURLEncoding.DecodeString(strings.Split(r.Header.Get("Authorization"), ".")[1])
			if err == nil {
				err = json.Unmarshal(text, &claims)
			}
			if err != nil {
				s.t.Error(err)
			}
			switch claim {
			case "exp":
				claims["exp"] = time.Now().Add(time.Hour).Unix()
				claims["iat"] = time.Now().Unix()
			case "aud":
				claims["aud"] = audience
			case "jti":
				claims["jti"] = "always-the-same"
			}
			r.Header.Set("Authorization", "Bearer "+s.issuers[0].Sign(claims))
		})
	}
}

// changing is an authenticator that changes the principals of another one.
type changing struct {
	authn.Authenticator
	change func(*authn.Principal)
}

func (c changing) Authenticate(r *http.Request) (*authn.Principal, error) {
	p, err := c.Authenticator.Authenticate(r)
	if p != nil {
		another := *p
		c.change(&another)
		p = &another
	}
	return p, err
}
